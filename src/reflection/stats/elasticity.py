"""How results grow with what is put in: one elasticity a group, shrunk towards each other and towards 1.

The log of what came over what was expected in proportion, y, is regressed on the log of the amount, x:
y = a_g + (b + d_g) x + unit + noise. The elasticity of group g is 1 + b + d_g: with b ~ N(0, FROM_LINEAR^2) and
d_g ~ N(0, t^2) a group that says little is taken for proportional. t has the exponential prior of every standard
deviation and is integrated over a grid. Rows of one unit share a deviation. This file must not know what is bought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

FROM_LINEAR = 0.4
"""Standard deviation of what is common to all elasticities, around 1."""

LEVEL_SD = 2.0
"""Of the level of a group: it is free."""

APART_RATE = 6.0
_APART = np.array([0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45])


@dataclass(frozen=True, eq=False)
class Elasticities:
    """Posterior of G elasticities: ``mean`` and ``sd``, (G,); ``prior_sd`` of one that nothing is known of."""

    mean: Floats
    sd: Floats
    prior_sd: float


def elasticities(x: Floats, y: Floats, v: Floats, group: Ints, unit: Ints, unit_sd: float, groups: int) -> Elasticities:
    """Return the elasticity of each group.

    Args:
        x, y: log amounts (any origin) and log of what came over what was expected in proportion, (n,).
        v: variance of each y beside its unit's, (n,).
        group, unit: of each row, (n,).
        unit_sd: standard deviation of what the rows of a unit share.
        groups: how many groups there are.
    """
    slopes = np.column_stack([x, *(np.where(group == g, x, 0.0) for g in range(groups))])
    levels = np.column_stack([np.where(group == g, 1.0, 0.0) for g in range(groups)])
    design = np.column_stack([slopes, levels])
    white_x, white_y = _white(design, v, unit, unit_sd), _white(y[:, None], v, unit, unit_sd)[:, 0]
    gram, moment, square = white_x.T @ white_x, white_x.T @ white_y, float(white_y @ white_y)
    reading = np.column_stack([np.ones(groups), np.eye(groups), np.zeros((groups, groups))])
    means, variances, weights = [], [], []
    for apart in _APART:
        spreads = np.concatenate([[FROM_LINEAR], np.full(groups, max(apart, 1e-4)), np.full(groups, LEVEL_SD)])
        prior = spreads**-2
        precision = gram + np.diag(prior)
        covariance = np.linalg.inv(precision)
        middle = covariance @ moment
        evidence = 0.5 * (np.log(prior).sum() - np.linalg.slogdet(precision)[1] - square + moment @ middle)
        weights.append(evidence - APART_RATE * apart)
        means.append(reading @ middle)
        variances.append(np.einsum("gi,ij,gj->g", reading, covariance, reading))
    mass = np.exp(np.array(weights) - max(weights)) * np.gradient(_APART)
    mass /= mass.sum()
    mean = mass @ np.array(means)
    variance = mass @ (np.array(variances) + np.array(means) ** 2) - mean**2
    return Elasticities(1.0 + mean, np.sqrt(np.maximum(variance, 0.0)), float(np.hypot(FROM_LINEAR, 1 / APART_RATE)))


def _white(columns: Floats, v: Floats, unit: Ints, unit_sd: float) -> Floats:
    """Rows with independent unit errors: each less a share of its unit's weighted mean, over its own error."""
    _, place = np.unique(unit, return_inverse=True)
    weight = 1.0 / v
    total = np.bincount(place, weight)
    kept = 1.0 / np.sqrt(1.0 + unit_sd**2 * total)
    means = np.column_stack([np.bincount(place, weight * column) / total for column in columns.T])
    return np.asarray((columns - ((1.0 - kept)[:, None] * means)[place]) / np.sqrt(v)[:, None])
