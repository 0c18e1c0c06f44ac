"""What a fit expects of design rows, also of rows with signals it has never seen.

A feature without evidence contributes nothing to the mean and its group's prior variance to the uncertainty:
unseen signals widen an interval, they never crash it. This file must not know which metric is predicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.stats.columns import INTERCEPT, Feature
from reflection.stats.design import Design
from reflection.stats.empirical_bayes import Fit

Floats = NDArray[np.float64]

_CHUNK = 2048


@dataclass(frozen=True, eq=False)
class Prediction:
    """Linear predictor of n rows, log scale, relative to the reference of the metric.

    ``mean``, ``sd``: (n,); sd holds the uncertainty of the effects. ``scatter``: overdispersion of a single
    campaign, which a future observation has on top of sd and of its own sampling variance.
    """

    mean: Floats
    sd: Floats
    scatter: float

    def expected(self) -> Floats:
        """Expected rate as a multiple of the reference, (n,): exp(mean + sd^2/2), not the lower median exp(mean)."""
        return np.asarray(np.exp(self.mean + 0.5 * self.sd**2))


def cell_design(cells: Sequence[Mapping[Feature, float]]) -> Design:
    """Return the design of whole cells: their memberships and the intercept."""
    return Design.of([{INTERCEPT: 1.0, **cell} for cell in cells])


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


def predict(fit: Fit, design: Design) -> Prediction:
    """Predict the rows of ``design`` (see :func:`cell_design`); the spread of the draws carries all
    uncertainty of the fit.
    """
    x, unseen = aligned(fit, design)
    deviation = fit.draws - fit.draws.mean(axis=1, keepdims=True)
    variance = np.concatenate(
        [np.mean((x[i : i + _CHUNK] @ deviation) ** 2, axis=1) for i in range(0, len(design), _CHUNK)] or [np.empty(0)]
    )
    scatter = fit.scatter_of_unseen
    return Prediction(np.asarray(x @ fit.mean), np.sqrt(variance + unseen), scatter)
