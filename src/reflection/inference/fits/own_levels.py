"""What a fit says of each real campaign itself: its own level, shrunk towards what its signals explain.

Given the effects, what is peculiar to a unit is Gaussian: of what its mean lies off, the share sigma_unit^2 /
(sigma_unit^2 + noise of the mean) is its own (best linear unbiased prediction, Robinson 1991). The level is that of its
totals, which may lie above the mean of its rows (whole_campaigns.py). A pure function of a fit and the between rows of
its units. Must not know metrics.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.own_levels import OwnLevels
from reflection.inference.columns.accounts import ACCOUNT
from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits.whole_campaigns import AboveMean
from reflection.stats.posterior.empirical_bayes import Effects, Fit
from reflection.stats.posterior.prediction import aligned
from reflection.stats.sums.columns import INTERCEPT
from reflection.stats.sums.design import GRID, Rows, Stratum

MOST_CAMPAIGNS = 5_000
"""Own levels that are kept, of the campaigns that ran last: the others are foretold from what they book."""

_AT_ONCE = 1_000


@dataclass(frozen=True)
class LatestUnits:
    """The real campaigns of some partitions that ran last, at most `MOST_CAMPAIGNS`, and how many there are.

    Attributes:
        order: (-last day, number) of each, sorted. units, campaigns: how many there are in all.
    """

    order: tuple[tuple[int, int], ...]
    units: int
    campaigns: int

    @classmethod
    def of(cls, table: Dataset) -> "LatestUnits":
        """Of a table."""
        real, number = np.unique(table.campaigns.real, return_inverse=True)
        last = np.full(len(real), np.iinfo(np.int64).min)
        np.maximum.at(last, number, table.campaigns.day)
        latest = np.lexsort((real, -last))[:MOST_CAMPAIGNS]
        pairs = zip((-last[latest]).tolist(), real[latest].tolist(), strict=True)
        return cls(tuple(pairs), len(real), len(table))

    def __add__(self, other: "LatestUnits") -> "LatestUnits":
        order = sorted((*self.order, *other.order))[:MOST_CAMPAIGNS]
        return LatestUnits(tuple(order), self.units + other.units, self.campaigns + other.campaigns)

    def numbers(self) -> NDArray[np.int64]:
        """Their numbers, ascending; none where no real campaign repeats."""
        numbers = [number for _, number in self.order] if self.units < self.campaigns else []
        return np.sort(np.array(numbers, dtype=np.int64))


class BetweenRows:
    """The between rows of some real campaigns, kept while sums are made.

    Args:
        numbers: of the real campaigns.
        above: what the totals of each unit lie above the mean of its rows' logs.
    """

    def __init__(self, campaigns: Campaigns, numbers: NDArray[np.int64], above: AboveMean) -> None:
        unit = campaigns.unit
        self._above = above
        self._real, self._rows = campaigns.real, np.bincount(unit, minlength=len(unit))
        self._members = np.isin(campaigns.real, numbers)
        self._parts: list[Rows] = []
        self._of: list[tuple[NDArray[np.int64], NDArray[np.int64], AboveMean]] = []

    def passing(self, parts: Iterable[tuple[Rows, Ints]]) -> Iterator[Rows]:
        """The same rows, a copy of those of the chosen campaigns being kept."""
        for rows, unit in parts:
            mine = np.flatnonzero(self._members[unit] & (rows.stratum == Stratum.BETWEEN))
            if len(mine):
                self._parts.append(rows.take(mine))
                self._of.append((self._real[unit[mine]], self._rows[unit[mine]], self._above.take(unit[mine])))
            yield rows

    def unit_rows(self) -> "UnitRows":
        """The rows so far."""
        return UnitRows(tuple(self._parts), tuple(self._of))


@dataclass(frozen=True, eq=False)
class UnitRows:
    """Between rows of real campaigns of some partitions; `of` their numbers, how many rows each has, and what its
    totals lie above the mean of these."""

    parts: tuple[Rows, ...] = ()
    of: tuple[tuple[NDArray[np.int64], NDArray[np.int64], AboveMean], ...] = ()

    def __add__(self, other: "UnitRows") -> "UnitRows":
        return UnitRows(self.parts + other.parts, self.of + other.of)

    def levels(self, fit: Fit, present: Effects, signals: Ints) -> OwnLevels | None:
        """Own levels by a fit; None where no campaign repeats.

        Args:
            present: its effects at the end of the walks. signals: columns of the signals, ascending.
        """
        if not self.parts or Stratum.PERIOD not in fit.sigma:
            return None
        real, count = (np.concatenate([own[side] for own in self.of]) for side in (0, 1))
        order = np.argsort(real, kind="stable")
        rows, real, count = Rows.joined(self.parts).take(order), real[order], count[order].astype(np.int64)
        above = AboveMean.joined([own for *_, own in self.of]).take(order)
        x, _ = aligned(fit, rows.design)
        mean, sd, shrinkage = _levels(fit, present, rows, x, signals)
        booked = sparse.csr_array(x[:, signals])
        booked.sort_indices()
        return OwnLevels(
            campaigns=real,
            mean=mean + above.expected + shrinkage * above.beyond,
            sd=np.sqrt(sd**2 + above.variance / count),
            indptr=booked.indptr.astype(np.int32),
            columns=booked.indices.astype(np.int32),
            shares=booked.data.astype(np.float32),
            rows=count,
            passing=np.array([np.hypot(fit.sigma_rms[Stratum.PERIOD], np.sqrt(above.variance))]),
        )


NO_ROWS = UnitRows()


def _levels(
    fit: Fit, present: Effects, rows: Rows, x: sparse.csr_array, signals: Ints
) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of each campaign's own level, with the signals it booked, and which share of what it
    lies off is its own, (n,) each."""
    own, passing = fit.sigma[Stratum.BETWEEN] ** 2, fit.sigma[Stratum.PERIOD] ** 2
    shrinkage = own / (own + rows.passing * passing + rows.v)
    lasting = [i for i, f in enumerate(fit.layout.features) if f == INTERCEPT or f.group == ACCOUNT]
    booked = [*lasting, *signals.tolist()]
    mean, variance = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        off = rows.y[some, None] / GRID - x[some] @ fit.draws.astype(np.float64)
        level = shrinkage[some, None] * off + x[some][:, booked] @ present.draws[booked].astype(np.float64)
        mean[some], variance[some] = level.mean(axis=1), level.var(axis=1)
    return mean, np.sqrt(variance + own * (1 - shrinkage)), shrinkage
