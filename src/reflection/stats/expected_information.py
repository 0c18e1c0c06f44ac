"""What one more campaign would teach, before it is run.

Under the Gaussian model the covariance after a row x with noise r is S - S x x' S / (r + x' S x), whatever
its outcome: the expected change of an interval is known beforehand (Lindley 1956). That ranks candidate
campaigns by how much they would settle an open question per unit of cost. This file must not know which
campaigns can be run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflection.stats.design import Design, Stratum
from reflection.stats.empirical_bayes import Fit
from reflection.stats.prediction import aligned

Floats = NDArray[np.float64]


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
    used = np.unique(x.indices)  # two or three columns of hundreds
    half = np.asarray(x[:, used] @ fit.covariance[used].astype(np.float64))
    spread = np.asarray(x.multiply(half).sum(axis=1)).ravel()
    left = np.float64(fit.covariance[column, column]) - half[:, column] ** 2 / np.maximum(noise + spread, 1e-12)
    return np.asarray(np.sqrt(np.maximum(left, 0.0)))
