"""A plan's size reaches its figures: rates go with it as far as sizes were seen, beyond it is an extrapolation."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Figures, Plan
from reflection.errors import InvalidInput
from reflection.forecasting import plan_work
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.forecasting.plan_size import far_outside, outside, planned_size
from reflection.inference.learn import learn

SLOPE = math.log(0.84) / math.log(2)
CPM, CTR, CVR = 8.0, 0.012, 0.03
USUAL = 100_000


def _evidence(index: int, planner: str) -> Evidence:
    """A campaign planned between a tenth and ten times as large as usual, whose CVR falls with its size."""
    rng = np.random.default_rng(index)
    size = float(np.exp(rng.uniform(-math.log(10), math.log(10))))
    shown = USUAL * size
    clicks = float(rng.poisson(shown * CTR))
    orders = float(rng.poisson(clicks * CVR * size**SLOPE * math.exp(rng.normal(0, 0.1))))
    actual = Counts(shown, clicks, orders, shown / 1000 * CPM, 50.0 * orders)
    planned = Counts(shown, shown * CTR, shown * CTR * CVR, shown / 1000 * CPM, 50.0 * shown * CTR * CVR)
    platform = f"platform:{('meta', 'google')[index % 2]}"
    cell = Cell({platform: 1.0, "objective:sales": 1.0}, actual)
    return Evidence(
        f"c{index:02d}", 20_000 + index, platform, "objective:sales", planner, "EUR", planned, actual, (cell,)
    )


@pytest.fixture(scope="module")
def learnt() -> Knowledge:
    return learn(_evidence(index, "ann") for index in range(60))


@pytest.fixture(scope="module")
def unplanned() -> Knowledge:
    return learn(_evidence(index, "account-average") for index in range(60))


def _plan(times: float, **changes: Any) -> Plan:
    given = {"platform": "Meta", "objective": "Sales", "budget": times * USUAL / 1000 * CPM, "currency": "EUR"}
    return Plan(**{**given, **changes})


def _answer(knowledge: Knowledge, times: float, **changes: Any) -> dict[str, Any]:
    (answer,) = evaluate([("p", _plan(times, **changes))], knowledge, EMPTY)["plans"]
    return answer


def _figures(knowledge: Knowledge, times: float, **changes: Any) -> dict[str, Any]:
    figures: dict[str, Any] = _answer(knowledge, times, **changes)["metrics"]
    return figures


def test_more_plans_than_can_be_told_of_are_refused_before_anything_is_done(knowledge: Knowledge, monkeypatch) -> None:
    learnt = max(len(posterior.features) for posterior in knowledge.posteriors.values())
    monkeypatch.setattr(plan_work, "MOST_WORK", 3 * learnt)
    plan_work.check_work(3, knowledge)
    with pytest.raises(InvalidInput, match="4 plans are more") as refused:
        plan_work.check_work(4, knowledge)
    assert (refused.value.field, refused.value.hint) == ("plans", "send at most 3 at once")
    plan_work.check_work(1, replace(knowledge, posteriors={}))


def test_the_slope_that_was_learnt_reaches_a_plan_in_everything_made_of_it(learnt: Knowledge):
    usual, large = _figures(learnt, 1), _figures(learnt, 8)
    lift = learnt.size["cvr"]["doubling"] ** 3

    assert learnt.size["cvr"]["doubling"] == pytest.approx(0.84, abs=0.02)
    assert large["cvr"]["calibrated"] / usual["cvr"]["calibrated"] == pytest.approx(lift, rel=0.02)
    assert large["ctr"]["calibrated"] / usual["ctr"]["calibrated"] == pytest.approx(1.0, abs=0.06)
    assert large["cpa"]["calibrated"] / usual["cpa"]["calibrated"] == pytest.approx(1 / lift, rel=0.06)
    assert large["conversions"]["calibrated"] / usual["conversions"]["calibrated"] == pytest.approx(8 * lift, rel=0.06)
    assert all(large[name]["identified"] for name in large)


def test_its_truth_lies_within_the_interval_at_every_size(learnt: Knowledge):
    for times in (0.12, 0.5, 1, 3, 9):
        low, high = _figures(learnt, times)["cvr"]["intervals"]["90"]
        assert low < CVR * times**SLOPE < high


def test_the_impressions_promised_are_the_size_where_they_are_said(learnt: Knowledge):
    said = _figures(learnt, 1, planner="ann", expected=Figures(impressions=8.0 * USUAL))
    assert said["cvr"]["signals"] == pytest.approx(_figures(learnt, 8)["cvr"]["signals"], rel=0.03)


def test_better_than_usual_is_judged_at_the_same_size(learnt: Knowledge):
    for metric in ("cpa", "roas", "conversions"):
        odds = [_figures(learnt, times)[metric]["p_better"] for times in (0.2, 1, 8)]
        assert max(odds) - min(odds) < 0.15


def test_far_outside_of_what_was_seen_is_an_extrapolation_wider_and_without_odds(learnt: Knowledge):
    seen, far = _answer(learnt, 9), _answer(learnt, 300, targets={"cvr": 0.01})

    assert all(seen["metrics"][name]["identified"] for name in seen["metrics"])
    for name in ("cvr", "cpa", "roas", "conversions"):
        metric = far["metrics"][name]
        assert not metric["identified"]
        assert metric["p_better"] is metric["p_target"] is None
        assert _width(metric) > 2 * _width(seen["metrics"][name])
    assert any("far outside what was seen" in note and "wider" in note for note in far["notes"])
    assert any("times the usual size" in note and "CVR" in note and "lower" in note for note in seen["notes"])


@pytest.mark.parametrize("times", [0.001, 300])
def test_without_plans_far_outside_the_money_spent_is_not_identified_either(unplanned: Knowledge, times: float):
    assert unplanned.size == {}
    inside, far = _figures(unplanned, 5), _figures(unplanned, times)

    assert all(metric["identified"] for metric in inside.values())
    assert not any(far[name]["identified"] for name in ("cvr", "cpa", "roas", "conversions"))
    assert _width(far["cvr"]) > _width(inside["cvr"])


def test_money_of_another_currency_says_nothing_of_the_size(learnt: Knowledge):
    plan = _plan(1, currency="JPY", budget=1e6)
    size = planned_size(plan, learnt, plan.shares())

    assert (size.log, size.beyond) == (0.0, 0.0)
    assert far_outside(plan, replace(learnt, currency="EUR"), EMPTY, size) is None


def test_distance_from_a_range():
    assert outside(5.0, (1.0, 10.0)) == 0.0
    assert outside(20.0, (1.0, 10.0)) == pytest.approx(math.log(2))
    assert outside(0.5, (1.0, 10.0)) == pytest.approx(math.log(2))
    assert outside(5.0, None) == 0.0


def _width(metric: dict[str, Any]) -> float:
    low, high = metric["intervals"]["90"]
    return math.log(high / low) if low else math.inf
