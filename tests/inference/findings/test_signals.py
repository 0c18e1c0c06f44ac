"""Findings about signals: everything they carry, and nothing that is noise."""

import pytest

from reflection.inference.effects import effect_rows
from reflection.inference.findings.signals import category_of, signal_findings
from reflection.inference.support import SupportIndex


@pytest.fixture(scope="module")
def found(fitted):
    return {
        item.signal_key: item
        for item in signal_findings(effect_rows(fitted), fitted.table, SupportIndex(fitted), "roas")
    }


@pytest.mark.parametrize(
    ("group", "category"),
    [
        ("audience", "winning_audience"),
        ("audience.age", "winning_audience"),
        ("platform*audience.age", "winning_audience"),
        ("creative.type", "high_performing_creative"),
        ("platform*creative.type", "high_performing_creative"),
        ("platform", "cross_platform_pattern"),
        ("objective", "cross_platform_pattern"),
    ],
)
def test_every_group_has_its_category(group, category):
    assert category_of(group) == category


def test_one_finding_a_signal_and_only_signals_beyond_noise(found, fitted):
    beyond = {row.signal for row in effect_rows(fitted) if row.finding}
    assert set(found) <= beyond
    assert {"creative.type:video", "audience.age:18-25", "audience.segment:parents"} <= set(found)


def test_a_finding_is_on_the_goal_where_that_is_beyond_noise(found, fitted):
    on_goal = {row.signal for row in effect_rows(fitted) if row.finding and row.metric == "roas"}
    for key, item in found.items():
        assert (item.metric == "roas") == (key in on_goal)


def test_everything_it_rests_on_is_there(found):
    for item in found.values():
        assert item.lfsr <= 0.5
        assert item.interval[0] <= item.effect <= item.interval[1]
        assert not item.interval[0] <= 1 <= item.interval[1]
        assert item.effective_campaigns > 0
        assert item.spend > 0
        assert item.raw_lift > 0
        assert item.supporting
        assert item.evidence_count >= len(item.supporting)
        assert not set(item.supporting) & set(item.contradicting)
        assert item.grade == "observed"
        assert "2025-04-01" < item.first_seen <= item.last_confirmed


def test_good_ones_are_preferred_and_bad_ones_avoided(found):
    assert found["creative.type:video"].metadata["action"] == "prefer"
    assert found["creative.type:video"].direction == "favorable"
    assert found["audience.segment:parents"].metadata["action"] == "avoid"
    assert found["audience.segment:parents"].direction == "unfavorable"


def test_a_dear_platform_is_unfavourable_though_its_number_is_higher(found):
    for item in found.values():
        if item.metric in ("cpm", "cpa"):
            assert (item.direction == "favorable") == (item.effect < 1)


def test_what_else_is_beyond_noise_stands_beside(found):
    also = found["creative.type:video"].metadata["also"]
    assert {"ctr", "roas"} <= set(also)


def test_signals_that_cannot_be_told_apart_are_named(found):
    item = found["audience.age:18-25"]
    assert item.metadata["aliases"] == sorted(item.metadata["aliases"])
    assert "audience.segment:students" in item.metadata["aliases"]
    assert "cannot be told apart from" in item.description


def test_it_says_that_it_was_observed_not_randomised(found):
    assert all(item.description.endswith("Observed, not randomised.") for item in found.values())


def test_no_effects_no_findings(fitted):
    assert signal_findings([], fitted.table, SupportIndex(fitted), "roas") == []
