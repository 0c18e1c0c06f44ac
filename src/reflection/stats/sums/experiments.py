"""Randomised experiments as rows of evidence.

The arms of an experiment differ only in what was randomised, so they enter as contrasts: x and y of an arm less those
of the arms before it, v from the arms' own errors, without overdispersion (LEARNING 3). What the arms share cancels,
the intercept included; the contrasts of k uneven arms are k-1 and independent of each other. What campaigns show of the
same things may be off by more than chance, because nobody drew lots there: `seen_of` is the column that takes it up.
This file must not know how an experiment was run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from reflection.errors import LearningError
from reflection.stats.sums.columns import FREE_MARK, INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows, Stratum

Floats = NDArray[np.float64]

POWER_80 = 0.8416212335729143
"""Normal quantile of 80 %."""

SEEN = f"{FREE_MARK}seen"
"""Group of what observation adds to an effect that was tested: zero on average, one learnt standard deviation."""


@dataclass(frozen=True, eq=False)
class Levels:
    """Log levels of k arms and their sampling variances, (k,) each; only differences of levels mean anything."""

    y: Floats
    v: Floats


def rate_levels(successes: ArrayLike, trials: ArrayLike) -> Levels:
    """Levels of arms with counts: log((x + 1/2)/(n + 1/2)), v = 1/(expected count + 1/2) at the pooled rate.

    Expected counts, so that a variance does not depend on which arm won. Raises LearningError when an arm has no
    trials.
    """
    x, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if not (n > 0).all():
        raise LearningError("Every arm of an experiment needs trials.")
    rate = (x.sum() + 0.5) / (n.sum() + 1.0)
    return Levels(np.log((x + 0.5) / (n + 0.5)), 1.0 / (n * rate + 0.5))


def value_levels(amounts: ArrayLike, events: ArrayLike) -> Levels:
    """Levels of arms whose events bring an amount each: log of the mean, v = 1/events (coefficient of variation 1).

    Raises LearningError unless every arm has events and an amount.
    """
    amount, n = np.asarray(amounts, dtype=np.float64), np.asarray(events, dtype=np.float64)
    if not ((n > 0).all() and (amount > 0).all()):
        raise LearningError("Every arm of an experiment needs events that brought something.")
    return Levels(np.log(amount / n), 1.0 / n)


def lift_levels(lifts: ArrayLike, errors: ArrayLike) -> Levels:
    """Levels of a control (first) and of arms with a multiplicative lift over it (1.0 = none) and the standard error of
    its logarithm.

    What the lifts share is the control's error. It is not reported; half of the least variance is taken for it, as if
    the control were as large as the best measured arm. Raises LearningError unless lifts and errors are positive and
    finite.
    """
    lift, error = np.asarray(lifts, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if not ((lift > 0) & (error > 0) & np.isfinite(lift) & np.isfinite(error)).all():
        raise LearningError("A lift and its standard error must be positive and finite.")
    shared = float((error**2).min()) / 2
    return Levels(np.concatenate([[0.0], np.log(lift)]), np.concatenate([[shared], error**2 - shared]))


def contrast_rows(arms: Sequence[Mapping[Feature, float]], levels: Levels) -> Rows | None:
    """Return the contrasts of these arms: each against the weighted mean of those before it (Helmert).

    With weights 1/v they are uncorrelated. None where the arms differ in nothing that is learnt about.
    """
    features = sorted({feature for arm in arms for feature in arm} - {INTERCEPT})
    x = np.array([[arm.get(feature, 0.0) for feature in features] for arm in arms]).reshape(len(arms), -1)
    designs, y, v = [], [], []
    for number in range(1, len(arms)):
        weight = 1.0 / levels.v[:number]
        weight = weight / weight.sum()
        row = x[number] - weight @ x[:number]
        if np.abs(row).max(initial=0.0) > 0:
            designs.append(dict(zip(features, row.tolist(), strict=True)))
            y.append(float(levels.y[number] - weight @ levels.y[:number]))
            v.append(float(levels.v[number] + weight**2 @ levels.v[:number]))
    return Rows.of(Design.of(designs), y, v, Stratum.EXPERIMENT) if designs else None


def seen_of(feature: Feature) -> Feature:
    """The column of what observation adds to a tested feature."""
    return Feature(SEEN, str(feature))


def sample_ratio_p(units: ArrayLike, shares: ArrayLike) -> float:
    """Probability that units split at least so unevenly against the planned shares by chance (Pearson's chi-square)."""
    n, share = np.asarray(units, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    expected = n.sum() * share / share.sum()
    return float(chdtrc(len(n) - 1, ((n - expected) ** 2 / expected).sum()))


def always_valid(log_lift: float, error: float, effect: float, level: float = 0.1) -> tuple[float, float]:
    """Return limits of a log lift that hold at every look together with probability 1 - ``level``.

    The normal mixture of Robbins (1970): the reach is sqrt(V (1 + r) (2 log(1/level) + log((1 + r)/r))), r = V/t^2.

    Args:
        error: standard error at this look.
        effect: size t of log lifts at which the limits are narrowest; chosen before the first look.
    """
    ratio = (error / effect) ** 2
    reach = error * math.sqrt((1 + ratio) * (2 * math.log(1 / level) + math.log((1 + ratio) / ratio)))
    return log_lift - reach, log_lift + reach


def events_needed(effect: float) -> float:
    """Events that each of two equal arms needs until limits that always hold leave out zero with 80 %, where the log
    lift truly is ``effect``."""
    low, high = 1e-9, 1.0  # of the variance in squares of the effect
    for _ in range(60):  # the reach grows with the variance
        ratio = math.sqrt(low * high)
        reach = always_valid(0.0, math.sqrt(ratio), 1.0)[1] + POWER_80 * math.sqrt(ratio)
        low, high = (ratio, high) if reach < 1.0 else (low, ratio)
    return 2 / (low * effect**2)
