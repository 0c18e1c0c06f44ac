"""Which campaigns speak for an effect and which against it.

A campaign's cells with the signal are compared with what the fit expects of them *without* the signal's effect, and,
where the campaign also has cells without the signal, with how those did: so a good week for the whole campaign does
not count for one of its audiences. Ratios of sums throughout. A campaign counts for or against only where its ratio is
beyond noise: that of counting events, and the scatter that campaigns (or the rows of one) have anyway. Must not decide
what is a finding.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from reflection.domain.metrics import METRICS
from reflection.inference.campaign_columns import Floats, Ints
from reflection.inference.fit import FittedMetrics
from reflection.inference.observation import counts_of
from reflection.stats.columns import Feature
from reflection.stats.design import Stratum
from reflection.stats.empirical_bayes import Effects

MOST_IDS = 50
BEYOND_NOISE = 1.2815515655446004
"""Standard deviations beyond which a campaign counts for or against: it says so with a probability of 90 %."""

LEAST_EVENTS = 0.5
UNCOUNTED = 1e15
"""Events of what is not counted but known: no noise."""


@dataclass(frozen=True, slots=True)
class Support:
    """Log ratios of fact over expectation-without-the-signal, by campaign id, strongest first; only beyond noise.

    `days` are the first and the last day of all campaigns that say something, None where none does.
    """

    supporting: tuple[tuple[str, float], ...]
    contradicting: tuple[tuple[str, float], ...]
    days: tuple[int, int] | None = None

    def ids(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids for and against, at most `MOST_IDS` each."""
        return (
            tuple(name for name, _ in self.supporting[:MOST_IDS]),
            tuple(name for name, _ in self.contradicting[:MOST_IDS]),
        )


