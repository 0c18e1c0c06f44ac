"""The next test: worth its money, or none."""

import math
from dataclasses import replace

import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import NextTest
from reflection.inference.dataset import Dataset
from reflection.inference.next_test import DAYS, NOTHING, Pace, with_next_test
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
        "else stay",
    ):
        assert words in proposed.description
    assert proposed.question.endswith("on ROAS?")


def test_the_less_money_rides_on_it_the_less_it_is_worth(knowledge: Knowledge, table: Dataset):
    few = replace(table, spend=table.spend / 1000)
    fewer = with_next_test(knowledge, few).next_test
    assert knowledge.next_test is not None
    assert fewer is None or (fewer.value or 0.0) < (knowledge.next_test.value or 0.0) / 10


def test_what_is_known_well_is_not_tested(knowledge: Knowledge, table: Dataset):
    """With draws that hardly vary nothing can change a choice."""
    sure = {
        name: replace(one, draws=one.draws.mean(axis=1, keepdims=True) + 0.001 * (one.draws - one.draws.mean()))
        for name, one in knowledge.posteriors.items()
    }
    settled = with_next_test(replace(knowledge, posteriors=sure, next_test=None), table)
    assert settled.next_test is None
    answer = recommend(RecommendationInput(knowledge=settled, now="now"))
    assert answer["next_test"] is None
    assert answer["next_test_reason"] == NOTHING


def test_without_money_there_is_no_test(knowledge: Knowledge, table: Dataset):
    unknown = replace(table, spend=table.spend * math.nan)
    assert Pace.of(unknown) == Pace(0.0, 0.0)
    assert with_next_test(replace(knowledge, next_test=None), unknown).next_test is None


def test_the_pace_is_that_of_the_last_ninety_days(table: Dataset):
    pace = Pace.of(table)
    assert 0 < pace.campaign < pace.recent < table.spend.sum()
