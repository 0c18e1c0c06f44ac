"""The live evidence of a workspace as columns: what the learner turns into observations.

One row a cell, cells ordered by campaign id, memberships as a sparse matrix: ten campaigns or a million are the same
code. The table is the same for every order of arrival. Signals that occur in exactly the same cells cannot be told
apart by any method; they are merged into one (collinearity.py). Must not know how effects are estimated.
"""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.basis import reference_of
from reflection.domain.evidence import Evidence
from reflection.domain.pairs import Pairs
from reflection.inference.evidence.campaign_columns import NOT_STATED, Campaigns, Floats, Ints
from reflection.inference.evidence.fit_budget import MOST_SHARES, NOTHING_LEFT_OUT, CellRanks, LeftOut, level_of
from reflection.inference.evidence.flat_arrays import UNKNOWN, column, named, values_of
from reflection.inference.evidence.mixing import Sums
from reflection.inference.evidence.pairs import units_having
from reflection.inference.evidence.partitions import in_sample
from reflection.inference.evidence.selection import Selection
from reflection.inference.evidence.table_columns import Columns, feature_of
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.exact_sums import ExactSums

TEXTS, PLACES, AMOUNTS = 6, 11, 11
"""Of one campaign: codes of texts, these and numbers, amounts."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Cells of n campaigns as columns.

    Attributes:
        features: the signals' features, sorted; columns of `shares`.
        shares: membership of each cell, CSR (cells, features); aliases already merged.
        campaign: index into `campaigns` of each cell, ascending, shape (cells,).
        impressions, clicks, conversions, spend, revenue: shape (cells,); NaN where nobody counted, and money also where
            it is not in `currency`.
        currency: the currency most campaigns use (None = not stated); amounts in others are left out, never added.
        aliases: signal key -> the key that stands for it.
        unseen: pairs of a kind that is looked at without a column of their own: their effects are unknown, not none.
        left_out: what the tables of all partitions are not made of (`fit_budget`).
    """

    campaigns: Campaigns
    features: tuple[Feature, ...]
    shares: sparse.csr_array
    campaign: Ints
    impressions: Floats
    clicks: Floats
    conversions: Floats
    spend: Floats
    revenue: Floats
    currency: str | None
    aliases: Mapping[str, str]
    unseen: tuple[Feature, ...] = ()
    left_out: LeftOut = NOTHING_LEFT_OUT

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> "Dataset":
        """Build the table; the order of `evidence` does not matter."""
        return DatasetBuilder(evidence).dataset()

    @classmethod
    def of_selection(cls, selection: Selection, columns: Columns) -> "Dataset":
        """The table of some campaigns, with columns that were settled for all partitions."""
        money = selection.counts[:, 3:].copy()
        money[(selection.campaigns.currency != (columns.currency or NOT_STATED))[selection.owner]] = np.nan
        return cls(
            campaigns=selection.campaigns,
            features=tuple(feature_of(key) for key in columns.keys),
            shares=selection.shares(columns.keys),
            campaign=selection.owner,
            impressions=selection.counts[:, 0],
            clicks=selection.counts[:, 1],
            conversions=selection.counts[:, 2],
            spend=money[:, 0],
            revenue=money[:, 1],
            currency=columns.currency,
            aliases=columns.aliases,
            unseen=columns.unseen,
            left_out=columns.left_out,
        )

    def __len__(self) -> int:
        return len(self.campaigns)

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs of signals that have a column."""
        return Pairs(map(str, self.features), self.aliases)

    @cached_property
    def sums(self) -> Sums:
        """The cells that are sums over several levels of some group."""
        return Sums.of(self.shares, self.features)

    def by_campaign(self, column: Floats) -> Floats:
        """Sum a column over each campaign's cells, shape (campaigns,); NaN where every cell is NaN."""
        present = np.bincount(self.campaign, ~np.isnan(column), minlength=len(self))
        sums = np.bincount(self.campaign, np.nan_to_num(column), minlength=len(self))
        return np.where(present > 0, sums, np.nan)


