"""The next test: worth its money, or none."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.next_test import NO_MONEY, NextTest, Pace
from reflection.domain.no_test import NOTHING
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.totals.next_test import DAYS, Choice, pace_of
from reflection.inference.totals.total_effects import TotalEffects
from reflection.recommendations.ranking import RecommendationInput, recommend


@pytest.fixture
def proposed(knowledge: Knowledge) -> NextTest:
    """The test that the forty campaigns are worth."""
    assert knowledge.next_test is not None
    return knowledge.next_test


@pytest.fixture(scope="module")
def table(history: tuple[Campaign, ...], fault_id: str) -> Dataset:
    """The evidence of the forty campaigns without the faulty one."""
    return Dataset.of(evidence_of(campaign) for campaign in history if campaign.campaign_id != fault_id)


def again(knowledge: Knowledge) -> Knowledge:
    """The knowledge with what follows from its posteriors and its pace made anew."""
    totals = TotalEffects(knowledge, knowledge.goal_metric).of(knowledge.bookables)
    both = zip(knowledge.bookables, totals, strict=True)
    return replace(knowledge, bookables=tuple(replace(one, total=judged.total) for one, judged in both))


def test_it_is_worth_more_than_it_costs_in_money_beside_its_spend(proposed: NextTest):
    assert proposed.value is not None
    assert proposed.cost is not None
    assert proposed.value > proposed.cost >= 0
    assert proposed.spend is not None
    assert proposed.spend > 0
    assert proposed.currency == "USD"


def test_it_challenges_the_best_choice_of_its_kind_with_something_open(proposed: NextTest, knowledge: Knowledge):
    bookables = {one.key: one for one in knowledge.bookables}
    challenger, holder = bookables[proposed.signal_key], bookables[proposed.against or ""]
    assert challenger.definition.kind == holder.definition.kind
    assert holder.enough
    assert proposed.interval_now[0] < 1 < proposed.interval_now[1]


def test_the_interval_is_expected_to_become_narrower_around_the_same_ratio(proposed: NextTest):
    (low, high), (new_low, new_high) = proposed.interval_now, proposed.interval_after
    assert low < new_low < new_high < high
    assert math.log(new_high / new_low) < 0.98 * math.log(high / low)
    assert low * high == pytest.approx(new_low * new_high)


def test_it_names_size_duration_split_and_what_decides(proposed: NextTest):
    assert proposed.days is not None
    assert DAYS[0] <= proposed.days <= DAYS[1]
    assert proposed.share == 0.5
    assert proposed.deciding is not None
    for words in (
        f"over {proposed.days} days",
        "half of the budget each",
        f"{proposed.spend:,.0f}",
        "Choose",
    ):
        assert words in proposed.description
    assert proposed.question.endswith("on ROAS?")


def test_the_less_money_rides_on_it_the_less_it_is_worth(knowledge: Knowledge, proposed: NextTest):
    fewer = again(replace(knowledge, pace=replace(knowledge.pace, recent=knowledge.pace.recent / 1.5))).next_test
    assert fewer is None or (fewer.value or 0.0) < (proposed.value or 0.0)
    pennies = Pace(knowledge.pace.recent / 1000, knowledge.pace.campaign)
    assert again(replace(knowledge, pace=pennies)).next_test is None


def test_what_is_known_well_is_not_tested(knowledge: Knowledge):
    """With draws that hardly vary nothing can change a choice."""
    sure = {
        name: replace(one, draws=one.draws.mean(axis=1, keepdims=True) + 0.001 * (one.draws - one.draws.mean()))
        for name, one in knowledge.posteriors.items()
    }
    settled = again(replace(knowledge, posteriors=sure))
    assert settled.next_test is None
    answer = recommend(RecommendationInput(knowledge=settled, now="now"))
    assert answer["next_test"] is None
    assert answer["next_test_reason"] == NOTHING
    assert all(card["lane"] != "explore" for card in answer["cards"])


def test_an_even_chance_alone_is_no_reason_for_a_test(knowledge: Knowledge):
    """Of everything open, only what is worth more than it costs: of a coin flip that changes no choice, nothing."""
    for one in knowledge.bookables:
        assert one.total is not None
        assert (one.total.test is not None) == (one.total.lane == "explore")
        if one.total.test is not None:
            assert one.total.test.worth > 0
            assert not one.advised


def test_it_is_held_beside_what_is_advised(knowledge: Knowledge):
    """Whatever looks best: one falls back on what is advised, where something of its kind is."""
    bookables = {one.key: one for one in knowledge.bookables}
    for one in knowledge.bookables:
        if one.total is not None and one.total.test is not None:
            rivals = [other for other in bookables.values() if other.definition.kind == one.definition.kind]
            advised = any(other.total.lane == "exploit" for other in rivals if other.total and not other.platform)
            holder = bookables[one.total.test.against or ""].total
            assert holder is not None
            assert (holder.lane == "exploit") == advised


@pytest.mark.parametrize(
    ("unknown", "reason"),
    [
        ({"confounded": ("creative.type:video",)}, "it always ran together with creative type video"),
        ({"doubt": "it ran only in May, when hardly anything else did"}, "it ran only in May"),
        ({"campaigns": 1, "enough": False}, "it ran in one campaign only"),
    ],
)
def test_what_is_not_known_by_itself_is_told_by_a_test_and_nothing_is_estimated_of_it(
    knowledge: Knowledge, proposed: NextTest, unknown: dict[str, Any], reason: str
):
    """What always ran with another thing would else never be booked apart, and never be known."""
    own = [replace(one, **unknown) if one.key == proposed.signal_key else one for one in knowledge.bookables]
    answer = recommend(RecommendationInput(knowledge=again(replace(knowledge, bookables=tuple(own))), now="now"))

    (test,) = (test for test in answer["tests"] if test["signal_key"] == proposed.signal_key)
    assert test["value"] > test["cost"]
    assert test["description"].startswith(f"Test {proposed.label}")
    assert f"Nothing is known yet of {proposed.label} by itself: {reason}" in test["description"]
    (sentence,) = (text for text in answer["recommendations"] if text.startswith(test["description"]))
    assert "likely" not in sentence
    known = {row["signal"] for row in answer["cards"]} | {row["signal_key"] for row in answer["top_signals"]}
    assert proposed.signal_key not in known


def test_nothing_is_tested_beside_what_is_not_known_where_something_is(knowledge: Knowledge, proposed: NextTest):
    own = [replace(one, doubt="so") if one.key == proposed.against else one for one in knowledge.bookables]
    unknown = again(replace(knowledge, bookables=tuple(own)))
    tests = [one.total.test for one in unknown.bookables if one.total and one.total.test]
    assert proposed.against not in {test.against for test in tests}


@pytest.mark.parametrize("testable", [True, False, None])
def test_a_test_that_cannot_settle_the_doubt_is_not_offered(
    knowledge: Knowledge, proposed: NextTest, testable: bool | None
):
    """Fits of before it was noted say nothing of it, and are tested as they were."""
    doubt = {"reason": "so", "others": [], **({} if testable is None else {"testable": testable})}
    diagnostics = {**knowledge.diagnostics, "unidentified": {proposed.signal_key: doubt}}
    doubted = again(replace(knowledge, diagnostics=diagnostics))
    tests = [one.total.test for one in doubted.bookables if one.total and one.total.test]

    named = {key for test in tests for key in (test.signal_key, test.against)}
    assert (proposed.signal_key in named) is (testable is not False)


def test_what_is_not_known_is_taken_to_be_as_usual_give_or_take_what_was_seen_with_it(knowledge: Knowledge):
    one = replace(knowledge.bookables[0], confounded=("platform:x",))
    draws = np.random.default_rng(1).normal(0.4, 0.1, 1_000)
    choice = Choice.of(one, "not enough evidence", None, draws)
    assert choice.draws.mean() == pytest.approx(0.0, abs=1e-12)
    assert choice.draws.std() == pytest.approx(math.sqrt((draws**2).mean()))
    known = Choice.of(replace(one, confounded=()), "not enough evidence", None, draws)
    assert known.draws is draws


def test_a_test_is_the_same_whatever_is_asked_about(knowledge: Knowledge):
    alone = [TotalEffects(knowledge, knowledge.goal_metric).of([one])[0].total for one in knowledge.bookables]
    assert [total.test for total in alone] == [one.total.test for one in knowledge.bookables if one.total]


def test_without_money_there_is_no_test(knowledge: Knowledge, table: Dataset):
    assert pace_of(replace(table, spend=table.spend * math.nan)) == NO_MONEY
    assert again(replace(knowledge, pace=NO_MONEY)).next_test is None


def test_the_pace_is_that_of_the_last_ninety_days(table: Dataset):
    pace = pace_of(table)
    assert 0 < pace.campaign < pace.recent < table.spend.sum()


def test_the_pace_of_a_month_lasts_for_ninety_days(make_campaign: Callable[..., Campaign]):
    spent = {"impressions": 1_000, "clicks": 20, "conversions": 1, "spend": 100.0, "revenue": 200.0}
    month = [
        make_campaign(campaign_id=f"c{day}", timestamp=f"2026-03-{day:02d}T12:00:00Z", actual=spent, breakdown=[])
        for day in range(1, 31)
    ]
    assert pace_of(Dataset.of(map(evidence_of, month))) == Pace(9_000.0, 100.0)
