"""A part of a KPI that was never recorded with something is unknown there, and never as usual."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, OBSERVED, PLAN_METRICS, rate_behind
from reflection.domain.plan import Plan
from reflection.domain.validation import read
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.doubt.unrecorded import unrecorded_in
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.recommendations import cards

LOST_ON = "platform:linkedin"
LOSSES = (("clicks",), ("conversions",), ("spend",), ("revenue",), ("clicks", "revenue"))


@cache
def _account(lost: tuple[str, ...]) -> tuple[Campaign, ...]:
    """Forty-five campaigns on three platforms; LinkedIn converts .6 as often as the others, and counts less."""
    rng = np.random.default_rng(7)
    return tuple(_campaign(index, rng, lost) for index in range(45))


def _campaign(index: int, rng: np.random.Generator, lost: tuple[str, ...]) -> Campaign:
    platform, scatter = ("Meta", "Google", "LinkedIn")[index % 3], np.exp(rng.normal(0, 0.12, 3))
    shown = int(rng.integers(60_000, 200_000))
    clicks = int(rng.binomial(shown, 0.012 * scatter[0]))
    conversions = int(rng.binomial(clicks, 0.04 * scatter[1] * (0.6 if platform == "LinkedIn" else 1.0)))
    actual: dict[str, Any] = {
        "impressions": shown, "clicks": clicks, "conversions": conversions,
        "spend": round(shown * 0.01 * float(scatter[2]), 2), "revenue": 80.0 * conversions,
    }  # fmt: skip
    if platform == "LinkedIn":
        actual |= dict.fromkeys(lost)
    plan = {"impressions": shown, "clicks": None, "conversions": None, "spend": 0.01 * shown}
    return read(Campaign, {
        "campaign_id": f"c{index:02d}", "platform": platform, "objective": "Sales", "currency": "EUR",
        "audiences": [{"name": ("Students", "Parents", "Gamers")[int(rng.integers(3))]}],
        "creatives": [{"id": f"ad {rng.integers(4)}", "type": ("video", "image")[int(rng.integers(2))]}],
        "timestamp": f"2026-{1 + index // 8:02d}-{1 + int(rng.integers(28)):02d}T12:00:00+00:00",
        "expected_metrics": plan, "actual_metrics": actual,
    })  # fmt: skip


@cache
def _learnt(lost: tuple[str, ...]) -> Knowledge:
    campaigns = _account(lost)
    request = FitRequest(seq=1, as_of="2030-01-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, campaigns)))
    return learn([evidence_of(campaign) for campaign in campaigns], request)


def _needs(metric: str, lost: tuple[str, ...]) -> bool:
    """Whether a product of observed metrics has a part that the lost counts make up."""
    return any(set(METRICS[part].counts) & set(lost) for part in METRICS[metric].composition if part in OBSERVED)


def _plan(lost: tuple[str, ...], platform: str) -> Mapping[str, Any]:
    plan = Plan(platform=platform, objective="Sales", budget=900.0, currency="EUR")
    (answer,) = evaluate([("p", plan)], _learnt(lost), EMPTY)["plans"]
    return answer


@pytest.mark.parametrize("lost", LOSSES)
def test_an_effect_is_known_only_on_what_was_recorded(lost: tuple[str, ...]):
    own = [effect for effect in _learnt(lost).effects if LOST_ON in effect.signal or "linkedin*" in effect.signal]

    assert own
    for effect in own:
        if _needs(effect.metric, lost):
            assert (effect.identified, effect.finding, effect.lfsr) == (False, False, 1.0), effect
            assert "never recorded with it" in effect.reason
            assert all(name in effect.reason for name in lost if _needs(effect.metric, (name,)))
        else:
            assert "never recorded" not in effect.reason
    elsewhere = [effect for effect in _learnt(lost).effects if "linkedin" not in effect.signal]
    assert not [effect for effect in elsewhere if "never recorded" in effect.reason]


@pytest.mark.parametrize("lost", LOSSES)
def test_nothing_is_foretold_of_what_was_never_recorded(lost: tuple[str, ...]):
    figures, elsewhere = _plan(lost, "LinkedIn")["metrics"], _plan(lost, "Meta")["metrics"]

    for metric in PLAN_METRICS:
        unknown = _needs(rate_behind(metric), lost)
        assert (figures[metric]["signals"] is None) == unknown, metric
        assert elsewhere[metric]["signals"] is not None
        if unknown:
            assert figures[metric]["p_better"] is None
            assert not figures[metric]["identified"]
    notes = [note for note in _plan(lost, "LinkedIn")["notes"] if "never recorded" in note]
    assert len(notes) == 1
    assert not [note for note in _plan(lost, "Meta")["notes"] if "never recorded" in note]


@pytest.mark.parametrize("lost", LOSSES)
def test_nothing_is_advised_of_what_was_never_recorded(lost: tuple[str, ...]):
    knowledge = _learnt(lost)

    assert _needs(knowledge.goal_metric, lost) == (LOST_ON in knowledge.unidentified)
    if LOST_ON in knowledge.unidentified:
        assert not [option for option in cards.build(knowledge) if "linkedin" in option.card.signal.lower()]
        assert {one.weight for one in knowledge.weights if one.signal_key == LOST_ON} <= {1.0}


def test_a_count_of_nothing_is_a_record():
    """No conversion is known to be none, and no order has a value that could be missing."""
    table = Dataset.of(evidence_of(_without_success(campaign)) for campaign in _account(()))

    assert unrecorded_in(table, OBSERVED) == {}


def _without_success(campaign: Campaign) -> Campaign:
    if campaign.platform != "LinkedIn":
        return campaign
    actual = campaign.actual_metrics.model_copy(update={"conversions": 0.0, "revenue": None})
    return campaign.model_copy(update={"actual_metrics": actual})
