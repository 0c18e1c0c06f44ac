"""A platform whose CVR jumped at once while its clicks went on as before: its measurement may have changed.

A tag that is lost, a conversion that is counted anew, a window that was changed: all that is measured of the platform
from one day on is of another kind, and no audience did it. Found in the steps of the fit, under the control of trends
(`findings.trends`): one large step, no other half as large, and none of its CTR about then. It is doubted until the new
level has held for a while. Must not know what is made of a doubt.
"""

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from reflection.domain import signals
from reflection.domain.evidence import day_text
from reflection.domain.metrics import METRICS
from reflection.domain.weights import Interval
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.over_time import drift
from reflection.stats.quantiles import limits

METRIC, CLICKS = "cvr", "ctr"
LEAST = math.log(1.3)
"""A smaller jump is as well a change of what is sold."""

MOST_BESIDE = 0.5
"""Largest other step, as a share of the jump: what moves all the time did not move at once."""

HELD_DAYS = 90
"""From then on the new level is what there is, however it came about."""


@dataclass(frozen=True)
class LevelShift:
    """A platform's jump: the first day of the step in which it lies, its size as a lift with a 90 % interval."""

    signal: str
    since: str
    lift: float
    interval: Interval
    campaigns: int

    @property
    def reason(self) -> str:
        """Why nothing is said of the platform's conversions."""
        return (
            f"its {METRICS[METRIC].label} changed by {rounded_lift(self.lift)} at once after {self.since} (90 % "
            f"interval {rounded_lifts(self.interval)}) while its clicks went on as before, so its measurement may have "
            "changed: check how its conversions are counted"
        )


class LevelShifts:
    """The platforms of one fit whose measurement may have changed lately."""

    def __init__(self, fitted: FittedMetrics) -> None:
        self._fitted = fitted

    def doubt(self, key: str, metric: str) -> str | None:
        """Why a platform's effect on a metric that counts conversions per click is not to be trusted."""
        if METRIC not in METRICS[metric].composition or key not in self.by_platform:
            return None
        return self.by_platform[key].reason

    @cached_property
    def by_platform(self) -> dict[str, LevelShift]:
        """The shifts by the platform's signal."""
        levels = sorted(f.level for f in self._fitted.layout.features if f.group == signals.PLATFORM)
        shifts = (self._of(level) for level in levels) if METRIC in self._fitted.metrics else ()
        return {shift.signal: shift for shift in shifts if shift is not None}

    def as_diagnostics(self) -> list[dict[str, Any]]:
        """The shifts as values that can be stored."""
        return [asdict(shift) for shift in self.by_platform.values()]

    def _of(self, level: str) -> LevelShift | None:
        """What somebody wrote down, where it shows; else what the steps show."""
        return self._written_down(level) or self._in_steps(level)

    def _written_down(self, level: str) -> LevelShift | None:
        """A change of tracking on the platform that somebody wrote down, and that its CVR shows."""
        key, effects = signals.Signal(signals.PLATFORM, level).key, self._fitted.raw_effects(METRIC)
        campaigns, discoveries = self._fitted.table.campaigns, self._fitted.discoveries(METRIC)
        for one in self._fitted.design.events.lasting:
            column = effects.layout.column(one.feature)
            if column is None or one.signal != key or one.event.kind != "tracking" or not discoveries.selected[column]:
                continue
            low, high = effects.interval(column)
            if low <= 0.0 <= high or campaigns.day.max() - one.first >= HELD_DAYS:
                continue
            since = (campaigns.platform_key == key) & (campaigns.day >= one.first)
            lift, interval = math.exp(float(effects.mean[column])), (math.exp(low), math.exp(high))
            return LevelShift(key, day_text(one.first), lift, interval, int(since.sum()))
        return None

    def _in_steps(self, level: str) -> LevelShift | None:
        effects, days = self._fitted.raw_effects(METRIC), self._fitted.design.bucket_days
        path = drift.path(effects, signals.PLATFORM, level, self._fitted.discoveries(METRIC))
        if path is None or not path.changes:
            return None
        steps = np.diff(path.mean)
        place = int(np.argmax(np.abs(steps)))
        bucket, jump = int(path.buckets[place + 1]), abs(float(steps[place : place + 2].sum()))  # it may reach into two
        others = np.abs(np.delete(steps, slice(max(place - 1, 0), place + 2)))
        if jump < max(LEAST, float(others.max(initial=0.0)) / MOST_BESIDE) or self._clicks_moved(level, bucket):
            return None
        campaigns = self._fitted.table.campaigns
        if campaigns.day.max() - (bucket + 1) * days >= HELD_DAYS:
            return None
        change, low, high = drift.change(effects, signals.PLATFORM, level, int(path.buckets[place]))
        if low <= 0.0 <= high:
            return None
        key = signals.Signal(signals.PLATFORM, level).key
        since = (campaigns.platform_key == key) & (campaigns.day >= bucket * days)
        interval = (math.exp(low), math.exp(high))
        return LevelShift(key, day_text(bucket * days), math.exp(change), interval, int(since.sum()))

    def _clicks_moved(self, level: str, bucket: int) -> bool:
        """Whether the platform's CTR moved about then, too: what changed is then not how conversions are counted."""
        if CLICKS not in self._fitted.metrics:
            return True
        effects = self._fitted.raw_effects(CLICKS)
        columns = [effects.layout.column(drift.step_feature(signals.PLATFORM, level, b)) for b in (bucket, bucket + 1)]
        present = [column for column in columns if column is not None]
        if not present:
            return False
        low, high = limits(effects.draws[present].astype(np.float64).sum(axis=0)[None])
        return bool(low[0] > LEAST / 2 or high[0] < -LEAST / 2)
