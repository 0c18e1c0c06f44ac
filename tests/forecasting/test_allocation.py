"""A budget spread over plans by what was learnt: says what is extrapolated and what was never learnt, and refuses what
cannot be compared."""

import dataclasses

import pytest

from reflection.domain.allocation import AllocationRequest
from reflection.domain.knowledge import NOTHING
from reflection.domain.plan import Plan
from reflection.errors import InvalidInput
from reflection.forecasting.allocation import allocate


@pytest.fixture
def learnt(knowledge):
    """The knowledge of the sample history, in which Meta's returns fade and nothing is known of Google's."""
    meta = {
        "elasticity": 0.6, "interval": [0.5, 0.7], "sd": 0.06, "prior_sd": 0.34, "identified": True, "reason": None,
        "usual": 3000.0, "low": 1000.0, "high": 9000.0, "campaigns": 20,
    }  # fmt: skip
    open_one = {**meta, "identified": False, "reason": "its campaigns all spent about the same", "sd": 0.33}
    response = {"platform:meta": meta, "platform:google": open_one}
    return dataclasses.replace(knowledge, diagnostics={**knowledge.diagnostics, "response": response})


def plan(platform, budget=3000.0, currency=None, **more):
    return Plan(plan_id=platform, platform=platform, objective="Sales", budget=budget, currency=currency, **more)


def asked(learnt, *plans, **more):
    plans = plans or (plan("Meta", currency=learnt.currency), plan("Google", currency=learnt.currency))
    return AllocationRequest(plans=plans, **more)


def test_money_is_spread_and_told_with_its_limits(learnt):
    answer = allocate(asked(learnt), learnt)
    meta, google = answer["items"]
    assert meta["amount"] + google["amount"] == pytest.approx(6000.0)
    assert meta["elasticity"]["value"] == pytest.approx(0.6, abs=0.01)
    assert meta["elasticity"]["interval"] == pytest.approx([0.5, 0.7], abs=0.02)
    assert google["elasticity"]["value"] is None
    assert google["elasticity"]["reason"] == "its campaigns all spent about the same"
    assert google["curve"] is None
    assert [point["amount"] for point in meta["curve"]][:: len(meta["curve"]) - 1] == pytest.approx([1000.0, 9000.0])
    assert all(point["low"] <= point["brings"] <= point["high"] for point in meta["curve"])
    assert answer["total"]["brings"] >= answer["as_planned"]["brings"] * 0.999
    assert any("Google was not learnt" in note for note in answer["notes"])
    assert allocate(asked(learnt), learnt) == answer


def test_the_less_is_known_the_nearer_a_split_stays_to_the_plans_own_shares(learnt):
    """What more money brings is learnt of no, one, or both platforms; the plans are of very different size."""
    plans = (plan("Meta", 9000.0, learnt.currency), plan("Google", 1000.0, learnt.currency))
    both = learnt.response
    splits = {}
    for count, platforms in enumerate([(), ("platform:meta",), ("platform:meta", "platform:google")]):
        response = {key: {**both["platform:meta"], "sd": 0.3, "identified": False} for key in both}
        response |= dict.fromkeys(platforms, both["platform:meta"])
        known = dataclasses.replace(learnt, diagnostics={**learnt.diagnostics, "response": response})
        answer = allocate(asked(known, *plans), known)
        splits[count] = answer["leaning"], answer["items"][0]["share"]
        assert any("nearer to the plans' own shares" in note for note in answer["notes"]) == (count < 2)
    leanings, shares = zip(*splits.values(), strict=True)
    assert 0.5 > leanings[0] > leanings[1] > leanings[2] == 0.0
    assert abs(shares[0] - 0.9) < abs(shares[2] - 0.9)


def test_bounds_hold_and_far_amounts_are_called_guesses(learnt):
    bounds = {"Google": {"min": 500.0, "max": 800.0}}
    request = AllocationRequest.model_validate({**asked(learnt).model_dump(), "bounds": bounds, "budget": 60_000.0})
    meta, google = allocate(request, learnt)["items"]
    assert 500.0 <= google["amount"] <= 800.0
    assert meta["extrapolated"]
    notes = allocate(request, learnt)["notes"]
    assert any(note.startswith("Meta: ") and "is an extrapolation" in note for note in notes)


def test_fading_returns_take_less_of_a_large_budget(learnt):
    small, large = (allocate(asked(learnt, budget=amount), learnt)["items"][0]["share"] for amount in (2e3, 2e5))
    assert large < small


@pytest.mark.parametrize(
    "broken",
    [
        {"plans": []},
        {"bounds": {"nobody": {"max": 5.0}}},
        {"bounds": {"Meta": {"min": 5.0, "max": 4.0}}},
        {"bounds": {"Meta": {"min": 9000.0}}},
        {"bounds": {"Meta": {"max": 1.0}, "Google": {"max": 1.0}}},
        {"risk": 1.0},
        {"budget": 0.0},
    ],
)
def test_what_cannot_be_spread_is_refused(learnt, broken):
    with pytest.raises(ValueError, match=r".+"):
        AllocationRequest.model_validate(asked(learnt).model_dump() | broken)


def test_what_cannot_be_compared_is_refused(learnt):
    with pytest.raises(InvalidInput, match="nothing was learnt"):
        allocate(asked(learnt), NOTHING)
    foreign = asked(learnt, plan("Meta", currency="JPY"), plan("Google", currency="JPY"))
    with pytest.raises(InvalidInput, match="not compared"):
        allocate(foreign, learnt)
    with pytest.raises(ValueError, match="currencies"):
        asked(learnt, plan("Meta", currency="JPY"), plan("Google", currency="EUR"))
