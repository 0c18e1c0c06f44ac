"""How far a level that was never seen may lie from those that were.

The scatter of a group's effects is estimated from its levels, and two levels say next to nothing about a third. What a
prediction needs is therefore not the most probable scatter but its mean square under all that the levels leave open,
with the prior of so many (`scatter_priors`), and with the error of their mean: of m levels the mean is known to tau^2/m
only. This file must not know what a group is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reflection.stats.posterior.scatter_priors import group_rates
from reflection.stats.sums.columns import Kind, Layout

Floats = NDArray[np.float64]

_GRID = np.exp(np.linspace(np.log(0.005), np.log(4.0), 120))
"""Standard deviations tried; in steps of six per cent."""


def unseen_levels(layout: Layout, tau: Floats, estimate: Floats, error: Floats) -> Floats:
    """Standard deviation of a level never seen in each group, (groups,); that of the group where it has no levels.

    ``tau``: most probable scatter of each group, (groups,). ``estimate``, ``error``: effects with their own prior
    divided out, (p,).
    """
    spread, rates = tau.copy(), group_rates(layout).tolist()
    for number, kind in enumerate(layout.kinds):
        columns = np.flatnonzero((layout.group_index == number) & layout.identifiable)
        if kind is not Kind.FREE and (len(columns) or kind is Kind.MAIN):
            square = _mean_square(estimate[columns], error[columns], layout.prior_share[columns], rates[number])
            of_mean = 1 / layout.sizes[number] if kind is Kind.MAIN else 0.0
            spread[number] = np.sqrt(square * (1 + of_mean))
    return spread


def _mean_square(estimate: Floats, error: Floats, share: Floats, rate: float) -> float:
    """Expected tau^2, the effects' own likelihoods counting for as many as are free. ``rate``: of its prior."""
    variance = _GRID[:, None] ** 2 * share + error**2
    free = share.sum() / max(len(share), 1)
    likelihood = -0.5 * free * (np.log(variance) + estimate**2 / variance).sum(axis=1)
    log_weight = likelihood - rate * _GRID + np.log(_GRID)  # the last one: steps are equal on the log scale
    weight = np.exp(log_weight - log_weight.max())
    return float(weight @ _GRID**2 / weight.sum())
