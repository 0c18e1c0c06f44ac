"""Was a forecast right: proper scores, interval hits, reliability, and an effect interval valid at any time.

Lower CRPS is better (it is the absolute error of a point forecast); skill is 1 - CRPS / CRPS of the reference. Numbers
only; must not know who made a forecast nor what it was about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from reflection.errors import LearningError

Array = NDArray[np.float64]

_TIGHTEST_AT = 100
"""Outcomes at which the confidence sequence is tightest."""

MINIMUM_ARM = 10
"""Outcomes needed in each arm before an effect is stated: below, the variance itself is unknown."""


def crps_quantiles(levels: Sequence[float], values: Sequence[float], outcome: float) -> float:
    """CRPS approximated by twice the mean pinball loss of the stated quantiles (exact with many levels).

    Raises:
        LearningError: there is no level, or not a value for each.
    """
    level, value = np.asarray(levels, dtype=float), np.asarray(values, dtype=float)
    if level.size == 0 or level.shape != value.shape:
        raise LearningError("quantile levels and values must be as many, and at least one")
    miss = outcome - value
    return float(2.0 * np.mean(np.maximum(level * miss, (level - 1.0) * miss)))


def skill(scores: ArrayLike, reference: ArrayLike) -> float | None:
    """``1 - mean score / mean reference score``: 1 perfect, 0 no better; None without a usable reference."""
    score, base = np.asarray(scores, dtype=float), np.asarray(reference, dtype=float)
    if score.size == 0 or base.size == 0 or base.mean() <= 0:
        return None
    return float(1.0 - score.mean() / base.mean())


def hit(low: float, high: float, outcome: float) -> bool:
    """Whether an outcome fell in its interval, bounds included."""
    return low <= outcome <= high


def misses_by_chance(hits: int, n: int, level: float) -> float:
    """Probability of so few hits or fewer of n intervals of a level that are right (binomial; for independent hits)."""
    return float(special.bdtr(hits, n, level))


def brier(probabilities: ArrayLike, outcomes: ArrayLike) -> float | None:
    """Mean squared error of probabilities of yes/no outcomes; None without any."""
    p, y = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    return float(np.mean((p - y) ** 2)) if p.size else None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Probabilities stated between `low` and `high`, and how often the thing happened (90 % Jeffreys interval)."""

    low: float
    high: float
    n: int
    stated: float
    happened: float
    interval: tuple[float, float]


def reliability(probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """Reliability diagram as data: equal-width bins, empty ones left out.

    Raises:
        LearningError: not an outcome for each probability.
    """
    p, y = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    if p.shape != y.shape:
        raise LearningError("every probability needs its outcome")
    index = np.minimum((p * bins).astype(int), bins - 1)
    scores = []
    for k in np.unique(index).tolist():
        inside = index == k
        n, yes = int(inside.sum()), float(y[inside].sum())
        interval = special.betaincinv(yes + 0.5, n - yes + 0.5, [0.05, 0.95])
        scores.append(
            ReliabilityBin(
                k / bins, (k + 1) / bins, n, float(p[inside].mean()), yes / n, (float(interval[0]), float(interval[1]))
            )
        )
    return tuple(scores)


@dataclass(frozen=True, slots=True)
class AnytimeEffect:
    """Mean effect of being treated, with an interval that holds at every sample size at once.

    `effect` and `interval` are None while not evaluable; `reason` then says why.
    """

    n: int
    treated: int
    effect: float | None
    interval: tuple[float, float] | None
    reason: str | None


def anytime_effect(
    outcomes: Sequence[float], treated: Sequence[bool], probabilities: Sequence[float], *, alpha: float = 0.1
) -> AnytimeEffect:
    """Average treatment effect of a logged randomisation, looked at as often as one likes.

    Augmented inverse-propensity terms with running means of *earlier* outcomes per arm, averaged, with the asymptotic
    confidence sequence of Waudby-Smith et al. (2024), tuned to be tightest near 100 outcomes.

    Args:
        outcomes: in order of assignment.
        treated: whether each was treated.
        probabilities: the logged probability of treatment of each, strictly between 0 and 1.

    Raises:
        LearningError: not as many of each.
    """
    y, z, p = np.asarray(outcomes, float), np.asarray(treated, bool), np.asarray(probabilities, float)
    if not y.shape == z.shape == p.shape:
        raise LearningError("every outcome needs its assignment and its probability")
    count, in_treatment = int(y.size), int(z.sum())
    reason = _not_evaluable(count, in_treatment, p)
    if reason:
        return AnytimeEffect(count, in_treatment, None, None, reason)
    terms = _augmented_terms(y, z, p)
    effect, sd = float(terms.mean()), float(terms.std(ddof=1))
    radius = sd * float(_boundary(count, alpha))
    return AnytimeEffect(count, in_treatment, effect, (effect - radius, effect + radius), None)


def _not_evaluable(count: int, treated: int, p: Array) -> str | None:
    if count == 0:
        return "no assignment was logged"
    if not bool(np.all((p > 0) & (p < 1))):
        return "an assignment was not random: its probability is 0 or 1"
    if min(treated, count - treated) < MINIMUM_ARM:
        return f"{treated} treated and {count - treated} held back; {MINIMUM_ARM} of each are needed"
    return None


def _augmented_terms(y: Array, z: NDArray[np.bool_], p: Array) -> Array:
    """AIPW pseudo-outcomes; the regression is the mean of earlier outcomes of the arm, so it cannot look ahead."""
    means = []
    for arm in (z, ~z):
        before = np.concatenate([[0.0], np.cumsum(arm)[:-1]])
        total = np.concatenate([[0.0], np.cumsum(np.where(arm, y, 0.0))[:-1]])
        everything = np.concatenate([[0.0], np.cumsum(y)[:-1]]) / np.maximum(np.arange(y.size), 1)
        means.append(np.where(before > 0, total / np.maximum(before, 1.0), everything))
    treated, control = means
    return np.asarray(treated - control + z / p * (y - treated) - (~z) / (1 - p) * (y - control), dtype=float)


def _boundary(n: int, alpha: float) -> float:
    """Radius per unit of standard deviation of the Gaussian-mixture confidence sequence at sample size n."""
    rho2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / _TIGHTEST_AT
    grown = n * rho2 + 1.0
    return float(np.sqrt(2 * grown / (n**2 * rho2) * np.log(np.sqrt(grown) / alpha)))
