"""A level that changed and stayed is told with its time and size; noise, and what lasts of units, is not."""

import math

import numpy as np
import pytest

from reflection.stats.over_time.level_change import FEWEST, LevelChange, level_change, means_of_stretches

LEVEL = 0.05


def test_where_nothing_changes_it_is_told_at_any_look_no_more_often_than_its_level():
    rng, ever = np.random.default_rng(1), 0
    for _ in range(60):
        values = rng.normal(0.0, 0.1, 36)
        looks = (level_change(values[:count], 0.04 * np.eye(count)) for count in range(2 * FEWEST, 37, 3))
        ever += any(change is not None and change.log_factor >= math.log(1 / LEVEL) for change in looks)

    assert ever <= LEVEL * 60


def test_a_fall_is_told_with_its_time_and_an_interval_that_holds_it():
    rng, changes = np.random.default_rng(2), list[LevelChange]()
    for _ in range(60):
        values = rng.normal(0.0, 0.08, 18) - 0.3 * (np.arange(18) >= 10)
        change = level_change(values, 0.0064 * np.eye(18))
        assert change is not None
        changes.append(change)

    assert sum(change.log_factor >= math.log(1 / LEVEL) for change in changes) >= 50
    assert sum(change.earliest <= 10 <= change.latest for change in changes) >= 50
    assert 49 <= sum(change.interval[0] <= -0.3 <= change.interval[1] for change in changes) <= 59


def test_too_few_stretches_say_nothing():
    assert level_change(np.zeros(2 * FEWEST - 1), np.eye(2 * FEWEST - 1)) is None


def test_what_lasts_of_a_unit_is_no_difference_between_stretches():
    unit, stretch = np.divmod(np.arange(40), 5)
    lasting = np.random.default_rng(3).normal(0.0, 1.0, 8)[unit]
    means, covariance = means_of_stretches(lasting, np.full(40, 1e-4), 1.0, unit, stretch)

    assert np.ptp(means) < 1e-9
    assert means[0] == pytest.approx(lasting[::5].mean(), abs=1e-3)
    assert covariance[0, 1] == pytest.approx(1.0 / 8, rel=0.01)


def test_without_anything_lasting_the_means_are_those_of_the_rows_by_their_noise():
    values, noise = np.array([1.0, 3.0, 5.0]), np.array([1.0, 3.0, 2.0])
    means, covariance = means_of_stretches(values, noise, 0.0, np.arange(3), np.array([0, 0, 1]))

    assert means == pytest.approx([1.5, 5.0])
    assert np.diag(covariance) == pytest.approx([0.75, 2.0])
