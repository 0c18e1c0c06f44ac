"""Plans coming in: strict, and figures in whatever form the planner has them."""

import pytest

from reflection.domain.plan import Figures, Plan, PlanRequest
from reflection.domain.validation import read
from reflection.errors import InvalidInput

BASE = {"platform": "Meta", "objective": "Leads", "budget": 1000.0}


def _expected(**figures: float) -> object:
    return Plan(**BASE, expected=Figures(**figures)).promise().expected


def test_rates_and_budget_give_counts():
    counts = _expected(ctr=0.02, cvr=0.05, cpa=50.0, roas=2.0)
    assert (counts.conversions, counts.clicks, counts.impressions) == (20.0, 400.0, 20_000.0)
    assert (counts.spend, counts.revenue) == (1000.0, 2000.0)


def test_counts_win_over_rates():
    assert _expected(conversions=7.0, cpa=50.0).conversions == 7.0


def test_rates_also_work_downwards_from_impressions():
    counts = _expected(impressions=10_000.0, ctr=0.02, cvr=0.05)
    assert (counts.clicks, counts.conversions) == (200.0, 10.0)


def test_no_figures_promise_nothing_but_the_spend():
    counts = Plan(**BASE).promise().expected
    assert (counts.impressions, counts.conversions, counts.revenue, counts.spend) == (0.0, 0.0, None, 1000.0)


def test_signals_are_those_of_a_campaign():
    plan = Plan(**BASE, creatives=[{"id": "a", "type": "Video"}])
    assert {"platform:meta", "objective:leads", "creative.type:video"} <= set(plan.shares())
    assert plan.promise().platform_key == "platform:meta"


@pytest.mark.parametrize(
    "body",
    [
        {"plans": []},
        {"plans": [{**BASE, "budget": 0}]},
        {"plans": [{**BASE, "budget": 5e-324}]},
        {"plans": [{**BASE, "targets": {"roas": 5e-324}}]},
        {"plans": [{**BASE, "budget": "many"}]},
        {"plans": [{**BASE, "platform": "unknown"}]},
        {"plans": [{**BASE, "targets": {"happiness": 1.0}}]},
        {"plans": [{**BASE, "plan_id": "a"}, {**BASE, "plan_id": "a"}]},
        {"plans": [{**BASE, "surprise": 1}]},
        {"plans": [{**BASE, "currency": "euro"}]},
    ],
)
def test_what_cannot_be_a_plan_is_refused(body: dict[str, object]):
    with pytest.raises(InvalidInput):
        read(PlanRequest, body)


def test_plans_without_a_name_are_numbered():
    request = read(PlanRequest, {"plans": [BASE, {**BASE, "plan_id": "spring"}]})
    assert [name for name, _ in request.named()] == ["plan-1", "spring"]


AS_A_CAMPAIGN = {
    "campaign_id": "cmp_next", "platform": "Meta", "objective": "Leads", "timestamp": "2026-06-01T00:00:00+00:00",
    "expected_metrics": {"impressions": 50_000, "clicks": 1_000, "conversions": 40, "spend": 800.0, "revenue": None},
    "audiences": [{"name": "Students", "attributes": {"age_range": "18-25"}}],
}  # fmt: skip


def test_a_campaign_that_has_not_run_is_a_plan_as_it_stands():
    ((name, plan),) = read(PlanRequest, {"plans": [AS_A_CAMPAIGN]}).named()
    assert (name, plan.budget) == ("cmp_next", 800.0)
    assert plan.promise().expected.conversions == 40
    assert plan.promise().expected.revenue is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expected": {"cpa": 10.0}}, "not both"),
        ({"expected_metrics": {"impressions": 1, "clicks": 2, "conversions": 0, "spend": 5.0}}, "expected_metrics"),
        ({"expected_metrics": None}, "budget"),
        ({"actual_metrics": AS_A_CAMPAIGN["expected_metrics"]}, "actual_metrics"),
    ],
)
def test_a_campaign_that_is_no_plan_says_why(change: dict[str, object], words: str):
    with pytest.raises(InvalidInput, match=words):
        read(PlanRequest, {"plans": [{**AS_A_CAMPAIGN, **change}]})


def test_what_all_plans_of_a_request_say_together_is_bounded() -> None:
    audience = {"name": "a", "attributes": {"tag": [f"v{i}" for i in range(600)]}}
    plan = {"platform": "Meta", "objective": "Sales", "budget": 100.0, "audiences": [audience]}

    assert read(PlanRequest, {"plans": [plan] * 2}).plans
    with pytest.raises(InvalidInput, match="say 12020 things together"):
        read(PlanRequest, {"plans": [plan] * 20})
