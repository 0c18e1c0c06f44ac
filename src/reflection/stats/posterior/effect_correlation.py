"""How the effects of one thing on several metrics go together, learnt from all effects of a fit.

What is clicked more is often bought more, too, or less. Where little is seen of an effect, what is not known of it on
two metrics goes together as effects do, and a product of them is given too little (or too much) width if that is left
out. Estimates are shrunk by k = 1 - S/P (S the posterior's variance, P the prior's), so those of one effect on two
metrics, each over its standard deviation, have the correlation rho sqrt(k k') + r sqrt((1 - k)(1 - k')), with rho that
of the effects and r that of the rows. This file must not know which metrics, nor what is drawn with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import Kind, Layout

Floats = NDArray[np.float64]

_GRID = np.linspace(-0.975, 0.975, 40)
"""Correlations tried, the middles of forty equal parts."""

_LEAST_SHARE = 1e-3
"""Share of an effect that must be data: of what was not seen nothing is learnt."""

_MOST = 0.999
_LEAST_EIGENVALUE = 1e-6


def of_signals(layout: Layout) -> NDArray[np.bool_]:
    """Which columns are effects of signals or of pairs of them, (p,): no slopes, steps, units or levels of time."""
    named = np.array([kind in (Kind.MAIN, Kind.INTERACTION) for kind in layout.kinds] + [False])
    return np.asarray(named[layout.group_index])


def effect_correlation(fits: Mapping[str, Fit], rows: Floats) -> Floats:
    """Correlation of the effects of signals, (fits, fits), in the order of the fits, which have one layout.

    Of each pair the posterior mean: before anything is seen, every correlation matrix of so many metrics is as likely
    (Lewandowski, Kurowicka and Joe 2009), so few effects say little. ``rows``: correlation of the rows' deviations.
    """
    effects = [_Effects.of(fit) for fit in fits.values()]
    prior = 0.5 * (len(effects) - 2) * np.log1p(-(_GRID**2))
    matrix = np.eye(len(effects))
    for a, b in combinations(range(len(effects)), 2):
        log_weight = prior + _log_likelihood(effects[a], effects[b], float(rows[a, b]))
        weight = np.exp(log_weight - log_weight.max())
        matrix[a, b] = matrix[b, a] = float(weight @ _GRID / weight.sum())
    return positive(matrix)


def positive(matrix: Floats) -> Floats:
    """The correlation matrix that is left of a symmetric one without its negative eigenvalues."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    near = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    sd = np.sqrt(np.diag(near))
    return np.asarray(near / np.outer(sd, sd))


@dataclass(frozen=True, eq=False)
class _Effects:
    """Estimates over their standard deviations, and the shares of them that are data, (p,) each; ``free``: for how many
    free effects each column counts."""

    score: Floats
    share: Floats
    free: Floats

    @classmethod
    def of(cls, fit: Fit) -> _Effects:
        layout, free = fit.layout, np.maximum(fit.layout.prior_share, 1e-12)
        prior = np.append(fit.tau, 0.0)[layout.group_index] ** 2 * free
        known = of_signals(layout) & layout.identifiable & (prior > 0)
        left = np.diag(fit.covariance).astype(np.float64) / np.where(known, prior, 1.0)
        share = np.where(known, np.clip(1.0 - left, 0.0, 1.0), 0.0)
        sd = np.sqrt(np.where(share > _LEAST_SHARE, prior * share, np.inf))
        return cls(fit.mean_at_mode / sd, np.where(share > _LEAST_SHARE, share, 0.0), free)


def _log_likelihood(one: _Effects, other: _Effects, rows: float) -> Floats:
    """Of each correlation on the grid, up to a constant."""
    both = (one.share > 0) & (other.share > 0)
    data, other_data, a, b = one.share[both], other.share[both], one.score[both], other.score[both]
    r = np.outer(_GRID, np.sqrt(data * other_data)) + rows * np.sqrt((1 - data) * (1 - other_data))
    r = np.clip(r, -_MOST, _MOST)
    rest = 1 - r**2
    return np.asarray((-0.5 * np.log(rest) - (a**2 - 2 * r * a * b + b**2) / (2 * rest)) @ one.free[both])
