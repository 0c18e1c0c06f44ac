"""The factor by which experiments confirm what observation says."""

import numpy as np
import pytest

from reflection.stats.decisions.trust import trust


def test_without_experiments_observation_is_believed_loosely() -> None:
    found = trust([], [], [], [])

    assert found.factor == pytest.approx(1.0, abs=0.01)
    assert (found.low, found.high) == pytest.approx((-0.645, 2.645), abs=0.02)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0])
def test_a_planted_factor_is_within_its_interval_nine_times_of_ten(factor: float) -> None:
    rng, hits, middles = np.random.default_rng(1), 0, []
    for _ in range(100):
        true = rng.normal(0, 0.3, 12)
        error = rng.uniform(0.03, 0.15, 12)
        seen = rng.normal(true, 0.1)
        kept = 0.3**2 / (0.3**2 + 0.1**2)  # what a posterior mean is, with a prior of the effects' own size
        found = trust(kept * seen, np.full(12, kept * 0.1**2), rng.normal(factor * true, error), error**2)
        hits += found.low <= factor <= found.high
        middles.append(found.factor)

    assert 0.85 <= hits / 100 <= 0.98
    assert np.mean(middles) == pytest.approx(factor, abs=0.05)


def test_it_is_a_function_of_the_set() -> None:
    one = trust([0.2, -0.1], [0.01, 0.02], [0.1, 0.0], [0.01, 0.02])
    other = trust([-0.1, 0.2], [0.02, 0.01], [0.0, 0.1], [0.02, 0.01])

    assert (one.low, one.factor, one.high) == pytest.approx((other.low, other.factor, other.high), abs=1e-12)


def test_experiments_that_measure_nothing_say_little() -> None:
    found = trust([0.2] * 5, [0.01] * 5, [0.0] * 5, [25.0] * 5)

    assert found.high - found.low > 3.0
