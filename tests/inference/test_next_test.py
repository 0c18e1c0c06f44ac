"""The next test: what it would settle, and for how much."""

import math

import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.dataset import Dataset
from reflection.inference.effects import effect_rows
from reflection.inference.fit import fit_metrics
from reflection.inference.next_test import propose


@pytest.fixture(scope="module")
def proposed(fitted):
    return propose(fitted, effect_rows(fitted), "roas")


def test_it_asks_about_something_that_is_open(proposed, fitted):
    rows = {(row.signal, row.metric): row for row in effect_rows(fitted)}
    row = rows[proposed.signal_key, proposed.metric]
    assert row.finding is False
    assert proposed.interval_now == row.interval
    assert "*" not in row.group


def test_the_interval_is_expected_to_become_narrower_around_the_same_effect(proposed):
    (low, high), (new_low, new_high) = proposed.interval_now, proposed.interval_after
    assert low < new_low < new_high < high
    assert math.log(new_high / new_low) < 0.97 * math.log(high / low) * 1.001


def test_the_description_says_what_to_run_and_what_to_expect(proposed):
    assert proposed.description.startswith("Run one campaign")
    assert "the 90 % interval of its effect is expected to go from" in proposed.description
    assert proposed.currency == "USD"
    assert f"{proposed.spend:,.0f} USD" in proposed.description
    assert proposed.question.endswith("change ROAS?")


def test_a_signal_inside_campaigns_is_tested_side_by_side(history_evidence):
    few = fit_metrics(Dataset.of(history_evidence[:5]))
    inside = tuple(row for row in effect_rows(few) if row.group == "creative.type")
    found = propose(few, inside, "roas")
    assert "side by side" in found.description
    assert "send the breakdown" in found.description


def test_where_nothing_is_open_nothing_is_proposed(fitted):
    closed = tuple(row for row in effect_rows(fitted) if row.finding)
    assert propose(fitted, closed, "roas") is None
    assert propose(fitted, (), "roas") is None


def test_a_goal_that_was_not_fitted_has_no_test(make_campaign):
    fitted = fit_metrics(
        Dataset.of([evidence_of(make_campaign(campaign_id=n, actual={"revenue": None})) for n in "abc"])
    )
    assert propose(fitted, effect_rows(fitted), "roas") is None
