"""What a planner promised for a campaign, and by how much reality differed.

The difference is ``y = log(actual / expected)`` with its known sampling variance, half an event added on both sides so
that zero conversions are an observation and not an accident. Variances come from *expected* counts, never observed
ones, or the weights would depend on the outcome. Pure; must not know how a bias is estimated.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Counts, Evidence
from reflection.domain.goal import as_given
from reflection.domain.metrics import METRICS
from reflection.domain.signals import normalise, of_objective, of_platform

ORDER_VARIANCE = METRICS["revenue"].noise
"""Relative variance of revenue per conversion: one for the count, one for order values with a CV of about 1."""

PREVIOUS_PERIOD = "previous-period"
TRAILING_28D = "trailing-28d"
ACCOUNT_AVERAGE = "account-average"
NO_FORECAST = "no-forecast"
REFERENCES = frozenset({PREVIOUS_PERIOD, TRAILING_28D, ACCOUNT_AVERAGE, NO_FORECAST})
"""`planner` of campaigns whose expected figures importers took from other facts (or these): something to compare with,
but nobody's forecast. They promise nothing, so they neither teach nor test what planners get wrong."""


def is_reference(planner: str | None) -> bool:
    """Whether a planner's name, in any spelling, is one of `REFERENCES`: ``Account Average`` is ``account-average``."""
    return reference_name(planner) in REFERENCES


def reference_name(planner: str | None) -> str | None:
    """A planner's name as `REFERENCES` spell theirs."""
    return None if planner is None else normalise(planner).replace(" ", "-").replace("_", "-")


TINY = 1e-6
"""Amounts below this were not promised and not delivered: dividing by them overflows and means nothing."""


@dataclass(frozen=True, slots=True)
class PlannerForecast:
    """A forecast in context: signal keys of platform and objective, who made it, and the counts expected."""

    platform_key: str
    objective_key: str
    planner: str | None
    currency: str | None
    expected: Counts

    @property
    def spend(self) -> float:
        """The money planned; 0 where none was."""
        return self.expected.spend or 0.0

    @classmethod
    def of(cls, evidence: Evidence) -> "PlannerForecast":
        """The promise behind a ledger entry."""
        return cls(
            evidence.platform_key, evidence.objective_key, evidence.planner, evidence.currency, evidence.expected
        )

    @classmethod
    def of_campaign(cls, campaign: Campaign) -> "PlannerForecast":
        """The promise a campaign was planned with."""
        return cls(
            of_platform(campaign.platform).key,
            of_objective(campaign.objective).key,
            None if campaign.planner is None else normalise(campaign.planner),
            campaign.currency,
            Counts.of(as_given(campaign).expected_metrics),
        )


@dataclass(frozen=True, slots=True)
class ForecastScale:
    """How one metric is measured against one promise.

    ``actual = (base + offset) * exp(y) - offset``, never below zero; `variance` is the sampling variance expected if
    the plan is delivered as promised.
    """

    base: float
    offset: float
    variance: float

    def value(self, y: float) -> float:
        """The metric at log ratio `y`, in its own units."""
        return float(max(0.0, (self.base + self.offset) * np.exp(min(max(y, -50.0), 50.0)) - self.offset))

    def ratio(self, value: float) -> float:
        """The log ratio of a value; minus infinity at or below minus the offset."""
        shifted = value + self.offset
        return float(np.log(shifted) - np.log(self.base + self.offset)) if shifted > 0 else float("-inf")


class _Amounts(NamedTuple):
    """Counts with 0 for what was not promised, or not counted."""

    impressions: float
    clicks: float
    conversions: float
    spend: float
    revenue: float

    @classmethod
    def of(cls, counts: Counts) -> "_Amounts":
        return cls(*(getattr(counts, name) or 0.0 for name in cls._fields))


def scales(expected: Counts) -> dict[str, ForecastScale]:
    """How each metric that the promise speaks of is measured; a figure that was not promised is left out."""
    e, measured = _Amounts.of(expected), {}
    orders = 1.0 / (e.conversions + 0.5)
    half_order = _half_order(e)
    if e.impressions > TINY and e.clicks > TINY:
        measured["ctr"] = ForecastScale(e.clicks / e.impressions, 0.0, 1.0 / (e.clicks + 0.5))
    if e.conversions > TINY:
        measured["conversions"] = ForecastScale(e.conversions, 0.5, orders)
        if e.clicks > TINY:
            measured["cvr"] = ForecastScale(e.conversions / e.clicks, 0.0, orders)
        if e.spend > TINY:
            measured["cpa"] = ForecastScale(e.spend / e.conversions, 0.0, orders)
    if e.revenue > TINY:
        measured["revenue"] = ForecastScale(e.revenue, half_order, ORDER_VARIANCE * orders)
        if e.spend > TINY:
            measured["roas"] = ForecastScale(e.revenue / e.spend, 0.0, ORDER_VARIANCE * orders)
    return measured


def observed(expected: Counts, actual: Counts) -> dict[str, tuple[float, float]]:
    """Log ratio and sampling variance of each metric that was promised and delivered.

    The variance uses what was delivered (impressions, clicks, spend) at the promised rate.
    """
    e, a = _Amounts.of(expected), _Amounts.of(actual)
    return {name: _observed(name, e, a) for name in scales(expected) if _delivered(name, actual)}


def _delivered(name: str, a: Counts) -> bool:
    """Whether there was something to measure, and somebody did.

    That is impressions shown (or money spent, where nobody counted them), of a ratio the money or else what it divides.
    """
    metric = METRICS[name]
    if any(getattr(a, count) is None for count in metric.counts):
        return False
    if metric.total:
        volume = a.spend if a.impressions is None else a.impressions
        return (volume or 0.0) > 0 or (name == "conversions" and (a.conversions or 0.0) > 0)
    exposure = "spend" if "spend" in metric.counts else metric.counts[1]
    return bool(getattr(a, exposure) > TINY)


def _half_order(expected: _Amounts) -> float:
    """Half the revenue of one expected conversion."""
    return 0.5 * expected.revenue / max(expected.conversions, 1.0)


def _observed(name: str, e: _Amounts, a: _Amounts) -> tuple[float, float]:
    half = _half_order(e)
    if name == "ctr":
        promised = (e.clicks + 0.5) / (e.impressions + 0.5)
        return _log((a.clicks + 0.5) / (a.impressions + 0.5), promised), 1.0 / (a.impressions * promised + 0.5)
    if name == "cvr":
        promised = (e.conversions + 0.5) / (e.clicks + 0.5)
        return _log((a.conversions + 0.5) / (a.clicks + 0.5), promised), 1.0 / (a.clicks * promised + 0.5)
    if name == "conversions":
        return _log(a.conversions + 0.5, e.conversions + 0.5), 1.0 / (e.conversions + 0.5)
    if name == "revenue":
        return _log(a.revenue + half, e.revenue + half), ORDER_VARIANCE / (e.conversions + 0.5)
    orders = 1.0 / (a.spend * e.conversions / e.spend + 0.5)
    if name == "cpa":
        return _log(a.spend / (a.conversions + 0.5), e.spend / (e.conversions + 0.5)), orders
    return _log((a.revenue + half) / a.spend, (e.revenue + half) / e.spend), ORDER_VARIANCE * orders


def _log(value: float, promised: float) -> float:
    return float(np.log(value / promised))
