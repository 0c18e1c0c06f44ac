"""The five lines that are read first: each answers its question from the evidence it cites, and adds nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from reflection.domain.finding_kinds import PLANNER_BIAS
from reflection.domain.ports import Facts
from reflection.domain.results import Finding, SummaryLine
from reflection.explain.evidence_of_facts import gather
from reflection.explain.writer import DeterministicWriter

QUESTIONS = ["happened", "why", "next", "certainty", "money"]


def _lines(facts: Facts) -> dict[str, SummaryLine]:
    insights = DeterministicWriter().write(facts)
    assert [line.question for line in insights.summary] == QUESTIONS
    assert insights.narrative_summary == "\n".join(line.text for line in insights.summary)
    ids = {item.id for item in gather(facts)}
    assert all(set(line.evidence) <= ids for line in insights.summary)
    return {line.question: line for line in insights.summary}


def _campaign(sample: dict[str, Any], **actual: Any) -> dict[str, Any]:
    return {**sample, "actual_metrics": {**sample["actual_metrics"], **actual}}


def test_the_sample_is_understood_from_five_lines(rich_facts: Facts) -> None:
    lines = _lines(rich_facts)
    assert lines["happened"].text.startswith("The campaign did better than its forecast: ROAS 5.70 against 2.00")
    assert lines["why"].text == (
        "Mostly CTR, 3.50 % against 2.00 %: it accounts for USD 18.03 of the USD 30.73 by which CPA is lower."
    )
    assert lines["certainty"].text.startswith("Sure of the direction: the forecast of USD 50.00 is outside the 90 %")
    assert lines["money"].text == (
        "USD 3,950 spent brought USD 22,500 back: USD 14,600 more than at the forecast's return (USD 7,900)."
    )


@pytest.mark.parametrize("conversions", [70, 85])
def test_within_noise_nothing_is_claimed(
    make_facts: Callable[..., Facts], sample: dict[str, Any], conversions: int
) -> None:
    quiet = _campaign(sample, clicks=1960, impressions=98_000, conversions=conversions, revenue=conversions * 100.0)
    lines = _lines(make_facts(quiet))
    assert "We cannot tell yet" in lines["certainty"].text
    assert "chance" in lines["money"].text
    assert not re.search(r"more than at|less than at|fewer than at", lines["money"].text)


@pytest.mark.parametrize(("share", "beside"), [(0.5, r": \d+ fewer than at"), (0.93, r", \d+ at the forecast's CPA:")])
def test_money_that_came_back_is_told_where_conversions_are_held_against_their_cost(
    make_facts: Callable[..., Facts], sample: dict[str, Any], share: float, beside: str
) -> None:
    """A price rise brings fewer conversions and more money: without the money that reads as a loss."""
    expected = {**sample["expected_metrics"], "revenue": 100.0 * sample["expected_metrics"]["conversions"]}
    usual = expected["conversions"] * sample["actual_metrics"]["spend"] / expected["spend"]
    dearer = {
        **_campaign(sample, conversions=round(share * usual), revenue=100.0 * usual),
        "expected_metrics": expected,
    }
    money = _lines(make_facts(dearer))["money"].text

    assert re.search(rf"spent brought USD {100 * usual:,.0f} back and \d+ conversions{beside}", money), money


@pytest.mark.parametrize("usual", [0.8, 1.3])
def test_plans_usually_miss_to_this_side_only_where_this_result_lies_on_it(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding], usual: float
) -> None:
    """The sample's ROAS is far above its plan."""
    about = {"kind": PLANNER_BIAS, "label": "Plans", "alike": 9, "gap_of": "revenue", "gap": 900.0}
    bias = make_finding(
        category="cross_platform_pattern", signal_key="planner:", metadata=about, metric="roas", effect=usual,
        interval=(0.9 * usual, 1.1 * usual), contradicting=("b", "c"),
    )  # fmt: skip
    facts = make_facts(findings=(bias,))

    assert ("usually miss to this side" in _lines(facts)["why"].text) is (usual > 1.0)
    assert not any("Not all agree" in statement.text for statement in DeterministicWriter().write(facts).statements)


