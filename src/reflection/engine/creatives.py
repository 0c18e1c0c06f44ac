"""Creatives before they run, and what their texts teach: registered, foretold, scored, and judged when they have run.

Knows ports; must not know where creatives are kept, nor how their texts are learnt from.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol

from reflection.domain import signals
from reflection.domain.creative_entry import CreativeEntry
from reflection.domain.creative_knowledge import FEWEST_FORETOLD, CreativeKnowledge, PlacedText
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import RATES
from reflection.domain.ports import Store
from reflection.domain.validation import check_address
from reflection.explain import creative_sentences as say
from reflection.forecasting.creative_forecast import TOO_LITTLE, about, foretold, reasons
from reflection.forecasting.plan_texts import SCORED_BY, Places

Row = dict[str, Any]
MOST_REASONS = 8


class Book(Protocol):
    """Where creatives are kept."""

    def add(self, workspace: str, items: Sequence[tuple[CreativeEntry, float | None]]) -> Sequence[str]:
        """Register them, all or none; what came of each."""

    def list(self, workspace: str, *, after: str = "", limit: int = 100) -> tuple[list[Row], str | None]:
        """A page of rows by key, and the cursor of the next."""

    def get(self, workspace: str, creative_key: str) -> Row:
        """One row."""

    def remove(self, workspace: str, creative_key: str) -> Row:
        """Take one back."""


class Creatives:
    """The verbs of creatives, of every workspace."""

    def __init__(self, book: Book, store: Store, places: Places) -> None:
        self._book, self._store, self._places = book, store, places

    def add(self, workspace: str, entries: Sequence[CreativeEntry], *, register: bool = True) -> dict[str, Any]:
        """Foretell and score creatives, and register them: {items, as_of, pending}.

        Args:
            register: keep them, so that the scores are judged when they have run; else nothing is stored.

        Raises:
            InvalidInput: a registered one could not be named in an address.
            Conflict: the workspace has as many as it may have.
            Unavailable: the packaged model is missing or damaged, or the store is busy.
        """
        for number, entry in enumerate(entries if register else ()):
            check_address(entry.id, f"creatives[{number}].creative_id")
        knowledge, freshness = self._known(workspace)
        items = self._forecasts(workspace, entries, knowledge)
        if register:
            scored = list(zip(entries, (item["score"] for item in items), strict=True))
            outcomes = self._book.add(workspace, scored)
            items = [item | {"outcome": outcome} for item, outcome in zip(items, outcomes, strict=True)]
        return {"items": items, **freshness}

    def page(self, workspace: str, cursor: str | None = None, limit: int = 100) -> dict[str, Any]:
        """Registered creatives by id, as they are foretold today: {items, next_cursor, as_of, pending}."""
        rows, following = self._book.list(workspace, after=cursor or "", limit=limit)
        knowledge, freshness = self._known(workspace)
        items = self._forecasts(workspace, [CreativeEntry.model_validate_json(row["body"]) for row in rows], knowledge)
        return {
            "items": [item | _registration(row) for item, row in zip(items, rows, strict=True)],
            "next_cursor": following,
            **freshness,
        }

    def show(self, workspace: str, creative_id: str) -> dict[str, Any]:
        """One registered creative.

        Raises:
            NotFound: there is no such creative.
        """
        return self._one(workspace, self._book.get(workspace, _key(creative_id)))

    def remove(self, workspace: str, creative_id: str) -> dict[str, Any]:
        """Take one back; answers what it was.

        Raises:
            NotFound: there is no such creative.
        """
        return self._one(workspace, self._book.remove(workspace, _key(creative_id)))

    def effects(
        self, workspace: str, *, metric: str | None = None, findings_only: bool = False, limit: int = 200
    ) -> dict[str, Any]:
        """What texts teach: {items, findings, texts, campaigns, scores, reason, as_of, epoch, pending}."""
        knowledge, freshness = self._known(workspace)
        rows = [*_of_texts(knowledge.creatives), *_of_types(knowledge)]
        rows = [row for row in rows if metric in (None, row["metric"])]
        findings = [row for row in rows if row["finding"]]
        items = findings if findings_only else [*findings, *(row for row in rows if not row["finding"])]
        texts = knowledge.creatives
        return {
            "items": items[:limit],
            "findings": len(findings),
            "texts": texts.texts,
            "campaigns": texts.campaigns,
            "scores": {
                name: asdict(record) | {"sentence": say.score_sentence(name, record)}
                for name, record in sorted(texts.scores.items())
            },
            "reason": texts.reason,
            "epoch": knowledge.epoch,
            **freshness,
        }

    def _one(self, workspace: str, row: Row) -> dict[str, Any]:
        entry = CreativeEntry.model_validate_json(row["body"])
        knowledge, freshness = self._known(workspace)
        return self._forecasts(workspace, [entry], knowledge)[0] | _registration(row) | freshness

    def _known(self, workspace: str) -> tuple[Knowledge, dict[str, Any]]:
        with self._store.snapshot(workspace) as snapshot:
            return snapshot.knowledge(), dict(snapshot.freshness())

    def _forecasts(
        self, workspace: str, entries: Sequence[CreativeEntry], knowledge: Knowledge
    ) -> list[dict[str, Any]]:
        """What is foretold of creatives; the model is asked only where something can be."""
        texts = knowledge.creatives
        places = self._places.placed(workspace, [entry.text for entry in entries]) if texts.models else {}
        return [
            _forecast_row(entry, PlacedText(entry.text, entry.given, places.get(entry.text.key)), texts)
            for entry in entries
        ]


def _forecast_row(entry: CreativeEntry, text: PlacedText, creatives: CreativeKnowledge) -> dict[str, Any]:
    """A creative with its traits, its forecast and its score."""
    forecast = {metric: foretold(creatives, text, metric) for metric in RATES}
    scored = forecast[SCORED_BY]
    body = entry.model_dump(mode="json", exclude={"creative_id", "score"})
    return {
        "creative_id": entry.id,
        **body,
        "given_score": entry.score,
        "traits": [{"trait": name, "label": say.label(name)} for name in text.traits()],
        "score": None if scored is None else scored.score,
        "reason": None if scored else _why_not(text, creatives),
        "sentence": None
        if scored is None
        else say.forecast_sentence(SCORED_BY, scored.lift, scored.interval, scored.score, scored.texts),
        "forecast": {
            metric: None
            if one is None
            else {
                "lift": one.lift,
                "interval": list(one.interval),
                "parts": dict(about(creatives, text, metric)),
                "texts": one.texts,
                "campaigns": one.campaigns,
            }
            for metric, one in forecast.items()
        },
        "why": [_effect(effect) for effect in reasons(creatives, text)[:MOST_REASONS]],
    }


def _why_not(text: PlacedText, creatives: CreativeKnowledge) -> str:
    if not text.text.says_something:
        return TOO_LITTLE
    if not creatives.texts:
        return f"nothing can be foretold yet: {creatives.reason}"
    ran = f"{creatives.texts} different texts ran side by side with others"
    return f"nothing can be foretold yet: {ran}, and it takes at least {FEWEST_FORETOLD} with clicks"


def _effect(effect: Any) -> dict[str, Any]:
    return {
        **asdict(effect),
        "label": say.label(effect.trait),
        "grade": "observed",
        "sentence": say.effect_sentence(effect),
    }


def _of_texts(creatives: CreativeKnowledge) -> list[dict[str, Any]]:
    ordered = sorted(creatives.effects, key=lambda one: (one.metric != SCORED_BY, one.lfsr, one.trait))
    return [_effect(effect) for effect in ordered]


def _of_types(knowledge: Knowledge) -> list[dict[str, Any]]:
    """Effects of creative types on rates, as all effects are learnt: against the average level of campaigns."""
    rows: list[dict[str, Any]] = []
    types = [one for one in knowledge.effects if one.group == signals.CREATIVE_TYPE]
    if len({one.signal for one in types}) < 2:  # one type has nothing to be compared with
        return rows
    for one in types:
        if one.metric in RATES and not signals.is_unstated(one.signal):
            pro, contra = _ids(knowledge, one.signal)
            rows.append(
                {
                    "trait": f"type:{signals.parse(one.signal).level}", "metric": one.metric, "effect": one.effect,
                    "interval": one.interval, "probability": one.probability, "lfsr": one.lfsr, "finding": one.finding,
                    "reason": one.reason, "texts": None, "others": None, "campaigns": one.real_campaigns,
                    "events": one.events, "supporting": pro, "contradicting": contra, "grade": one.grade,
                    "label": signals.label_of(one.signal, knowledge.spellings),
                    "sentence": say.type_sentence(one, knowledge.spellings),
                }
            )  # fmt: skip
    return rows


def _ids(knowledge: Knowledge, signal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    findings = (one for one in knowledge.findings if one.signal_key == signal)
    return next(((one.supporting, one.contradicting) for one in findings), ((), ()))


def _registration(row: Row) -> dict[str, Any]:
    """What was kept of a registered creative."""
    return {
        "score_when_registered": row["own_score"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _key(creative_id: str) -> str:
    return signals.Signal(signals.CREATIVE, signals.normalise(creative_id)).key
