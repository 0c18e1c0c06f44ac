"""Quantiles of rows are NumPy's."""

import numpy as np
import pytest

from reflection.stats.quantiles import limits, of_sorted


@pytest.mark.parametrize("count", [1, 2, 7, 2000])
def test_they_are_those_of_numpy(count: int):
    draws = np.random.default_rng(count).standard_normal((5, count))

    np.testing.assert_allclose(limits(draws), np.quantile(draws, [0.05, 0.95], axis=1), rtol=1e-12)
    for level in (0.0, 0.3, 1.0):
        expected = np.quantile(draws, level, axis=1)
        np.testing.assert_allclose(of_sorted(np.sort(draws, axis=1), level), expected, rtol=1e-12)


def test_the_draws_stay_as_they_are():
    draws = np.array([[3.0, 1.0, 2.0]])
    limits(draws)

    assert draws.tolist() == [[3.0, 1.0, 2.0]]
