"""Whether what some campaigns share, such as their days, can be told from the signals that they booked.

Where a signal ran in just these campaigns, hardly any comparison is left among those with it and those without it,
taken apart: the difference may as well be the signal's. So it may be that of a whole kind of things, such as creatives
that others followed. Must not know what the campaigns share, nor any result.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.dataset import Dataset

TOGETHER = 0.15
"""Share of the whole comparison that has to be left."""


FEWEST = 3
"""Campaigns from which on a signal is one of its kind: what ran once follows nothing."""

MOSTLY = 0.5
"""Share of the campaigns here, and of the others, that must have one of a kind."""


class Coincidence:
    """The signals of a table's campaigns."""

    def __init__(self, table: Dataset) -> None:
        self._table = table

    def companions(self, here: NDArray[np.bool_], among: NDArray[np.bool_] | None = None) -> list[str]:
        """Signals, in words, from which some campaigns' difference from the others cannot be told.

        Args:
            here: which campaigns, (campaigns,). among: of which others; None for all.
        """
        booked, inside = self._booked, here
        if among is not None:
            booked, inside = sparse.csr_array(booked[np.flatnonzero(among)]), here[among]
        every, within = np.asarray(booked.sum(axis=0)).ravel(), np.asarray(inside.astype(np.float64) @ booked).ravel()
        count, during = len(inside), float(np.count_nonzero(inside))
        left = _comparison(within, every - within) + _comparison(during - within, count - during - every + within)
        few = np.flatnonzero((left < TOGETHER * _comparison(during, count - during)) & (within > 0))
        features = (self._table.features[column] for column in few.tolist())
        mains = (feature for feature in features if signals.CROSS not in feature.group)
        return sorted(signals.Signal(*feature).label for feature in mains)

    def kinds(self, here: NDArray[np.bool_]) -> dict[str, list[str]]:
        """Groups of signals (names of creatives, say) hardly any of which ran both in some campaigns, (campaigns,) a
        mask, and in the others -> keys of those that ran mostly there."""
        every, within = self._totals, np.asarray(here.astype(np.float64) @ self._booked).ravel()
        names, columns, group = self._groups
        within, rest = within[columns], (every - within)[columns]
        during, count = float(np.count_nonzero(here)), len(here)
        left = np.bincount(group, _comparison(within, rest), minlength=len(names))
        covered = np.array([np.bincount(group, side, minlength=len(names)) for side in (within, rest)])
        apart = left < TOGETHER * _comparison(during, count - during)
        apart &= (covered >= MOSTLY * np.array([[during], [count - during]])).all(axis=0)
        features = self._table.features
        return {
            names[number]: [str(features[c]) for c in columns[(group == number) & (within > rest)].tolist()]
            for number in np.flatnonzero(apart).tolist()
        }

    @cached_property
    def _totals(self) -> Floats:
        """Campaigns with each signal, (signals,)."""
        return np.asarray(self._booked.sum(axis=0)).ravel()

    @cached_property
    def _real_totals(self) -> Ints:
        """Real campaigns with each signal, however many months each has; (signals,)."""
        real, number = np.unique(self._table.campaigns.real, return_inverse=True)
        rows = np.arange(len(number))
        months = sparse.csr_array((np.ones(len(rows)), (number, rows)), shape=(len(real), len(rows)))
        return np.asarray((months @ self._booked > 0).sum(axis=0)).ravel()

    @cached_property
    def _groups(self) -> tuple[list[str], Ints, Ints]:
        """Groups of signals, columns of those in campaigns enough, and the group of each."""
        features = self._table.features
        columns = [
            column
            for column in np.flatnonzero(self._real_totals >= FEWEST).tolist()
            if signals.CROSS not in features[column].group and not signals.is_unstated(str(features[column]))
        ]
        names, group = np.unique([features[column].group for column in columns], return_inverse=True)
        return names.tolist(), np.array(columns, dtype=np.intp), np.asarray(group, dtype=np.intp)

    @cached_property
    def _booked(self) -> sparse.csr_array:
        """Which campaigns had which signals, CSR (campaigns, signals) of ones."""
        table, cells = self._table, len(self._table.campaign)
        own = sparse.csr_array((np.ones(cells), (table.campaign, np.arange(cells))), shape=(len(table), cells))
        booked = sparse.csr_array(own @ table.shares)
        booked.data = np.ones_like(booked.data)
        return booked


def _comparison(some: Floats | float, others: Floats | float) -> Floats:
    """Effective campaigns of a comparison of some with others."""
    return np.asarray(np.multiply(some, others) / np.maximum(np.add(some, others), 1.0))
