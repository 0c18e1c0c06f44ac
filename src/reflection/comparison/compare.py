"""Forecast against fact: every KPI with its interval, whether its change is beyond noise, and why CPA and ROAS moved.

Pure: campaign and learnt scatter in, `Comparison` out. Says nothing about causes beyond the accounting identity of
drivers.py, and must not know stores, clocks or signals.
"""

from collections.abc import Mapping, Sequence

from reflection.comparison.counting_noise import interval
from reflection.comparison.drivers import decompose, significance
from reflection.domain.campaign import Campaign
from reflection.domain.metrics import (
    AMOUNTS,
    COUNTS,
    HEADLINES,
    KPIS,
    METRICS,
    RATES,
    ScoreWeights,
    performance_score,
    rates,
)
from reflection.domain.results import Comparison, Decomposition, Delta, Rates

FEW_CONVERSIONS = 30
COVERAGE_WORTH_SAYING = 0.995


def compare(
    campaign: Campaign,
    *,
    generated_at: str,
    scatter: Mapping[str, float | None] | None = None,
    score_weights: ScoreWeights | None = None,
) -> Comparison:
    """Compare one campaign with its forecast.

    Args:
        scatter: learnt standard deviation between campaigns (log scale) per metric cpm, ctr, cvr, aov; metrics
            without one are judged by counting noise alone.
    """
    every_scatter = _composed_scatter(scatter or {})
    expected, actual = campaign.expected_metrics, campaign.actual_metrics
    plan, fact = rates(expected), rates(actual)
    deltas = {f"{kpi}_diff": _delta(kpi, campaign, plan, fact, every_scatter) for kpi in KPIS}
    drivers = decompose(expected, actual, every_scatter)
    return Comparison(
        campaign_id=campaign.campaign_id,
        generated_at=generated_at,
        expected_rates=plan,
        actual_rates=fact,
        deltas=deltas,
        performance_score=performance_score(actual, score_weights or ScoreWeights()),
        summary=tuple(_summary(deltas, drivers, flags := _flags(campaign))),
        drivers=drivers,
        flags=flags,
        breakdown_coverage=campaign.coverage(),
        currency=campaign.currency,
        score_reason=f"{_are(actual.unknown)} not known" if actual.unknown else None,
        expected_counts={name: getattr(expected, name) for name in COUNTS},
        actual_counts={name: getattr(actual, name) for name in COUNTS},
    )


def _composed_scatter(scatter: Mapping[str, float | None]) -> dict[str, float | None]:
    """Scatter of the composed KPIs: variances of the log factors add up, where all of them are known."""
    composed = dict(scatter)
    for kpi in (kpi for kpi in KPIS if len(METRICS[kpi].composition) > 1):
        factors = [scatter.get(factor) for factor in METRICS[kpi].composition]
        variances = [factor**2 for factor in factors if factor is not None]
        composed[kpi] = sum(variances) ** 0.5 if len(variances) == len(factors) else None
    return composed


def _delta(kpi: str, campaign: Campaign, plan: Rates, fact: Rates, scatter: Mapping[str, float | None]) -> Delta:
    before, after = getattr(plan, kpi), getattr(fact, kpi)
    reason = _why_missing(kpi, campaign, before, after)
    band = interval(kpi, campaign.actual_metrics)
    if before is None or after is None:
        return Delta(before, after, None, None, band, None, None, reason)
    z, beyond = significance(kpi, before, after, campaign.actual_metrics, scatter.get(kpi))
    if not before:
        return Delta(before, after, None, None, band, None, None, reason)
    favorable = None if after == before else METRICS[kpi].favors(after > before)
    return Delta(before, after, 100 * (after - before) / before, favorable, band, z, beyond, reason)


def _why_missing(kpi: str, campaign: Campaign, before: float | None, after: float | None) -> str | None:
    sides = {"forecast": campaign.expected_metrics, "fact": campaign.actual_metrics}
    for count in METRICS[kpi].counts:
        missing = [side for side, metrics in sides.items() if getattr(metrics, count) is None]
        if missing:
            return f"{_are((count,))} missing in the {' and the '.join(missing)}"
    if before is None:
        return f"the forecast has no {kpi.upper()} (its denominator is zero)"
    if after is None:
        return f"the fact has no {kpi.upper()} (its denominator is zero)"
    if before == 0:
        return "the expected value is 0, so a percentage has no meaning"
    return None


def _are(counts: Sequence[str]) -> str:
    """The subject and verb of a sentence about counts: ``revenue is``, ``clicks and spend are``."""
    return f"{' and '.join(counts)} {'is' if len(counts) == 1 and counts[0] in AMOUNTS else 'are'}"


def _not_known(count: str) -> str:
    """That nobody counted something, and which KPIs that costs."""
    names = [METRICS[kpi].short_name for kpi in KPIS if count in METRICS[kpi].counts]
    return f"{_are((count,))} not known: {', '.join(names[:-1])} and {names[-1]} cannot be computed"


def _flags(campaign: Campaign) -> tuple[str, ...]:
    """What a reader must know before trusting the numbers."""
    fact, plan = campaign.actual_metrics, campaign.expected_metrics
    coverage = campaign.coverage()
    found = {
        "conversions exceed clicks (view-through or modelled attribution): CVR is above 1": (
            fact.conversions is not None and fact.clicks is not None and fact.conversions > fact.clicks
        ),
        "revenue is missing: ROAS and AOV cannot be computed": fact.revenue is None,
        "the forecast has no revenue: ROAS cannot be compared": plan.revenue is None and fact.revenue is not None,
        "no conversions: there is no CPA": fact.conversions == 0,
        f"only {fact.conversions or 0:g} conversions: CVR and CPA are uncertain": (
            0 < (fact.conversions or 0) < FEW_CONVERSIONS
        ),
        **{_not_known(count): True for count in fact.unknown},
        f"the breakdown covers {100 * (coverage or 0):.0f} % of the impressions": (
            coverage is not None and coverage < COVERAGE_WORTH_SAYING
        ),
    }
    return tuple(text for text, holds in found.items() if holds)


def _summary(deltas: Mapping[str, Delta], drivers: tuple[Decomposition, ...], flags: tuple[str, ...]) -> list[str]:
    sentences = [_sentence(kpi, deltas[f"{kpi}_diff"]) for kpi in HEADLINES]
    for item in drivers:
        if item.kpi in ("cpa", "conversions"):
            parts = ", ".join(f"{d.factor.upper()} {d.displayed:+.2f}{_noise(d.beyond_noise)}" for d in item.drivers)
            sentences.append(f"{_title(item.kpi)} differs by {item.actual - item.expected:+.2f}: {parts}.")
    return sentences + [f"Note: {flag}." for flag in flags]


def _sentence(kpi: str, delta: Delta) -> str:
    name = _title(kpi)
    if delta.pct_diff is None or delta.expected is None or delta.actual is None:
        return f"{name} cannot be compared: {delta.reason}."
    verdict = {None: "as expected", True: "better", False: "worse"}[delta.favorable]
    noise = "beyond noise" if delta.beyond_noise else "within noise, so not a change one can rely on"
    return (
        f"{name} {_number(kpi, delta.expected)} expected, {_number(kpi, delta.actual)} actual "
        f"({delta.pct_diff:+.2f} %, {verdict}; {noise})."
    )


def _title(kpi: str) -> str:
    return kpi.upper() if kpi != "conversions" else "Conversions"


def _number(kpi: str, value: float) -> str:
    return f"{100 * value:.2f} %" if kpi in RATES else f"{value:,.2f}"


def _noise(beyond: bool) -> str:
    return "" if beyond else " (noise)"
