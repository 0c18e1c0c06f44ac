"""How far a level that was never seen may lie from those that were.

The scatter of a group's effects is estimated from its levels, and two levels say next to nothing about a third. What a
prediction needs is therefore not the most probable scatter but its mean square under all that the levels leave open,
with a prior that claims the less the fewer there are (Gelman 2006), and with the error of their mean: of m levels the
mean is known to tau^2/m only. This file must not know what a group is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reflection.stats.columns import Kind, Layout
from reflection.stats.gaussian_posterior import PRIOR_RATE

Floats = NDArray[np.float64]

FEWEST_RATE = 2.5
"""Rate of the exponential prior where the fewest levels were seen; from fifteen on it is that of every group."""

_GRID = np.exp(np.linspace(np.log(0.005), np.log(4.0), 120))
"""Standard deviations tried; in steps of six per cent."""


def unseen_levels(layout: Layout, tau: Floats, estimate: Floats, error: Floats) -> Floats:
    """Standard deviation of a level never seen in each group, (groups,); that of the group where it has no levels.

    ``tau``: most probable scatter of each group, (groups,). ``estimate``, ``error``: effects with their own prior
    divided out, (p,).
    """
    spread = tau.copy()
    for number, kind in enumerate(layout.kinds):
        columns = np.flatnonzero((layout.group_index == number) & layout.identifiable)
        levels = int((layout.group_index == number).sum())
        if kind is Kind.MAIN:
            square = _mean_square(estimate[columns], error[columns], layout.prior_share[columns], levels)
            spread[number] = np.sqrt(square * (1 + 1 / levels))
        elif kind is Kind.INTERACTION and len(columns):
            spread[number] = np.sqrt(_mean_square(estimate[columns], error[columns], layout.prior_share[columns]))
    return spread


def _mean_square(estimate: Floats, error: Floats, share: Floats, levels: int | None = None) -> float:
    """Expected tau^2, the effects' own likelihoods counting for as many as are free.

    ``levels``: how many were seen, which decides how little the prior claims; None where they are many.
    """
    rate = PRIOR_RATE if levels is None else float(np.clip(1 + levels / 3, FEWEST_RATE, PRIOR_RATE))
    variance = _GRID[:, None] ** 2 * share + error**2
    free = share.sum() / max(len(share), 1)
    likelihood = -0.5 * free * (np.log(variance) + estimate**2 / variance).sum(axis=1)
    log_weight = likelihood - rate * _GRID + np.log(_GRID)  # the last one: steps are equal on the log scale
    weight = np.exp(log_weight - log_weight.max())
    return float(weight @ _GRID**2 / weight.sum())
