"""A mean that differs is told sooner or later, one that is zero almost never, whenever somebody looks."""

import math

import numpy as np
import pytest

from reflection.stats.honesty.mean_of_logs import mean_of_logs

LEVEL = 0.05


@pytest.mark.parametrize("scatter", [0.1, 3.0])
def test_a_mean_of_zero_is_told_at_any_look_no_more_often_than_its_level(scatter: float):
    rng, ever = np.random.default_rng(7), 0
    for _ in range(150):
        values = rng.normal(0.0, scatter, 60)
        ever += any(mean_of_logs(values[:count]).log_factor >= math.log(1 / LEVEL) for count in range(2, 61))

    assert ever <= LEVEL * 150


def test_thirty_per_cent_are_told_of_twenty_campaigns_and_their_interval_holds_them():
    rng = np.random.default_rng(8)
    means = [mean_of_logs(rng.normal(math.log(1.3), 0.2, 20)) for _ in range(100)]

    assert sum(mean.log_factor >= math.log(100) for mean in means) >= 80
    assert 80 <= sum(mean.low <= math.log(1.3) <= mean.high for mean in means) <= 98


def test_the_scale_of_the_values_tells_nothing():
    values = np.random.default_rng(9).normal(0.2, 0.3, 12)

    assert mean_of_logs(values).log_factor == pytest.approx(mean_of_logs(10 * values).log_factor)
