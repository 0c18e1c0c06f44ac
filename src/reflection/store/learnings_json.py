"""A learning as JSON and back, and as it is shown. Pure: no connection, no clock."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from pydantic import TypeAdapter

from reflection.domain.evidence import day_text
from reflection.domain.signals import label_of
from reflection.learnings.claims import Learning
from reflection.store.row_values import Row, json_text

_LEARNING = TypeAdapter(Learning)


def encoded(learning: Learning, spellings: Mapping[str, str]) -> str:
    """One text per learning: keys sorted. Sentence and contexts stay as they were said, `spellings` as campaigns do."""
    body = {**asdict(learning), "text": learning.text(spellings)}
    body["segments"] = [{**segment, "label": label_of(segment["context"], spellings)} for segment in body["segments"]]
    return json_text(body)


def decoded(body: str) -> Learning:
    """The inverse of `encoded`; the sentence is made from the rest.

    Raises:
        ValueError: the text is damaged.
    """
    return _LEARNING.validate_json(body)


def answer_of(row: Any, review: Row | None = None) -> Row:
    """A revision as it is served; `row` has the columns of `learnings._ALL`. `review` is a person's latest word."""
    body = orjson.loads(row.body)
    claim = body["claim"]
    return {
        "id": row.learning_id,
        "text": body["text"],
        "signal_key": claim["signal_key"],
        "context": claim["context"],
        "metric": claim["metric"],
        "state": row.state,
        "reason": body["reason"],
        "direction": body["direction"],
        "effect": body["effect"],
        "interval": body["interval"],
        "lfsr": body["lfsr"],
        "campaigns": body["campaigns"],
        "supporting": body["supporting"],
        "contradicting": body["contradicting"],
        "segments": body["segments"],
        "since": _day(body["since"]),
        "until": _day(body["until"]),
        "effect_now": body["effect_now"],
        "worth": row.worth,
        "revision": row.revision,
        "recorded_at": row.recorded_at,
        "as_of": row.as_of,
        "review": review,
    }


def _day(number: int | None) -> str | None:
    return None if number is None else day_text(number)
