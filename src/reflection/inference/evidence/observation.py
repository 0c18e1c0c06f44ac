"""What the campaigns of a table say of one metric, as observations of its log.

Must not know how they are fitted.
"""

from dataclasses import dataclass

import numpy as np

from reflection.domain.metrics import METRICS, RATES
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.sums.exact_sums import ExactSums
from reflection.stats.sums.observations import (
    Observations,
    observe_cost,
    observe_order_value,
    observe_rate,
    pooled_rate,
)


def counts_of(metric: str, table: Dataset) -> tuple[Floats, Floats]:
    """Numerator and denominator of a metric for each cell (CPM without its factor 1,000)."""
    numerator, denominator = METRICS[metric].counts
    return getattr(table, numerator), getattr(table, denominator)


@dataclass(frozen=True, eq=False)
class PooledCounts:
    """What the cells of a partition counted of a metric's numerator and denominator, where both say something."""

    above: ExactSums
    below: ExactSums

    @classmethod
    def of(cls, table: Dataset, name: str) -> "PooledCounts":
        """Of a table."""
        x, n = counts_of(name, table)
        used = (n > 0) & (~np.isnan(x) if name in RATES else np.nan_to_num(x) > 0)
        return cls(ExactSums.of(x[used]), ExactSums.of(n[used]))

    def __add__(self, other: "PooledCounts") -> "PooledCounts":
        return PooledCounts(self.above + other.above, self.below + other.below)

    def level(self, name: str) -> float | None:
        """The pooled level, CPM per 1,000 and order value in money; None where it never happened."""
        above, below = float(self.above.value), float(self.below.value)
        if not above:
            return None
        return pooled_rate(above, below) if name in RATES else METRICS[name].scale * above / below


def observed(name: str, table: Dataset, reference: float) -> Observations:
    """Every cell's observation of a metric around a pooled level."""
    x, n = counts_of(name, table)
    if name in RATES:
        return observe_rate(x, n, reference)
    return (observe_cost if name == "cpm" else observe_order_value)(np.nan_to_num(x), n, reference)