@dataclass(frozen=True, eq=False)
class _Metric:
    """What was observed and expected of each cell, shape (cells,), and of each campaign; zero where nothing is said.

    `events` are those expected, whose counting is noise; `UNCOUNTED` where nothing is. `events_of` of a campaign.
    """

    observed: Floats
    expected: Floats
    events: Floats
    observed_of: Floats
    expected_of: Floats
    events_of: Floats
    effects: Effects


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells with something and its shares in them, (cells,); their campaigns, ascending, and the place of each cell's.

    `within`: of each campaign 1 / its cells with it + 1 / its cells without it, at least one each.
    """

    cell: Ints
    share: Floats
    campaign: Ints
    place: Ints
    within: Floats


@dataclass(frozen=True, eq=False)
class _Ratios:
    """Campaigns that say something, ascending, their log ratios and the noise of these (standard deviations)."""

    campaign: Ints
    ratio: Floats
    noise: Floats

    def beyond(self, sign: float) -> Ints:
        """Places of those beyond noise on one side."""
        return np.flatnonzero(sign * self.ratio > BEYOND_NOISE * self.noise)


class SupportIndex:
    """Support for the signals of one fit; what they share is computed once a metric."""

    def __init__(self, fitted: FittedMetrics) -> None:
        self._fitted = fitted
        self._table = fitted.table
        self._columns = {feature: column for column, feature in enumerate(fitted.table.features)}
        self._members = sparse.csc_array(fitted.table.shares)
        self._cells_of = np.bincount(fitted.table.campaign, minlength=len(fitted.table))
        self._metrics: dict[str, _Metric] = {}
        self._cells: dict[Feature, _Cells] = {}

    def of(self, feature: Feature, metric: str) -> Support:
        """Campaigns for and against the effect of a feature on a metric."""
        sign = 1.0 if self._effect(feature, metric, present=True) >= 0 else -1.0
        return self._support(self._own_ratios(feature, metric), sign)

    def of_total(self, cell: Ints, share: Floats, metric: str, effect: float, *, sign: float) -> Support:
        """Campaigns for and against something booked in these cells, with its share and total effect (log)."""
        return self._support(self._ratios(self._grouped(cell, share), metric, effect), sign)

    def above_and_below(self, feature: Feature, metric: str) -> tuple[int, int]:
        """How many campaigns did better, and worse, than expected without the signal, beyond noise."""
        ratios = self._own_ratios(feature, metric)
        return len(ratios.beyond(1.0)), len(ratios.beyond(-1.0))

    def campaigns(self, feature: Feature) -> Ints:
        """Campaigns that have a feature, ascending."""
        return self._with(feature).campaign

    def ratios(self, feature: Feature, metric: str) -> tuple[Ints, Floats]:
        """Campaigns with a feature, and their log ratios without its effect."""
        ratios = self._own_ratios(feature, metric)
        return ratios.campaign, ratios.ratio

    def deviations(self, metric: str) -> tuple[Floats, Floats]:
        """Log of fact over expectation of each campaign, NaN where nothing is said, and its noise; (campaigns,)."""
        about = self._metric(metric)
        counting = METRICS[metric].noise / np.maximum(about.events_of, LEAST_EVENTS)
        scatter = self._scatter(metric, Stratum.BETWEEN) ** 2
        return _log_ratio(about.observed_of, about.expected_of), np.sqrt(counting + scatter)

    def _own_ratios(self, feature: Feature, metric: str) -> _Ratios:
        """What the campaigns with a feature say of its effect as fitted."""
        return self._ratios(self._with(feature), metric, self._effect(feature, metric, present=False))

    def _with(self, feature: Feature) -> _Cells:
        """The cells with a feature."""
        if feature not in self._cells:
            column = self._columns[feature]
            part = slice(int(self._members.indptr[column]), int(self._members.indptr[column + 1]))
            self._cells[feature] = self._grouped(self._members.indices[part], self._members.data[part])
        return self._cells[feature]

    def _grouped(self, cell: Ints, share: Floats) -> _Cells:
        campaign, place = np.unique(self._table.campaign[cell], return_inverse=True)
        rows = np.bincount(place, minlength=len(campaign)).astype(np.float64)
        rest = np.maximum(self._cells_of[campaign] - rows, 1.0)
        return _Cells(cell, share, campaign, place, 1.0 / rows + 1.0 / rest)

    def _support(self, ratios: _Ratios, sign: float) -> Support:
        def ranked(places: Ints) -> tuple[tuple[str, float], ...]:
            names = self._table.campaigns.ids[ratios.campaign[places]].tolist()
            pairs = zip(names, ratios.ratio[places].tolist(), strict=True)
            return tuple(sorted(pairs, key=lambda pair: (-abs(pair[1]), pair[0])))

        days = self._table.campaigns.day[ratios.campaign]
        period = (int(days.min()), int(days.max())) if len(days) else None
        return Support(ranked(ratios.beyond(sign)), ranked(ratios.beyond(-sign)), period)

    def _ratios(self, cells: _Cells, metric: str, effect: float) -> _Ratios:
        """What the campaigns of these cells say of an effect (log) of so large a share."""
        about = self._metric(metric)
        cell, campaign, place = cells.cell, cells.campaign, cells.place

        def summed(values: Floats) -> Floats:
            return np.bincount(place, values, minlength=len(campaign)).astype(np.float64)

        own_observed = summed(about.observed[cell])
        own_expected = summed(about.expected[cell] * np.exp(-effect * cells.share))
        rest_observed = about.observed_of[campaign] - own_observed
        rest_expected = about.expected_of[campaign] - summed(about.expected[cell])
        elsewhere = _log_ratio(rest_observed, np.where(rest_expected > 1e-9, rest_expected, 0.0))
        ratio = _log_ratio(own_observed, own_expected) - np.nan_to_num(elsewhere)
        own_events = summed(about.events[cell])
        counting = METRICS[metric].noise / np.maximum(own_events, LEAST_EVENTS)
        rest_events = np.maximum(about.events_of[campaign] - own_events, LEAST_EVENTS)
        compared = ~np.isnan(elsewhere)
        counting += np.where(compared, METRICS[metric].noise / rest_events, 0.0)
        within = self._scatter(metric, Stratum.WITHIN) ** 2 * cells.within
        scatter = np.where(compared, within, self._scatter(metric, Stratum.BETWEEN) ** 2)
        defined = ~np.isnan(ratio)
        return _Ratios(campaign[defined], ratio[defined], np.sqrt(counting + scatter)[defined])

    def _scatter(self, metric: str, stratum: Stratum) -> float:
        """Standard deviation of campaigns (or of rows of one) beyond counting noise, of a metric's parts together."""
        return self._fitted.scatter(metric, None if stratum is Stratum.BETWEEN else stratum)

    def _effect(self, feature: Feature, metric: str, *, present: bool) -> float:
        effects = self._fitted.effects(metric) if present else self._metric(metric).effects
        column = effects.layout.column(feature)
        return 0.0 if column is None else float(effects.mean[column])

    def _metric(self, metric: str) -> _Metric:
        if metric not in self._metrics:
            table = self._table
            x, n = counts_of(metric, table)
            stated = ~np.isnan(x) & ~np.isnan(n)
            observed = np.where(stated, x, 0.0)
            expected = np.where(stated, n * self._fitted.expected_rate(metric), 0.0)
            events = expected_events(self._fitted, metric)

            def summed(values: Floats) -> Floats:
                return np.bincount(table.campaign, values, minlength=len(table)).astype(np.float64)

            self._metrics[metric] = _Metric(
                observed, expected, events, summed(observed), summed(expected), summed(events),
                effects=self._fitted.raw_effects(metric),
            )  # fmt: skip
        return self._metrics[metric]


def expected_events(fitted: FittedMetrics, metric: str) -> Floats:
    """Events expected of each cell whose counting makes the metric's noise, shape (cells,): clicks or conversions."""
    counted, table = METRICS[metric].events, fitted.table
    if counted is None:
        return np.full(len(table.campaign), UNCOUNTED)
    rate, base = ("ctr", table.impressions) if counted == "clicks" else ("cvr", table.clicks)
    if rate not in fitted.metrics:
        return np.asarray(np.nan_to_num(getattr(table, counted)))
    return np.asarray(np.nan_to_num(base * fitted.expected_rate(rate)), dtype=np.float64)


def _log_ratio(observed: Floats, expected: Floats) -> Floats:
    """log(observed / expected); NaN unless both are positive."""
    good = (observed > 0) & (expected > 0)
    return np.where(good, np.log(np.where(good, observed, 1.0) / np.where(good, expected, 1.0)), np.nan)
