"""Whether a level jumped lately, from what is left of the latest rows: by how much, and how sure that is.

A random walk with small steps follows a jump in part only, and levels that stand still not at all. So what is left of
the rows of a level is asked once more: from one of the last days on, none more probable than another, it may lie off by
delta ~ N(0, JUMP_SD^2); that it does so at all has the chance CHANCE before anything is known. What is left of n rows
with mean r and variance v of that mean then speaks for a jump by the factor

    (1 + JUMP_SD^2 / v)^-1/2 exp(r^2 / 2v * JUMP_SD^2 / (JUMP_SD^2 + v)).

This file must not know what a level is of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

CHANCE = 0.1
JUMP_SD = 0.5
FEWEST = 3
"""Units since a day on which a level may have jumped."""

LEAST = 0.02
"""Probability of a jump below which nothing is said: no 90 % interval would be another."""


@dataclass(frozen=True, eq=False)
class Jump:
    """A mixture over no jump and one on each day: ``weights``, ``mean`` and ``sd``, (1 + days,)."""

    weights: Floats
    mean: Floats
    sd: Floats

    def draws(self, count: int, seed: tuple[int, ...]) -> Floats:
        """So many draws of it, (count,); the same for the same seed."""
        rng = np.random.default_rng(seed)
        strata = (rng.permutation(count) + 0.5) / count
        place = np.minimum(np.searchsorted(np.cumsum(self.weights), strata), len(self.mean) - 1)
        return np.asarray(self.mean[place] + self.sd[place] * rng.standard_normal(count))


def late_jump(left: Floats, variance: Floats, day: Ints, unit: Ints, lasting: float, since: int) -> Jump | None:
    """The jump of a level; None where there probably is none.

    Args:
        left: what is left of each row (log), (n,); `variance` of it, beside what its unit shares.
        day: of each row. unit: of each row. lasting: standard deviation of what the rows of a unit share.
        since: first day on which the level may have jumped.
    """
    dates, mean, spread, factor = [], [], [], []
    for date in np.unique(day[day >= since]).tolist():
        rows = day >= date
        names, place = np.unique(unit[rows], return_inverse=True)
        if len(names) < FEWEST or rows.all():
            continue
        weight = 1.0 / variance[rows]
        of_unit = np.bincount(place, weight)
        each = np.bincount(place, weight * left[rows]) / of_unit
        known = 1.0 / (1.0 / of_unit + lasting**2)
        v = 1.0 / known.sum()
        r, shrinkage = float(known @ each) * v, JUMP_SD**2 / (JUMP_SD**2 + v)
        dates.append(date)
        mean.append(shrinkage * r)
        spread.append(np.sqrt(shrinkage * v))
        factor.append(0.5 * (np.log1p(-shrinkage) + shrinkage * r**2 / v))
    if not dates:
        return None
    likely = np.array([np.log1p(-CHANCE), *(np.log(CHANCE / len(dates)) + np.array(factor))])
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    return Jump(weights, np.array([0.0, *mean]), np.array([0.0, *spread])) if 1.0 - weights[0] >= LEAST else None
