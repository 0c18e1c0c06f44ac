"""Which campaigns speak for an effect and which against it.

A campaign's cells with the signal are compared with what the fit expects of them *without* the signal's effect, and,
where the campaign also has cells without the signal, with how those did: so a good week for the whole campaign does
not count for one of its audiences. Ratios of sums throughout. A campaign counts for or against only where its ratio is
beyond noise: that of counting events, and the scatter that campaigns (or the rows of one) have anyway. Must not decide
what is a finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from reflection.domain.metrics import METRICS
from reflection.domain.scatter import BEYOND_NOISE
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.observation import counts_of
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.posterior.empirical_bayes import Effects
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Stratum

MOST_IDS = 50
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
    """The cells of some things, one thing after the other: the thing and its share, (cells,); each campaign of a thing
    and the thing, (places,), and the place of each cell's.

    `within`: of each place 1 / its cells with the thing + 1 / its campaign's without it, at least one each.
    """

    cell: Ints
    share: Floats
    thing: Ints
    place: Ints
    campaign: Ints
    of: Ints
    within: Floats


@dataclass(frozen=True, eq=False)
class _Ratios:
    """Campaigns that say something, ascending, their log ratios and the noise of these (standard deviations)."""

    campaign: Ints
    ratio: Floats
    noise: Floats

    def part(self, first: int, end: int) -> "_Ratios":
        """Those from one place to another."""
        return _Ratios(self.campaign[first:end], self.ratio[first:end], self.noise[first:end])

    def beyond(self, sign: float) -> Ints:
        """Places of those beyond noise on one side."""
        return np.flatnonzero(sign * self.ratio > BEYOND_NOISE * self.noise)


class SupportIndex:
    """Support for the signals of one fit; what they share is computed once a metric."""

    def __init__(self, fitted: FittedMetrics) -> None:
        self._fitted = fitted
        self._table = fitted.table
        self._columns = {feature: column for column, feature in enumerate(fitted.table.features)}
        self._cells_of = np.bincount(fitted.table.campaign, minlength=len(fitted.table))
        self._metrics: dict[str, _Metric] = {}
        self._of_signals: dict[str, tuple[_Ratios, list[int]]] = {}
        self._deviations: dict[str, tuple[Floats, Floats]] = {}

    def of(self, feature: Feature, metric: str) -> Support:
        """Campaigns for and against the effect of a feature on a metric."""
        sign = 1.0 if self._effect(feature, metric, present=True) >= 0 else -1.0
        return self._support(self._own_ratios(feature, metric), sign)

    def sides(self, feature: Feature, metric: str) -> tuple[int, int]:
        """How many campaigns are for the effect of a feature on a metric, and against it."""
        support = self.of(feature, metric)
        return len(support.supporting), len(support.contradicting)

    def sides_within(self, pair: Feature, signal: Feature, metric: str) -> tuple[int, int]:
        """The same of the effect that a signal has where a pair with it is: its own, and what the two do beyond."""
        own = self._every.thing == self._columns[pair]
        raw, present = (
            sum(self._effect(feature, metric, present=now) for feature in (pair, signal)) for now in (False, True)
        )
        booked = [(self._every.cell[own], self._every.share[own])]
        (support,) = self.of_totals(booked, metric, [raw], sign=1.0 if present >= 0 else -1.0)
        return len(support.supporting), len(support.contradicting)

    def of_totals(
        self, booked: Sequence[tuple[Ints, Floats]], metric: str, effects: Sequence[float], *, sign: float
    ) -> list[Support]:
        """Campaigns for and against each of some things that were booked.

        Args:
            booked: the cells of each, ascending, and its share there. effects: the total effect of each (log).
        """
        if not booked:
            return []
        cells, shares = zip(*booked, strict=True)
        thing = np.repeat(np.arange(len(cells)), list(map(len, cells)))
        joined = self._grouped(np.concatenate(cells), np.concatenate(shares), thing)
        every, ends = self._ratios(joined, metric, np.array(effects))
        return [self._support(every.part(*span), sign) for span in pairwise(ends)]

    def above_and_below(self, feature: Feature, metric: str) -> tuple[int, int]:
        """How many campaigns did better, and worse, than expected without the signal, beyond noise."""
        ratios = self._own_ratios(feature, metric)
        return len(ratios.beyond(1.0)), len(ratios.beyond(-1.0))

    def campaigns(self, feature: Feature) -> Ints:
        """Campaigns that have a feature, ascending."""
        return np.asarray(self._every.campaign[self._every.of == self._columns[feature]])

    def ratios(self, feature: Feature, metric: str) -> tuple[Ints, Floats]:
        """Campaigns with a feature, and their log ratios without its effect."""
        ratios = self._own_ratios(feature, metric)
        return ratios.campaign, ratios.ratio

    def deviations(self, metric: str) -> tuple[Floats, Floats]:
        """Log of fact over expectation of each campaign, NaN where nothing is said, and its noise; (campaigns,)."""
        if metric not in self._deviations:
            about = self._metric(metric)
            counting = METRICS[metric].noise / np.maximum(about.events_of, LEAST_EVENTS)
            noise = np.sqrt(counting + self._scatter(metric, Stratum.BETWEEN) ** 2)
            self._deviations[metric] = _log_ratio(about.observed_of, about.expected_of), noise
        return self._deviations[metric]

    def _own_ratios(self, feature: Feature, metric: str) -> _Ratios:
        """What the campaigns with a feature say of its effect as fitted."""
        if metric not in self._of_signals:
            effects = [self._effect(one, metric, present=False) for one in self._columns]
            self._of_signals[metric] = self._ratios(self._every, metric, np.array(effects))
        (every, ends), column = self._of_signals[metric], self._columns[feature]
        return every.part(ends[column], ends[column + 1])

    @cached_property
    def _every(self) -> _Cells:
        """The cells of every feature."""
        members = sparse.csc_array(self._table.shares)
        members.sort_indices()
        feature = np.repeat(np.arange(members.shape[1]), np.diff(members.indptr))
        return self._grouped(members.indices, members.data, feature)

    def _grouped(self, cell: Ints, share: Floats, thing: Ints) -> _Cells:
        campaign = self._table.campaign[cell]
        first = (np.diff(thing, prepend=-1) > 0) | (np.diff(campaign, prepend=-1) != 0)
        place = np.cumsum(first) - 1
        rows = np.bincount(place).astype(np.float64)
        rest = np.maximum(self._cells_of[campaign[first]] - rows, 1.0)
        return _Cells(cell, share, thing, place, campaign[first], thing[first], 1.0 / rows + 1.0 / rest)

    def _support(self, ratios: _Ratios, sign: float) -> Support:
        def ranked(places: Ints) -> tuple[tuple[str, float], ...]:
            names = self._table.campaigns.ids[ratios.campaign[places]].tolist()
            pairs = zip(names, ratios.ratio[places].tolist(), strict=True)
            return tuple(sorted(pairs, key=lambda pair: (-abs(pair[1]), pair[0])))

        days = self._table.campaigns.day[ratios.campaign]
        period = (int(days.min()), int(days.max())) if len(days) else None
        return Support(ranked(ratios.beyond(sign)), ranked(ratios.beyond(-sign)), period)

    def _ratios(self, cells: _Cells, metric: str, effects: Floats) -> tuple[_Ratios, list[int]]:
        """What the campaigns of each thing say of its effect (log) of so large a share, one thing after the other, and
        where each begins and the last ends; `effects`: (things,)."""
        about = self._metric(metric)
        cell, campaign, place = cells.cell, cells.campaign, cells.place

        def summed(values: Floats) -> Floats:
            return np.bincount(place, values, minlength=len(campaign)).astype(np.float64)

        own_observed = summed(about.observed[cell])
        own_expected = summed(about.expected[cell] * np.exp(-effects[cells.thing] * cells.share))
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
        ends = np.searchsorted(cells.of[defined], np.arange(len(effects) + 1)).tolist()
        return _Ratios(campaign[defined], ratio[defined], np.sqrt(counting + scatter)[defined]), ends

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
