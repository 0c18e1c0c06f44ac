"""The one table of metrics: what each divides, which way is better, its unit, its name, and how it is composed.

A new metric is a row of `METRICS` (and, if an answer shows it, a place in one of the lists below it). Everything else
asks the table: rates of counts, logs with half an event added, counts that follow from rates. A ratio whose denominator
is zero is None, never 0 or infinity. Pure; must not know forecasts, signals, fits or what was learnt.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from reflection.domain.campaign import Metrics
from reflection.domain.evidence import Counts
from reflection.domain.results import Rates
from reflection.domain.weights import Interval

ORDER_VALUE_CV = 1.0
"""Coefficient of variation of order values; about 1 in retail data, and what the noise of AOV and revenue assumes."""

PER_MILLE = 1000.0
"""CPM is the price of so many impressions."""


class Unit(StrEnum):
    """What a metric's number is."""

    MONEY = "money"
    SHARE = "share"
    COUNT = "count"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, ``scale * numerator / denominator``; a total has no denominator.

    Attributes:
        label: its name for people.
        numerator, denominator: names of counts (`COUNTS`).
        composition: its log (without `scale`) as a signed sum of the logs of observed metrics and, of totals, spend.
        events: the count whose noise it has; None where all of it is known exactly.
        noise: variance of its log times `events` (delta method; a rate's factor 1 - p is left to who needs it).
        halves: what is added to numerator and denominator before a log is taken, so that no event is an outcome too.
    """

    name: str
    label: str
    unit: Unit
    numerator: str
    denominator: str | None
    composition: Mapping[str, int]
    events: str | None = None
    noise: float = 1.0
    halves: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    lower_is_better: bool = False

    @property
    def counts(self) -> tuple[str, ...]:
        """The counts it needs."""
        return (self.numerator,) if self.denominator is None else (self.numerator, self.denominator)

    @property
    def total(self) -> bool:
        """Whether it grows with the campaign: a count or an amount, no ratio."""
        return self.denominator is None

    @property
    def monetary(self) -> bool:
        """Whether it means nothing in another currency: money, or something per money."""
        return (self.numerator in AMOUNTS) != (self.denominator in AMOUNTS)

    @property
    def short_name(self) -> str:
        """Its abbreviation where its name is one: ``CTR``, ``conversions per spend``."""
        return self.name.replace("_", " ") if "_" in self.name else self.name.upper()

    def favors(self, rise: bool) -> bool:
        """Whether a rise (or else a fall) is good."""
        return rise != self.lower_is_better

    def value(self, counts: Metrics | Counts) -> float | None:
        """The metric of these counts, in its own unit; None where it is not defined."""
        numerator = getattr(counts, self.numerator)
        if self.denominator is None:
            return None if numerator is None else float(numerator)
        quotient = ratio(numerator, getattr(counts, self.denominator))
        return None if quotient is None else self.scale * quotient

    def smoothed(self, counts: Metrics | Counts) -> tuple[float, float] | None:
        """Numerator and denominator with their halves; None where they have no log, or a share has nothing to share."""
        above = getattr(counts, self.numerator)
        below = 1.0 if self.denominator is None else getattr(counts, self.denominator)
        if above is None or below is None or (self.unit is Unit.SHARE and not below):
            return None
        above, below = above + self.halves[0], below + self.halves[1]
        return (above, below) if above > 0 and below > 0 else None


COUNTS = ("impressions", "clicks", "conversions", "spend", "revenue")
"""What is counted, in the order it is reported."""

AMOUNTS = frozenset({"spend", "revenue"})
"""The counts that are money."""

_BOTH, _ABOVE, _BELOW = (0.5, 0.5), (0.5, 0.0), (0.0, 0.5)
_ORDERS = ORDER_VALUE_CV**2

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in (
    Metric("ctr", "CTR", Unit.SHARE, "clicks", "impressions",
           {"ctr": 1}, "clicks", halves=_BOTH),
    Metric("cvr", "CVR", Unit.SHARE, "conversions", "clicks",
           {"cvr": 1}, "conversions", halves=_BOTH),
    Metric("cpm", "CPM", Unit.MONEY, "spend", "impressions",
           {"cpm": 1}, scale=PER_MILLE, lower_is_better=True),
    Metric("cpc", "CPC", Unit.MONEY, "spend", "clicks",
           {"cpm": 1, "ctr": -1}, "clicks", halves=_BELOW, lower_is_better=True),
    Metric("cpa", "CPA", Unit.MONEY, "spend", "conversions",
           {"cpm": 1, "ctr": -1, "cvr": -1}, "conversions", halves=_BELOW, lower_is_better=True),
    Metric("aov", "order value", Unit.MONEY, "revenue", "conversions",
           {"aov": 1}, "conversions", noise=_ORDERS),
    Metric("roas", "ROAS", Unit.RATIO, "revenue", "spend",
           {"aov": 1, "cvr": 1, "ctr": 1, "cpm": -1}, "conversions", noise=1 + _ORDERS),
    Metric("conversions_per_spend", "conversions per currency unit", Unit.RATIO, "conversions", "spend",
           {"ctr": 1, "cvr": 1, "cpm": -1}, "conversions", halves=_ABOVE),
    Metric("conversions", "conversions", Unit.COUNT, "conversions", None,
           {"spend": 1, "cpm": -1, "ctr": 1, "cvr": 1}, "conversions", halves=_ABOVE),
    Metric("revenue", "revenue", Unit.MONEY, "revenue", None,
           {"spend": 1, "aov": 1, "cvr": 1, "ctr": 1, "cpm": -1}, "conversions", noise=1 + _ORDERS),
    Metric("clicks", "clicks", Unit.COUNT, "clicks", None,
           {"spend": 1, "cpm": -1, "ctr": 1}, "clicks", halves=_ABOVE),
    Metric("impressions", "impressions", Unit.COUNT, "impressions", None,
           {"spend": 1, "cpm": -1}, halves=_ABOVE),
    Metric("spend", "spend", Unit.MONEY, "spend", None,
           {"spend": 1}),
)})  # fmt: skip
"""Every metric. Half an event goes to what is counted, not to money nor to what a price (CPM, AOV) was paid for."""

ObservedMetric = Literal["cpm", "ctr", "cvr", "aov"]
RateMetric = Literal["ctr", "cvr"]
ModelledMetric = Literal["cpm", "ctr", "cvr", "aov", "cpa", "roas", "conversions_per_spend"]
"""Metrics with effects: first the four observed log-rates, then what is composed of them and never fitted again."""

MODELLED: tuple[str, ...] = get_args(ModelledMetric)
OBSERVED, COMPOSED = MODELLED[:4], MODELLED[4:]

RATES = tuple(name for name in METRICS if METRICS[name].unit is Unit.SHARE)
"""CTR and CVR: what counts events among trials."""

PRICES = tuple(name for name in OBSERVED if name not in RATES)
"""CPM and AOV: observed without half events."""

KPIS = ("ctr", "cvr", "cpa", "roas", "cpm", "cpc", "aov")
"""What one campaign is compared by, in the order of `Rates`."""

HEADLINES = ("cpa", "roas", "ctr", "cvr")
"""The KPIs that are read first."""

PLAN_METRICS = ("ctr", "cvr", "cpa", "roas", "conversions", "revenue")
"""The figures a plan is judged by."""

FROM_IMPRESSIONS = (
    ("impressions", "cpm"), ("clicks", "cpc"), ("clicks", "ctr"),
    ("conversions", "cpa"), ("conversions", "conversions_per_spend"), ("conversions", "cvr"),
    ("clicks", "cvr"), ("impressions", "ctr"), ("revenue", "roas"), ("revenue", "aov"),
)  # fmt: skip
"""How totals follow from ratios, each as (total, ratio), the first that can be used first: from impressions down."""

FROM_CONVERSIONS = (
    ("conversions", "cpa"), ("clicks", "cvr"), ("conversions", "cvr"), ("impressions", "ctr"), ("clicks", "ctr"),
    ("conversions", "cvr"), ("revenue", "roas"),
)  # fmt: skip
"""As `FROM_IMPRESSIONS`, but from conversions up: where figures contradict each other, the result counts."""

_REACH = frozenset({"impressions", "clicks"})
"""Totals of which a zero says nothing as long as something else speaks of them."""


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """Weights of the performance score; the specification's defaults."""

    conversion: float = 1.0
    ctr: float = 1000.0
    cpa: float = 1.0


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    """numerator / denominator, or None where it is not defined."""
    if numerator is None or denominator is None or denominator <= 0:
        return None
    return numerator / denominator


def values(names: Iterable[str], counts: Metrics | Counts) -> dict[str, float]:
    """The metrics of these counts, in their own units; what is not defined is left out."""
    return {name: value for name in names if (value := METRICS[name].value(counts)) is not None}


def rates(metrics: Metrics) -> Rates:
    """All KPIs of one set of counts. CPM is per 1,000 impressions; money KPIs in the campaign's currency."""
    return Rates(**{kpi: METRICS[kpi].value(metrics) for kpi in KPIS})


def performance_score(metrics: Metrics, weights: ScoreWeights) -> float | None:
    """The specification's score: w_conv * conversions + w_ctr * CTR - w_cpa * CPA; an undefined ratio adds nothing.

    None where a count it is made of is not known: see `Metrics.unknown`.
    """
    if metrics.conversions is None or metrics.unknown:
        return None
    ctr, cpa = METRICS["ctr"].value(metrics), METRICS["cpa"].value(metrics)
    return weights.conversion * metrics.conversions + weights.ctr * (ctr or 0.0) - weights.cpa * (cpa or 0.0)


def unit_of(name: str) -> Unit | None:
    """The unit of a metric; None for a figure that is none, such as the performance score."""
    return METRICS[name].unit if name in METRICS else None


def as_read(name: str, effect: float | None, interval: Interval | None) -> tuple[str, float | None, Interval | None]:
    """A lift as people read it: one of conversions per spend as one of CPA, which is its reciprocal.

    Returns: the metric to name, the lift and its interval on that metric.
    """
    if name != "conversions_per_spend":
        return name, effect, interval
    reciprocal = None if interval is None else (1 / interval[1], 1 / interval[0])
    return "cpa", None if effect is None else 1 / effect, reciprocal


def rate_behind(name: str) -> str:
    """What gives a total when multiplied by the spend: ROAS for revenue; a ratio is its own."""
    if not METRICS[name].total:
        return name
    return next((metric for metric in METRICS if METRICS[metric].counts == (name, "spend")), name)


def log_value(name: str, counts: Metrics | Counts) -> float | None:
    """The log of a metric as it turned out, half events added; None where it has none or was not measured."""
    sides = METRICS[name].smoothed(counts) if name in METRICS else None
    return None if sides is None else float(np.log(METRICS[name].scale * sides[0]) - np.log(sides[1]))


def log_of(name: str, value: float) -> float | None:
    """The log of a forecast value of a metric, comparable with `log_value`; None for a value that has none."""
    shifted = value + METRICS[name].halves[0] if name in METRICS and METRICS[name].total else value
    return float(np.log(shifted)) if shifted > 0 and math.isfinite(shifted) else None


def log_rate(name: str, counts: Metrics | Counts) -> tuple[float, float] | None:
    """Log of a metric by its composition (CPM per impression) and its counting variance; None where a part has none.

    Half events added; the variance is that of the parts by the delta method.
    """
    log = variance = 0.0
    for part, sign in METRICS[name].composition.items():
        metric = METRICS[part]
        sides = metric.smoothed(counts)
        if sides is None:
            return None  # so its events are known: they are one of its sides
        log += sign * (math.log(sides[0]) - math.log(sides[1]))
        events = getattr(counts, metric.events) if metric.events else None
        variance += 0.0 if events is None else metric.noise / (events + 0.5)
    return log, variance


def totals(figures: Mapping[str, float], order: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Counts and amounts from any mix of counts and ratios, spend among them; what does not follow is left out.

    Args:
        figures: metric -> value; CTR and CVR as shares, CPM per 1,000 impressions.
        order: `FROM_IMPRESSIONS` or `FROM_CONVERSIONS`: which figure is believed first.
    """
    counts = {name: figures[name] for name in COUNTS if name in figures}
    for total, name in order:
        if total in counts and (counts[total] or total not in _REACH):
            continue
        counts.pop(total, None)
        if name in figures:
            counts |= _following(total, METRICS[name], figures[name], counts)
    return counts


def _following(total: str, metric: Metric, value: float, counts: Mapping[str, float]) -> dict[str, float]:
    """The total as one side of a ratio whose value and other side are given; nothing where they do not say."""
    if total == metric.numerator:
        below = counts.get(metric.denominator or "")
        return {} if below is None else {total: below * value / metric.scale}
    above = counts.get(metric.numerator)
    return {} if above is None or not value else {total: metric.scale * above / value}
