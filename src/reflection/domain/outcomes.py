"""What a campaign, or all campaigns of a platform in a period, measured: any metric on the log scale.

Half an event is added to counts, so that zero conversions are an outcome too. Pure; must not know who forecast what.
"""

from collections.abc import Mapping
from datetime import date, datetime

import numpy as np

from reflection.domain.evidence import Counts, Evidence
from reflection.domain.signals import of_platform

COUNTED = frozenset({"conversions", "clicks", "impressions"})
"""Metrics that are counts: half an event is added to forecast and outcome alike."""

EPOCH = date(1970, 1, 1)
METRICS = (
    "ctr", "cvr", "cpm", "cpc", "cpa", "aov", "roas", "conversions_per_spend", "conversions", "revenue", "clicks",
    "impressions", "spend",
)  # fmt: skip


def log_value(metric: str, counts: Counts) -> float | None:
    """The log of a metric as it turned out; None where it cannot be divided or was not measured."""
    c = counts
    revenue = c.revenue if c.revenue is not None else 0.0
    top, bottom = {
        "ctr": (c.clicks + 0.5, c.impressions + 0.5 if c.impressions else 0.0),
        "cvr": (c.conversions + 0.5, c.clicks + 0.5 if c.clicks else 0.0),
        "cpm": (1000.0 * c.spend, c.impressions),
        "cpc": (c.spend, c.clicks + 0.5),
        "cpa": (c.spend, c.conversions + 0.5),
        "aov": (revenue, c.conversions),
        "roas": (revenue, c.spend),
        "conversions_per_spend": (c.conversions + 0.5, c.spend),
        "conversions": (c.conversions + 0.5, 1.0),
        "revenue": (revenue, 1.0),
        "clicks": (c.clicks + 0.5, 1.0),
        "impressions": (c.impressions + 0.5, 1.0),
        "spend": (c.spend, 1.0),
    }.get(metric, (0.0, 0.0))
    return float(np.log(top) - np.log(bottom)) if top > 0 and bottom > 0 else None


def log_of(metric: str, value: float) -> float | None:
    """The log of a forecast value of a metric, comparable with `log_value`; None for a value that has none."""
    shifted = value + 0.5 if metric in COUNTED else value
    return float(np.log(shifted)) if shifted > 0 and np.isfinite(shifted) else None


class Periods:
    """Totals of a platform over a period, for forecasts that name no campaign."""

    def __init__(self, actuals: Mapping[str, Evidence]) -> None:
        self._campaigns = tuple(actuals.values())
        self._last = max((one.day for one in self._campaigns), default=-1)

    def counts(self, platform: str | None, start: str | None, end: str | None, currency: str | None) -> Counts | None:
        """Totals, or None while the period is not over, is not stated, or held no campaign."""
        first, last = _day(start), _day(end)
        if first is None or last is None or last >= self._last:
            return None
        key = None if platform is None else of_platform(platform).key
        inside = [
            one.actual
            for one in self._campaigns
            if first <= one.day <= last and key in (None, one.platform) and currency in (None, one.currency)
        ]
        if not inside or (len({one.currency for one in self._campaigns}) > 1 and currency is None):
            return None
        revenue = None if any(one.revenue is None for one in inside) else sum(one.revenue or 0.0 for one in inside)
        return Counts(
            sum(one.impressions for one in inside), sum(one.clicks for one in inside),
            sum(one.conversions for one in inside), sum(one.spend for one in inside), revenue,
        )  # fmt: skip


def _day(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return (datetime.fromisoformat(text).date() - EPOCH).days
    except ValueError:
        return None