def test_missing_revenue_leaves_the_return_open(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    lines = _lines(make_facts(_campaign(sample, revenue=None)))
    assert lines["money"].text.endswith("Revenue is missing, so what came back is not known.")
    assert "ROAS" not in lines["happened"].text


def test_without_a_conversion_there_is_no_cost_to_compare(
    make_facts: Callable[..., Facts], sample: dict[str, Any]
) -> None:
    lines = _lines(make_facts(_campaign(sample, conversions=0, revenue=0.0)))
    assert "was zero against" in lines["why"].text
    assert "CPA USD" not in lines["happened"].text


def test_why_nothing_is_learnt_stands_beside_how_sure_it_is(make_facts: Callable[..., Facts]) -> None:
    lines = _lines(make_facts(reason="3 campaigns are too few"))
    assert lines["certainty"].text.endswith("Nothing can be called a finding yet: 3 campaigns are too few.")
    assert "flag:no_findings" in lines["certainty"].evidence


def test_how_sure_is_said_of_the_kpi_that_decides(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    poor = _campaign(sample, clicks=1960, impressions=98_000, conversions=80, revenue=3_000.0)
    lines = _lines(make_facts(poor))
    assert lines["happened"].text.startswith("The campaign did worse")
    assert lines["certainty"].text.startswith("Sure of the direction: the forecast of 2.00 is outside")
    assert "less than at the forecast's return" in lines["money"].text


PLAN = {"impressions": 100_000, "clicks": 2_000, "conversions": 100, "spend": 4_000.0, "revenue": 10_000.0}
"""CPA 40, ROAS 2.5, AOV 100."""


@pytest.mark.parametrize(
    ("plan", "fact", "question", "words"),
    [
        (  # the same cost on half the budget is another result
            {},
            {"impressions": 50_000, "clicks": 1_000, "conversions": 50, "spend": 2_000.0, "revenue": 5_000.0},
            "happened",
            "USD 2,000 spent, USD 4,000 planned (-50 %); 50 conversions, 100 planned (-50 %).",
        ),
        (  # one metric was planned: it is told
            {"conversions": None, "spend": None, "revenue": None},
            {"clicks": 3_000},
            "happened",
            "what can be compared: CTR 3.00 % against 2.00 % expected (+50.0 %).",
        ),
        ({}, {"clicks": None, "conversions": 140}, "why", "The figures do not say: clicks are missing in the result."),
        ({}, {"spend": None, "clicks": 2_100}, "money", "What was spent is not known."),
        ({}, {"spend": None, "clicks": 2_100}, "certainty", "We cannot tell: neither cost nor return can be compared."),
        (
            {},
            {"conversions": None, "revenue": 9_000.0},
            "money",
            "whether that is more than chance cannot be said yet.",
        ),
        ({}, {"spend": 0.0}, "happened", "Nothing was spent, so there is no cost or return to compare; what can be "),
        ({"spend": 0.0}, {"spend": 0.0}, "why", "Without spend there is neither a cost nor a return to explain."),
        ({}, {"revenue": 1_500.0}, "why", "Mostly average order value, USD 15.00 against USD 100.00"),
        (
            {},
            {"clicks": 4_000},
            "why",
            "because CTR (4.00 % against 2.00 %) and CVR (2.50 % against 5.00 %) cancel each other out.",
        ),
        (
            {},
            {"conversions": 60, "revenue": 18_000.0},
            "certainty",
            "the forecast of USD 40.00 is outside the 90 % range of CPA, USD 54.17 to USD 82.82, and",
        ),
        (  # one conversion was due: none is no explanation
            {"impressions": 1_000, "clicks": 20, "conversions": 1, "spend": 40.0, "revenue": 100.0},
            {"impressions": 1_000, "clicks": 20, "conversions": 0, "spend": 40.0, "revenue": 0.0},
            "why",
            "No factor of conversions is off by more than chance makes.",
        ),
    ],
)
def test_what_is_said_follows_from_what_is_known(
    make_facts: Callable[..., Facts],
    sample: dict[str, Any],
    plan: dict[str, Any],
    fact: dict[str, Any],
    question: str,
    words: str,
) -> None:
    campaign = {**sample, "expected_metrics": PLAN | plan, "actual_metrics": PLAN | fact, "objective": "Sales"}
    campaign |= {"audiences": [], "creatives": []}
    assert words in _lines(make_facts(campaign))[question].text
