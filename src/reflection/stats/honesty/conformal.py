"""Prediction intervals that keep their promise: normalised split conformal, adaptive per group.

A predictive distribution says ``mean +- q * sd``; conformal prediction replaces the q of theory by one measured on
scores ``|residual| / sd`` of campaigns that were predicted before they were learned. Adaptive conformal inference
(Gibbs and Candes 2021) then moves the error rate of every group, ``alpha += gamma * (alpha0 - miss)``, so that a
platform that changed keeps its coverage instead of hiding behind the others. Numbers only; knows no campaign.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.errors import LearningError

LEVELS = (0.5, 0.8, 0.9)
"""Interval levels stated everywhere."""

MINIMUM_SCORES = 19
"""Fewer scores than this cannot name a 95 % quantile; a t quantile stands in."""

WINDOW = 250
GAMMA = 0.03
CAP = 6.0
"""Widest multiplier: beyond six standard deviations an interval says nothing that a larger number would say better."""


def quantile(ascending: NDArray[np.float64], alpha: float) -> float:
    """The split-conformal quantile: the ceil((n + 1)(1 - alpha))-th smallest of n scores, infinite when n is too small.

    Source: Vovk, Gammerman, Shafer (2005); equal to crepes' normalised regressor.
    """
    count = len(ascending)
    # The subtraction guards against 20 * (1 - .9) = 18.000000000000004, which would name the next score.
    rank = int(np.ceil((count + 1) * (1.0 - alpha) - 1e-9))
    if rank > count:
        return float("inf")
    return float(ascending[rank - 1])


def multiplier(ascending: NDArray[np.float64], alpha: float, learned: int) -> float:
    """How many standard deviations an interval with error rate `alpha` reaches, by sorted scores.

    Below `MINIMUM_SCORES` scores a t quantile with ``learned - 6`` degrees of freedom (at least 3) is used, `learned`
    being the number of campaigns the prediction rests on: level, slope and variance components cost about six. Never
    above `CAP`.
    """
    if len(ascending) < MINIMUM_SCORES:
        return float(min(special.stdtrit(max(learned - 6, 3), 1.0 - alpha / 2.0), CAP))
    return min(quantile(ascending, alpha), CAP)


@dataclass(frozen=True, slots=True)
class Conformal:
    """Scores of the last campaigns and, per group, the error rate each interval level currently aims at.

    Immutable: `learn` gives the next state. The scores are shared (a platform alone has too few), the error rates are
    per group and level.

    Attributes:
        scores: the last `WINDOW` values of |residual| / sd, oldest first.
        alphas: group -> one error rate per entry of `LEVELS`.
        seen: how many scores were ever taken in.
    """

    scores: tuple[float, ...] = ()
    alphas: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    seen: int = 0

    def multipliers(self, group: str, *, learned: int) -> tuple[float, ...]:
        """One multiplier per level, never narrower at a higher level."""
        alphas = self.alphas.get(group, _NOMINAL)
        ascending = _ascending(self.scores)
        raw = [
            multiplier(ascending, _bounded(alpha, nominal), learned)
            for alpha, nominal in zip(alphas, _NOMINAL, strict=True)
        ]
        return tuple(float(value) for value in np.maximum.accumulate(raw))

    def learn(self, group: str, residual: float, sd: float, *, learned: int) -> "Conformal":
        """The state after one campaign whose prediction missed by `residual` at predictive standard deviation `sd`.

        Raises:
            LearningError: the score is not a finite number.
        """
        if not (np.isfinite(residual) and np.isfinite(sd) and sd > 0):
            raise LearningError(f"cannot score a residual of {residual} at a standard deviation of {sd}")
        score = abs(residual) / sd
        alphas = self.alphas.get(group, _NOMINAL)
        reached = self.multipliers(group, learned=learned)
        moved = tuple(
            _bounded(alpha + GAMMA * (nominal - float(score > reach)), nominal)
            for alpha, nominal, reach in zip(alphas, _NOMINAL, reached, strict=True)
        )
        return replace(
            self,
            scores=(*self.scores, float(score))[-WINDOW:],
            alphas={**self.alphas, group: moved},
            seen=self.seen + 1,
        )


@lru_cache(maxsize=64)
def _ascending(scores: tuple[float, ...]) -> NDArray[np.float64]:
    """Sorted once for all the campaigns that are predicted between two that are learnt; not to be written to."""
    return np.sort(np.asarray(scores, dtype=float))


_NOMINAL = tuple(1.0 - level for level in LEVELS)


def _bounded(alpha: float, nominal: float) -> float:
    """Keep an adapted error rate in a range where a quantile of 250 scores means something."""
    return max(nominal / 20.0, min(alpha, 5.0 * nominal, 0.9))
