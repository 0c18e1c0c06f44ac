"""What a partition of the evidence says of one metric, in sums that merge exactly.

`sums_of` a partition, merged over all of them, is all that a fit needs of the campaigns: the columns, and where to
linearise, were chosen before and are given. Must not know how effects are estimated, nor where partitions are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reflection.domain.metrics import METRICS, RATES
from reflection.inference.columns.design import CellDesign, ControlColumns
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.mixing import Sums
from reflection.inference.evidence.observation import PooledCounts, counts_of, observed
from reflection.inference.evidence.raw_lifts import RawLifts
from reflection.inference.fits.own_levels import BetweenRows, LatestUnits, UnitRows
from reflection.inference.fits.whole_campaigns import AboveMean, CellLevels, above_mean_of_logs
from reflection.stats.posterior.empirical_bayes import Fit, Moments
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.design import Rows
from reflection.stats.sums.observations import Observations, observe_around
from reflection.stats.sums.sufficient_statistics import SufficientStatistics


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
        shape: the fit around which a rate is observed and sums are weighed; None for the pooled level.
        before: log of what each signal makes of its share within a sum until the metric divides by it; 0 where absent.
    """

    name: str
    reference: float
    silent: frozenset[Feature]
    shape: Moments | None
    before: Mapping[Feature, float] = field(default_factory=dict)

    def around(self, shape: Moments) -> "Linearisation":
        """The same around a fit."""
        return replace(self, shape=shape)

    def weigh(self, table: Dataset, design: CellDesign) -> tuple[CellDesign, Observations]:
        """The design of the cells, sums weighed as rates mix, and every cell's observation.

        Args:
            design: by shares, without silent columns.
        """
        sums = table.sums
        if self.shape is None or (self.name not in RATES and not len(sums)):
            return design, observed(self.name, table, self.reference)
        weights, offset = self._of_sums(table, sums)
        design = design.weighed(sums, weights) if len(sums) else design
        if self.name in RATES:
            expected = design.predictor(self.shape) + offset + float(np.log(self.reference))
            observations = observe_around(*counts_of(self.name, table), expected, self.reference)
        else:
            observations = observed(self.name, table, self.reference)
        return design, replace(observations, y=np.where(observations.observed, observations.y - offset, 0.0))

    def lift(self, table: Dataset, fit: Fit) -> Floats:
        """By how much each cell's rate lies above what its shares of the effects make it (log), (cells,)."""
        effects, sums = effects_of(fit, table.features), table.sums
        above = sums.lift(self._before(table), effects) - sums.mean(sums.share, effects)
        return sums.spread(above, len(table.campaign))

    def above_rows(self, table: Dataset, design: CellDesign, observations: Observations) -> AboveMean:
        """What the totals of each unit lie above the mean of its rows' logs.

        Args:
            design, observations: as `taken`.
        """
        assert self.shape is not None, "what is expected of a cell follows from a fit"
        metric, (above, below) = METRICS[self.name], counts_of(self.name, table)
        _, offset = self._of_sums(table, table.sums)
        expected, below = design.predictor(self.shape), np.nan_to_num(below)
        scaled = below * self.reference / metric.scale
        events = {"cpm": np.full(len(below), np.inf), "aov": below}.get(self.name, scaled * np.exp(expected + offset))
        cells = CellLevels(expected, offset, np.nan_to_num(above), scaled, events / metric.noise)
        return above_mean_of_logs(cells, observations, table.campaign, table.campaigns.unit, half=metric.halves[0])

    def slope(self, table: Dataset, fit: Fit, appeal: Mapping[Feature, float]) -> Floats:
        """By how much each cell's rate rises (log) with a tilt of one towards `appeal`, (cells,)."""
        sums = table.sums
        towards = np.array([appeal.get(feature, 0.0) for feature in table.features])
        steep = sums.slope(self._before(table), effects_of(fit, table.features), towards)
        return sums.spread(steep, len(table.campaign))

    def _of_sums(self, table: Dataset, sums: Sums) -> tuple[Floats, Floats]:
        """What each entry of a sum counts for, (entries,), and what a cell's rate has beyond its linear effects,
        (cells,)."""
        if not len(sums) or self.shape is None:
            return sums.share, np.zeros(len(table.campaign))
        effects, before = effects_of(self.shape, table.features), self._before(table)
        weights = sums.weights(before, effects)
        left = sums.lift(before, effects) - sums.mean(weights, effects)
        return weights, sums.spread(left, len(table.campaign))

    def _before(self, table: Dataset) -> Floats:
        return np.array([self.before.get(feature, 0.0) for feature in table.features])


def effects_of(fit: Fit | Moments, features: Sequence[Feature]) -> Floats:
    """Expected effect of each of some signals (log), 0 of those without a column, (features,)."""
    columns = (fit.layout.column(feature) for feature in features)
    return np.array([0.0 if column is None else float(fit.mean[column]) for column in columns])


def makers(metric: str) -> list[str]:
    """Rates that make what a metric divides by of impressions: the click rate makes clicks."""
    first = [name for name in RATES if METRICS[name].counts[0] == METRICS[metric].counts[1]]
    return [*first, *(before for name in first for before in makers(name))]


@dataclass(frozen=True, eq=False)
class MetricSums:
    """What some partitions say of a metric: the sums of their rows, and the rows whose own levels are kept."""

    statistics: SufficientStatistics
    between: UnitRows

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


def pooled(part: EvidencePart, name: str) -> PooledCounts:
    """What a partition counted of a metric."""
    return PooledCounts.of(part.table, name)


def sums_of(part: EvidencePart, linear: Linearisation, layout: Layout, latest: NDArray[np.int64]) -> MetricSums:
    """The sums of a partition.

    Args:
        layout: of the fit; columns of walks that it does not have are left out.
        latest: numbers of the real campaigns whose between rows are kept.
    """
    table, design = part.table, part.design.without(linear.silent)
    design, observations = linear.weigh(table, design)
    above = linear.above_rows(table, design, observations) if len(latest) else AboveMean.none(len(table))
    between = BetweenRows(table.campaigns, latest, above)
    rows = design.within(layout).rows(observations, table.campaign, table.campaigns.unit)
    statistics = summed(between.passing(rows))
    statistics.fold()
    return MetricSums(statistics, between.unit_rows())


def summed(rows: Iterable[Rows]) -> SufficientStatistics:
    """The sums of rows."""
    statistics = SufficientStatistics()
    for some in rows:
        statistics.add(some)
    return statistics
