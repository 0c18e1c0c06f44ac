"""What the campaigns of a table say of one metric, as observations of its log.

Must not know how they are fitted.
"""

import numpy as np

from reflection.domain.metrics import METRICS, RATES
from reflection.inference.dataset import Dataset, Floats
from reflection.stats.observations import (
    Observations,
    observe_cost,
    observe_order_value,
    observe_rate,
    pooled_rate,
    pooled_ratio,
)


def counts_of(metric: str, table: Dataset) -> tuple[Floats, Floats]:
    """Numerator and denominator of a metric for each cell (CPM without its factor 1,000)."""
    numerator, denominator = METRICS[metric].counts
    return getattr(table, numerator), getattr(table, denominator)


def observed(name: str, table: Dataset) -> tuple[float | None, Observations | None]:
    """The pooled level of a metric, and every cell's observation around it; None where it never happened."""
    x, n = counts_of(name, table)
    if name in RATES:
        counted = (n > 0) & ~np.isnan(x)
        if not x[counted].any():  # it never happened: half an event says nothing
            return None, None
        reference = pooled_rate(x[counted], n[counted])
        return reference, observe_rate(x, n, reference)
    x = np.nan_to_num(x)
    money = pooled_ratio(x, n, METRICS[name].scale)
    if money is None:
        return None, None
    return money, (observe_cost if name == "cpm" else observe_order_value)(x, n, money)
