"""How results grow with what is put in: one elasticity a group, shrunk towards each other and towards 1.

The log of what came over what was expected in proportion, y, is regressed on the log of the amount, x:
y = a_g + (b + d_g) x + c'z + unit + noise. The elasticity of group g is 1 + b + d_g: with b ~ N(0, FROM_LINEAR^2) and
d_g ~ N(0, t^2) a group that says little is taken for proportional. Members of something (with shares m_k, the usual
ones being u_k) deviate by (m_k - u_k) e_k more, e_k ~ N(0, MEMBER_SD^2). t has the exponential prior of every standard
deviation and is integrated over a grid. Rows of one unit share a deviation. What else moves the results, z, has effects
c that are estimated from the same rows: taken for known they would have part of what the amounts do, and few rows be
too sure of it. This file must not know what is bought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.stats.sums.cholesky import cholesky, solved

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

FROM_LINEAR = 0.4
"""Standard deviation of what is common to all elasticities, around 1."""

LEVEL_SD = 2.0
"""Of the level of a group: it is free."""

MEMBER_SD = 0.25
"""Of how far members deviate. It is not learnt: few rows would say that nothing deviates, and be too sure of it."""

APART_RATE = 3.0
"""Of the standard deviation of d_g: groups differ by a third of an elasticity before anything is known."""

_APART = np.array([0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45, 0.65])
_LEAST = 1e-4


@dataclass(frozen=True, eq=False)
class Beside:
    """What else moves the results: ``columns``, (n, K), and the variance of each one's effect around 0, (K,)."""

    columns: Floats
    variance: Floats


@dataclass(frozen=True, eq=False)
class Elasticities:
    """Posterior of G elasticities: ``mean`` and ``sd``, (G,); ``prior_sd`` of one that nothing is known of.

    ``member_mean``, ``member_sd``: by how much a full member's elasticity deviates from that of the usual mix, (K,);
    ``member_prior_sd`` where nothing is known, (K,).
    """

    mean: Floats
    sd: Floats
    prior_sd: float
    member_mean: Floats
    member_sd: Floats
    member_prior_sd: Floats


def elasticities(
    x: Floats,
    y: Floats,
    v: Floats,
    group: Ints,
    unit: Ints,
    unit_sd: float,
    groups: int,
    members: Floats | None = None,
    beside: Beside | None = None,
) -> Elasticities:
    """Return the elasticity of each group, and by how much that of members deviates.

    Args:
        x, y: log amounts (any origin) and log of what came over what was expected in proportion, (n,).
        v: variance of each y beside its unit's, (n,).
        group, unit: of each row, (n,).
        unit_sd: standard deviation of what the rows of a unit share.
        groups: how many groups there are.
        members: shares of each row, (n, K).
        beside: what else moves y; it is part of y.
    """
    beside = beside or Beside(np.zeros((len(x), 0)), np.zeros(0))
    shares = np.zeros((len(x), 0)) if members is None else members
    usual, count = shares.mean(axis=0), shares.shape[1]
    slopes = [x, *(np.where(group == g, x, 0.0) for g in range(groups)), *(x[:, None] * (shares - usual)).T]
    levels = [np.where(group == g, 1.0, 0.0) for g in range(groups)]
    design = np.column_stack([*slopes, *levels, beside.columns])
    white_x, white_y = _white(design, v, unit, unit_sd), _white(y[:, None], v, unit, unit_sd)[:, 0]
    reading = np.zeros((groups + count, design.shape[1]))
    reading[:groups, 0] = 1.0
    reading[np.arange(groups), 1 + np.arange(groups)] = 1.0
    reading[groups:, 1 + groups : 1 + groups + count] = np.eye(count) - usual
    mean, variance = _integrated(white_x, white_y, reading, [1, groups, count, groups], beside.variance)
    sd, prior_sd = np.sqrt(np.maximum(variance, 0.0)), float(np.hypot(FROM_LINEAR, 1 / APART_RATE))
    member_prior_sd = MEMBER_SD * np.sqrt((reading[groups:] ** 2).sum(axis=1))
    return Elasticities(1.0 + mean[:groups], sd[:groups], prior_sd, mean[groups:], sd[groups:], member_prior_sd)


def _integrated(
    white_x: Floats, white_y: Floats, reading: Floats, counts: list[int], beside: Floats
) -> tuple[Floats, Floats]:
    """Mean and variance of what is read of the coefficients, over how far groups may be apart.

    Args:
        reading: rows of the coefficients' weights in each.
        counts: of the slope, its deviations by group and by member, and the levels. beside: variances of the rest.
    """
    gram, moment, square = white_x.T @ white_x, white_x.T @ white_y, float(white_y @ white_y)
    means, variances, weights = [], [], []
    for apart in _APART:
        sizes = [FROM_LINEAR, max(float(apart), _LEAST), MEMBER_SD, LEVEL_SD]
        prior = 1.0 / np.append(np.square(np.repeat(sizes, counts)), beside)
        factor = cholesky(gram + np.diag(prior))
        white, of_reading = solved(factor, moment), solved(factor, reading.T)
        volume = 2.0 * np.log(np.diag(factor)).sum()
        evidence = 0.5 * (np.log(prior).sum() - volume - square + white @ white)
        weights.append(evidence - APART_RATE * apart)
        means.append(white @ of_reading)
        variances.append(np.square(of_reading).sum(axis=0))
    mass = np.exp(np.array(weights) - max(weights)) * np.gradient(_APART)
    mass /= mass.sum()
    mean = mass @ np.array(means)
    return mean, mass @ (np.array(variances) + np.array(means) ** 2) - mean**2


def _white(columns: Floats, v: Floats, unit: Ints, unit_sd: float) -> Floats:
    """Rows with independent unit errors: each less a share of its unit's weighted mean, over its own error."""
    _, place = np.unique(unit, return_inverse=True)
    weight = 1.0 / v
    total = np.bincount(place, weight)
    remainder = 1.0 / np.sqrt(1.0 + unit_sd**2 * total)
    means = np.column_stack([np.bincount(place, weight * column) / total for column in columns.T])
    return np.asarray((columns - ((1.0 - remainder)[:, None] * means)[place]) / np.sqrt(v)[:, None])
