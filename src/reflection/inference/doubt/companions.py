"""Signals of different kinds that (nearly) never came apart: none of them has an effect of its own to be seen.

Looked at cell by cell, every real campaign weighing one: rows of a breakdown tell apart what their campaign has both
of. Must not know what came of any of it.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset

NEAR = 0.15
"""Two signals that differ in no more than this share of the campaigns with the rarer one are nearly the same."""

FEWEST = 3
"""Campaigns of which something may be found at all; below, nothing needs to be taken back."""

ROUNDING = 1e-6


class Companions:
    """Which signals of a table ran together.

    Attributes:
        weight: share of each cell in its real campaign, by impressions where they are counted, (cells,).
    """

    def __init__(self, table: Dataset) -> None:
        self._table = table
        self._columns = {str(feature): column for column, feature in enumerate(table.features)}
        self.weight = _weight(table)

    @property
    def mains(self) -> list[str]:
        """Signals that are no interaction and do not stand where nothing was said."""
        return [key for key in self._columns if signals.CROSS not in key and not signals.is_unstated(key)]

    def always(self) -> dict[str, tuple[str, ...]]:
        """Signal -> those of other kinds that it never ran without, nor they without it."""
        twins: dict[str, list[str]] = {}
        for alias, key in self._table.aliases.items():
            twins.setdefault(key, [key]).append(alias)
        strangers: dict[str, tuple[str, ...]] = {}
        for key, names in twins.items():
            if key not in self._columns or self._variation[self._columns[key]] < FEWEST - ROUNDING:
                continue
            mains = [name for name in names if signals.CROSS not in name and not signals.is_unstated(name)]
            strangers |= {name: tuple(sorted(one for one in mains if root(one) != root(name))) for name in mains}
        return {name: others for name, others in strangers.items() if others}

    def nearly(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Signal -> those of other kinds that it nearly always ran with; and those it nearly always, and nearly only,
        ran without.
        """
        mains = [key for key in self.mains if self._variation[self._columns[key]] >= FEWEST - ROUNDING]
        columns = np.array([self._columns[key] for key in mains], dtype=np.intp)
        gram, sums, varied = self._gram[columns][:, columns].toarray(), self._sums[columns], self._variation[columns]
        own = np.diag(gram)
        same = own[:, None] + own[None, :] - 2 * gram
        opposite = own[:, None] + own[None, :] + 2 * gram + self._total - 2 * sums[:, None] - 2 * sums[None, :]
        rarer = NEAR * np.minimum(varied[:, None], varied[None, :])
        return _pairs(mains, same <= rarer), _pairs(mains, (opposite <= rarer) & (same > rarer))

    @cached_property
    def _gram(self) -> sparse.csr_array:
        """Products of shares summed over real campaigns, (features, features)."""
        weighted = sparse.csr_array(self._table.shares.multiply(self.weight[:, None]))
        return sparse.csr_array(self._table.shares.T @ weighted)

    @cached_property
    def _sums(self) -> Floats:
        return np.asarray(self._table.shares.T @ self.weight)

    @property
    def _total(self) -> float:
        return float(self.weight.sum())

    @cached_property
    def _variation(self) -> Floats:
        """Real campaigns with each signal or without it, whichever are fewer, (features,)."""
        squares = self._gram.diagonal()
        return np.asarray(np.minimum(squares, squares + self._total - 2 * self._sums))


def _weight(table: Dataset) -> Floats:
    counted = ~np.isnan(table.by_campaign(table.impressions))[table.campaign]
    impressions = np.where(counted, np.nan_to_num(table.impressions), 1.0) + 1e-9
    unit = np.unique(table.campaigns.real[table.campaign], return_inverse=True)[1]
    return np.asarray(impressions / np.bincount(unit, impressions)[unit])


def _pairs(mains: list[str], related: NDArray[np.bool_]) -> dict[str, set[str]]:
    pairs: dict[str, set[str]] = {}
    for a, b in np.argwhere(related).tolist():
        if root(mains[a]) != root(mains[b]):
            pairs.setdefault(mains[a], set()).add(mains[b])
    return pairs
