"""Which campaigns speak for an effect and which against it.

A campaign's cells with the signal are compared with what the fit expects of them *without* the signal's effect, and,
where the campaign also has cells without the signal, with how those did: so a good week for the whole campaign does
not count for one of its audiences. Ratios of sums throughout. Must not decide what is a finding.
"""

from dataclasses import dataclass

import numpy as np

from reflection.evidence_table import Floats, Ints
from reflection.fitting import FittedMetrics, counts_of
from reflection.learning.layout import Feature

MOST_IDS = 50


@dataclass(frozen=True, slots=True)
class Support:
    """Log ratios of fact over expectation-without-the-signal, by campaign id, strongest first."""

    supporting: tuple[tuple[str, float], ...]
    contradicting: tuple[tuple[str, float], ...]

    def ids(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids for and against, at most `MOST_IDS` each."""
        return (
            tuple(name for name, _ in self.supporting[:MOST_IDS]),
            tuple(name for name, _ in self.contradicting[:MOST_IDS]),
        )


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Every (signal, campaign) of a metric with its log ratio, ordered by signal; NaN where it says nothing."""

    starts: Ints
    campaign: Ints
    log_ratio: Floats


class SupportIndex:
    """Support for every signal of one fit; each metric is computed once, for all signals together."""

    def __init__(self, fitted: FittedMetrics) -> None:
        self._fitted = fitted
        self._table = fitted.table
        self._columns = {feature: column for column, feature in enumerate(fitted.table.features)}
        self._metrics: dict[str, _Pairs] = {}

    def of(self, feature: Feature, metric: str) -> Support:
        """Campaigns for and against the effect of a feature on a metric."""
        found, ratios = self._of(feature, metric)
        sign = 1.0 if self._effect(feature, metric) >= 0 else -1.0
        names = self._table.campaigns.ids[found].tolist()
        ranked = sorted(zip(names, ratios.tolist(), strict=True), key=lambda pair: (-abs(pair[1]), pair[0]))
        return Support(
            tuple(pair for pair in ranked if pair[1] * sign > 0),
            tuple(pair for pair in ranked if pair[1] * sign < 0),
        )

    def above_and_below(self, feature: Feature, metric: str) -> tuple[int, int]:
        """How many campaigns did better, and worse, than expected without the signal."""
        _, ratios = self._of(feature, metric)
        return int((ratios > 0).sum()), int((ratios < 0).sum())

    def _of(self, feature: Feature, metric: str) -> tuple[Ints, Floats]:
        pairs = self._pairs(metric)
        column = self._columns[feature]
        part = slice(int(pairs.starts[column]), int(pairs.starts[column + 1]))
        known = ~np.isnan(pairs.log_ratio[part])
        return pairs.campaign[part][known], pairs.log_ratio[part][known]

    def _effect(self, feature: Feature, metric: str) -> float:
        effects = self._fitted.effects(metric)
        column = effects.layout.column(feature)
        return 0.0 if column is None else float(effects.mean[column])

    def _pairs(self, metric: str) -> _Pairs:
        if metric not in self._metrics:
            self._metrics[metric] = self._computed(metric)
        return self._metrics[metric]

    def _computed(self, metric: str) -> _Pairs:
        table = self._table
        x, n = counts_of(metric, table)
        said = ~np.isnan(x) & ~np.isnan(n)
        observed = np.where(said, x, 0.0)
        expected = np.where(said, n * self._fitted.expected_rate(metric), 0.0)
        effects = self._fitted.raw_effects(metric)
        mean = dict(zip(effects.layout.features, effects.mean.tolist(), strict=True))
        effect = np.array([mean.get(feature, 0.0) for feature in table.features])
        column, cell, campaign = table.shares.indices, table.cell_of_share, table.campaign_of_share
        without = expected[cell] * np.exp(-effect[column] * table.shares.data)
        pair, place = np.unique(column.astype(np.int64) * len(table) + campaign, return_inverse=True)
        size, owner = len(pair), pair % max(len(table), 1)
        own_observed: Floats = np.bincount(place, observed[cell], minlength=size).astype(np.float64)
        own_expected: Floats = np.bincount(place, without, minlength=size).astype(np.float64)
        with_effect = np.bincount(place, expected[cell], minlength=size)
        rest_observed = np.bincount(table.campaign, observed, minlength=len(table))[owner] - own_observed
        rest_expected = np.bincount(table.campaign, expected, minlength=len(table))[owner] - with_effect
        ratio = _log_ratio(own_observed, own_expected)
        elsewhere = np.nan_to_num(_log_ratio(rest_observed, np.where(rest_expected > 1e-9, rest_expected, 0.0)))
        starts = np.searchsorted(pair, np.arange(len(table.features) + 1) * max(len(table), 1))
        return _Pairs(starts, owner, ratio - elsewhere)


def _log_ratio(observed: Floats, expected: Floats) -> Floats:
    """log(observed / expected); NaN unless both are positive."""
    good = (observed > 0) & (expected > 0)
    return np.where(good, np.log(np.where(good, observed, 1.0) / np.where(good, expected, 1.0)), np.nan)
