"""Laws of count series: the whole method written out plainly, one series and one step at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.honesty.conformal import Conformal
from reflection.stats.over_time.series import SeriesForecast, hits, level_index, replay

FACTORS = (0.15, 0.25, 0.35, 0.5, 0.7, 1.0)
BOUNDS = (1.0, 3.0, 8.0, 20.0, 60.0)


def _back(root: float) -> float:
    return max(max(root, 0.0) ** 2 - 0.375, 0.0)


def _levels(series: list[float], factor: float) -> list[float]:
    """Smoothed roots after each step."""
    level = [math.sqrt(series[0] + 0.375)]
    for count in series[1:]:
        level.append(factor * math.sqrt(count + 0.375) + (1 - factor) * level[-1])
    return level


def _plainly(counts: np.ndarray, start: int) -> list[tuple[list[float], list[list[float]], list[list[float]]]]:
    columns = [counts[:, k].tolist() for k in range(counts.shape[1])]
    smooth = {factor: [_levels(column, factor) for column in columns] for factor in FACTORS}
    states = [Conformal() for _ in range(6)]
    found = []
    for t in range(start, len(counts)):

        def missed(factor: float, t: int = t) -> float:
            own = zip(columns, smooth[factor], strict=True)
            return sum(abs(_back(level[s - 1]) - column[s]) for column, level in own for s in range(1, t))

        best = smooth[min(FACTORS, key=lambda factor: (round(missed(factor), 9), factor))]
        errors = [
            [math.sqrt(column[s] + 0.375) - level[s - 1] for s in range(1, t)]
            for column, level in zip(columns, best, strict=True)
        ]
        pooled = sum(e * e for own in errors for e in own) / (len(errors) * (t - 1))
        spread = [math.sqrt((6 * pooled + sum(e * e for e in own)) / (6 + t - 1)) for own in errors]
        now = [level[t - 1] for level in best]
        size = [sum(_back(root) >= bound for bound in BOUNDS) for root in now]
        reach = [state.multipliers("", learned=t) for state in states]
        point, low, high = [], [], []
        for root, sd, own in zip(now, spread, size, strict=True):
            point.append(_back(root))
            low.append([_back(root - q * sd) for q in reach[own]])
            high.append([_back(root + q * sd) for q in reach[own]])
        found.append((point, low, high))
        for k, own in enumerate(size):
            residual = math.sqrt(counts[t, k] + 0.375) - now[k]
            states[own] = states[own].learn("", residual, spread[k], learned=t)
    return found


@pytest.mark.parametrize("start", [2, 5])
def test_a_replay_is_the_method_written_out(start: int) -> None:
    rng = np.random.default_rng(start)
    mean = np.array([0.3, 0.9, 2.0, 5.0, 14.0, 40.0, 90.0, 300.0])
    counts = rng.negative_binomial(4, 4 / (4 + mean), (14, 8)).astype(float)

    steps = replay(counts, start=start)

    assert len(steps) == 14 - start
    for step, (point, low, high) in zip(steps, _plainly(counts, start), strict=True):
        np.testing.assert_allclose(step.point, point)
        np.testing.assert_allclose(step.low.T, low)
        np.testing.assert_allclose(step.high.T, high)


def test_the_first_forecast_is_of_the_third_step_unless_told_otherwise() -> None:
    counts = np.arange(12.0).reshape(4, 3)

    assert len(replay(counts)) == 2
    assert len(replay(counts, start=3)) == 1


@pytest.mark.parametrize(("steps", "start"), [(4, 4), (3, 5), (4, 1), (4, 0)])
def test_a_forecast_needs_two_steps_before_it_and_one_after(steps: int, start: int) -> None:
    with pytest.raises(LearningError, match="at least two steps"):
        replay(np.ones((steps, 2)) * [[1.0, 2.0]], start=start)


@pytest.mark.parametrize("bad", [-1e-9, np.inf, np.nan])
def test_a_count_is_finite_and_not_negative(bad: float) -> None:
    counts = np.random.default_rng(0).poisson(4, (5, 3)).astype(float)
    counts[2, 1] = bad
    with pytest.raises(LearningError, match="finite and not negative"):
        replay(counts)


def test_a_hit_includes_the_bounds_and_rounding() -> None:
    step = SeriesForecast(np.array([2.0]), np.array([[1.0], [0.0]]), np.array([[3.0], [9.0]]))

    for outcome, found in (
        (1.0, True),
        (3.0, True),
        (1 - 1e-10, True),
        (3 + 1e-10, True),
        (0.99, False),
        (3.01, False),
    ):
        assert hits(step, np.array([outcome]))[0, 0] == found
        assert hits(step, np.array([outcome]))[1, 0]


def test_levels_are_found_by_their_number() -> None:
    assert [level_index(level) for level in (0.5, 0.8, 0.9)] == [0, 1, 2]