class DatasetBuilder:
    """Evidence read once into flat arrays: its campaigns first, then a table with or without some of them."""

    def __init__(self, evidence: Iterable[Evidence] = ()) -> None:
        self._columns: dict[str, int] = {}
        self._indices, self._shares, self._lengths = array("i"), array("d"), array("q")
        self._counts, self._most_shares = array("d"), MOST_SHARES
        self._ids: list[str] = []
        self._real = array("q")
        self._texts: dict[str, int] = {}
        self._ranks = CellRanks()
        self._places, self._amounts = array("q"), array("d")
        for item in evidence:
            self.add(item)

    def __len__(self) -> int:
        return len(self._ids)

    def sampled(self, bits: int) -> "DatasetBuilder":
        """The campaigns of the sample (`partitions`); the same builder where that is all."""
        if not bits:
            return self
        mask = in_sample(column(self._real, np.int64), bits)
        return DatasetBuilder().extended(self, np.flatnonzero(mask))

    def joined(self, other: "DatasetBuilder") -> "DatasetBuilder":
        """The campaigns of both."""
        return DatasetBuilder().extended(self).extended(other)

    def extended(self, other: "DatasetBuilder", rows: Ints | None = None) -> "DatasetBuilder":
        """This one, with the campaigns of another, or some of them by their places there, added."""
        places = np.arange(len(other)) if rows is None else rows
        mine = np.zeros(len(other), dtype=np.bool_)
        mine[places] = True
        cells = np.flatnonzero(mine[other._ranks.owner])
        matrix = other._matrix()[cells]
        self._ranks.extended(other._ranks, places, cells)
        target = [self._columns.setdefault(key, len(self._columns)) for key in other._columns]
        text = np.array([self._texts.setdefault(text, len(self._texts)) for text in other._texts], dtype=np.int64)
        of_campaign = column(other._places, np.int64).reshape(-1, PLACES)[places]
        of_campaign[:, :TEXTS] = text[of_campaign[:, :TEXTS]]
        self._ids.extend(other._ids[place] for place in places.tolist())
        for own, values in (
            (self._real, column(other._real, np.int64)[places]),
            (self._places, of_campaign),
            (self._amounts, column(other._amounts, np.float64).reshape(-1, AMOUNTS)[places]),
            (self._lengths, np.diff(matrix.indptr).astype(np.int64)),
            (self._indices, np.array(target, dtype=np.int32)[matrix.indices]),
            (self._shares, matrix.data),
            (self._counts, column(other._counts, np.float64).reshape(-1, 5)[cells]),
        ):
            own.frombytes(np.ascontiguousarray(values).tobytes())
        return self

    @property
    def whole(self) -> bool:
        """Whether every cell of every campaign is here, and they are not more than are held while evidence is read."""
        return len(self._lengths) == int(self._ranks.cells.sum()) and len(self._shares) <= MOST_SHARES

    def campaigns_having(self) -> dict[str, int]:
        """How many campaigns have each signal, of the cells that are here."""
        counts = units_having(self._matrix(), self._ranks.owner).tolist()
        return {key: counts[column] for key, column in self._columns.items() if counts[column]}

    @property
    def campaigns(self) -> Campaigns:
        """Every campaign, sorted by id. All evidence must have been added."""
        return self._sorted_campaigns[0]

    def shared(self, values: Floats, least: float, fewest: int) -> dict[str, Ints]:
        """Main signals whose campaigns have another mean than all of them, and the campaigns with each, ascending.

        Args:
            values: one a campaign, sorted by id; NaN where it has none.
            least: how far the mean of a signal's cells has to be from that of all.
            fewest: how many campaigns with a value it takes.
        """
        owner, matrix = self._owners, self._matrix()
        stated = ~np.isnan(values[owner])
        if not stated.any():
            return {}
        weight = ExactSums.of_columns(matrix, stated).value
        sums = ExactSums.of_columns(matrix, np.where(stated, values[owner], 0.0)).value
        mean = np.divide(sums, weight, out=np.full(len(weight), np.nan), where=weight > 0)
        far = np.abs(mean - np.nanmean(values)) > least
        keys = [
            key
            for key, column in sorted(self._columns.items())
            if far[column] and signals.CROSS not in key and not key.startswith(f"{signals.PLATFORM}:")
        ]
        members = {key: having[~np.isnan(values[having])] for key, having in self.having(keys).items()}
        return {key: having for key, having in members.items() if len(having) >= fewest}

    def having(self, keys: Sequence[str]) -> dict[str, Ints]:
        """The campaigns with each of these signals, as places in the order of ids, ascending."""
        owner, matrix = self._owners, self._matrix()
        members = {}
        for key in (key for key in keys if key in self._columns):
            cells = np.searchsorted(matrix.indptr, np.flatnonzero(matrix.indices == self._columns[key]), side="right")
            members[key] = np.unique(owner[cells - 1])
        return members

    def dataset(self, without: Collection[str] = ()) -> Dataset:
        """The table of all campaigns but some, as if those had never been there."""
        names = set(without)
        inside = np.array([name not in names for name in self.campaigns.ids.tolist()], dtype=np.bool_)
        selection = self.selection(inside, level_of(self.contrasts))
        pairs = selection.pairs()
        keys = (*sorted(selection.signals), *pairs.keys)
        return Dataset.of_selection(selection, Columns.of(keys, selection.sums(keys), pairs))

    @property
    def contrasts(self) -> NDArray[np.int64]:
        """How many campaigns with several cells have each number of cells times signals (`fit_budget`)."""
        return self._ranks.contrasts

    def selection(self, inside: NDArray[np.bool_], level: int) -> Selection:
        """Some of the campaigns, by a mask in the order of their ids.

        Args:
            level: of cells times signals of a campaign that is learnt from (`fit_budget`).
        """
        owner = self._owners
        cells = np.argsort(owner, kind="stable")
        cells = cells[(inside[owner] & self._ranks.within(level))[cells]]
        counts = column(self._counts, np.float64).reshape(-1, 5)[cells]
        thinned = int(self._ranks.cells[self._sorted_campaigns[1]][inside].sum()) - len(cells)
        owner = (np.cumsum(inside) - 1)[owner[cells]]
        campaigns, places = self.campaigns.subset(inside), dict(self._columns)
        return Selection(campaigns, owner, self._matrix()[cells], places, counts, thinned)

    def add(self, item: Evidence) -> None:
        """Gather one campaign's evidence."""
        columns = self._columns
        self._ids.append(item.campaign_id)
        self._real.append(item.real_campaign)
        account = signals.normalise(item.account_id or NOT_STATED)
        stated = (item.currency or NOT_STATED, item.kind, item.role, account, item.planner or NOT_STATED)
        codes = [self._texts.setdefault(text, len(self._texts)) for text in (item.platform_key, *stated)]
        self._places.extend((*codes, item.day, item.conversion_kind is not None, *item.days, item.ran is not None))
        plan = UNKNOWN if reference_of(item.planner, item.expected, item.actual) else values_of(item.expected)
        self._amounts.extend((*values_of(item.actual)[2:], *plan, *(item.doubt or UNKNOWN[:3])))
        for cell in self._ranks.largest(item.cells):
            self._indices.extend([columns.setdefault(key, len(columns)) for key in cell.shares])
            self._shares.extend(cell.shares.values())
            self._lengths.append(len(cell.shares))
            self._counts.extend(values_of(cell.counts))
        if len(self._shares) > self._most_shares:
            self._forget()

    def _forget(self) -> None:
        """Forget cells that no fit will be made of, whatever is added: the level of `CellRanks` only falls."""
        mask = self._ranks.within(level_of(self.contrasts))
        matrix, counts = self._matrix()[mask], column(self._counts, np.float64).reshape(-1, 5)[mask]
        self._indices, self._shares = array("i", matrix.indices.tobytes()), array("d", matrix.data.tobytes())
        self._lengths = array("q", np.diff(matrix.indptr).astype(np.int64).tobytes())
        self._counts = array("d", counts.tobytes())
        self._ranks.forget(mask)
        self._most_shares = max(MOST_SHARES, 2 * len(self._shares))

    @cached_property
    def _sorted_campaigns(self) -> tuple[Campaigns, Ints]:
        """Every campaign by id, and where in the order of arrival each was."""
        ids = np.array(self._ids, dtype=np.str_)
        order = np.argsort(ids, kind="stable")
        *codes, day, stated, first, last, dated = column(self._places, np.int64).reshape(-1, PLACES)[order].T
        amounts = column(self._amounts, np.float64).reshape(-1, AMOUNTS)[order]
        conversions, spend, revenue = amounts[:, :3].T
        platform, currency, kind, role, account, planner = (named(list(self._texts), code) for code in codes)
        campaigns = Campaigns(
            ids[order], platform, currency, kind, role, day, stated > 0, spend, conversions, revenue, amounts[:, 3:8],
            planner, column(self._real, np.int64)[order], account, first, last, dated > 0, amounts[:, 8:],
        )  # fmt: skip
        return campaigns, order

    @property
    def _owners(self) -> Ints:
        """The campaign of each cell, by its place in the order of ids."""
        rank = np.empty(len(self), dtype=np.intp)
        rank[self._sorted_campaigns[1]] = np.arange(len(self))
        return np.asarray(rank[self._ranks.owner])

    def _matrix(self) -> sparse.csr_array:
        indptr = np.concatenate([[0], np.cumsum(column(self._lengths, np.int64))])
        indices = column(self._indices, np.int32)
        if indptr[-1] <= np.iinfo(np.int32).max:  # else SciPy widens the indices, which are as long as the shares
            indptr = indptr.astype(np.int32)
        shape = (len(self._lengths), len(self._columns))
        return sparse.csr_array((column(self._shares, np.float64), indices, indptr), shape=shape)
