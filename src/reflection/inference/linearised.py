"""What the cells say of one metric around a fit of it: observations, and the design in which they are linear.

Rates are observed around the pooled rate first, then around their own fit, where counts are sparse (LEARNING 2). A sum
over several audiences or creatives is taken as rates mix (mixing.py). Must not know how a fit is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from reflection.domain.metrics import METRICS, RATES
from reflection.inference.dataset import Dataset, Floats
from reflection.inference.design import CellDesign
from reflection.inference.mixing import Sums
from reflection.inference.observation import counts_of
from reflection.stats.empirical_bayes import Fit, Moments
from reflection.stats.observations import Observations, observe_around


@dataclass(frozen=True, eq=False)
class Mixture:
    """The sums of a table, and the log of how many times its share each signal is shown in them, (features,)."""

    sums: Sums
    tilt: Floats

    def before(self, metric: str, fits: Mapping[str, Fit], table: Dataset) -> Floats:
        """Log of what each signal makes of its share until a metric divides by it, (features,); `fits` by metric."""
        return self.tilt + sum(signal_effects(fits[name], table) for name in _makers(metric) if name in fits)


@dataclass(frozen=True, eq=False)
class Linearised:
    """Observations of one metric and their design.

    Attributes:
        plain: observations around the pooled `reference`.
        of_shares: the design by shares; `design` with the weights of sums instead.
        before: of the sums, as `Mixture.before` has it.
    """

    name: str
    table: Dataset
    plain: Observations
    reference: float
    of_shares: CellDesign
    sums: Sums
    before: Floats
    observations: Observations
    design: CellDesign

    def around(self, fit: Moments) -> "Linearised":
        """The same around a fit."""
        design, offset = self.of_shares, np.zeros(len(self.table.campaign))
        if len(self.sums):
            effects = signal_effects(fit, self.table)
            weights = self.sums.weights(self.before, effects)
            design = design.weighed(self.sums, weights)
            left = self.sums.lift(self.before, effects) - self.sums.mean(weights, effects)
            offset = self.sums.spread(left, len(offset))
        seen = self.plain
        if self.name in RATES:
            level = float(np.log(self.reference))
            seen = observe_around(
                *counts_of(self.name, self.table), design.predictor(fit) + offset + level, self.reference
            )
        if len(self.sums):
            seen = replace(seen, y=np.where(seen.observed, seen.y - offset, 0.0))
        return replace(self, observations=seen, design=design)

    def lift(self, fit: Fit) -> Floats:
        """By how much each cell's rate lies above what its shares of the effects make it (log), (cells,)."""
        effects = signal_effects(fit, self.table)
        above = self.sums.lift(self.before, effects) - self.sums.mean(self.sums.share, effects)
        return self.sums.spread(above, len(self.table.campaign))

    def slope(self, fit: Fit, appeal: Floats) -> Floats:
        """By how much each cell's rate rises (log) with a tilt of one towards `appeal`, (cells,)."""
        steep = self.sums.slope(self.before, signal_effects(fit, self.table), appeal)
        return self.sums.spread(steep, len(self.table.campaign))


def _makers(metric: str) -> list[str]:
    """Rates that make what a metric divides by of impressions: the click rate makes clicks."""
    makers = [name for name in RATES if METRICS[name].counts[0] == METRICS[metric].counts[1]]
    return [*makers, *(first for name in makers for first in _makers(name))]


def signal_effects(fit: Fit | Moments, table: Dataset) -> Floats:
    """Expected effect of each of a table's signals (log), 0 of those without a column, (features,)."""
    columns = (fit.layout.column(feature) for feature in table.features)
    return np.array([0.0 if column is None else float(fit.mean[column]) for column in columns])
