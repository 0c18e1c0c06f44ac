"""Which campaigns speak for an effect and which against it.

A campaign's cells with the signal are compared with what the fit expects of them *without* the signal's effect, and,
where the campaign also has cells without the signal, with how those did: so a good week for the whole campaign does
not count for one of its audiences. Ratios of sums throughout. Must not decide what is a finding.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from reflection.inference.dataset import Floats, Ints
from reflection.inference.fit import FittedMetrics, counts_of
from reflection.stats.columns import Feature
from reflection.stats.empirical_bayes import Effects

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
class _Metric:
    """What was observed and expected of each cell, shape (cells,), and of each campaign; zero where nothing is said."""

    observed: Floats
    expected: Floats
    observed_of: Floats
    expected_of: Floats
    effects: Effects


class SupportIndex:
    """Support for the signals of one fit; what they share is computed once a metric."""

    def __init__(self, fitted: FittedMetrics) -> None:
        self._fitted = fitted
        self._table = fitted.table
        self._columns = {feature: column for column, feature in enumerate(fitted.table.features)}
        self._members = sparse.csc_array(fitted.table.shares)
        self._metrics: dict[str, _Metric] = {}

    def of(self, feature: Feature, metric: str) -> Support:
        """Campaigns for and against the effect of a feature on a metric."""
        found, ratios = self._of(feature, metric)
        sign = 1.0 if self._effect(feature, metric, present=True) >= 0 else -1.0
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
        """Campaigns with the signal that say something of it, ascending, and their log ratios."""
        column = self._columns[feature]
        part = slice(int(self._members.indptr[column]), int(self._members.indptr[column + 1]))
        cell, share = self._members.indices[part], self._members.data[part]
        about, effect = self._metric(metric), self._effect(feature, metric, present=False)
        campaign, place = np.unique(self._table.campaign[cell], return_inverse=True)

        def summed(values: Floats) -> Floats:
            return np.bincount(place, values, minlength=len(campaign)).astype(np.float64)

        own_observed, own_expected = (
            summed(about.observed[cell]),
            summed(about.expected[cell] * np.exp(-effect * share)),
        )
        rest_observed = about.observed_of[campaign] - own_observed
        rest_expected = about.expected_of[campaign] - summed(about.expected[cell])
        elsewhere = _log_ratio(rest_observed, np.where(rest_expected > 1e-9, rest_expected, 0.0))
        ratio = _log_ratio(own_observed, own_expected) - np.nan_to_num(elsewhere)
        defined = ~np.isnan(ratio)
        return campaign[defined], ratio[defined]

    def _effect(self, feature: Feature, metric: str, *, present: bool) -> float:
        effects = self._fitted.effects(metric) if present else self._metric(metric).effects
        column = effects.layout.column(feature)
        return 0.0 if column is None else float(effects.mean[column])

    def _metric(self, metric: str) -> _Metric:
        if metric not in self._metrics:
            table = self._table
            x, n = counts_of(metric, table)
            said = ~np.isnan(x) & ~np.isnan(n)
            observed = np.where(said, x, 0.0)
            expected = np.where(said, n * self._fitted.expected_rate(metric), 0.0)
            self._metrics[metric] = _Metric(
                observed,
                expected,
                observed_of=np.bincount(table.campaign, observed, minlength=len(table)).astype(np.float64),
                expected_of=np.bincount(table.campaign, expected, minlength=len(table)).astype(np.float64),
                effects=self._fitted.raw_effects(metric),
            )
        return self._metrics[metric]


def _log_ratio(observed: Floats, expected: Floats) -> Floats:
    """log(observed / expected); NaN unless both are positive."""
    good = (observed > 0) & (expected > 0)
    return np.where(good, np.log(np.where(good, observed, 1.0) / np.where(good, expected, 1.0)), np.nan)
