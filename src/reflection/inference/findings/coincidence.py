"""Whether what some campaigns share, such as their days, can be told from the signals that they booked.

Where a signal ran in just these campaigns, hardly any comparison is left among those with it and those without it,
taken apart: the difference may as well be the signal's. Must not know what the campaigns share, nor any result.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset

TOGETHER = 0.15
"""Share of the whole comparison that has to be left."""


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
