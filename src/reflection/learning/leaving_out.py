"""Campaigns set aside while all are summed, to be predicted afterwards as if they had not been learnt.

Their scores say whether the intervals of this fit to these campaigns hold (``diagnostics.coverage``), without any
refit and without making rows twice. Which ones are set aside depends on the set of campaigns alone. This file must not
know what a campaign is beyond a number, nor which metric is fitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from reflection.learning.diagnostics import FEWEST_SCORES, leave_one_out
from reflection.learning.effects import Fit
from reflection.learning.rows import Rows, Stratum

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_CAMPAIGNS = 1_000
"""So many tell a coverage of 90 % from one of 87 %."""

MOST_CELLS = 100
"""Of one campaign: leaving it out takes a matrix as large as its cells are many."""


class SetAside:
    """Whole campaigns of one metric.

    ``observed``: which cells are fitted, bool (cells,). ``campaign``: number of each cell's campaign, (cells,).
    ``most``: how many campaigns at most, evenly chosen in the order of their numbers.
    """

    def __init__(self, observed: NDArray[np.bool_], campaign: Ints, most: int = MOST_CAMPAIGNS) -> None:
        cells = np.bincount(campaign[observed])
        known = np.flatnonzero((cells > 0) & (cells <= MOST_CELLS))
        few = len(known) < FEWEST_SCORES
        self._chosen = known[:0] if few else known[np.unique(np.arange(most) * len(known) // max(most, 1))]
        self._parts: list[tuple[Rows, Ints]] = []

    def passing(self, parts: Iterable[tuple[Rows, Ints]]) -> Iterator[Rows]:
        """The same rows, a copy of those of the chosen campaigns being kept; each with its campaign's number."""
        for rows, origin in parts:
            mine = np.flatnonzero(np.isin(origin, self._chosen))
            if len(mine):
                self._parts.append((rows.taken(mine), origin[mine]))
            yield rows

    def scores(self, fit: Fit) -> Floats:
        """z of each campaign as a whole, predicted from all others, (campaigns,); none of fewer than 20."""
        found = [leave_one_out(fit, rows, origin).z[rows.stratum == Stratum.BETWEEN] for rows, origin in self._parts]
        return np.concatenate([np.zeros(0), *found])
