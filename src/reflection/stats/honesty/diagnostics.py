"""Are the intervals honest?

Leave-one-campaign-out in closed form: with residual r = y - X m, R = diag(v + sigma^2) and H = X S X' of one
campaign's rows, the residual of the campaign when it was *not* learnt is (I - H R^-1)^-1 r, with covariance
R + (I - H R^-1)^-1 H (the PRESS identity for Gaussian models; m and S at the same components, those of the mode). No
refit is needed. The z-scores tell how often 90 % intervals cover and by how much to widen them. This file must not
know what a campaign is beyond a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from reflection.errors import LearningError
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.posterior.prediction import aligned
from reflection.stats.sums.design import GRID, Rows, Stratum
from reflection.stats.sums.repeated_units import blocks_of

Floats = NDArray[np.float64]

Z90 = float(special.ndtri(0.95))
FEWEST_SCORES = 20
"""Fewer scores say too little about coverage to widen anything."""

_ROWS_AT_ONCE = 4_096
_NEVER_SINGULAR = 1.0 + 1e-9


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Every row predicted as if its campaign had not been learnt. All (n,), in the order of the rows.

    ``residual``: observed minus predicted (log scale). ``sd``: predictive standard deviation. ``z`` =
    residual / sd.
    """

    residual: Floats
    sd: Floats

    @property
    def z(self) -> Floats:
        """Residuals over their standard deviations: standard normal where the model holds."""
        return np.asarray(self.residual / self.sd)


@dataclass(frozen=True)
class Coverage:
    """How honest the intervals are.

    ``share``: rows whose left-out z lies within the 90 % interval; None below 20 scores, and ``reason`` says
    so. ``widening``: factor by which standard deviations must grow (never shrink) to cover 90 %. ``spread``:
    standard deviation of the scores, 1 where the model holds; None with ``share``.

    ``failed``: whether fewer are covered than chance explains, by two standard errors.
    """

    scores: int
    share: float | None
    widening: float
    reason: str | None = None
    spread: float | None = None

    @property
    def failed(self) -> bool:
        """Whether intervals hold fewer than 90 % by more than chance."""
        return self.share is not None and self.share < 0.9 - 2 * math.sqrt(0.9 * 0.1 / self.scores)


def leave_one_out(fit: Fit, rows: Rows, origin: ArrayLike, taken: Rows | None = None) -> LeftOut:
    """Predict each campaign's rows from all others.

    ``rows``: those the fit was made of (or a subset with whole campaigns). ``origin``: campaign number of each row,
    (n,). ``taken``: the rows as the fit took them, with the variances of their blocks
    (:meth:`~reflection.stats.sums.sufficient_statistics.SufficientStatistics.as_taken`): with other variances a row
    can seem to have more than all of its own leverage. Raises LearningError when the lengths differ.
    """
    number = np.asarray(origin, dtype=np.intp)
    if len(number) != len(rows):
        raise LearningError("Every row needs the number of its campaign.")
    x, unseen = aligned(fit, rows.design)
    noise = rows.v + scatter_of(fit, rows) + unseen
    assumed = noise if taken is None else taken.v + scatter_of(fit, taken) + unseen
    raw = rows.y / GRID - x @ fit.mean_at_mode
    covariance = fit.covariance.astype(np.float64)
    residual, variance = np.empty(len(rows)), np.empty(len(rows))
    for own in blocks_of(number, _ROWS_AT_ONCE):
        some, width = x[own.ravel()], own.shape[1]
        half = np.asarray(some @ covariance).reshape(*own.shape, -1)
        leverage = some.toarray().reshape(half.shape) @ half.transpose(0, 2, 1)
        complement = _NEVER_SINGULAR * np.eye(width) - leverage / assumed[own][:, None, :]
        solved = np.linalg.solve(complement, np.concatenate([leverage, raw[own][:, :, None]], axis=2))
        residual[own] = solved[:, :, width]
        variance[own] = noise[own] + solved[:, :, :width].diagonal(axis1=1, axis2=2)
    return LeftOut(residual, np.sqrt(np.maximum(variance, 1e-12)))


def coverage(z: Floats) -> Coverage:
    """Summarise left-out z-scores, (n,): share within +-1.645 and the widening factor.

    The factor is the empirical 90 % quantile of |z| over 1.645, with the conformal (n+1) correction, and at
    least 1.
    """
    scores = np.sort(np.abs(z[np.isfinite(z)]))
    n = len(scores)
    if n < FEWEST_SCORES:
        return Coverage(n, None, 1.0, f"{n} scores; at least {FEWEST_SCORES} are needed to judge coverage")
    quantile = scores[min(int(np.ceil(0.9 * (n + 1))), n) - 1]
    share, spread = float(np.mean(scores <= Z90)), float(np.std(z[np.isfinite(z)]))
    return Coverage(n, share, max(1.0, float(quantile / Z90)), spread=spread)


def scatter_of(fit: Fit, rows: Rows) -> Floats:
    """Variance of each row beyond sampling: its stratum's, and in between rows what periods leave of theirs, (n,)."""
    by_stratum = np.zeros(len(Stratum))
    for name, sigma in fit.sigma.items():
        by_stratum[name] = sigma**2
    passing = np.where(rows.stratum == Stratum.BETWEEN, rows.passing, 0.0)
    return np.asarray(by_stratum[rows.stratum] + passing * by_stratum[Stratum.PERIOD])


Ints = NDArray[np.intp]

MOST_CAMPAIGNS = 1_000
"""So many tell a coverage of 90 % from one of 87 %."""

MOST_CELLS = 400
"""Of one unit: leaving it out takes a matrix as large as its cells are many."""

MOST_WORK = 10**10
"""Multiplications spent on leaving out units: of daily rows fewer units have to do."""


class SetAside:
    """Whole units of one metric: leaving out one month of a campaign would keep its siblings.

    ``observed``: which cells are fitted, bool (cells,). ``unit``: number of each cell's unit, (cells,). ``most``: how
    many units at most, evenly chosen in the order of their numbers.
    """

    def __init__(self, observed: NDArray[np.bool_], unit: Ints, most: int = MOST_CAMPAIGNS) -> None:
        cells = np.bincount(unit[observed])
        eligible = np.flatnonzero((cells > 0) & (cells <= MOST_CELLS))
        few = len(eligible) < FEWEST_SCORES
        work = float((cells[eligible].astype(np.float64) ** 3).mean()) if len(eligible) else 1.0
        most = min(most, max(FEWEST_SCORES, int(MOST_WORK / work)))
        self._sample = eligible[:0] if few else eligible[np.unique(np.arange(most) * len(eligible) // max(most, 1))]
        self._parts: list[tuple[Rows, Ints]] = []

    @property
    def units(self) -> Ints:
        """Numbers of the chosen units, ascending."""
        return self._sample

    def take(self, parts: Iterable[tuple[Rows, Ints]]) -> None:
        """Keep a copy of the chosen units' rows, each given with its unit's number."""
        for rows, origin in parts:
            mine = np.flatnonzero(np.isin(origin, self._sample))
            if len(mine):
                self._parts.append((rows.take(mine), origin[mine]))

    def scores(self, fit: Fit, taken: Callable[[Rows], Rows] = lambda rows: rows) -> Floats:
        """z of each unit as a whole, predicted from all others, (units,); none of fewer than 20.

        ``taken``: rows as the fit took them, see :func:`leave_one_out`.
        """
        parts = [
            leave_one_out(fit, rows, origin, taken(rows)).z[rows.stratum == Stratum.BETWEEN]
            for rows, origin in self._parts
        ]
        return np.concatenate([np.zeros(0), *parts])
