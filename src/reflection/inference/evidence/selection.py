"""Campaigns with all their signals, before it is settled which of these have columns in the table of a fit.

Must not know how columns are chosen of what all partitions say, nor what is estimated of them.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.collinearity import aliases_among, column_marks
from reflection.inference.evidence.pairs import PairChoice, choose, pair_shares, units_having


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
    def signals(self) -> frozenset[str]:
        """Signals that any of the campaigns has."""
        used = np.bincount(self.matrix.indices, minlength=self.matrix.shape[1]) > 0
        return frozenset(key for key, column in self.places.items() if used[column])

    def pairs(self, tested: Mapping[str, Hashable] | None = None) -> PairChoice:
        """Pairs of signals that are looked at, chosen by what these campaigns had."""
        mains = sorted(self.signals)
        aliases = aliases_among(mains, self.sums(mains).marks, tested)
        columns = {key: self.places[key] for key in mains}
        return choose(columns, self.matrix, self.campaigns.real[self.owner], aliases)

    def sums(self, keys: Sequence[str]) -> "ColumnSums":
        """What the campaigns say of the columns of signals and pairs."""
        first = np.searchsorted(self.owner, np.arange(len(self.campaigns)))
        number = (np.arange(len(self.owner)) - first[self.owner]).astype(np.uint64)
        shares = self.shares(keys)
        return ColumnSums(
            marks=column_marks(shares, self.campaigns.cells_from[self.owner] + number),
            having=units_having(shares, self.owner),
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
        pairs = {number: key for number, key in enumerate(keys) if key not in self.places and self._has_parts(key)}
        if pairs:
            made = pair_shares(list(pairs.values()), self.places, self.matrix).tocoo()
            ends = (made.row.astype(np.int32), np.array(list(pairs), dtype=np.int32)[made.col])
            shares = sparse.csr_array(shares + sparse.csr_array((made.data, ends), shape=shares.shape))
        shares.sort_indices()
        return shares

    def _has_parts(self, key: str) -> bool:
        """Whether both signals of a pair are known here."""
        return signals.CROSS in key and all(part.key in self.places for part in signals.parse(key).parts)


@dataclass(frozen=True, eq=False)
class ColumnSums:
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

    def __add__(self, other: "ColumnSums") -> "ColumnSums":
        return ColumnSums(
            self.marks + other.marks,
            self.having + other.having,
            self.currencies + other.currencies,
            self.campaigns + other.campaigns,
            self.thinned + other.thinned,
        )
