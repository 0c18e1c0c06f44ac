"""What never happened has no rate, and what hardly happened is compared with nothing: half an event says nothing."""

import numpy as np
import pytest

from reflection.domain.bookable import EvidenceFloor, agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.finding_kinds import PLANNER_BIAS
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, MODELLED
from reflection.domain.plan import Plan
from reflection.domain.validation import read
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.event_floor import reaches_floor
from reflection.inference.findings.trends import trend_findings
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits.fit import fit_metrics
from reflection.inference.learn import learn


def _campaigns(seed: int, ctr: float, cvr: float, *, planned: bool = True) -> list[Campaign]:
    """Twenty campaigns of very different sizes, two of whose four audiences spend a tenth of the others."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(20):
        shown = int((20_000 if index % 4 < 2 else 200_000) * rng.lognormal(0, 0.5))
        clicks = int(rng.poisson(shown * ctr))
        conversions = float(rng.poisson(clicks * cvr))
        actual = {"impressions": shown, "clicks": clicks, "conversions": conversions, "spend": shown / 100.0}
        actual["revenue"] = 50.0 * conversions
        promised = {"impressions": 100_000, "clicks": 1_500, "conversions": 40.0, "spend": 1_000.0, "revenue": 2_000.0}
        body = {
            "campaign_id": f"c{index:02d}", "platform": ("Meta", "Google")[index % 2], "objective": "Sales",
            "audiences": [{"name": f"Audience {index % 4}"}], "creatives": [{"id": f"ad {index % 3}", "type": "image"}],
            "expected_metrics": promised if planned else actual, "actual_metrics": actual, "currency": "EUR",
            "timestamp": f"2026-{1 + index // 2:02d}-15T00:00:00+00:00",
        }  # fmt: skip
        made.append(read(Campaign, body))
    return made


def _learnt(campaigns: list[Campaign]) -> Knowledge:
    request = FitRequest(seq=1, as_of="2026-04-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, campaigns)))
    return learn([evidence_of(campaign) for campaign in campaigns], request)


@pytest.mark.parametrize(
    ("ctr", "cvr", "without"),
    [(0.015, 0.0, {"cvr", "aov"}), (0.0, 0.0, {"ctr", "cvr", "aov"})],
    ids=["no conversion", "no click"],
)
@pytest.mark.parametrize("planned", [True, False])
def test_of_what_never_happened_nothing_is_said(ctr: float, cvr: float, without: set[str], planned: bool):
    silent = {metric for metric in MODELLED if METRICS[metric].composition.keys() & without}
    for seed in range(3):
        campaigns = _campaigns(seed, ctr, cvr, planned=planned)
        knowledge = _learnt(campaigns)

        assert without.isdisjoint(knowledge.posteriors)
        assert {effect.metric for effect in knowledge.effects}.isdisjoint(silent)
        assert {finding.metric for finding in knowledge.findings}.isdisjoint(silent)
        assert knowledge.weights == ()
        assert knowledge.next_test is None
        assert [one for one in knowledge.bookables if one.total is not None] == []
        plan = Plan(platform="Meta", objective="Sales", budget=1_000.0, currency="EUR")
        figures = evaluate([("p", plan)], knowledge, EMPTY)["plans"][0]["metrics"]
        assert {name for name, figure in figures.items() if figure["calibrated"] is not None}.isdisjoint(silent)
        assert not any(figures[name]["identified"] for name in silent if name in figures)


def test_a_comparison_needs_events_on_both_sides():
    fits = fit_metrics(Dataset.of(evidence_of(one) for one in _campaigns(1, 0.015, 0.03)))
    everybody, nobody = np.ones(20, dtype=bool), np.zeros(20, dtype=bool)

    assert reaches_floor(fits, "roas", EvidenceFloor(), everybody)
    assert not reaches_floor(fits, "roas", EvidenceFloor(), everybody, nobody)
    assert not reaches_floor(fits, "roas", EvidenceFloor(events=10**9), everybody)
    assert reaches_floor(fits, "cpm", EvidenceFloor(events=10**9), everybody)  # a price is counted by nobody


def test_groups_and_trends_of_a_handful_of_conversions_are_not_told():
    for seed in range(4):
        knowledge = _learnt(_campaigns(seed, 0.015, 0.0003))
        made_of_conversions = [
            one
            for one in knowledge.findings
            if one.metric not in ("cpm", "ctr") and one.metadata.get("kind") != PLANNER_BIAS  # promised were many
        ]

        assert "cvr" in knowledge.posteriors
        assert made_of_conversions == []


def test_a_trend_needs_events_before_and_since(history_evidence):
    fits = fit_metrics(Dataset.of(history_evidence))

    prices = [one for one in trend_findings(fits) if one.metric == "cpm"]
    assert trend_findings(fits, EvidenceFloor(events=10**9)) == prices
