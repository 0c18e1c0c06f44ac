"""The sentences on one campaign never contradict each other, whatever its figures and however much campaigns differ."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.ports import Facts
from reflection.domain.results import Insights
from reflection.domain.scatter import CampaignScatter
from reflection.explain.writer import DeterministicWriter

ITSELF = re.compile(r"(?<![\d.,])((?:USD )?[\d.,]+(?: %)?) against \1(?![\d.,]*\d)")
"""A figure held against itself: a difference that nobody can read."""

MOVES = re.compile(r"by which (\w+) is (?:higher|lower)")
KPIS = ("cpa", "roas")


@st.composite
def metrics(draw: st.DrawFn) -> dict[str, Any]:
    """Counts of a campaign near a plan of 2 % CTR, 5 % CVR, CPM 40 and orders of 100, some of them much alike."""
    impressions = draw(st.sampled_from([2_000, 100_000, 101_000, 5_000_000]))
    clicks = max(1, round(impressions * 0.02 * draw(st.sampled_from([0.6, 0.999, 1.0, 1.3]))))
    conversions = round(clicks * 0.05 * draw(st.sampled_from([0.4, 0.998, 1.0, 2.0])))
    spend = round(impressions * 0.04 * draw(st.sampled_from([0.0, 0.9, 1.0, 1.5])), 2)
    revenue = round(conversions * 100.0 * draw(st.sampled_from([0.3, 1.0, 1.001, 5.0])), 2)
    return {
        "impressions": impressions, "clicks": clicks, "conversions": conversions, "spend": spend, "revenue": revenue,
    }  # fmt: skip


def _said(
    make_facts: Callable[..., Facts], sample: dict[str, Any], *sides: dict[str, Any], sigma: float
) -> tuple[Facts, Insights]:
    campaign = {**sample, "expected_metrics": sides[0], "actual_metrics": sides[1], "objective": "Sales"}
    facts = make_facts(campaign, scatter=CampaignScatter(dict.fromkeys(("cpm", "ctr", "cvr", "aov"), sigma)))
    return facts, DeterministicWriter().write(facts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=metrics(), fact=metrics(), sigma=st.sampled_from([0.0, 0.05, 0.3]))
def test_no_sentence_says_more_than_the_verdict(
    make_facts: Callable[..., Facts], sample: dict[str, Any], plan: dict[str, Any], fact: dict[str, Any], sigma: float
) -> None:
    facts, insights = _said(make_facts, sample, plan, fact, sigma=sigma)
    noise = {kpi.upper() for kpi in KPIS if facts.comparison.deltas[f"{kpi}_diff"].beyond_noise is False}
    for text in (*(line.text for line in insights.summary), *(item.text for item in insights.statements)):
        assert not ITSELF.search(text), text
        assert noise.isdisjoint(MOVES.findall(text)), text
        assert "in line with" not in text, text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=metrics(), fact=metrics())
def test_what_came_without_spend_is_told(
    make_facts: Callable[..., Facts], sample: dict[str, Any], plan: dict[str, Any], fact: dict[str, Any]
) -> None:
    _, insights = _said(make_facts, sample, plan, fact | {"spend": 0.0}, sigma=0.1)
    lines = {line.question: line.text for line in insights.summary}
    assert lines["money"].startswith("Nothing was spent")
    assert not fact["conversions"] or f"{fact['conversions']:,} conversion" in lines["money"]
    assert "percentage has no meaning" not in lines["why"]
    assert not any("CPA" in text for text in (lines["happened"], lines["why"], lines["money"]))


def test_money_that_still_waits_for_conversions_is_money_so_far(
    make_facts: Callable[..., Facts], sample: dict[str, Any]
) -> None:
    waiting = {**sample, "period_end": "2026-04-30T00:00:00+00:00", "mature_on": "2126-05-07"}
    insights = DeterministicWriter().write(make_facts(waiting))
    assert insights.summary[-1].text.endswith("That is so far: conversions still come in.")
