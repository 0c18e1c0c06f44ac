"""Tracking faults: held with a reason, judged by neighbours, in any order."""

import random

import numpy as np
import pytest

from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import NOTHING
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.faults.neighbours import FEWEST_NEIGHBOURS, Neighbours, Surroundings, as_diagnostics
from reflection.inference.faults.tracking_faults import faults, suspected_fault, suspicion_of, suspicions_of
from reflection.inference.fit_request import FitRequest
from reflection.inference.goals import Spending
from reflection.inference.learn import learn


@pytest.fixture
def usual(make_campaign):
    """Eight campaigns with a CPA of about 100."""
    return [
        evidence_of(make_campaign(campaign_id=f"u{i}", currency="USD", actual={"conversions": 30 + i, "spend": 3400.0}))
        for i in range(8)
    ]


def _held(evidence, accepted=()):
    builder = DatasetBuilder(evidence)
    around = Surroundings.of(builder)
    money = Spending.of(builder, around.of_objective).by_currency()
    return faults(suspicions_of(builder, accepted, around, money))


def _odd(make_campaign, **actual):
    return evidence_of(make_campaign(campaign_id="odd", currency="USD", actual={"spend": 3400.0, **actual}))


def test_the_planted_fault_is_the_only_one_held(history_evidence, fault_id):
    found = _held(history_evidence)
    assert list(found) == [fault_id]
    assert "CPA is USD 0.39 where 9 comparable campaigns sit at" in found[fault_id]


def test_an_accepted_fault_is_no_longer_held(history_evidence, fault_id):
    assert _held(history_evidence, (fault_id,)) == {}


def test_the_order_of_arrival_does_not_matter(history_evidence):
    shuffled = list(history_evidence)
    random.Random(4).shuffle(shuffled)
    assert _held(shuffled) == _held(history_evidence)


def test_the_example_of_the_exports(usual, make_campaign):
    odd = _odd(make_campaign, conversions=1447.0)
    reason = _held([*usual, odd])["odd"]
    assert "CPA is USD 2.35" in reason
    assert "until it is accepted" in reason


def test_no_conversions_at_all_where_thirty_are_usual_is_suspicious(usual, make_campaign):
    assert "brought no conversion" in _held([*usual, _odd(make_campaign, conversions=0)])["odd"]


@pytest.mark.parametrize("faults_beside", [0, 1, 3])
def test_what_campaigns_paid_is_of_those_that_look_right(usual, make_campaign, faults_beside):
    """Neither the campaign itself nor another fault is one of those it is held against."""
    counted = [_of(make_campaign, f"none{i}", 0.0) for i in range(faults_beside)]
    reason = _held([*usual, *counted, _odd(make_campaign, conversions=0)])["odd"]

    assert "where 8 comparable campaigns paid USD 92.40 to USD 108.99 for one" in reason


def test_no_conversions_from_little_money_is_not(usual, make_campaign):
    assert _held([*usual, _odd(make_campaign, conversions=0, spend=200.0)]) == {}


def test_three_times_better_is_a_discovery_not_a_fault(usual, make_campaign):
    assert _held([*usual, _odd(make_campaign, conversions=102)]) == {}


def test_with_few_neighbours_nobody_is_judged(usual, make_campaign):
    few = [*usual[: FEWEST_NEIGHBOURS - 1], _odd(make_campaign, conversions=4000)]
    assert _held(few) == {}


def test_neighbours_share_a_currency(usual, make_campaign):
    other = evidence_of(
        make_campaign(campaign_id="odd", currency="JPY", actual={"conversions": 30, "spend": 500_000.0})
    )
    assert _held([*usual, other]) == {}


def test_another_platform_is_judged_by_everybody_when_it_has_too_few(usual, make_campaign):
    odd = evidence_of(
        make_campaign(campaign_id="odd", platform="X", currency="USD", actual={"conversions": 1447.0, "spend": 3400.0})
    )
    assert list(_held([*usual, odd])) == ["odd"]


def test_campaigns_without_spend_are_not_compared(usual, make_campaign):
    assert _held([*usual, _odd(make_campaign, spend=0.0)]) == {}


def test_a_new_campaign_is_judged_by_the_last_fit(knowledge, history_evidence, fault_id, make_campaign):
    fault = next(item for item in history_evidence if item.campaign_id == fault_id)
    assert suspected_fault(fault, knowledge) == knowledge.held[fault_id]
    assert suspected_fault(evidence_of(make_campaign(currency="USD")), knowledge) is None
    assert suspected_fault(evidence_of(make_campaign(currency="USD", actual={"conversions": 4000.0})), knowledge)


