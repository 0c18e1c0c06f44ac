"""Draws of several metrics that belong together: what scatters jointly is drawn jointly.

Rows of the same things are observed in several metrics, and what is peculiar to a row moves them together. Fitted
apart, their draws are independent, and a product of them is given too little (or too much) width. Here each effect's
draws are mixed with those of the same effect on the other metrics: the part of their errors that comes from the data
has the correlation of the rows, the part that is not known (how far a shrunk effect may lie from its estimate) that of
the effects. Means and standard deviations stay. This file must not know which metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reflection.stats.posterior.effect_correlation import of_signals, positive
from reflection.stats.posterior.empirical_bayes import Fit

Floats = NDArray[np.float64]

NEGLIGIBLE = 0.01
"""Correlations below it change no width that anybody sees."""


def joint(fits: Mapping[str, Fit], rows: Floats, effects: Floats) -> dict[str, Fit]:
    """Return the fits with draws that are correlated as their rows and their effects are.

    ``rows``, ``effects``: correlations of the rows' deviations and of the effects of signals, (fits, fits) each, in the
    order of the fits, which have one layout.
    """
    names = list(fits)
    if len(names) < 2 or max(np.abs(matrix - np.eye(len(names))).max() for matrix in (rows, effects)) < NEGLIGIBLE:
        return dict(fits)
    parts = [fits[name] for name in names]
    count = min(part.draws.shape[1] for part in parts)
    between = _between(parts, rows, effects)
    factor = np.linalg.cholesky(np.moveaxis(between, 2, 0) + 1e-9 * np.eye(len(names))).astype(np.float32)
    scores = [_standardised(part, count) for part in parts]
    mixed = {}
    for row, (name, part) in enumerate(zip(names, parts, strict=True)):
        own = factor[:, row, row, None] * scores[row]
        for column in range(row):
            own += factor[:, row, column, None] * scores[column]
        own *= part.sd[:, None].astype(np.float32)
        own += part.mean[:, None].astype(np.float32)
        mixed[name] = replace(part, draws=own)
    return mixed


def _between(parts: Sequence[Fit], rows: Floats, effects: Floats) -> Floats:
    """Correlation of the errors of each effect, (fits, fits, p)."""
    data = np.sqrt([data_share(part) for part in parts])
    rest = np.sqrt(np.maximum(1 - data**2, 0.0)) * of_signals(parts[0].layout)
    between = rows[:, :, None] * data[:, None] * data + effects[:, :, None] * rest[:, None] * rest
    between[np.diag_indices(len(parts))] = 1.0
    return np.asarray(between)


def data_share(fit: Fit) -> Floats:
    """Which share of each effect's error comes from the data and not from its prior, (p,)."""
    error = np.maximum(fit.error, 1e-12)
    return np.asarray(np.clip((fit.sd / error) ** 2, 0.0, 1.0))


def _standardised(fit: Fit, count: int) -> NDArray[np.float32]:
    deviation = fit.draws[:, :count] - fit.mean[:, None].astype(np.float32)
    sd = np.where(fit.sd > 0, fit.sd, 1.0).astype(np.float32)
    return np.asarray(deviation / sd[:, None], dtype=np.float32)


def shared(products: Floats, squares: Floats, rows: Floats, weight: float) -> Floats:
    """Correlation matrix from sums over rows, shrunk towards none where few rows say so.

    ``products``, ``squares``, ``rows``: sums of z_a z_b, of z_a^2 where both are there, and their number, (k, k) each.
    ``weight``: rows that speak for no correlation.
    """
    scale = np.sqrt(np.maximum(squares * squares.T, 1e-300))
    raw = products / scale * rows / (rows + weight)
    np.fill_diagonal(raw, 1.0)
    return positive(raw)
