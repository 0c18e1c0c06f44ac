"""Short count series: each step is foretold from the steps before it, and the intervals cover."""

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.over_time.series import hits, level_index, replay


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    rng = np.random.default_rng(4)
    mean = rng.lognormal(1.5, 1.2, 120)
    return rng.negative_binomial(3, 3 / (3 + mean), (16, 120)).astype(float)


def test_intervals_cover_overdispersed_counts(counts: np.ndarray):
    steps = replay(counts)
    inside = np.array([hits(step, counts[t]) for t, step in enumerate(steps, start=2)])[4:]
    assert inside[:, level_index(0.9)].mean() == pytest.approx(0.9, abs=0.025)
    assert inside[:, level_index(0.5)].mean() == pytest.approx(0.5, abs=0.05)


def test_smoothing_beats_the_last_value_on_a_steady_level(counts: np.ndarray):
    steps = replay(counts)
    ours = np.mean([np.abs(step.point - counts[t]).mean() for t, step in enumerate(steps, start=2)])
    last = np.mean([np.abs(counts[t - 1] - counts[t]).mean() for t in range(2, 16)])
    assert ours < last


def test_no_forecast_sees_its_own_step_or_a_later_one(counts: np.ndarray):
    changed = counts.copy()
    changed[10:] *= 50
    for before, after in zip(replay(counts)[:9], replay(changed)[:9], strict=True):
        np.testing.assert_array_equal(before.point, after.point)
        np.testing.assert_array_equal(before.high, after.high)


@pytest.mark.parametrize("count", [0.0, 0.1, 7.0, 9e15])
def test_series_that_never_moved_are_foretold(count: float):
    for step in replay(np.full((6, 3), count)):
        assert np.isfinite([step.low, step.high]).all()
        assert hits(step, step.point).all()
        np.testing.assert_allclose(step.point, count, atol=1e-9)


@pytest.mark.parametrize("bad", [np.ones(5), np.ones((2, 3)), -np.ones((5, 2)), np.full((5, 2), np.nan)])
def test_what_is_no_series_is_refused(bad: np.ndarray):
    with pytest.raises(LearningError):
        replay(bad)
