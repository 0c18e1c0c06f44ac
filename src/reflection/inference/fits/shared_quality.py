"""What is peculiar to a campaign moves its metrics together: a good offer is clicked, bought and shown cheaply.

How much is read off the campaigns: their deviations from what the fits expect, metric by metric, and of rows of one
campaign those from the campaign's own. Sums over the set of campaigns, so the order in which they came does not matter.
Must not know how a fit is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reflection.domain.metrics import METRICS
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.posterior.joint_draws import shared

NO_CORRELATION = 10.0
"""Campaigns that speak for metrics which move by themselves, before any was seen."""

FARTHEST = 4.0
"""Standard deviations that one campaign may count at most."""

MOST = 0.95
LEAST_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class Scatter:
    """Standard deviation of a metric's log beyond counting: of whole campaigns, and of rows of one."""

    whole: float
    within: float


@dataclass(frozen=True, eq=False)
class SharedQuality:
    """How metrics move together, each (metrics, metrics) in the order of `names`.

    Attributes:
        rows: correlation of deviations as they are observed, counting noise included.
        scatter: correlation of what is peculiar to campaigns, without that noise.
    """

    names: tuple[str, ...]
    rows: Floats
    scatter: Floats


def shared_quality(table: Dataset, expected: Mapping[str, Floats], scatters: Mapping[str, Scatter]) -> SharedQuality:
    """How the metrics of a table move together.

    Args:
        expected: metric -> the rate expected of each cell (CPM per single impression), (cells,).
        scatters: the same metrics' scatter.
    """
    names = tuple(expected)
    scores = [_scores(table, name, expected[name], scatters[name]) for name in names]
    whole, within = ([pair[side] for pair, _ in scores] for side in (0, 1))
    every = [np.concatenate([first, second]) for first, second in zip(whole, within, strict=True)]
    own = np.sqrt(np.maximum([share for _, share in scores], LEAST_SHARE))
    between = _correlation(whole)
    scatter = np.clip(between / np.outer(own, own), -MOST, MOST)
    np.fill_diagonal(scatter, 1.0)
    return SharedQuality(names, _correlation(every), scatter)


def _correlation(scores: Sequence[Floats]) -> Floats:
    stacked = np.stack(scores) if scores else np.zeros((0, 0))
    finite = np.isfinite(stacked).astype(np.float64)
    values = np.nan_to_num(np.clip(stacked, -FARTHEST, FARTHEST))
    return shared(values @ values.T, (values**2) @ finite.T, finite @ finite.T, NO_CORRELATION)


def _scores(table: Dataset, name: str, rate: Floats, scatter: Scatter) -> tuple[tuple[Floats, Floats], float]:
    """Standardised deviations of campaigns, and of rows within one; the share of scatter in the former variance."""
    metric = METRICS[name]
    above, below = (getattr(table, count) for count in metric.counts)
    finite = ~np.isnan(above) & ~np.isnan(below)
    fact, foretold = np.where(finite, above, np.nan), np.where(finite, below * rate, np.nan)
    events = np.full(len(fact), np.inf) if metric.events is None else foretold if name != "aov" else below
    half = metric.halves[0]

    def deviation(fact: Floats, foretold: Floats) -> Floats:
        good = (np.nan_to_num(fact) + half > 0) & (np.nan_to_num(foretold) > 0)
        top, bottom = np.where(good, fact + half, 1.0), np.where(good, foretold + half, 1.0)
        return np.where(good, np.log(top / bottom), np.nan)

    total, own = deviation(table.by_campaign(fact), table.by_campaign(foretold)), deviation(fact, foretold)
    counting = metric.noise / (np.nan_to_num(table.by_campaign(events)) + 0.5)
    variance = np.maximum(scatter.whole**2 + counting, 1e-12)
    several = np.bincount(table.campaign, np.isfinite(own), minlength=len(table))[table.campaign] > 1
    inner = np.maximum(scatter.within**2 + metric.noise / (np.nan_to_num(events) + 0.5), 1e-12)
    rows = np.where(several, (own - total[table.campaign]) / np.sqrt(inner), np.nan)
    known = np.isfinite(total)
    share = float(np.mean(scatter.whole**2 / variance[known])) if known.any() else 1.0
    return (total / np.sqrt(variance), rows), share


def correlations(names: Sequence[str], matrix: Floats) -> dict[str, dict[str, float]]:
    """A matrix, (metrics, metrics), as `Knowledge` has it: metric -> other metric -> correlation."""
    return {
        name: {other: float(matrix[row, column]) for column, other in enumerate(names) if column != row}
        for row, name in enumerate(names)
    }
