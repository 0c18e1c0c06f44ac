"""Evaluated plans: three figures, honest intervals, and a plain word for what the data cannot say."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.metrics import PLAN_METRICS
from reflection.domain.plan import Figures, Plan
from reflection.forecasting import calibration_update
from reflection.forecasting.belief import Belief, blend
from reflection.forecasting.calibration import EMPTY, Calibration
from reflection.forecasting.plan_evaluation import drivers, evaluate

FIGURES = Figures(ctr=0.02, cvr=0.05, cpa=10.0, roas=4.0)


def _plan(**changes: object) -> Plan:
    given = {
        "platform": "Meta", "objective": "Leads", "budget": 1000.0, "currency": "EUR", "planner": "ada",
        "creatives": [{"id": "x", "type": "video"}], **changes,
    }  # fmt: skip
    return Plan(**given)


@pytest.fixture(scope="module")
def optimist() -> Calibration:
    """A planner who promises half as much again as comes."""
    rng, state = np.random.default_rng(3), EMPTY
    for index in range(24):
        expected = Counts(100_000, 2_000, 100, float(rng.uniform(800, 1500)), 4000)
        conversions = int(rng.poisson(100 / 1.5 * np.exp(rng.normal(0, 0.1))))
        actual = Counts(100_000, 2_000, conversions, expected.spend, 40.0 * conversions)
        cell = (Cell({"platform:meta": 1.0}, actual),)
        campaign = Evidence(f"c{index}", 1, "platform:meta", "objective:leads", "ada", "EUR", expected, actual, cell)
        state = calibration_update.learn(state, campaign)
    return state


def _one(plan: Plan, knowledge: Knowledge, state: Calibration = EMPTY) -> dict[str, object]:
    (found,) = evaluate([("p", plan)], knowledge, state)["plans"]
    return found


def test_the_shape_is_the_contract(knowledge: Knowledge, optimist: Calibration):
    answer = evaluate([("p", _plan(expected=FIGURES, targets={"cpa": 12.0}))], knowledge, optimist)

    json.dumps(answer, allow_nan=False)
    assert {"plans", "as_of"} <= set(answer)
    (plan,) = answer["plans"]
    assert {"plan_id", "metrics", "drivers", "similar", "notes"} <= set(plan)
    assert set(plan["metrics"]) == set(PLAN_METRICS)
    for metric in plan["metrics"].values():
        assert {"planner", "signals", "calibrated", "intervals", "p_target", "p_better"} <= set(metric)
        assert set(metric["intervals"]) == {"50", "80", "90"}


def test_the_blend_lies_between_the_signals_and_the_corrected_promise(knowledge: Knowledge, optimist: Calibration):
    for metric in _one(_plan(expected=FIGURES), knowledge, optimist)["metrics"].values():
        low, high = sorted([metric["signals"], metric["corrected"]])
        assert low <= metric["calibrated"] <= high
        assert 0 < metric["weight_of_signals"] < 1


def test_an_optimistic_planner_is_corrected(knowledge: Knowledge, optimist: Calibration):
    metric = _one(_plan(expected=FIGURES), knowledge, optimist)["metrics"]["conversions"]
    assert metric["planner"] == pytest.approx(100)
    assert metric["corrected"] == pytest.approx(67, rel=0.12)


def test_probabilities_follow_the_target_and_the_direction_of_the_metric(knowledge: Knowledge):
    easy = _one(_plan(targets={"cpa": 50.0, "roas": 0.5}), knowledge)["metrics"]
    hard = _one(_plan(targets={"cpa": 1.0, "roas": 50.0}), knowledge)["metrics"]
    assert easy["cpa"]["p_target"] > 0.99
    assert easy["roas"]["p_target"] > 0.99
    assert hard["cpa"]["p_target"] < 0.01
    assert hard["roas"]["p_target"] < 0.01
    assert easy["ctr"]["p_target"] is None


def test_better_than_usual_is_judged_against_the_workspace(knowledge: Knowledge):
    good = _one(_plan(), knowledge)["metrics"]
    bad = _one(_plan(creatives=[{"id": "x", "type": "image"}]), knowledge)["metrics"]
    for metric in ("roas", "cpa", "conversions", "revenue"):
        assert good[metric]["p_better"] > 0.7
        assert bad[metric]["p_better"] < 0.5
    assert good["conversions"]["usual"] == pytest.approx(100 * np.exp(0.3 - 0.05), rel=0.02), "for leads, on Meta"


def test_an_unseen_platform_widens_and_is_called_not_identified(knowledge: Knowledge):
    usual, new = _one(_plan(platform="Google"), knowledge), _one(_plan(platform="Snap"), knowledge)

    def width(found: dict[str, object]) -> float:
        low, high = found["metrics"]["roas"]["intervals"]["90"]
        return math.log(high / low)

    assert width(new) > width(usual) * 1.05
    assert any("not identified: platform snap was never seen" in note for note in new["notes"])
    assert not any("never seen" in note for note in usual["notes"])


def test_targets_that_are_two_different_results_are_said_to_be(knowledge: Knowledge):
    apart = _one(_plan(targets={"cpa": 10.0, "conversions": 20.0}), knowledge)["notes"]
    alike = _one(_plan(targets={"cpa": 10.0, "conversions": 100.0, "roas": 2.0, "revenue": 2_000.0}), knowledge)[
        "notes"
    ]

    said = "the targets ask for two different results: 20 conversions of this budget cost EUR 50.00 each, not EUR 10.00"
    assert said in apart
    assert not any("two different results" in note for note in alike)


def test_what_nothing_was_learnt_of_is_named_with_the_figures_it_costs(knowledge: Knowledge):
    shown = {name: posterior for name, posterior in knowledge.posteriors.items() if name in ("cpm", "ctr")}
    notes = _one(_plan(), replace(knowledge, posteriors=shown))["notes"]

    said = (
        "not identified: nothing was learnt of leads yet: there is no figure for CVR, CPA, ROAS, conversions, revenue"
    )
    assert said in notes
    assert not any("there is no figure for" in note for note in _one(_plan(), knowledge)["notes"])


def test_spend_far_outside_is_flagged_and_never_extrapolated_silently(knowledge: Knowledge, optimist: Calibration):
    plan = _plan(budget=500_000.0, expected=FIGURES, targets={"cpa": 12.0, "roas": 1.0, "ctr": 0.01})
    found = _one(plan, knowledge, optimist)
    for name in ("cpa", "roas", "conversions", "revenue"):
        metric = found["metrics"][name]
        assert not metric["identified"]
        assert metric["p_target"] is metric["p_better"] is metric["p_planner"] is None, "no odds for an extrapolation"
    assert found["metrics"]["ctr"]["identified"]
    assert found["metrics"]["ctr"]["p_target"] is not None
    assert any("far outside what was seen" in note for note in found["notes"])


def test_an_unknown_planner_is_named(knowledge: Knowledge, optimist: Calibration):
    notes = _one(_plan(planner="eve", expected=FIGURES), knowledge, optimist)["notes"]
    assert "not identified: eve has no forecasts on record yet; the intervals are wider for it" in notes


def test_nothing_learnt_gives_the_planners_figure_and_says_why():
    found = _one(_plan(expected=FIGURES), NOTHING)
    metric = found["metrics"]["cpa"]
    assert metric["planner"] == pytest.approx(10.0)
    assert metric["calibrated"] is None
    assert metric["intervals"] == {"50": None, "80": None, "90": None}
    assert not metric["identified"]
    assert any("nothing has been learnt yet" in note for note in found["notes"])
    assert any("are needed to correct them" in note for note in found["notes"])


def test_without_signals_the_conformal_intervals_are_given_as_they_are(optimist: Calibration):
    metric = _one(_plan(expected=FIGURES), NOTHING, optimist)["metrics"]["conversions"]
    assert metric["signals"] is None
    assert metric["calibrated"] == metric["corrected"]
    assert metric["intervals"]["50"][0] < metric["calibrated"] < metric["intervals"]["50"][1]


def test_money_of_another_currency_is_not_compared(knowledge: Knowledge):
    found = _one(_plan(currency="JPY"), knowledge)
    assert found["metrics"]["cpa"]["signals"] is None
    assert found["metrics"]["ctr"]["signals"] is not None
    assert any("learnt in EUR, planned in JPY" in note for note in found["notes"])


def test_drivers_are_the_learnings_of_this_plan_strongest_first(knowledge: Knowledge):
    rows = drivers(knowledge, _plan().shares())
    assert {row["signal"] for row in rows} == {
        "platform:meta", "objective:leads", "creative.type:video", "platform*creative.type:meta*video",
    }  # fmt: skip
    moves = [abs(math.log(row["effect"])) for row in rows]
    assert moves == sorted(moves, reverse=True)
    assert rows[0]["evidence"] == ["c2", "c1"]


def test_several_plans_are_added_up_in_one_currency_only(knowledge: Knowledge):
    plans = [("a", _plan()), ("b", _plan(budget=2000.0))]
    answer = evaluate(plans, knowledge, EMPTY)
    parts = [plan["metrics"]["conversions"] for plan in answer["plans"]]
    assert answer["total"]["spend"] == 3000.0
    assert answer["total"]["conversions"]["calibrated"] == pytest.approx(sum(part["calibrated"] for part in parts))
    assert evaluate([("a", _plan()), ("b", _plan(currency="USD"))], knowledge, EMPTY)["total"] is None
    assert evaluate(plans[:1], knowledge, EMPTY)["total"] is None


def test_the_sum_is_not_identified_when_a_part_is_not(knowledge: Knowledge, optimist: Calibration):
    usual, huge = ("a", _plan(expected=FIGURES)), ("b", _plan(budget=500_000.0, expected=FIGURES))
    assert evaluate([usual, ("c", usual[1])], knowledge, optimist)["total"]["conversions"]["identified"]
    assert not evaluate([usual, huge], knowledge, optimist)["total"]["conversions"]["identified"]


@pytest.mark.parametrize("change", [{"interval": (1.0, 1.0)}, {"identified": False}])
def test_an_effect_that_cannot_be_told_from_others_drives_nothing(make_knowledge, change: dict[str, Any]):
    known = make_knowledge({"platform:meta": (0.1, 0.1, False), "creative.type:video": (0.3, 0.1, False)})
    fixed = [replace(one, **change) if "video" in one.signal else one for one in known.effects]
    rows = _one(_plan(), replace(known, effects=tuple(fixed)))["drivers"]
    assert [row["signal"] for row in rows] == ["platform:meta"]


def test_agreement_never_makes_the_blend_wider_and_disagreement_does():
    same, weight = blend(Belief(0.0, 0.3), Belief(0.0, 0.1))
    apart, _ = blend(Belief(1.0, 0.3), Belief(-1.0, 0.3))
    assert same is not None
    assert apart is not None
    assert 0.1 <= same.sd <= 0.3
    assert weight == pytest.approx(0.9)
    assert apart.sd > 1.0
    assert blend(None, None) == (None, None)
    assert blend(None, Belief(0.0, 1.0))[1] == 1.0


def test_intervals_of_the_signals_cover_what_the_model_says(make_knowledge):
    """Campaigns drawn from the model itself fall into the 90 % interval nine times in ten."""
    known = make_knowledge({"creative.type:video": (0.3, 0.1, True)}, sigma=0.15)
    metric = _one(_plan(budget=20_000.0), known)["metrics"]["ctr"]
    rng = np.random.default_rng(1)
    outcomes = 0.02 * np.exp(rng.normal(0, 0.02, 4000) + rng.normal(0, 0.15, 4000))
    low, high = metric["intervals"]["90"]
    assert np.mean((outcomes >= low) & (outcomes <= high)) == pytest.approx(0.9, abs=0.03)
