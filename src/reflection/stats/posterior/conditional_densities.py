"""The density of each standard deviation while all others stay at the mode, as tables over normal scores.

Along the tau of one group the log evidence is known exactly and for next to nothing: with S_g the covariance of the
group's coordinates at the mode, lambda its eigenvalues, q the mean in its eigenvectors and t = 1/tau^2 - 1/tau_mode^2,
it changes by (|g| log(tau_mode^2/tau^2) - sum log(1 + t lambda) - sum t q^2/(1 + t lambda)) / 2, so that all the
skewness which a standard deviation near zero has costs no evaluation. Scatters rest on more rows, and have a Student-t
of the curvature's width. This file must not know what is drawn from the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.stats.posterior.gaussian_posterior import Model, Posterior
from reflection.stats.posterior.normal_scores import log_sd

Floats = NDArray[np.float64]

_COARSE = np.linspace(-6.0, 6.0, 97)
_FINE = np.linspace(-5.0, 5.0, 81)
"""Knots of a table: everywhere, and in standard deviations around its centre."""

_STUDENT_DF = 15
_FLATTER = 0.85
"""Power of the density that is tabulated: what is drawn from it must have the longer tails."""

_LEAST = 1e-300
_SURE = 1e-12


@dataclass(frozen=True, eq=False)
class ConditionalDensities:
    """A piecewise constant density for each of k components.

    ``knots``: normal scores, ascending, (k, n). ``below``: probability below each knot, (k, n).
    """

    knots: Floats
    below: Floats

    @classmethod
    def around(cls, model: Model, at_mode: Posterior, centre: Floats, sd: Floats) -> ConditionalDensities:
        """The densities around the mode.

        ``centre``, ``sd``: of a normal approximation to each score, (k,).
        """
        near = centre[:, None] + np.outer(sd, _FINE)
        knots = np.sort(np.concatenate([np.tile(_COARSE, (len(centre), 1)), near], axis=1))
        strata = len(model.strata)
        away = (knots[:strata] - centre[:strata, None]) / sd[:strata, None]
        of_scatters = -0.5 * (_STUDENT_DF + 1) * np.log1p(away**2 / _STUDENT_DF)
        of_groups = _profiles(model, at_mode, knots[strata:]) - 0.5 * knots[strata:] ** 2
        log_density = np.concatenate([of_scatters, of_groups])
        density = np.exp(_FLATTER * (log_density - log_density.max(axis=1, keepdims=True)))
        share = 0.5 * (density[:, 1:] + density[:, :-1]) * np.diff(knots, axis=1)
        below = np.concatenate([np.zeros((len(centre), 1)), np.cumsum(share, axis=1)], axis=1)
        return cls(knots, below / below[:, -1:])

    def scores(self, normal: Floats) -> Floats:
        """The score at the same quantile of each density as a standard normal number, (N, k) -> (N, k)."""
        tables = zip(special.ndtr(normal).T, self.below, self.knots, strict=True)
        return np.column_stack([np.interp(at, below, knots) for at, below, knots in tables])

    def log_density(self, scores: Floats) -> Floats:
        """Log density of each score, (N, k) -> (N, k)."""
        heights = np.diff(self.below) / np.maximum(np.diff(self.knots), _SURE)
        last = heights.shape[1] - 1
        columns = [
            height[np.clip(np.searchsorted(knots, at, "right") - 1, 0, last)]
            for at, knots, height in zip(scores.T, self.knots, heights, strict=True)
        ]
        return np.asarray(np.log(np.maximum(np.column_stack(columns), _LEAST)))

    def normal(self, scores: Floats) -> Floats:
        """The inverse of :meth:`scores`."""
        tables = zip(scores.T, self.knots, self.below, strict=True)
        below = np.column_stack([np.interp(at, knots, below) for at, knots, below in tables])
        return np.asarray(special.ndtri(np.clip(below, _SURE, 1 - _SURE)))


def _profiles(model: Model, at_mode: Posterior, knots: Floats) -> Floats:
    """Log evidence at the knots of each group's tau less that at the mode, (groups, n)."""
    first = len(model.strata)
    log_tau = log_sd(knots, model.rates[first:, None])
    change = np.empty_like(knots)
    for group, (at, own) in enumerate(zip(at_mode.components[first:], model.coordinates_of_groups, strict=True)):
        values, vectors = np.linalg.eigh(at_mode.free_covariance[own, own])
        square = (vectors.T @ at_mode.coordinates[own]) ** 2
        further = (np.exp(-2 * log_tau[group]) - np.exp(-2 * at))[:, None]
        wider = np.maximum(1 + further * values, _LEAST)
        volume = 2 * len(values) * (at - log_tau[group]) - np.log(wider).sum(axis=1)
        change[group] = 0.5 * (volume - (further / wider) @ square)
    return change
