"""A stored campaign with findings, cards and a track record, to make reports of."""

import copy
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.next_test import NextTest
from reflection.domain.ports import Facts
from reflection.domain.results import Analysis, Finding, PatternReport, SimilarCampaign, StoredMemory
from reflection.domain.weights import Weights
from reflection.explain.writer import DeterministicWriter
from reflection.reports.portfolio import ReportedCampaign

SAMPLE: dict[str, Any] = {
    "campaign_id": "cmp_007_meta_summer_bootcamp",
    "platform": "Meta",
    "objective": "Lead Generation",
    "expected_metrics": {
        "impressions": 95000,
        "clicks": 1900,
        "conversions": 76,
        "spend": 3800.0,
        "revenue": 7600.0,
    },
    "actual_metrics": {
        "impressions": 140000,
        "clicks": 4900,
        "conversions": 205,
        "spend": 3950.0,
        "revenue": 22500.0,
    },
    "timestamp": "2026-03-29T10:00:00+00:00",
    "currency": "USD",
    "planner": "forecast-agent",
}
FINDING = Finding(
    finding_id="f1",
    category="winning_audience",
    title="t",
    description="d",
    signal_key="audience.age:18-25",
    impact_score=1.0,
    evidence_count=12,
    metadata={},
    metric="ctr",
    direction="favorable",
    effect=1.32,
    interval=(1.08, 1.61),
    probability=0.98,
    lfsr=0.03,
    raw_lift=1.5,
    effective_campaigns=8.2,
    spend=5000.0,
    supporting=("a",),
    contradicting=("b",),
)
EFFECT = Effect(
    "creative.type:video",
    "creative.type",
    "roas",
    1.31,
    1.08,
    (0.88, 1.33),
    0.7,
    0.3,
    6.0,
    None,
    False,
    "few",
)
CARD: dict[str, Any] = {
    "id": "rec_1",
    "action": "use more of age 18-25",
    "sentence": "Put more of the budget on age 18-25.",
    "lane": "exploit",
    "p_better": 0.97,
    "effect": 1.32,
    "interval": (1.08, 1.61),
    "expected_gain": 1200.0,
    "downside_5": -90.0,
    "currency": "USD",
    "evidence_for": ("cmp_001", "cmp_004"),
    "evidence_against": ("cmp_002",),
    "grade": "observed",
    "reason": "twelve campaigns did better",
}


BOARD: dict[str, Any] = {
    "issuers": [
        {
            "issuer": "engine",
            "metric": "cpa",
            "platform": platform,
            "n": 30,
            "bias": -0.05,
            "mae_log": 0.2,
            "coverage": {"50": 0.5, "80": 0.8, "90": 0.9},
            "crps": 0.1,
            "crps_skill": 0.25,
        }
        for platform in (None, "meta")
    ],
    "probabilities": [],
    "findings": {"n": 4, "replicated": 0.75, "promised": 0.97, "states": {}, "reason": None},
    "advice": {"n": 0, "reason": "no campaign named or matched a recommendation yet", "recent": []},
    "holdback": {"metric": "roas", "evaluable": False, "reason": "not evaluable: no assignment was logged"},
}


def _reported(name: str = "", **changes: Any) -> ReportedCampaign:
    """A campaign and its stored answer; `name` is written into every text field."""
    texts = {"campaign_id": name, "platform": name, "objective": name, "planner": name} if name else {}
    campaign = Campaign.model_validate(SAMPLE | texts | changes)
    comparison = compare(campaign, generated_at="2026-03-29T10:00:00+00:00")
    finding = Finding(**{f: getattr(FINDING, f) for f in Finding.__dataclass_fields__} | {"metadata": {"label": name}})
    test = NextTest("creative.type:video", "cvr", "q", "d", 500.0, "USD", (0.8, 1.45), (0.92, 1.22))
    none: tuple[Finding, ...] = ()
    patterns = PatternReport(
        campaign.campaign_id,
        comparison.generated_at,
        (finding,),
        (finding,),
        none,
        none,
        none,
        none,
        ("audience.age:18-25", "creative.type:video"),
        next_test=test,
    )
    similar = (SimilarCampaign("campaign:x", name or "cmp_003", 0.83, name or "a summary", {"why": name or "same"}),)
    facts = Facts(comparison, patterns, (finding,), similar, campaign.platform, campaign.objective)
    memory = StoredMemory(True, True, "", 1, False, "pending")
    insights = DeterministicWriter().write(facts)
    analysis = Analysis(comparison, patterns, insights, Weights("", {}, {}, (), "roas"), similar, memory)
    return ReportedCampaign(campaign, TypeAdapter(Analysis).validate_json(orjson.dumps(analysis)))


@pytest.fixture
def make_reported() -> Callable[..., ReportedCampaign]:
    """A campaign and its stored answer, with chosen fields."""
    return _reported


@pytest.fixture
def reported() -> ReportedCampaign:
    """The specification's sample campaign and its stored answer."""
    return _reported()


@pytest.fixture
def knowledge() -> Knowledge:
    """A fit with one finding and one effect that is none."""
    return Knowledge(
        as_of="2026-04-01T00:00:00+00:00",
        campaigns=40,
        goal_metric="roas",
        effects=(EFFECT,),
        findings=(FINDING,),
        reason=None,
    )


@pytest.fixture
def board() -> dict[str, Any]:
    """A scoreboard as `track_record.scoreboard` gives it."""
    return copy.deepcopy(BOARD)


@pytest.fixture
def recommendations() -> dict[str, Any]:
    """The answer of the recommendations, with one card of each kind a report shows."""
    return {
        "cards": [
            CARD,
            CARD | {"lane": "explore", "action": "test creative type video", "expected_gain": None},
        ],
        "recommendations": ["Plan more with age 18-25."],
    }
