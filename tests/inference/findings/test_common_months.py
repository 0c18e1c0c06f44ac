"""A month in which all campaigns did alike is told as the month's, and no campaign's own; else nothing is told."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from reflection.comparison.compare import compare
from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.finding_kinds import COMMON_MONTH
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Finding
from reflection.domain.validation import read
from reflection.engine.analysis import campaign_facts
from reflection.explain.writer import DeterministicWriter
from reflection.inference.findings import common_months
from reflection.inference.findings.for_campaign import patterns_for
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.reports.period import Period

BAD = 9
Factor = Callable[[int, str], float]
"""What a month does to the CVR of the campaign of that number within it, on a platform."""

EVERYTHING: Factor = lambda number, platform: 0.65  # noqa: E731
ON_META: Factor = lambda number, platform: 0.5 if platform == "Meta" else 1.0  # noqa: E731
HALF: Factor = lambda number, platform: 0.6 if number < 4 else 1.0  # noqa: E731
NOTHING: Factor = lambda number, platform: 1.0  # noqa: E731


def _account(factor: Factor, seed: int, lasting: float = 0.0) -> list[Campaign]:
    """Ten months of eight campaigns on two platforms, whose audiences and creatives are drawn.

    Args:
        lasting: how much the eight differ, all year long.
    """
    rng = np.random.default_rng(seed)
    own = np.exp(rng.normal(0, lasting, 8))
    return [
        _campaign(month, number, rng, own[number] * (factor(number, _platform(number)) if month == BAD else 1.0))
        for month in range(1, 11)
        for number in range(8)
    ]


def _platform(number: int) -> str:
    return ("Meta", "Google")[number % 2]


def _campaign(month: int, number: int, rng: np.random.Generator, cvr: float) -> Campaign:
    scatter, shown = np.exp(rng.normal(0, 0.08, 3)), int(rng.integers(120_000, 260_000))
    clicks = int(rng.binomial(shown, 0.012 * scatter[0]))
    conversions = float(rng.binomial(clicks, min(0.045 * scatter[1] * cvr, 1.0)))
    forecast = {"impressions": shown, "clicks": int(0.012 * shown), "spend": 0.01 * shown}
    body: dict[str, Any] = {
        "campaign_id": f"{month:02d}-{number}", "platform": _platform(number), "objective": "Sales", "currency": "EUR",
        "audiences": [{"name": ("Students", "Parents", "Gamers")[int(rng.integers(3))]}],
        "creatives": [{"id": f"ad {rng.integers(3)}", "type": ("video", "image")[int(rng.integers(2))]}],
        "timestamp": f"2026-{month:02d}-{3 + 3 * number:02d}T12:00:00+00:00",
        "expected_metrics": {**forecast, "conversions": round(0.012 * 0.045 * shown)},
        "actual_metrics": {
            "impressions": shown, "clicks": clicks, "conversions": conversions,
            "spend": round(0.01 * shown * float(scatter[2]), 2), "revenue": 80.0 * conversions,
        },
    }  # fmt: skip
    return read(Campaign, body)


def _learnt(campaigns: list[Campaign]) -> Knowledge:
    request = FitRequest(seq=1, as_of="2030-01-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, campaigns)))
    return learn([evidence_of(campaign) for campaign in campaigns], request)


def _of_months(knowledge: Knowledge) -> list[Finding]:
    return [one for one in knowledge.findings if one.metadata.get("kind") == COMMON_MONTH]


@cache
def _fallen() -> tuple[list[Campaign], Knowledge]:
    campaigns = _account(EVERYTHING, 1)
    return campaigns, _learnt(campaigns)


@pytest.mark.parametrize("lasting", [0.0, 0.3])
def test_a_month_that_fell_for_all_is_told_once_with_its_size(lasting: float):
    (finding,) = _of_months(_learnt(_account(EVERYTHING, 1, lasting)))

    assert finding.title.startswith("September 2026: CVR")
    assert finding.metric == "cvr"
    assert finding.direction == "unfavorable"
    assert finding.interval is not None
    assert finding.interval[0] <= 0.65 <= finding.interval[1]
    assert set(finding.supporting) == {f"{BAD:02d}-{number}" for number in range(8)}
    assert "all 8 campaigns" in finding.description


def test_how_many_months_are_held_in_memory_changes_no_answer(monkeypatch: pytest.MonkeyPatch):
    campaigns, knowledge = _fallen()
    monkeypatch.setattr(common_months, "AT_ONCE", 1)

    assert _of_months(_learnt(campaigns)) == _of_months(knowledge)


def test_a_month_names_some_of_its_campaigns_and_counts_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(common_months, "MOST_IDS", 3)
    (finding,) = _of_months(_learnt(_account(EVERYTHING, 1)))
    assert (len(finding.supporting), finding.evidence_count) == (3, 8)


def test_what_one_platform_did_is_told_of_it_alone():
    (finding,) = _of_months(_learnt(_account(ON_META, 2)))

    assert finding.title.casefold().startswith("september 2026 on meta: cvr")
    assert set(finding.supporting) == {f"{BAD:02d}-{number}" for number in (0, 2, 4, 6)}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("factor", [NOTHING, HALF])
def test_what_only_some_campaigns_did_is_not_the_months(factor: Factor, seed: int):
    assert not _of_months(_learnt(_account(factor, seed, lasting=0.2)))


def test_a_campaign_of_the_month_says_so_and_others_do_not():
    campaigns, knowledge = _fallen()
    why = {campaign.campaign_id: _why(campaign, knowledge) for campaign in campaigns}

    for name, line in why.items():
        assert ("In September 2026, CVR was" in line) == name.startswith(f"{BAD:02d}-"), line
    assert "in 8 of 8 campaigns: that part is the month's, and no campaign's own." in why[f"{BAD:02d}-0"]


def test_a_period_says_so_where_it_has_campaigns_of_the_month():
    campaigns, knowledge = _fallen()
    for month in (BAD - 1, BAD):
        period = Period()
        for campaign in campaigns:
            if campaign.timestamp.month == month:
                period.add(compare(campaign, generated_at="", scatter=knowledge.scatter))
        lines = {line.question: line.text for line in period.lines(knowledge, [])}
        assert ("In September 2026" in lines["why"]) == (month == BAD)
        assert lines["certainty"].startswith("No difference between audiences, creatives or platforms")


def _why(campaign: Campaign, knowledge: Knowledge) -> str:
    keys = evidence_of(campaign).signal_keys()
    patterns = patterns_for(campaign, keys, knowledge, generated_at="")
    comparison = compare(campaign, generated_at="", scatter=knowledge.scatter)
    insights = DeterministicWriter().write(
        campaign_facts(campaign, keys, comparison, patterns, knowledge, similar=(), notes=())
    )
    return next(line.text for line in insights.summary if line.question == "why")
