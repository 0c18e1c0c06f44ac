"""What a partition of the evidence says of one metric, in sums that merge exactly.

`sums_of` a partition, merged over all of them, is all that a fit needs of the campaigns: the columns, and where to
linearise, were chosen before and are given. Must not know how effects are estimated, nor where partitions are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reflection.domain.metrics import RATES
from reflection.inference.dataset import Dataset
from reflection.inference.design import CellDesign, ControlColumns
from reflection.inference.observation import Pooled, counts_of, observed
from reflection.inference.own_levels import BetweenRows, KeptRows, LatestUnits
from reflection.inference.raw_lifts import RawLifts
from reflection.stats.columns import Feature, Layout
from reflection.stats.design import Rows
from reflection.stats.empirical_bayes import Moments
from reflection.stats.observations import Observations, observe_around
from reflection.stats.sufficient_statistics import SufficientStatistics


@dataclass(frozen=True, eq=False)
class EvidencePart:
    """A partition of one goal, as a table with its design."""

    table: Dataset
    design: CellDesign

    @classmethod
    def of(cls, table: Dataset, controls: ControlColumns) -> "EvidencePart":
        """A table with the columns that were chosen for all partitions."""
        return cls(table, CellDesign.of(table, controls))


@dataclass(frozen=True, eq=False)
class Linearisation:
    """How a metric is observed.

    Attributes:
        name: the metric. reference: its pooled level, CPM per 1,000.
        silent: columns that say nothing of it.
        shape: the fit around which a rate is observed; None for the pooled level.
    """

    name: str
    reference: float
    silent: frozenset[Feature]
    shape: Moments | None

    def around(self, shape: Moments) -> "Linearisation":
        """The same around a fit."""
        return replace(self, shape=shape)

    def observations(self, table: Dataset, design: CellDesign) -> Observations:
        """Every cell's observation; `design` has no silent columns."""
        if self.shape is None or self.name not in RATES:
            return observed(self.name, table, self.reference)
        x, n = counts_of(self.name, table)
        expected = design.predictor(self.shape) + float(np.log(self.reference))
        return observe_around(x, n, expected, self.reference)


@dataclass(frozen=True, eq=False)
class MetricSums:
    """What some partitions say of a metric: the sums of their rows, and the rows whose own levels are kept."""

    statistics: SufficientStatistics
    between: KeptRows

    def __add__(self, other: "MetricSums") -> "MetricSums":
        merged = SufficientStatistics()
        merged.merge(self.statistics)
        merged.merge(other.statistics)
        return MetricSums(merged, self.between + other.between)


def latest_units(part: EvidencePart) -> LatestUnits:
    """The real campaigns of a partition that ran last."""
    return LatestUnits.of(part.table)


def raw_lifts(part: EvidencePart) -> RawLifts:
    """What the campaigns of a partition did with each signal."""
    return RawLifts.of(part.table)


def pooled(part: EvidencePart, name: str) -> Pooled:
    """What a partition counted of a metric."""
    return Pooled.of(part.table, name)


def sums_of(part: EvidencePart, linear: Linearisation, layout: Layout, latest: NDArray[np.int64]) -> MetricSums:
    """The sums of a partition.

    Args:
        layout: of the fit; columns of walks that it does not have are left out.
        latest: numbers of the real campaigns whose between rows are kept.
    """
    table, between = part.table, BetweenRows(part.table.campaigns, latest)
    design = part.design.without(linear.silent)
    observations = linear.observations(table, design)
    rows = design.within(layout).rows(observations, table.campaign, table.campaigns.unit)
    statistics = summed(between.passing(rows))
    statistics.fold()
    return MetricSums(statistics, between.kept())


def summed(rows: Iterable[Rows]) -> SufficientStatistics:
    """The sums of rows."""
    statistics = SufficientStatistics()
    for some in rows:
        statistics.add(some)
    return statistics
