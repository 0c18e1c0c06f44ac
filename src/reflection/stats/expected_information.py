"""What one more campaign would teach, before it is run.

Under the Gaussian model the covariance after a row x with noise r is S - S x x' S / (r + x' S x), whatever
its outcome: the expected change of an interval is known beforehand (Lindley 1956). That ranks candidate
campaigns by how much they would settle an open question per unit of cost. This file must not know which
campaigns can be run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflection.errors import LearningError
from reflection.stats.columns import Feature
from reflection.stats.design import Design, Stratum
from reflection.stats.empirical_bayes import Fit
from reflection.stats.prediction import aligned

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gain:
    """The candidate that shrinks an interval most per cost.

    ``candidate``: its row number. ``sd_before``, ``sd_after``: of the effect asked about. ``campaigns``: how
    many such campaigns bring the half-width of the 90 % interval below the size of the effect; None when even
    1,000 would not.
    """

    candidate: int
    sd_before: float
    sd_after: float
    campaigns: int | None

    @property
    def shrinkage(self) -> float:
        """Expected relative change of the interval's width, for example -0.12."""
        return self.sd_after / self.sd_before - 1.0 if self.sd_before else 0.0


def sd_after(
    fit: Fit,
    column: int,
    design: Design,
    v: ArrayLike,
    repeats: int = 1,
    stratum: Stratum = Stratum.BETWEEN,
) -> Floats:
    """Return the standard deviation of one effect after ``repeats`` campaigns of each candidate row, (n,).

    ``v``: sampling variance the candidate's observation would have, (n,) (for CTR 1/(impressions * rate +
    1/2)). Overdispersion of the ``stratum`` is added here.
    """
    x, unseen = aligned(fit, design)
    noise = (np.asarray(v, dtype=np.float64) + fit.sigma.get(stratum, 0.0) ** 2 + unseen) / repeats
    covariance = fit.covariance.astype(np.float64)
    half = np.asarray(x @ covariance)
    spread = np.asarray(x.multiply(half).sum(axis=1)).ravel()
    left = covariance[column, column] - half[:, column] ** 2 / np.maximum(noise + spread, 1e-12)
    return np.asarray(np.sqrt(np.maximum(left, 0.0)))


def cheapest(fit: Fit, question: Feature, design: Design, v: ArrayLike, cost: ArrayLike) -> Gain:
    """Return the candidate with the largest expected fall in variance of ``question`` per unit of cost.

    ``design``: candidate rows, intercept included, (n,). ``v``, ``cost``: (n,), cost positive. Raises
    LearningError when there is no candidate, or the fit has no such feature.
    """
    column = fit.layout.column(question)
    if column is None or not len(design):
        raise LearningError(f"No candidate campaign can settle {question}.")
    before = float(np.sqrt(max(fit.covariance[column, column], 0.0)))
    after = sd_after(fit, column, design, v)
    best = int(np.argmax((before**2 - after**2) / np.asarray(cost, dtype=np.float64)))
    effect = abs(float(fit.mean[column]))
    return Gain(best, before, float(after[best]), _needed(fit, column, design, v, best, effect))


_REPEATS: Sequence[int] = (*range(1, 11), 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)


def _needed(fit: Fit, column: int, design: Design, v: ArrayLike, best: int, effect: float) -> int | None:
    """Fewest repeats (coarse scale) after which the interval excludes zero at the present estimate."""
    for repeats in _REPEATS:
        if 1.645 * sd_after(fit, column, design, v, repeats)[best] < effect:
            return repeats
    return None
