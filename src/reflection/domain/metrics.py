"""KPIs of one set of counts: CTR, CVR, CPM, CPC, CPA, AOV, ROAS, their intervals, and the performance score.

Pure functions of counts and amounts. A ratio whose denominator is zero is None, never 0 or infinity. Must not know
campaigns' forecasts, signals or what was learnt.
"""

import math
from dataclasses import dataclass

from scipy.special import betaincinv, gammaincinv

from reflection.domain.campaign import Metrics
from reflection.domain.results import Interval, Rates

KPIS = ("ctr", "cvr", "cpa", "roas", "cpm", "cpc", "aov")
LOWER_IS_BETTER = frozenset({"cpa", "cpm", "cpc"})
Z90 = 1.6448536269514722
"""Two-sided 90 % quantile of the standard normal distribution."""

WIDEST = 50.0
"""Half-width (log scale) from which an interval says nothing: a small fraction of one conversion was counted."""

ORDER_VALUE_CV = 1.0
"""Coefficient of variation of order values; about 1 in retail data, and what AOV's sampling variance assumes."""


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


def rates(metrics: Metrics) -> Rates:
    """All KPIs of one set of counts. CPM is per 1,000 impressions; money KPIs in the campaign's currency."""
    return Rates(
        ctr=ratio(metrics.clicks, metrics.impressions),
        cvr=ratio(metrics.conversions, metrics.clicks),
        cpa=ratio(metrics.spend, metrics.conversions),
        roas=_roas(metrics),
        cpm=_cpm(metrics),
        cpc=ratio(metrics.spend, metrics.clicks),
        aov=_aov(metrics),
    )


def _cpm(metrics: Metrics) -> float | None:
    cost_per_impression = ratio(metrics.spend, metrics.impressions)
    return None if cost_per_impression is None else 1000 * cost_per_impression


def _aov(metrics: Metrics) -> float | None:
    return ratio(metrics.revenue, metrics.conversions)


def _roas(metrics: Metrics) -> float | None:
    return ratio(metrics.revenue, metrics.spend)


def performance_score(metrics: Metrics, weights: ScoreWeights) -> float:
    """The specification's score: w_conv * conversions + w_ctr * CTR - w_cpa * CPA; an undefined ratio adds nothing."""
    values = rates(metrics)
    return (
        weights.conversion * metrics.conversions + weights.ctr * (values.ctr or 0.0) - weights.cpa * (values.cpa or 0.0)
    )


def sampling_variance(kpi: str, metrics: Metrics) -> float | None:
    """Variance of the KPI's logarithm from counting noise alone; None where nothing was counted.

    Delta method. A rate p from x events has (1 - p) / x, a count 1 / x; order values scatter with ORDER_VALUE_CV, so
    AOV has CV^2 / conversions and revenue (a sum of a random number of orders) (1 + CV^2) / conversions. CPM is spend
    over impressions, both known exactly: 0.
    """
    clicks, conversions = metrics.clicks, metrics.conversions
    spread = ORDER_VALUE_CV**2
    if kpi == "cpm":
        return 0.0 if metrics.impressions and metrics.spend else None
    if kpi == "ctr":
        return _rate_variance(clicks, metrics.impressions)
    if kpi == "cpc":
        return 1 / clicks if clicks else None
    if kpi == "cvr":
        return _rate_variance(conversions, clicks)
    if kpi == "cpa":
        return 1 / conversions if conversions else None
    if kpi == "aov":
        return spread / conversions if conversions and metrics.revenue else None
    return (1 + spread) / conversions if conversions and metrics.revenue else None


def interval(kpi: str, metrics: Metrics) -> Interval | None:
    """90 % credible interval of the rate behind the observed KPI, from counting noise (Jeffreys priors).

    CTR and CVR: Beta(x + 1/2, n - x + 1/2), or Gamma(x + 1/2) / n where conversions exceed clicks. CPA and CPC: spend
    over the Gamma quantiles of the count. AOV and ROAS: log-normal with `sampling_variance`. CPM is known exactly.
    None where the KPI is not defined, or nothing worth an interval was counted.
    """
    if kpi == "ctr":
        return _rate_interval(metrics.clicks, metrics.impressions)
    if kpi == "cvr":
        return _rate_interval(metrics.conversions, metrics.clicks)
    if kpi in ("cpa", "cpc"):
        return _cost_interval(metrics.spend, metrics.conversions if kpi == "cpa" else metrics.clicks)
    value, variance = {"cpm": _cpm, "aov": _aov, "roas": _roas}[kpi](metrics), sampling_variance(kpi, metrics)
    if value is None or variance is None:
        return None
    half = Z90 * math.sqrt(variance)
    if half > WIDEST:
        return None
    return (value * math.exp(-half), value * math.exp(half))


def _rate_variance(events: float, trials: float) -> float | None:
    if not events or not trials:
        return None
    share = events / trials
    return (1 - share) / events if share < 1 else 1 / events


def _rate_interval(events: float, trials: float) -> Interval | None:
    if trials <= 0:
        return None
    a, b = events + 0.5, trials - events + 0.5
    if events > trials:
        return (float(gammaincinv(a, 0.05)) / trials, float(gammaincinv(a, 0.95)) / trials)
    low = min(float(betaincinv(a, b, 0.05)), events / trials)  # a fraction of an event lies below the prior's own
    high = float(betaincinv(a, b, 0.95)) if events < trials else 1.0
    return (low, high)


def _cost_interval(spend: float, events: float) -> Interval | None:
    if events <= 0:
        return None
    return (spend / float(gammaincinv(events + 0.5, 0.95)), spend / float(gammaincinv(events + 0.5, 0.05)))
