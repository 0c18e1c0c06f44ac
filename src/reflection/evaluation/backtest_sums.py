"""What the forecasts of a backtest add up to: errors and hits, by metric, platform and who spoke.

Sums are whole numbers, so that parts merge to the same bits in any order and any number. Of the forecasts themselves
the newest are kept, for a picture. Must not know how anything was forecast.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from reflection.domain.metrics import PLAN_METRICS
from reflection.stats.honesty import scoring_rules

METHODS = ("planner", "last value", "pooled mean", "compounding weights", "ours")
LEVELS = ("50", "80", "90")
KEPT = 200
"""Forecasts of a metric that are kept: more are not told apart in a picture."""

UNIT = 2.0**40
"""Errors are added up in whole numbers of its inverse; a log error of 2,000 of ten million campaigns fits 64 bits."""


@dataclass(frozen=True, slots=True)
class MetricForecasts:
    """One metric of one campaign: `forecasts` by method, our intervals, and what happened."""

    campaign_id: str
    timestamp: str
    platform: str
    metric: str
    forecasts: dict[str, float | None]
    intervals: dict[str, list[float] | None]
    actual: float

    def error(self, method: str) -> float | None:
        """Log of what happened over what a method said; None where it said nothing."""
        value = self.forecasts.get(method)
        return None if value is None or value <= 0 else float(np.log(self.actual / value))

    @property
    def age(self) -> tuple[str, str]:
        """By which forecasts are in order."""
        return self.timestamp, self.campaign_id


@dataclass(frozen=True, slots=True)
class Sums:
    """Of forecasts of one kind: how many, errors of each method in `UNIT`, and at each level intervals and hits."""

    n: int = 0
    absolute: Mapping[str, int] = field(default_factory=dict)
    signed: Mapping[str, int] = field(default_factory=dict)
    intervals: Mapping[str, int] = field(default_factory=dict)
    hits: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, forecast: MetricForecasts) -> "Sums":
        """Those of one forecast."""
        errors = {method: error for method in METHODS if (error := forecast.error(method)) is not None}
        bounds = {level: pair for level in LEVELS if (pair := forecast.intervals[level]) is not None}
        return cls(
            1,
            {method: round(abs(error) * UNIT) for method, error in errors.items()},
            {method: round(error * UNIT) for method, error in errors.items()},
            dict.fromkeys(bounds, 1),
            {level: int(scoring_rules.hit(low, high, forecast.actual)) for level, (low, high) in bounds.items()},
        )

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n,
            _added(self.absolute, other.absolute),
            _added(self.signed, other.signed),
            _added(self.intervals, other.intervals),
            _added(self.hits, other.hits),
        )

    def coverage(self) -> dict[str, Any]:
        """How many had a 90 % interval, and the share of intervals that held at each level."""
        shares = {level: self.hits[level] / count if (count := self.intervals.get(level)) else None for level in LEVELS}
        return {"n": self.intervals.get("90", 0), **shares}


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {
        name: one.get(name, 0) + other.get(name, 0) for name in (*one, *(name for name in other if name not in one))
    }


Kind = tuple[str, str, tuple[str, ...]]
"""Metric, platform, and the methods that spoke."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What forecasts add up to, and the newest of them."""

    sums: Mapping[Kind, Sums] = field(default_factory=dict)
    newest: Sequence[MetricForecasts] = ()

    @classmethod
    def of(cls, forecasts: Iterable[MetricForecasts]) -> "Tally":
        """That of some forecasts."""
        sums, newest = dict[Kind, Sums](), list[MetricForecasts]()
        for forecast in forecasts:
            kind = forecast.metric, forecast.platform, tuple(m for m in METHODS if forecast.error(m) is not None)
            sums[kind] = sums.get(kind, Sums()) + Sums.of(forecast)
            newest.append(forecast)
            if len(newest) > 2 * KEPT * len(PLAN_METRICS):
                newest = _newest(newest)
        return cls(sums, _newest(newest))

    def __add__(self, other: "Tally") -> "Tally":
        kinds = {**self.sums, **other.sums}
        sums = {kind: self.sums.get(kind, Sums()) + other.sums.get(kind, Sums()) for kind in kinds}
        return replace(self, sums=sums, newest=_newest([*self.newest, *other.newest]))

    def summary(self, campaigns: int) -> dict[str, Any]:
        """The report as data: methods by metric, coverage by level and platform, and the newest forecasts.

        Methods are compared on the same campaigns: those for which every method that speaks of a metric at all spoke.
        """
        metrics = {metric: self._compared(metric) for metric in PLAN_METRICS}
        platforms = sorted({platform for _, platform, _ in self.sums})
        return {
            "campaigns": campaigns,
            "metrics": {metric: rows for metric, rows in metrics.items() if rows["n"]},
            "coverage": {
                "all": _total(self.sums.values()).coverage(),
                **{
                    name: _total(sums for (_, platform, _), sums in self.sums.items() if platform == name).coverage()
                    for name in platforms
                },
            },
            "forecasts": [asdict(forecast) for forecast in self.newest],
        }

    def _compared(self, metric: str) -> dict[str, Any]:
        spoke = {methods for name, _, methods in self.sums if name == metric}
        speaking = [method for method in METHODS if any(method in methods for methods in spoke)]
        common = _total(
            sums for (name, _, methods), sums in self.sums.items() if name == metric and methods == tuple(speaking)
        )
        if "ours" not in speaking or not common.n:
            return {"n": 0, "methods": {}, "coverage": {}}
        methods = {
            method: {
                "mae_log": common.absolute[method] / UNIT / common.n,
                "bias": common.signed[method] / UNIT / common.n,
            }
            for method in speaking
        }
        return {"n": common.n, "methods": methods, "coverage": common.coverage()}


def _total(sums: Iterable[Sums]) -> Sums:
    return reduce(Sums.__add__, sums, Sums())


def _newest(forecasts: Sequence[MetricForecasts]) -> list[MetricForecasts]:
    """The newest of each metric, in order."""
    newest: list[MetricForecasts] = []
    for metric in PLAN_METRICS:
        own = sorted((one for one in forecasts if one.metric == metric), key=lambda one: one.age)
        newest += own[-KEPT:]
    return sorted(newest, key=lambda one: (*one.age, PLAN_METRICS.index(one.metric)))
