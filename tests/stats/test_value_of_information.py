"""What a test is worth: against simulation, and at its limits."""

import math

import numpy as np
import pytest

from reflection.stats.value_of_information import (
    deciding_result,
    loss_while_testing,
    value_of_testing,
    variance_after,
)


@pytest.mark.parametrize(("mean", "variance", "noise"), [(0.0, 0.09, 0.02), (-0.2, 0.04, 0.1), (0.15, 0.25, 0.05)])
def test_the_value_is_that_of_choosing_after_many_simulated_tests(mean: float, variance: float, noise: float):
    rng = np.random.default_rng(5)
    truth = rng.normal(mean, math.sqrt(variance), 400_000)
    seen = truth + rng.normal(0, math.sqrt(noise), truth.size)
    chosen = np.where(seen > deciding_result(mean, variance, noise), np.exp(truth) - 1.0, 0.0)
    today = max(math.exp(mean + variance / 2) - 1.0, 0.0)
    assert value_of_testing(mean, variance, noise) == pytest.approx(chosen.mean() - today, abs=0.003)


@pytest.mark.parametrize("shift", [-0.1, 0.1])
def test_no_other_limit_decides_better(shift: float):
    mean, variance, noise = 0.05, 0.09, 0.05
    rng = np.random.default_rng(6)
    truth = rng.normal(mean, math.sqrt(variance), 400_000)
    seen = truth + rng.normal(0, math.sqrt(noise), truth.size)
    limit = deciding_result(mean, variance, noise)
    best, other = (np.where(seen > at, np.exp(truth) - 1.0, 0.0).mean() for at in (limit, limit + shift))
    assert best > other


def test_a_larger_test_is_worth_more_and_a_useless_one_nothing():
    values = [value_of_testing(-0.1, 0.09, noise) for noise in (1e9, 1.0, 0.1, 0.01, 1e-6)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(0.0, abs=1e-6)
    assert values[-1] > 0


def test_what_is_known_is_not_worth_testing():
    assert value_of_testing(-0.5, 0.001, 0.001) == pytest.approx(0.0, abs=1e-9)
    assert value_of_testing(0.5, 0.001, 0.001) == pytest.approx(0.0, abs=1e-9)


def test_testing_costs_what_the_worse_half_loses():
    assert loss_while_testing(math.log(0.8) - 0.02, 0.04) == pytest.approx(0.2)
    assert loss_while_testing(-0.02, 0.04) == pytest.approx(0.0, abs=1e-12)


def test_a_test_leaves_less_than_there_was():
    assert variance_after(0.09, 0.03) == pytest.approx(1 / (1 / 0.09 + 1 / 0.03))
