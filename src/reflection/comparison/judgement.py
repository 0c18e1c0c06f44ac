"""Whether a KPI moved beyond noise: one interval decides, and it is the one that is shown.

The interval of the fact is its counting noise, widened by the scatter between campaigns once a fit has learnt it. A
difference is beyond noise if and only if the forecast lies outside: the same as the interval of actual / forecast not
holding 1. Pure; must not know other KPIs, signals or how a scatter was learnt.
"""

import math
from typing import NamedTuple

from reflection.comparison.counting_noise import TAIL, WIDEST, Z90, interval, sampling_variance
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import METRICS, RATES
from reflection.domain.weights import Interval

SAME = 1e-9
"""Relative difference that is the rounding of floats."""

EVENTS_DUE = -math.log(TAIL)
"""Events that must be due before seeing none of them is beyond noise: 3.0."""


class Judgement(NamedTuple):
    """How a KPI of the fact compares with its expected value.

    Attributes:
        interval: 90 % interval of the actual value; None where nothing can be said of it.
        z: the log ratio in standard errors; beyond `Z90` if and only if it is beyond noise. None where it has none.
        beyond_noise: whether the expected value lies outside; None where there is no interval or nothing expected.
    """

    interval: Interval | None
    z: float | None
    beyond_noise: bool | None


def judge(kpi: str, expected: Metrics | None, actual: Metrics, sigma: float | None) -> Judgement:
    """Hold a KPI of the fact against what was expected.

    Args:
        expected: None where there is nothing to compare with.
        sigma: learnt standard deviation of the KPI's logarithm between campaigns; None or 0 while unknown.
    """
    metric = METRICS[kpi]
    before, value = None if expected is None else metric.value(expected), metric.value(actual)
    if value is None:
        return Judgement(None, None, None)
    band = _widened(kpi, value, actual, sigma or 0.0) if value else _nothing_seen(kpi, expected, actual, sigma or 0.0)
    if not before or band is None:
        return Judgement(band, None, None)
    low, high = band
    beyond = not low * (1 - SAME) <= before <= high * (1 + SAME)
    return Judgement(band, _z(kpi, before, actual, band, sigma or 0.0), beyond)


def _widened(kpi: str, value: float, actual: Metrics, sigma: float) -> Interval | None:
    """The interval of counting noise, each side's half-width (log scale) and the scatter's added as variances are."""
    counted = interval(kpi, actual)
    if counted is None:
        return None
    low, high = min(counted[0], value), max(counted[1], value)
    if not sigma:
        return (low, high)
    down, up = math.hypot(math.log(value / low), Z90 * sigma), math.hypot(math.log(high / value), Z90 * sigma)
    if max(down, up) > WIDEST:
        return None
    low, high = min(low, value * math.exp(-down)), max(high, value * math.exp(up))
    return (low, min(high, 1.0) if kpi in RATES and value <= 1 else high)


def _nothing_seen(kpi: str, expected: Metrics | None, actual: Metrics, sigma: float) -> Interval | None:
    """From zero to the highest value at which seeing no event has a probability of 5 %.

    A rate's own bound; of ROAS the expected one at which that many conversions were due. The scatter widens it as it
    does the interval of a single event. Where events came and the value is 0 all the same, nothing can be said.
    """
    metric = METRICS[kpi]
    if metric.denominator is None or metric.events is None or getattr(actual, metric.events) != 0:
        return None
    factor = math.exp(math.hypot(math.log(EVENTS_DUE), Z90 * sigma)) / EVENTS_DUE
    if kpi in RATES:
        counted = interval(kpi, actual)
        return None if counted is None else (0.0, min(1.0, counted[1] * factor))
    before = None if expected is None else metric.value(expected)
    planned = 0.0 if expected is None else getattr(expected, metric.events)
    exposure = 0.0 if expected is None else getattr(expected, metric.denominator)
    due = getattr(actual, metric.denominator) * planned / exposure if planned and exposure else 0.0
    return (0.0, before * EVENTS_DUE / due * factor) if before and due else None


def _z(kpi: str, expected: float, actual: Metrics, band: Interval, sigma: float) -> float | None:
    """By the delta method; where that says otherwise than the interval, which is skewed, on the interval's scale."""
    value, variance = METRICS[kpi].value(actual), sampling_variance(kpi, actual)
    if not value or variance is None or not variance + sigma**2:
        return None
    change, (low, high) = math.log(value / expected), band
    z = change / math.sqrt(variance + sigma**2)
    side = math.log(high / value) if expected > value else math.log(value / low)
    return z if (abs(z) > Z90) == (abs(change) > side) or side <= 0 else Z90 * change / side
