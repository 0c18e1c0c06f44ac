"""Campaigns with all their signals, before it is settled which of these have columns in the table of a fit.

Must not know how columns are chosen of what all partitions say, nor what is estimated of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.collinearity import column_marks
from reflection.inference.shared_creatives import shared_creatives


@dataclass(frozen=True, eq=False)
class Selection:
    """Some campaigns of a partition.

    Attributes:
        owner: index into `campaigns` of each cell, ascending, (cells,).
        matrix: shares, CSR (cells, signals); `places` is the column of each signal there.
        counts: impressions, clicks, conversions, spend and revenue, (cells, 5).
        thinned: cells of large breakdowns that are not among them (`fit_budget`).
    """

    campaigns: Campaigns
    owner: Ints
    matrix: sparse.csr_array
    places: Mapping[str, int]
    counts: Floats
    thinned: int

    @property
    def seen(self) -> frozenset[str]:
        """Signals that any of the campaigns has."""
        used = np.bincount(self.matrix.indices, minlength=self.matrix.shape[1]) > 0
        return frozenset(key for key, column in self.places.items() if used[column])

    def pairs(self) -> tuple[str, ...]:
        """Pairs of signals that have a column beside those that campaigns state."""
        seen = self.seen
        columns = {key: column for key, column in self.places.items() if key in seen}
        return shared_creatives(columns, self.matrix, self.campaigns.platform_key[self.owner])

    def said(self, keys: Sequence[str]) -> "SaidOfColumns":
        """What the campaigns say of the columns of signals and pairs."""
        first = np.searchsorted(self.owner, np.arange(len(self.campaigns)))
        number = (np.arange(len(self.owner)) - first[self.owner]).astype(np.uint64)
        shares = self.shares(keys)
        entries = np.repeat(self.owner, np.diff(shares.indptr)) * len(keys) + shares.indices
        return SaidOfColumns(
            marks=column_marks(shares, self.campaigns.cells_from[self.owner] + number),
            having=np.bincount(np.unique(entries) % max(len(keys), 1), minlength=len(keys)),
            currencies=self.campaigns.currencies,
            campaigns=len(np.unique(self.owner)),
            thinned=self.thinned,
        )

    def shares(self, keys: Sequence[str]) -> sparse.csr_array:
        """Shares of signals, and of pairs as products of those of their parts, CSR (cells, keys)."""
        place = np.full(self.matrix.shape[1], -1, dtype=np.int32)
        for number, key in enumerate(keys):
            if key in self.places:
                place[self.places[key]] = number
        entries = place[self.matrix.indices] >= 0
        ends = np.concatenate([[0], np.cumsum(entries)])[self.matrix.indptr].astype(self.matrix.indptr.dtype)
        parts = (self.matrix.data[entries], place[self.matrix.indices[entries]], ends)
        shares = sparse.csr_array(parts, shape=(self.matrix.shape[0], len(keys)))
        pairs = [(number, key) for number, key in enumerate(keys) if key not in self.places and signals.CROSS in key]
        if pairs:
            shares = sparse.csr_array(shares + self._products(pairs, len(keys)))
        shares.sort_indices()
        return shares

    def _products(self, pairs: Sequence[tuple[int, str]], width: int) -> sparse.csr_array:
        """Columns of pairs, each at its number, CSR (cells, width)."""
        mains = sorted({part.key for _, key in pairs for part in signals.parse(key).parts} & self.places.keys())
        at = {key: number for number, key in enumerate(mains)}
        members = sparse.csc_array(self.matrix[:, [self.places[key] for key in mains]])
        rows, values, columns = [np.zeros(0, np.intp)], [np.zeros(0)], [np.zeros(0, np.intp)]
        for number, key in pairs:
            names = [part.key for part in signals.parse(key).parts]
            if all(name in at for name in names):
                product = members[:, [at[names[0]]]].multiply(members[:, [at[names[1]]]]).tocoo()
                rows.append(product.row)
                values.append(product.data)
                columns.append(np.full(product.nnz, number))
        ends = (np.concatenate(rows).astype(np.int32), np.concatenate(columns).astype(np.int32))
        return sparse.csr_array((np.concatenate(values), ends), shape=(self.matrix.shape[0], width))


@dataclass(frozen=True, eq=False)
class SaidOfColumns:
    """What the campaigns of some partitions say of signals and pairs; it adds up.

    Attributes:
        marks: of each column (`collinearity.column_marks`), (2, keys). having: campaigns with each, (keys,).
        currencies: how many campaigns state each, or none. campaigns: those with any cell.
        thinned: cells of large breakdowns that are left out.
    """

    marks: NDArray[np.uint64]
    having: NDArray[np.int64]
    currencies: Counter[str]
    campaigns: int
    thinned: int

    def __add__(self, other: "SaidOfColumns") -> "SaidOfColumns":
        return SaidOfColumns(
            self.marks + other.marks,
            self.having + other.having,
            self.currencies + other.currencies,
            self.campaigns + other.campaigns,
            self.thinned + other.thinned,
        )
