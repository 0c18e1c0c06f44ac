"""No NaN, infinity or overflow gets in or out: whatever number stands wherever, an answer is finite or a refusal."""

import copy
import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.metrics import ScoreWeights
from reflection.domain.validation import read
from reflection.engine import analysis
from reflection.errors import InvalidInput
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.weights import weights_for
from reflection.store import knowledge_blob
from reflection.wiring import Application

SAMPLE = json.loads((Path(__file__).parents[1] / "data" / "samples" / "incoming_campaign.json").read_text())
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "derandomize": True}
SIDES = ("expected_metrics", "actual_metrics")
METRICS = ("impressions", "clicks", "conversions", "spend", "revenue")

EXTREMES = [0, 1, -1, 2**53, 2**53 + 1, 2**63, 10**400, 1e12, 1e12 + 1, 5e-324, 1e-300, 1e308, -0.0, 0.1, 1e400, -1e400]
SENSELESS = [math.nan, math.inf, -math.inf, True, "5", "NaN", None, [], {}]
numbers = st.one_of(
    st.sampled_from(EXTREMES + SENSELESS), st.floats(allow_nan=True, allow_infinity=True), st.integers(-10, 2**70)
)
changes = st.dictionaries(st.tuples(st.sampled_from(SIDES), st.sampled_from(METRICS)), numbers, min_size=1, max_size=6)


def changed(where: Mapping[tuple[str, str], Any], campaign_id: str = "fuzzed") -> bytes:
    """The specification's sample with other numbers, as the bytes a client would send."""
    body = copy.deepcopy(SAMPLE)
    body["campaign_id"] = campaign_id
    for (side, metric), value in where.items():
        body[side][metric] = value
    return json.dumps(body).encode()


def not_finite(value: Any, path: str = "") -> Iterator[str]:
    """Where a value holds a number that is not finite."""
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, float | np.ndarray):
        if not np.isfinite(value).all():
            yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from not_finite(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from not_finite(item, f"{path}[{number}]")


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is not finite in anything that is answered: JSON would turn it into null without a word."""
    found: list[str] = []

    class Checking:
        OPT_INDENT_2 = orjson.OPT_INDENT_2

        @staticmethod
        def dumps(value: Any, **options: Any) -> bytes:
            found.extend(not_finite(value))
            return orjson.dumps(value, **options)

    monkeypatch.setattr(analysis, "orjson", Checking)
    return found


def _answers_are_finite(application: Application, checked: list[str], examples: int) -> None:
    clean = read(Campaign, json.dumps(SAMPLE).encode())
    taken = 0

    @settings(max_examples=examples, **QUIET)
    @given(changes)
    def fuzz(where: dict[tuple[str, str], Any]) -> None:
        nonlocal taken
        try:
            campaign = read(Campaign, changed(where))
        except InvalidInput:
            return
        taken += 1
        application.engine.analyze(campaign)
        assert checked == [], where
        assert application.engine.analyze(clean).body

    fuzz()
    assert taken > examples / 50, "or nothing was tried"


def test_an_answer_is_finite_or_a_refusal(application: Application, checked: list[str]) -> None:
    _answers_are_finite(application, checked, 100)


@pytest.mark.torture(part="api")
def test_five_thousand_answers_are_finite_or_refusals(application: Application, checked: list[str]) -> None:
    _answers_are_finite(application, checked, 5_000)


counts = st.sampled_from([0, 1, 2, 1_000, 2**31, 2**53])
money = st.sampled_from([0.0, 5e-324, 1e-9, 0.01, 1.0, 1e6, 1e12])
metrics = st.builds(
    lambda impressions, clicks, conversions, spend, revenue: {
        "impressions": max(impressions, clicks),
        "clicks": clicks,
        "conversions": min(conversions, clicks),
        "spend": spend,
        "revenue": revenue,
    },
    counts, counts, counts, money, money,
)  # fmt: skip


def _valid(sides: list[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[Campaign]:
    for number, (expected, actual) in enumerate(sides):
        body = copy.deepcopy(SAMPLE) | {"campaign_id": f"c{number}", "platform": ("Meta", "Google")[number % 2]}
        body |= {"expected_metrics": expected, "actual_metrics": actual}
        try:
            yield read(Campaign, json.dumps(body).encode())
        except InvalidInput:
            continue


def _learning_is_finite(examples: int) -> None:
    fitted = 0

    @settings(max_examples=examples, **QUIET)
    @given(st.lists(st.tuples(metrics, metrics), min_size=3, max_size=6))
    def fuzz(sides: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        nonlocal fitted
        campaigns = list(_valid(sides))
        accepted = [campaign.campaign_id for campaign in campaigns]
        known = learn([evidence_of(campaign) for campaign in campaigns], FitRequest(accepted=accepted))
        assert list(not_finite(known)) == []
        assert list(not_finite(weights_for(known, ScoreWeights(), generated_at=""))) == []
        knowledge_blob.encode(known)
        fitted += bool(known.effects)

    fuzz()
    assert fitted > examples / 10, "or nothing was learnt"


def test_whatever_was_accepted_can_be_learnt_from() -> None:
    """One campaign of extreme numbers must not stop a workspace from learning for ever."""
    _learning_is_finite(20)


@pytest.mark.torture(part="api")
def test_whatever_was_accepted_can_be_learnt_from_at_length() -> None:
    _learning_is_finite(400)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e999999"])
def test_spellings_of_what_is_not_finite_are_refused(value: str, make_campaign: Callable[..., Campaign]) -> None:
    body = json.dumps(SAMPLE).replace("3950.0", value)
    assert value in body

    with pytest.raises(InvalidInput):
        read(Campaign, body.encode())
