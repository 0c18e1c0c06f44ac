"""Changes of the whole account that stayed: since some day all campaigns do better or worse alike.

Each campaign is compared with what its audiences, creatives, platforms, season and events explain, whatever moved
all campaigns put back; campaigns of four weeks and more are one stretch of time: what a week does to all is chance,
too. Whether the stretches' mean changed once and stayed so is judged at every look together
(`stats.over_time.level_change`). Told where each platform, and each level of a group that the fit lets move, shows at
least half of it: what one of them did is its own, and what the account did is not told of a platform again. Must not
know how effects are fitted, nor why anything changed.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.evidence import day_text
from reflection.domain.finding_kinds import LASTING_CHANGE
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.columns.cycle import SINGLE
from reflection.inference.columns.events import EVENT
from reflection.inference.columns.wear import LIFE, WEAR
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.observation import counts_of
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.event_floor import FLOOR, having, reaches_floor
from reflection.inference.findings.over_time import over_time
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import LEAST_EVENTS, MOST_IDS, expected_events
from reflection.stats.honesty.any_time import OF_TRENDS, log_factor_needed
from reflection.stats.over_time import drift
from reflection.stats.over_time.level_change import LevelChange, level_change, means_of_stretches
from reflection.stats.sums.design import Stratum

Mask = NDArray[np.bool_]
STRETCH_DAYS = 28
FEWEST = 3
"""Real campaigns in a stretch; one with fewer is told with the next."""

MOSTLY = 0.5
"""Share of what the account did that each of its platforms, and each level of what moves, must show."""

YEAR = 365
_EXPLAINED = (EVENT, LIFE, WEAR, *SINGLE)
"""Walking groups that say why campaigns of a time did otherwise. All others follow what moved, and where all levels of
a group moved alike, as the single platform of an account must, it was the account."""


@dataclass(frozen=True, eq=False)
class LastingChange:
    """A change of the account in one metric.

    Attributes:
        first: its day, the first of its stretch; earliest, latest: 90 % limits of that.
        since: campaigns since then, (campaigns,) a mask. season: whether it may as well be the time of the year.
    """

    metric: str
    change: LevelChange
    first: int
    earliest: int
    latest: int
    since: NDArray[np.bool_]
    season: bool


class LastingChanges:
    """The changes of one fit."""

    def __init__(self, fitted: FittedMetrics, floor: EvidenceFloor = FLOOR) -> None:
        self._fitted, self._floor = fitted, floor
        changes = (self._of(metric) for metric in fitted.metrics)
        self.by_metric: Mapping[str, LastingChange] = MappingProxyType(
            {change.metric: change for change in changes if change is not None}
        )

    @property
    def days(self) -> dict[str, int]:
        """Metric -> the day of its change."""
        return {metric: change.first for metric, change in self.by_metric.items()}

    def findings(self) -> list[Finding]:
        """Those that may be told."""
        return [self._finding(change) for change in self.by_metric.values()]

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

    def _of(self, metric: str) -> LastingChange | None:
        campaigns = self._fitted.table.campaigns
        level, noise = self._levels(metric)
        known = np.flatnonzero(~np.isnan(level))
        if len(known) < 2 * FEWEST:
            return None
        starts = _stretches(campaigns.day[known], campaigns.real[known])
        stretch = np.searchsorted(starts, campaigns.day[known], side="right") - 1
        repeated = len(np.unique(campaigns.real[known])) < len(known)
        lasting = self._fitted.scatter(metric, Stratum.BETWEEN) ** 2 if repeated else 0.0
        own = np.unique(campaigns.real[known], return_inverse=True)[1]
        series = means_of_stretches(level[known], noise[known], lasting, own, stretch)
        change = level_change(*series)
        tests = len(self._fitted.metrics)
        if change is None or change.log_factor < log_factor_needed(OF_TRENDS, tests) or math.prod(change.interval) <= 0:
            return None
        since = np.zeros(len(campaigns), dtype=np.bool_)
        since[known] = stretch >= change.place
        before = np.zeros_like(since)
        before[known] = stretch < change.place
        if not reaches_floor(self._fitted, metric, self._floor, since, before):
            return None
        if not self._everywhere(metric, level, since, before, change.mean):
            return None
        first, earliest, latest = (int(starts[place]) for place in (change.place, change.earliest, change.latest))
        turned = int(campaigns.day.max()) - int(campaigns.day.min()) >= 2 * YEAR
        return LastingChange(metric, change, first, earliest, latest, since, not turned)

    def _levels(self, metric: str) -> tuple[Floats, Floats]:
        """Log of each campaign over what all but the account's own movement explains, NaN where nothing is said, and
        the variance of that; (campaigns,)."""
        table, fitted = self._fitted.table, self._fitted
        fit, design = fitted.metrics[metric].fit, fitted.design
        groups = {drift.drift_group(group) for group in self._moving(metric)}
        moving = np.array([feature.group in groups for feature in fit.layout.features])
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

    def _everywhere(self, metric: str, level: Floats, since: Mask, before: Mask, change: float) -> bool:
        """Whether each platform and each level of what moves, with campaigns enough before and since, shows most of a
        change."""
        table = self._fitted.table
        platforms, moving = table.campaigns.platform_key, self._moving(metric)
        parts = [platforms == key for key in np.unique(platforms).tolist()]
        parts += [having(table, feature) for feature in table.features if feature.group in moving]
        for part in parts:
            sides = [level[part & side] for side in (before, since)]
            if min(map(len, sides)) >= FEWEST and (sides[1].mean() - sides[0].mean()) / change < MOSTLY:
                return False
        return True

    def _finding(self, one: LastingChange) -> Finding:
        campaigns, metric, change = self._fitted.table.campaigns, one.metric, one.change
        lift, since, label = math.exp(change.mean), day_text(one.first), METRICS[one.metric].label
        interval = (math.exp(change.interval[0]), math.exp(change.interval[1]))
        between = (
            ""
            if one.earliest == one.latest
            else (f"; it began between {day_text(one.earliest)} and {day_text(one.latest + STRETCH_DAYS - 1)}")
        )
        newest = np.lexsort((campaigns.ids, -campaigns.day))
        return over_time(
            self._fitted.table,
            metric,
            lift,
            interval,
            change.wrong,
            one.since,
            finding_id=finding_id(LASTING_CHANGE, metric, since),
            title=f"Whole account: {label} {rounded_lift(lift)} since {since}",
            description=(
                f"{label} has been {abs(100 * (lift - 1)):.0f} % {'above' if lift > 1 else 'below'} what it was since "
                f"{since}, across the account (90 % interval {rounded_lifts(interval)}{between}), beyond what "
                f"audiences and creatives explain: it is no campaign's own doing." + SEASON_NOTE * one.season
            ),
            signal_key=f"{LASTING_CHANGE}:{since}",
            metadata={
                "kind": LASTING_CHANGE,
                "label": "The whole account",
                "change_points": [since],
                "began_between": [day_text(one.earliest), day_text(one.latest + STRETCH_DAYS - 1)],
                "season_untold": one.season,
            },
            supporting=tuple(campaigns.ids[newest][one.since[newest]][:MOST_IDS].tolist()),
            first_seen=since,
        )


SEASON_NOTE = " With less than two years of history nobody can tell it from the time of the year."


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
