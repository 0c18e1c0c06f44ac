"""Design rows in the columns of a fit, also rows with signals it has never seen.

A feature without evidence contributes nothing to the mean and its group's prior variance to the uncertainty:
unseen signals widen an interval, they never crash it. This file must not know which metric is predicted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.design import Design

Floats = NDArray[np.float64]


def aligned(fit: Fit, design: Design) -> tuple[sparse.csr_array, Floats]:
    """Return the rows in the fit's columns, (n, p), and the prior variance of what the fit has no column for,
    (n,).
    """
    at = [fit.layout.column(feature) for feature in design.features]
    places = [i for i, column in enumerate(at) if column is not None]
    matrix = design.matrix()
    place = sparse.csr_array(
        (np.ones(len(places)), (places, [column for column in at if column is not None])),
        shape=(len(at), len(fit.layout)),
    )
    unknown = np.array(
        [0.0 if column is not None else fit.tau_of(f) ** 2 for f, column in zip(design.features, at, strict=True)]
    )
    return sparse.csr_array(matrix @ place), np.asarray(matrix.multiply(matrix) @ unknown)