def test_nothing_is_suspected_before_anything_was_learnt(sample):
    assert suspected_fault(evidence_of(sample), NOTHING) is None


def test_what_is_kept_of_neighbours_brings_them_back(usual):
    found = Surroundings.of(DatasetBuilder(usual)).neighbours
    kept = as_diagnostics(found)
    assert set(kept) == {"platform:meta|USD|lead|", "*|USD|lead|"}
    assert {place: Neighbours(**value) for place, value in kept.items()} == found


def test_equal_neighbours_still_leave_room_for_scatter():
    around = Neighbours(median=float(np.log(0.01)), scatter=0.25, count=9, low_cpa=90.0, high_cpa=110.0)
    assert suspicion_of(around, 10_000.0, 250.0, "USD", 1.0) is None
    assert suspicion_of(around, 10_000.0, 1000.0, "USD", 1.0) is not None


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("factor", "share", "decided"), [(8.0, 0.2, True), (8.0, 0.03, False), (12.0, 0.001, False), (60.0, 0.001, True)]
)
def test_a_small_campaign_is_asked_about_and_not_decided_on(side: int, factor: float, share: float, decided: bool):
    around = Neighbours(median=float(np.log(0.01)), scatter=0.25, count=9, low_cpa=90.0, high_cpa=110.0)
    suspicion = suspicion_of(around, 100_000.0, 1_000.0 * factor**side, "USD", share)

    assert suspicion is not None
    assert suspicion.decided is decided


def test_honest_success_in_a_small_campaign_is_learnt_from_and_asked_about(usual, make_campaign):
    """Campaigns that sell eight times as much for the money and share nothing by which one could know them."""
    many = [_of(make_campaign, f"more{i}", 1 + i / 40) for i in range(20)]
    single = _of(make_campaign, "single", 8.0, audiences=[{"name": "Cart leavers"}])
    knowledge = learn([*usual, *many, single])

    assert knowledge.held == {}
    assert list(knowledge.asked) == ["single"]
    assert "comparable campaigns sit at" in knowledge.asked["single"]
    assert suspected_fault(_of(make_campaign, "next", 8.0, audiences=[{"name": "Cart leavers"}]), knowledge) is None
    assert suspected_fault(_of(make_campaign, "next", 60.0), knowledge)
    assert learn([*usual, *many, single], FitRequest(accepted={"single"})).asked == {}


def _of(make_campaign, campaign_id, factor, **fields):
    """A campaign with `factor` times the usual conversions for 3,400 USD."""
    actual = {"conversions": 33.0 * factor, "spend": 3400.0, "clicks": 4900}
    return evidence_of(make_campaign(campaign_id=campaign_id, currency="USD", actual=actual, **fields))


@pytest.mark.parametrize("factor", [8.0, 1 / 8])
@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Brand Search exact"},
        {"objective": "Remarketing leads"},
        {"audiences": [{"name": "Website visitors 30 d"}]},
    ],
)
def test_brand_search_and_retargeting_are_no_faults_beside_other_campaigns(usual, make_campaign, fields, factor):
    kin = [_of(make_campaign, f"kin{i}", factor * (1 + i / 20), **fields) for i in range(6)]
    for count in (1, 6):
        assert _held([*usual, *kin[:count]]) == {}


@pytest.mark.parametrize("factor", [8.0, 1 / 8])
def test_campaigns_that_share_an_audience_and_its_level_are_no_faults(usual, make_campaign, factor):
    known = {"audiences": [{"name": "List 7"}]}
    kin = [_of(make_campaign, f"kin{i}", factor * (1 + i / 20), **known) for i in range(4)]
    knowledge = learn([*usual, *kin])

    assert knowledge.held == {}
    assert suspected_fault(_of(make_campaign, "next", factor, **known), knowledge) is None
    assert suspected_fault(_of(make_campaign, "other", factor, audiences=[{"name": "List 8"}]), knowledge)


def test_a_fault_among_them_is_one_all_the_same(usual, make_campaign):
    kin = [_of(make_campaign, f"kin{i}", 8.0 * (1 + i / 20), name="Brand search") for i in range(6)]
    fault = _of(make_campaign, "fault", 400.0, name="Brand search")

    assert list(_held([*usual, *kin, fault])) == ["fault"]


def test_a_lead_is_not_judged_by_purchases(usual, make_campaign):
    shop = [_of(make_campaign, f"shop{i}", 0.05, objective="Sales", conversion_kind="purchase") for i in range(8)]

    assert _held([*usual, *shop]) == {}
    assert _held([*usual, shop[0]]) == {}
