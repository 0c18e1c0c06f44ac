"""Changes of the whole account that stayed: since some day all campaigns do better or worse alike.

Each campaign is compared with what its audiences, creatives, platforms, season and events explain, whatever moved
all campaigns put back; campaigns of four weeks and more are one stretch of time: what a week does to all is chance,
too. Whether the stretches' mean changed once and stayed so is judged at every look together
(`stats.over_time.level_change`). Told where each platform, and each level of a group that the fit lets move, shows at
least half of it: what one of them did is its own, and what the account did is not told of a platform again. The same
model says what a platform did since some day, beside the account, for those who ask what else may have done it. Where
hardly anything of a kind (creatives, say) ran both before and since, nobody can tell the account's change from what was
new: then neither is told without the other. Must not know how effects are fitted, nor why anything changed.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.evidence import day_text
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.inference.columns.cycle import SINGLE
from reflection.inference.columns.events import EVENT
from reflection.inference.columns.wear import LIFE, WEAR
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.observation import counts_of
from reflection.inference.findings.coincidence import Coincidence
from reflection.inference.findings.event_floor import FLOOR, having, reaches_floor
from reflection.inference.findings.lasting_change import STRETCH_DAYS, LastingChange, Mask, statement
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import LEAST_EVENTS, expected_events
from reflection.stats.honesty.any_time import OF_TRENDS, log_factor_needed
from reflection.stats.over_time import drift
from reflection.stats.over_time.level_change import FEWEST as FEWEST_STRETCHES
from reflection.stats.over_time.level_change import level_change, means_of_stretches
from reflection.stats.sums.design import Stratum

FEWEST = 3
"""Real campaigns in a stretch; one with fewer is told with the next."""

MOSTLY = 0.5
"""Share of what the account did that each of its platforms, and each level of what moves, must show."""

LIKELY = 1.0
"""Odds to one, over the account and its platforms together, that something changed, from which on nobody is blamed for
it: what may be told needs more."""

YEAR = 365
_EXPLAINED = (EVENT, LIFE, WEAR, *SINGLE)
"""Walking groups that say why campaigns of a time did otherwise. All others follow what moved, and where all levels of
a group moved alike, as the single platform of an account must, it was the account."""


class LastingChanges:
    """The changes of one fit."""

    def __init__(
        self, fitted: FittedMetrics, floor: EvidenceFloor = FLOOR, spellings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._fitted, self._floor, self._spellings, self._coincidence = (
            fitted,
            floor,
            spellings,
            Coincidence(fitted.table),
        )
        self._likely_since: dict[str, Mask] = {}
        changes = (self._of(metric) for metric in fitted.metrics)
        self.by_metric: Mapping[str, LastingChange] = MappingProxyType(
            {change.metric: change for change in changes if change is not None}
        )

    def findings(self) -> list[Finding]:
        """Those that may be told."""
        return [statement(self._fitted.table, change, self._spellings) for change in self.by_metric.values()]

    def not_theirs(self, trends: Iterable[Finding]) -> Iterator[Finding]:
        """Trends of platforms, without those that are no more than what the account did."""
        for trend in trends:
            of_all = self.by_metric.get(trend.metric)
            low, high = trend.interval or (0.0, 0.0)
            if of_all is None or not low <= math.exp(of_all.change.mean) <= high:
                yield trend

    def without(self, metric: str, level: Floats) -> Floats:
        """Levels of campaigns on the log scale, (campaigns,), those since a change as if it had not been."""
        of_all = self.by_metric.get(metric)
        return level if of_all is None else level - of_all.change.mean * of_all.since

    @property
    def confounded(self) -> dict[str, dict[str, str]]:
        """Metric -> signal whose effect cannot be told from the account's change -> why."""
        features = self._fitted.table.features
        return {
            metric: {
                str(feature): (
                    f"hardly any {feature.group.replace('.', ' ')} ran both before and since {day_text(one.first)}, "
                    "when the whole account changed, or what was new did it: these cannot be told apart"
                )
                for feature in features
                if feature.group in one.new
            }
            for metric, one in self.by_metric.items()
        }

    def likely(self, metrics: Collection[str]) -> Mask:
        """Campaigns since a change of the account, or of their platform beside it, in one of some metrics that is as
        likely as not, told or not; (campaigns,) a mask."""
        since = np.zeros(len(self._fitted.table), dtype=np.bool_)
        for metric in self._fitted.metrics:
            if metric in metrics:
                if metric not in self._likely_since:
                    self._likely_since[metric] = self._likely(metric)
                since |= self._likely_since[metric]
        return since

    def _likely(self, metric: str) -> Mask:
        platforms = self._fitted.table.campaigns.platform_key
        keys = np.unique(platforms).tolist()
        level, noise = self._levels(metric, self._replaced)
        needed, everybody = log_factor_needed(1 / LIKELY, 1 + len(keys)), np.ones(len(level), dtype=np.bool_)
        whole = self._change(metric, level, noise, everybody, needed)
        changes = [(everybody, whole)] if whole is not None and self._everywhere(metric, level, whole) else []
        for _, one in changes:
            level = level - one.change.mean * one.since
        parts = [platforms == key for key in keys] if len(keys) > 1 else []
        changes += [(part, own) for part in parts if (own := self._change(metric, level, noise, part, needed))]
        days, since = self._fitted.table.campaigns.day, np.zeros_like(everybody)
        for part, one in changes:  # by their day, for those too that do not state this metric
            since |= part & (days >= one.first)
        return since

    def _of(self, metric: str) -> LastingChange | None:
        """The account's change, where it may be told: beside what was new, else where that explains nothing."""
        readings = [self._replaced, ()] if self._replaced else [()]
        needed = log_factor_needed(OF_TRENDS, len(self._fitted.metrics) * len(readings))
        for groups in readings:
            level, noise = self._levels(metric, groups)
            one = self._change(metric, level, noise, np.ones(len(level), dtype=np.bool_), needed)
            if one is not None and self._clear(metric, level, one):
                new = self._new(one)
                if new or not groups:
                    return replace(one, new=new)
        return None

    def _clear(self, metric: str, level: Floats, one: LastingChange) -> bool:
        """Whether a change has a direction, and all of the account, with events enough, shows it."""
        return (
            math.prod(one.change.interval) > 0
            and reaches_floor(self._fitted, metric, self._floor, one.since, one.before)
            and self._everywhere(metric, level, one)
        )

    def _new(self, one: LastingChange) -> Mapping[str, Sequence[str]]:
        """Groups of signals from which a change cannot be told, on its day or on another that it may have begun on."""
        days = self._fitted.table.campaigns.day
        begun = [one.since, *(days >= day for day in range(one.earliest, one.latest + 1, STRETCH_DAYS))]
        return next(filter(None, map(self._coincidence.kinds, begun)), {})

    @cached_property
    def _replaced(self) -> Sequence[str]:
        """Groups of signals hardly any of which ran both before and since some day on which a change may have been."""
        campaigns = self._fitted.table.campaigns
        starts = _stretches(campaigns.day, campaigns.real)[FEWEST_STRETCHES : 1 - FEWEST_STRETCHES].tolist()
        return sorted({group for start in starts for group in self._coincidence.kinds(campaigns.day >= start)})

    def _change(self, metric: str, level: Floats, noise: Floats, part: Mask, needed: float) -> LastingChange | None:
        """The change of some campaigns, (campaigns,) a mask, with evidence enough."""
        campaigns = self._fitted.table.campaigns
        known = np.flatnonzero(part & ~np.isnan(level))
        if len(known) < 2 * FEWEST:
            return None
        starts = _stretches(campaigns.day[known], campaigns.real[known])
        stretch = np.searchsorted(starts, campaigns.day[known], side="right") - 1
        repeated = len(np.unique(campaigns.real[known])) < len(known)
        lasting = self._fitted.scatter(metric, Stratum.BETWEEN) ** 2 if repeated else 0.0
        own = np.unique(campaigns.real[known], return_inverse=True)[1]
        change = level_change(*means_of_stretches(level[known], noise[known], lasting, own, stretch))
        if change is None or change.log_factor < needed:
            return None
        since, before = np.zeros((2, len(campaigns)), dtype=np.bool_)
        since[known], before[known] = stretch >= change.place, stretch < change.place
        first, earliest, latest = (int(starts[place]) for place in (change.place, change.earliest, change.latest))
        turned = int(campaigns.day.max()) - int(campaigns.day.min()) >= 2 * YEAR
        return LastingChange(metric, change, first, earliest, latest, before, since, not turned)

    def _levels(self, metric: str, groups: Sequence[str] = ()) -> tuple[Floats, Floats]:
        """Log of each campaign over what all but the account's own movement, and some groups of signals, explains, NaN
        where nothing is said, and the variance of that; (campaigns,)."""
        table, fitted = self._fitted.table, self._fitted
        fit, design = fitted.metrics[metric].fit, fitted.design
        free = {drift.drift_group(group) for group in self._moving(metric)}
        moving = np.array(
            [
                one.group in free or not set(groups).isdisjoint(one.group.split(signals.CROSS))
                for one in fit.layout.features
            ],
            dtype=np.bool_,
        )
        still = replace(fit, mean=np.where(moving, 0.0, fit.mean))
        moved = design.predictor(fit) - design.predictor(still)
        above, below = counts_of(metric, table)
        stated = ~np.isnan(above) & ~np.isnan(below)
        observed = table.by_campaign(np.where(stated, above, np.nan))
        expected = table.by_campaign(np.where(stated, below * np.exp(-moved) * fitted.expected_rate(metric), np.nan))
        events = np.nan_to_num(table.by_campaign(expected_events(fitted, metric)))
        half = METRICS[metric].halves[0]
        good = (observed + half > 0) & (expected > 0)
        level = np.full(len(table), np.nan)
        level[good] = np.log((observed[good] + half) / (expected[good] + half))
        repeated = len(np.unique(table.campaigns.real)) < len(table)
        scatter = fitted.scatter(metric, Stratum.PERIOD if repeated else None)
        return level, METRICS[metric].noise / np.maximum(events, LEAST_EVENTS) + scatter**2

    def _moving(self, metric: str) -> list[str]:
        """Groups that the fit lets move, and that explain nothing of a time."""
        walking = self._fitted.metrics[metric].fit.layout
        return [group for group in drift.walking(walking) if group not in _EXPLAINED]

    def _everywhere(self, metric: str, level: Floats, one: LastingChange) -> bool:
        """Whether each platform and each level of what moves, with campaigns enough before and since, shows most of a
        change."""
        table = self._fitted.table
        platforms, moving = table.campaigns.platform_key, self._moving(metric)
        parts = [platforms == key for key in np.unique(platforms).tolist()]
        parts += [having(table, feature) for feature in table.features if feature.group in moving]
        for part in parts:
            sides = [level[part & side] for side in (one.before, one.since)]
            if min(map(len, sides)) >= FEWEST and (sides[1].mean() - sides[0].mean()) / one.change.mean < MOSTLY:
                return False
        return True


def _stretches(day: NDArray[np.int64], real: NDArray[np.int64]) -> Ints:
    """First days of the stretches: four weeks each, or so many more until there are real campaigns enough."""
    part = day // STRETCH_DAYS
    starts, units = list[int](), set[int]()
    for number in np.unique(part).tolist():
        if not starts or len(units) >= FEWEST:
            starts.append(number * STRETCH_DAYS)
            units = set()
        units.update(real[part == number].tolist())
    if len(starts) > 1 and len(units) < FEWEST:
        starts.pop()
    return np.array(starts, dtype=np.intp)
