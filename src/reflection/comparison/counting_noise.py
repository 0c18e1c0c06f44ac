"""How sure a KPI of one set of counts is from counting noise alone: its sampling variance and its 90 % interval.

Which counts a KPI divides and what scatters in it says the table of metrics. Pure functions of counts and amounts; must
not know forecasts, signals or what was learnt.
"""

import math

from scipy.special import betaincinv, gammaincinv

from reflection.domain.campaign import Metrics
from reflection.domain.metrics import METRICS, Unit
from reflection.domain.weights import Interval

Z90 = 1.6448536269514722
"""Two-sided 90 % quantile of the standard normal distribution."""

TAIL = 0.05
"""Probability beyond either end of a 90 % interval."""

WIDEST = 50.0
"""Half-width (log scale) from which an interval says nothing: a small fraction of one conversion was counted."""


def sampling_variance(kpi: str, metrics: Metrics) -> float | None:
    """Variance of the KPI's logarithm from counting noise alone; None where nothing was counted.

    Delta method. A rate p from x events has (1 - p) / x, a count 1 / x; order values scatter with ORDER_VALUE_CV, so
    AOV has CV^2 / conversions and revenue (a sum of a random number of orders) (1 + CV^2) / conversions. CPM is spend
    over impressions, both known exactly: 0.
    """
    metric = METRICS[kpi]
    if metric.unit is Unit.SHARE:
        return _rate_variance(*_sides(kpi, metrics))
    if not all(getattr(metrics, count) for count in metric.counts):
        return None
    if metric.events is None:
        return 0.0
    events = getattr(metrics, metric.events)
    return metric.noise / events if events else None


def interval(kpi: str, metrics: Metrics) -> Interval | None:
    """90 % credible interval of the rate behind the observed KPI, from counting noise (Jeffreys priors).

    CTR and CVR: Beta(x + 1/2, n - x + 1/2), or Gamma(x + 1/2) / n where conversions exceed clicks. CPA and CPC: spend
    over the Gamma quantiles of the count. AOV and ROAS: log-normal with `sampling_variance`. CPM and totals that are
    no counts are known exactly. Where no event was seen, a rate's upper bound is the one under which that has a
    probability of 5 % (the modified Jeffreys interval of Brown, Cai and DasGupta 2001).
    None where the KPI is not defined, or nothing worth an interval was counted.
    """
    metric = METRICS[kpi]
    if any(getattr(metrics, count) is None for count in metric.counts):
        return None
    if metric.events is None:
        exact = metric.value(metrics)
        return (exact, exact) if exact else None
    if metric.unit is Unit.SHARE:
        return _rate_interval(*_sides(kpi, metrics))
    if metric.numerator == "spend" and metric.denominator == metric.events:
        return _cost_interval(*_sides(kpi, metrics))
    value, variance = metric.value(metrics), sampling_variance(kpi, metrics)
    if value is None or variance is None:
        return None
    half = Z90 * math.sqrt(variance)
    if half > WIDEST:
        return None
    return (value * math.exp(-half), value * math.exp(half))


def _sides(kpi: str, metrics: Metrics) -> tuple[float, float]:
    numerator, denominator = METRICS[kpi].counts
    return getattr(metrics, numerator), getattr(metrics, denominator)


def _rate_variance(events: float, trials: float) -> float | None:
    if not events or not trials:
        return None
    share = events / trials
    return (1 - share) / events if share < 1 else 1 / events


def _rate_interval(events: float, trials: float) -> Interval | None:
    if trials <= 0:
        return None
    if not events:
        return (0.0, float(-math.expm1(math.log(TAIL) / trials)))
    a, b = events + 0.5, trials - events + 0.5
    if events > trials:
        return (float(gammaincinv(a, TAIL)) / trials, float(gammaincinv(a, 1 - TAIL)) / trials)
    low = min(float(betaincinv(a, b, TAIL)), events / trials)  # a fraction of an event lies below the prior's own
    high = float(betaincinv(a, b, 1 - TAIL)) if events < trials else 1.0
    return (low, high)


def _cost_interval(spend: float, events: float) -> Interval | None:
    if events <= 0:
        return None
    return (spend / float(gammaincinv(events + 0.5, 1 - TAIL)), spend / float(gammaincinv(events + 0.5, TAIL)))
