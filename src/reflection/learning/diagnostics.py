"""Are the intervals honest, and is there a campaign that cannot be true?

Leave-one-campaign-out in closed form: with residual r = y - X m, R = diag(v + sigma^2) and H = X S X' of one
campaign's rows, the residual of the campaign when it was *not* learnt is (I - H R^-1)^-1 r, with covariance
(I - H R^-1)^-1 R (the PRESS identity for Gaussian models). No refit is needed. The z-scores tell how often 90
% intervals cover, by how much to widen them, and which campaigns look like a tracking fault. This file must
not know what a campaign is beyond a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from reflection.errors import LearningError
from reflection.learning.effects import Fit
from reflection.learning.prediction import aligned
from reflection.learning.rows import GRID, Rows, Stratum

Floats = NDArray[np.float64]

Z90 = float(special.ndtri(0.95))
FEWEST_SCORES = 20
"""Fewer scores say too little about coverage to widen anything."""

_FAULT_Z = 5.0
_FAULT_FACTOR = np.log(4.0)


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
        """Standardised residuals."""
        return np.asarray(self.residual / self.sd)


@dataclass(frozen=True)
class Coverage:
    """How honest the intervals are.

    ``share``: rows whose left-out z lies within the 90 % interval; None below 20 scores, and ``reason`` says
    so. ``widening``: factor by which standard deviations must grow (never shrink) to cover 90 %.
    """

    scores: int
    share: float | None
    widening: float
    reason: str | None = None


def leave_one_out(fit: Fit, rows: Rows, origin: ArrayLike) -> LeftOut:
    """Predict each campaign's rows from all others.

    ``rows``: those the fit was made of (or a subset with whole campaigns). ``origin``: campaign number of
    each row, (n,). Raises LearningError when the lengths differ.
    """
    number = np.asarray(origin)
    if len(number) != len(rows):
        raise LearningError("Every row needs the number of its campaign.")
    x, unseen = aligned(fit, rows.design)
    noise = rows.v + _scatter(fit, rows.stratum) ** 2 + unseen
    raw = rows.y / GRID - x @ fit.mean
    covariance = fit.covariance.astype(np.float64)
    half = np.asarray(x @ covariance)
    leverage = np.asarray(x.multiply(half).sum(axis=1)).ravel()
    kept = np.maximum(1.0 - leverage / noise, 1e-9)
    residual, variance = raw / kept, noise / kept
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=number[order][:1] - 1)) if len(order) else order
    for own in np.split(order, starts[1:]):
        if len(own) > 1:
            block = np.eye(len(own)) - (x[own] @ half[own].T) / noise[own]
            residual[own] = np.linalg.solve(block, raw[own])
            variance[own] = np.diag(np.linalg.solve(block, np.diag(noise[own])))
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
    return Coverage(n, float(np.mean(scores <= Z90)), max(1.0, float(quantile / Z90)))


def implausible(left_out: LeftOut, widening: float = 1.0) -> NDArray[np.bool_]:
    """Flag rows that look like a tracking fault, bool (n,).

    Both must hold: |z| above 5 after widening, and a factor of more than 4 between observed and predicted. A
    jump may be real, so this only proposes to keep a row out until somebody accepts it.
    """
    far = np.abs(left_out.z) > _FAULT_Z * widening
    return np.asarray(far & (np.abs(left_out.residual) > _FAULT_FACTOR))


def _scatter(fit: Fit, stratum: NDArray[np.int8]) -> Floats:
    by_stratum = np.zeros(len(Stratum))
    for name, sigma in fit.sigma.items():
        by_stratum[name] = sigma
    return np.asarray(by_stratum[stratum])
