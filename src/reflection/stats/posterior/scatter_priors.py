"""What is believed of scatters before any row says something of them: exponential priors of standard deviations.

The fewer things a scatter is learnt from the less its prior may claim (Gelman 2006): three platforms, or a handful of
units, say next to nothing about how much such things differ, and a prior that holds them for alike then decides
instead, on the side of effects near none. From fifteen levels on the rows decide. This file must not know rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflection.stats.sums.columns import Kind, Layout

PRIOR_RATE = 6.0
"""Rate of the prior where levels are many: mean 1/6, one in twenty above one half."""

FEWEST_RATE = 2.5
"""Where the fewest levels were seen."""

UNIT_PRIOR_RATE = 2.0
"""Of the scatter between units, rows that repeat or accounts: a handful of them is all there often is."""


def level_rates(levels: ArrayLike) -> NDArray[np.float64]:
    """Rate of the prior of a main group's scatter, by how many levels it has; of the same shape."""
    return np.clip(1 + np.asarray(levels) / 3, FEWEST_RATE, PRIOR_RATE)


def group_rates(layout: Layout) -> NDArray[np.float64]:
    """Rate of the prior of each group's scatter, (groups,)."""
    main, unit = (np.array([kind is own for kind in layout.kinds], dtype=bool) for own in (Kind.MAIN, Kind.UNIT))
    return np.where(main, level_rates(layout.sizes), np.where(unit, UNIT_PRIOR_RATE, PRIOR_RATE))
