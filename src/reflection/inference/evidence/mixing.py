"""What one sum over several audiences or creatives hides: who saw how much of it, and that rates add, not their logs.

A sum's rate is the mean of its parts' rates, weighed with what the rate divides by: impressions for clicks, clicks for
conversions, conversions for revenue. So a sum lies above the mean of its parts' logs by what the parts differ, and more
so where the platform shows more to whom clicks and buys. The model stays linear: weights are taken at the current
effects, and what is left is an offset (one Gauss-Newton step a pass). Parts are known by their signals alone, so the
groups of these are taken to be independent within a sum. Must not know metrics nor how they are fitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.stats.sums.columns import Feature

_LIMIT = 30.0
"""Bound on the log of a part's weight."""


def rate_of_sum(share: Floats, before: Floats, effects: Floats) -> Floats:
    """Log of a sum's rate over one in which no signal has an effect, by some draws of the effects of one group, (n,).

    What `Sums.lift` is for the sums of a table: a plan is foretold as a sum is read.

    Args:
        share: of the sum, of each signal of the group, (k,).
        before: log of what each signal makes of its share until the rate divides by it, (k,).
        effects: of each signal on the rate, log, (k, n).
    """
    if len(share) == 1:
        return np.asarray(share[0] * effects[0])
    whole, counted = share.sum(), share * np.exp(np.clip(before, -_LIMIT, _LIMIT))
    after = share @ np.exp(np.clip(before[:, None] + effects, -_LIMIT, _LIMIT))
    return np.asarray(whole * np.log(np.maximum(after, 1e-300) / np.maximum(counted.sum(), 1e-300)))


@dataclass(frozen=True, eq=False)
class Sums:
    """The cells of a table that are sums over several levels of some group; entries are their shares, in order.

    Attributes:
        cells: their places, (sums,).
        place, column, share: of each entry in the table's shares, of its signal, and the share itself, (entries,).
        row: the sum of each entry; `segment`: its group within the sum; `start`: first entry of each segment.
    """

    cells: Ints
    place: Ints
    column: Ints
    share: Floats
    row: Ints
    segment: Ints
    start: Ints

    @classmethod
    def of(cls, shares: sparse.csr_array, features: Sequence[Feature]) -> "Sums":
        """The sums of some cells; a row's entries of one group stand side by side, as features are sorted."""
        indptr, indices = shares.indptr.astype(np.intp), shares.indices
        numbers = {group: number for number, group in enumerate(dict.fromkeys(f.group for f in features))}
        group = np.array([numbers[feature.group] for feature in features], dtype=np.int32)[indices]
        new = np.ones(len(group) + 1, dtype=np.bool_)  # the entry begins a segment
        new[1:-1] = group[1:] != group[:-1]
        new[indptr] = True
        several = np.searchsorted(indptr, np.flatnonzero(~new), side="right") - 1
        cells = several[np.diff(several, prepend=-1) > 0]
        length = np.diff(indptr)[cells]
        row = np.repeat(np.arange(len(cells)), length)
        place = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length) + indptr[cells][row]
        begun = new[place]
        column, share = indices[place].astype(np.intp), shares.data[place].astype(np.float64)
        return cls(cells, place, column, share, row, np.cumsum(begun) - 1, np.flatnonzero(begun))

    def __len__(self) -> int:
        return len(self.cells)

    def weights(self, before: Floats, effects: Floats) -> Floats:
        """What each entry counts for in its sum's rate, in all as much as its group's shares, (entries,).

        Args:
            before: log of what each signal makes of its share until the rate divides by it, (features,).
            effects: of each signal on the rate, log, (features,).
        """
        own = self._counted(before + effects)
        return np.asarray(own * (self._whole / self._added(own))[self.segment])

    def lift(self, before: Floats, effects: Floats) -> Floats:
        """Log of each sum's rate over one in which no signal has an effect, (sums,)."""
        ratio = self._added(self._counted(before + effects)) / self._added(self._counted(before))
        return np.asarray(
            np.bincount(self.row[self.start], self._whole * np.log(ratio), minlength=len(self)), dtype=np.float64
        )

    def slope(self, before: Floats, effects: Floats, appeal: Floats) -> Floats:
        """By how much each sum's rate rises (log) as its shares tilt towards `appeal` (log, (features,)), (sums,)."""
        after, first = self.weights(before, effects), self.weights(before, np.zeros_like(effects))
        return self.mean(after - first, appeal)

    def mean(self, weights: Floats, effects: Floats) -> Floats:
        """Effects of each sum's signals by some weights of its entries, (sums,)."""
        counted = np.bincount(self.row, weights * effects[self.column], minlength=len(self))
        return np.asarray(counted, dtype=np.float64)

    def weighed(self, shares: sparse.csr_array, weights: Floats) -> sparse.csr_array:
        """The table's shares with these instead of the sums' own."""
        data = shares.data.copy()
        data[self.place] = weights
        return sparse.csr_array((data, shares.indices, shares.indptr), shape=shares.shape)

    def spread(self, values: Floats, size: int) -> Floats:
        """Values of sums among all cells, 0 for the others, (size,)."""
        all_cells = np.zeros(size)
        all_cells[self.cells] = values
        return all_cells

    def _counted(self, log: Floats) -> Floats:
        return np.asarray(self.share * np.exp(np.clip(log, -_LIMIT, _LIMIT))[self.column])

    def _added(self, values: Floats) -> Floats:
        """Of each segment, never quite nothing: a share may be 0."""
        return np.maximum(np.add.reduceat(values, self.start), 1e-300) if len(self.start) else np.zeros(0)

    @cached_property
    def _whole(self) -> Floats:
        return self._added(self.share)
