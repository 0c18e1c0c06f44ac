"""The next value of many short count series, with intervals that cover: exponential smoothing and conformal prediction.

Counts are square-rooted (variance nearly constant, Anscombe 1948), smoothed with one factor for all series chosen on
the past alone, and scored against each series' own spread, shrunk to the pooled one. Conformal scores are kept per size
of series, because small and large ones miss differently. Numbers only; must not know what is counted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.errors import LearningError
from reflection.stats.honesty.conformal import LEVELS, Conformal

Floats = NDArray[np.float64]

FACTORS = (0.15, 0.25, 0.35, 0.5, 0.7, 1.0)
"""Smoothing factors tried; 1 is the last value."""

SIZES = (1.0, 3.0, 8.0, 20.0, 60.0)
"""Bounds of the size classes, by smoothed mean."""

PRIOR_WEEKS = 6.0
"""How many weeks of the pooled spread a series' own spread is shrunk with."""

LEAST_VARIANCE = 1e-6
"""Least pooled variance of square-rooted counts: series that never moved have none, and a score needs a scale."""

_OFFSET = 0.375


@dataclass(frozen=True, eq=False)
class SeriesForecast:
    """Forecasts of one step for n series: `point` (n,), `low` and `high` (levels, n), in counts."""

    point: Floats
    low: Floats
    high: Floats


def replay(counts: Floats, *, start: int = 2) -> list[SeriesForecast]:
    """Forecast every step from `start` on, each from the steps before it alone.

    Args:
        counts: (steps, series), no gaps.
        start: first step to forecast, at least 2.

    Raises:
        LearningError: fewer than three steps, or a count that is negative or not finite.
    """
    if counts.ndim != 2 or counts.shape[0] <= start or start < 2:
        raise LearningError("a series needs at least two steps before the first forecast")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise LearningError("counts are finite and not negative")
    roots = np.sqrt(counts + _OFFSET)
    smooth = {factor: _smoothed(roots, factor) for factor in FACTORS}
    states = [Conformal() for _ in range(len(SIZES) + 1)]
    steps = []
    for t in range(start, counts.shape[0]):
        level = smooth[_best(counts, smooth, t)]
        sd = _spread(roots, level, t)
        size = np.digitize(_counts(level[t - 1]), SIZES)
        reach = np.array([state.multipliers("", learned=t) for state in states])[size].T
        now = level[t - 1]
        steps.append(SeriesForecast(_counts(now), _counts(now - reach * sd), _counts(now + reach * sd)))
        residual = roots[t] - level[t - 1]
        for series in range(counts.shape[1]):
            own = size[series]
            states[own] = states[own].learn("", float(residual[series]), float(sd[series]), learned=t)
    return steps


def hits(step: SeriesForecast, outcome: Floats) -> NDArray[np.bool_]:
    """Whether each outcome fell into its interval, (levels, n)."""
    return np.asarray((outcome >= step.low - 1e-9) & (outcome <= step.high + 1e-9))


def _smoothed(roots: Floats, factor: float) -> Floats:
    """Exponentially smoothed level after each step, (steps, series)."""
    level = np.empty_like(roots)
    level[0] = roots[0]
    for t in range(1, len(roots)):
        level[t] = factor * roots[t] + (1 - factor) * level[t - 1]
    return level


def _best(counts: Floats, smooth: dict[float, Floats], t: int) -> float:
    """The factor with the least absolute error so far, in counts."""
    errors = {f: float(np.abs(_counts(level[: t - 1]) - counts[1:t]).sum()) for f, level in smooth.items()}
    return min(errors, key=lambda factor: (errors[factor], factor))


def _spread(roots: Floats, level: Floats, t: int) -> Floats:
    """Standard deviation of each series' one-step errors before t, shrunk to the pooled one, (series,)."""
    errors = roots[1:t] - level[: t - 1]
    pooled = max(float(np.mean(errors**2)), LEAST_VARIANCE)
    return np.asarray(np.sqrt((PRIOR_WEEKS * pooled + (errors**2).sum(axis=0)) / (PRIOR_WEEKS + len(errors))))


def _counts(roots: Floats) -> Floats:
    return np.asarray(np.maximum(np.maximum(roots, 0.0) ** 2 - _OFFSET, 0.0))


def level_index(level: float) -> int:
    """Row of `SeriesForecast.low` and `SeriesForecast.high` that belongs to an interval level."""
    return LEVELS.index(level)
