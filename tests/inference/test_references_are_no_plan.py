"""What was taken from the facts is no plan: neither sizes nor corrections nor hindsight are made of it."""

import numpy as np
import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.validation import read
from reflection.evaluation import hindsight
from reflection.forecasting import calibration, calibration_update
from reflection.forecasting.forecaster import forecasts
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.learn import learn
from reflection.stats.sums.campaign_size import SIZE

ACTUAL = {"impressions": 80_000, "clicks": 1_000, "conversions": 30.0, "spend": 800.0, "revenue": 1_500.0}


def _campaign(index: int, planner: str | None, *, copied: bool = False) -> Campaign:
    size = float(np.random.default_rng(index).lognormal(0, 1.5))
    actual = {name: type(value)(value * size) for name, value in ACTUAL.items()}
    expected = actual if copied else {name: type(value)(value * size * 1.3) for name, value in ACTUAL.items()}
    return read(
        Campaign,
        {
            "campaign_id": f"c{index:02d}", "platform": ("Meta", "Google")[index % 2], "objective": "Sales",
            "planner": planner, "expected_metrics": expected, "actual_metrics": actual, "currency": "EUR",
            "timestamp": f"2026-01-{1 + index:02d}T00:00:00+00:00",
        },
    )  # fmt: skip


REFERENCES = [("account-average", False), ("Account Average", False), ("previous_period", False), (None, True)]


@pytest.mark.parametrize(("planner", "copied"), REFERENCES)
def test_a_reference_gives_no_size(planner: str | None, copied: bool):
    campaigns = [_campaign(index, planner, copied=copied) for index in range(12)]
    table = Dataset.of(evidence_of(campaign) for campaign in campaigns)

    assert not table.campaigns.planned.any()
    assert learn(evidence_of(campaign) for campaign in campaigns).size == {}


def test_a_plan_gives_one():
    campaigns = [_campaign(index, "ann") for index in range(12)]

    assert Dataset.of(evidence_of(campaign) for campaign in campaigns).campaigns.planned.all()
    assert set(learn(evidence_of(campaign) for campaign in campaigns).size) == {"ctr", "cvr"}
    assert SIZE.group.startswith("~")


@pytest.mark.parametrize(("planner", "copied"), REFERENCES)
def test_a_reference_is_not_corrected_and_foretells_nothing(planner: str | None, copied: bool):
    state = calibration.EMPTY
    for index in range(12):
        state = calibration_update.learn(state, evidence_of(_campaign(index, "ann")))
    reference, promise = _campaign(20, planner, copied=copied), _campaign(20, "ann")
    knowledge = learn(evidence_of(_campaign(index, "ann")) for index in range(12))

    assert calibration_update.learn(state, evidence_of(reference)) is state
    plan, promised = hindsight.plan_of(reference), hindsight.plan_of(promise)
    assert plan is not None
    assert promised is not None
    assert plan.expected is None
    assert promised.expected is not None
    assert [one.planner for one in hindsight.check(reference, knowledge, state)] == [None] * 6
    assert forecasts(reference, state, "now") == []
    assert len(forecasts(promise, state, "now")) == 6
