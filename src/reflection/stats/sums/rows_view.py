"""Sums straight from rows that are all at hand, for fits that are thrown away: no integers, no order to forget.

What a fit asks of a view, in the coordinates of the fit at once: of few rows whole matrices of integers take ten times
as long as the products. The sums are those of `sufficient_statistics` but for the rounding of floating point, and
depend on the order of the rows. This file must not know what is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.stats.sums.columns import Layout
from reflection.stats.sums.design import GRID, Rows
from reflection.stats.sums.sufficient_statistics import View, block_of, stratum_of
from reflection.stats.sums.zero_sum import ZeroSum

_ROWS_AT_ONCE = 1_024


@dataclass(frozen=True, eq=False)
class RowsView(View):
    """The sums of some rows in the columns of a layout.

    ``matrix``: the rows, those of one block after the other, CSR (n, p). ``ends``: of the blocks, the first one's begin
    before it, (B + 1,).
    """

    matrix: sparse.csr_array
    ends: Sequence[int]

    @classmethod
    def of_rows(cls, rows: Rows, layout: Layout) -> RowsView:
        """The sums of these rows; features outside the layout are left out, as if their effects were zero."""
        keys, place, count = np.unique(block_of(rows), return_inverse=True, return_counts=True)
        order, y, ends = np.argsort(place, kind="stable"), rows.y / GRID, [0, *np.cumsum(count).tolist()]
        matrix = rows.design.matrix(layout.features)[order]
        by_block = sparse.csr_array((y[order], np.arange(len(rows)), ends), shape=(len(keys), len(rows)))

        def mean(logs: NDArray[np.int64]) -> NDArray[np.float64]:
            return np.asarray(np.exp2(np.bincount(place, logs) / GRID / count))

        return cls(
            layout=layout,
            grams=(),
            moment=(by_block @ matrix).toarray(),
            square=np.bincount(place, y**2).astype(np.float64),
            rows=count.astype(np.float64),
            v=mean(rows.log2_v),
            stratum=stratum_of(keys),
            passing=mean(rows.log2_passing),
            matrix=matrix,
            ends=ends,
        )

    def of_columns(self, columns: NDArray[np.intp]) -> RowsView:
        """See `View`."""
        layout = Layout.of(self.layout.features[column] for column in columns.tolist())
        return replace(self, layout=layout, matrix=self.matrix[:, columns], moment=self.moment[:, columns])

    def squares(self, basis: ZeroSum) -> NDArray[np.float64]:
        """See `View`."""
        total = np.zeros((len(self.ends) - 1, len(basis), len(basis)))
        for start in range(0, self.matrix.shape[0], _ROWS_AT_ONCE):
            some = basis.vectors(self.matrix[start : start + _ROWS_AT_ONCE].toarray())
            for block, (first, end) in enumerate(pairwise(self.ends)):
                own = some[max(first - start, 0) : max(end - start, 0)]
                total[block] += own.T @ own
        return total
