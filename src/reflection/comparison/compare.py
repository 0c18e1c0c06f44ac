"""Forecast against fact: every KPI with its interval, whether its change is beyond noise, and why CPA and ROAS moved.

Pure: campaign and learnt scatter in, `Comparison` out. Says nothing about causes beyond the accounting identity of
drivers.py, and must not know stores, clocks or signals.
"""

from collections.abc import Mapping, Sequence

from reflection.comparison.drivers import decompose
from reflection.comparison.judgement import judge
from reflection.domain.basis import Basis, basis_of
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.conversion_kind import plural
from reflection.domain.evidence import day_text, days_of
from reflection.domain.goal import as_given, brings_money, kind_of
from reflection.domain.maturity import LATE, STILL_COME_IN, counted_by, day_of
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
from reflection.domain.real_campaign import key_of
from reflection.domain.results import Comparison, Decomposition, Delta, Driver, Rates
from reflection.domain.scatter import NO_SCATTER, CampaignScatter
from reflection.domain.verdict import verdict_on

FEW_CONVERSIONS = 30
COVERAGE_WORTH_SAYING = 0.995
VOLUME_WORTH_SAYING = 0.1
"""Share by which a spend has to differ from the planned one to be told: cost and return say nothing of it."""
NO_RATES = Rates(None, None, None, None)
UNSOLD = "its conversions brought no revenue (refunded, or not counted?)"
NOTHING_TO_COMPARE = "there is no forecast to compare it with"


def compare(
    campaign: Campaign,
    *,
    generated_at: str,
    scatter: CampaignScatter = NO_SCATTER,
    score_weights: ScoreWeights | None = None,
) -> Comparison:
    """Compare one campaign with its forecast, or with what stands in its place.

    Args:
        scatter: learnt between campaigns; metrics without one are judged by counting noise alone.
        generated_at: the day of it decides whether the campaign's conversions are complete: else what is made of them
            is not judged, and says until when it waits.
    """
    written = as_given(campaign)
    campaign = counted_by(written, day_of(generated_at) if written.mature_on else None)
    basis = basis_of(written)
    expected, actual = campaign.expected_metrics, campaign.actual_metrics
    plan, fact = rates(expected) if basis.comparable else NO_RATES, rates(actual)
    waits = campaign is not written
    deltas = {f"{kpi}_diff": _delta(kpi, campaign, plan, scatter, basis, waits) for kpi in KPIS}
    drivers = decompose(expected, actual, scatter) if basis.comparable else ()
    flags = _flags(campaign, basis, waits=waits)
    ran = days_of(campaign.period_start, campaign.period_end)
    return Comparison(
        campaign_id=campaign.campaign_id,
        generated_at=generated_at,
        expected_rates=plan,
        actual_rates=fact,
        deltas=deltas,
        performance_score=performance_score(actual, score_weights or ScoreWeights()),
        summary=tuple(_summary(deltas, drivers, flags, basis)),
        drivers=drivers,
        flags=flags,
        breakdown_coverage=campaign.coverage(),
        currency=campaign.currency,
        score_reason=_no_score(campaign, written),
        basis=basis.name,
        verdict=verdict_on(deltas),
        conversion_kind=kind_of(campaign),
        campaign_name=campaign.name,
        expected_counts={name: getattr(expected, name) for name in COUNTS if basis.comparable},
        actual_counts={name: getattr(written.actual_metrics, name) for name in COUNTS},
        real_campaign=key_of(campaign),
        planner=campaign.planner,
        day=campaign.timestamp.date().isoformat(),
        platform=campaign.platform,
        ran=None if ran is None else (day_text(ran[0]), day_text(ran[1])),
    )


def _no_score(campaign: Campaign, written: Campaign) -> str | None:
    """Why there is no performance score; None where there is one."""
    if campaign is not written and not written.actual_metrics.unknown:
        return _until(campaign)
    unknown = written.actual_metrics.unknown
    return f"{_are(unknown)} not known" if unknown else None


def _until(campaign: Campaign) -> str:
    return f"{STILL_COME_IN} until {campaign.mature_on}"


def _delta(kpi: str, campaign: Campaign, plan: Rates, scatter: CampaignScatter, basis: Basis, waits: bool) -> Delta:
    before, after = getattr(plan, kpi), METRICS[kpi].value(campaign.actual_metrics)
    waiting = waits and not set(LATE).isdisjoint(METRICS[kpi].counts)
    reason = _until(campaign) if waiting else _why_missing(kpi, campaign, before, after, basis)
    expected = campaign.expected_metrics if basis.comparable else None
    band, z, beyond = judge(kpi, expected, campaign.actual_metrics, scatter.of(kpi))
    if not before or after is None or reason == UNSOLD:
        return Delta(before, after, None, None, band, None, None, reason)
    favorable = None if after == before else METRICS[kpi].favors(after > before)
    return Delta(before, after, 100 * (after - before) / before, favorable, band, z, beyond, reason)


def _why_missing(kpi: str, campaign: Campaign, before: float | None, after: float | None, basis: Basis) -> str | None:
    if METRICS[kpi].numerator == "revenue" and not _promises_money(campaign):
        return f"{plural(kind_of(campaign))} bring no revenue of their own, and none was given"
    if not basis.comparable:
        return NOTHING_TO_COMPARE
    sides = {basis.noun: campaign.expected_metrics, "the result": campaign.actual_metrics}
    for count in METRICS[kpi].counts:
        missing = [side for side, metrics in sides.items() if getattr(metrics, count) is None]
        if missing:
            return f"{_are((count,))} missing in {' and '.join(missing)}"
    if METRICS[kpi].numerator == "revenue" and _unsold(campaign.actual_metrics):
        return UNSOLD
    if before is None:
        return f"{basis.noun} has no {METRICS[kpi].short_name}, {_zero(kpi)}"
    if after is None:
        return f"the result has no {METRICS[kpi].short_name}, {_zero(kpi)}"
    if before == 0:
        return f"the expected {METRICS[kpi].short_name} is 0, so a percentage has no meaning"
    return None


def _zero(kpi: str) -> str:
    """That what a KPI is divided by is zero: ``its conversions are zero``."""
    return f"its {_are((str(METRICS[kpi].denominator),))} zero"


def _promises_money(campaign: Campaign) -> bool:
    """Whether a revenue is missed where there is none: its conversions bring money, or somebody expected some."""
    return brings_money(kind_of(campaign), campaign.expected_metrics.revenue, campaign.actual_metrics.revenue)


def _are(counts: Sequence[str]) -> str:
    """The subject and verb of a sentence about counts: ``revenue is``, ``clicks and spend are``."""
    return f"{' and '.join(counts)} {'is' if len(counts) == 1 and counts[0] in AMOUNTS else 'are'}"


def _not_known(count: str) -> str:
    """That nobody counted something, and which KPIs that costs."""
    names = [METRICS[kpi].short_name for kpi in KPIS if count in METRICS[kpi].counts]
    return f"{_are((count,))} not known: {', '.join(names[:-1])} and {names[-1]} cannot be computed"


def _flags(campaign: Campaign, basis: Basis, *, waits: bool) -> tuple[str, ...]:
    """What a reader must know before trusting the numbers."""
    fact, plan = campaign.actual_metrics, campaign.expected_metrics
    coverage = campaign.coverage()
    cautions = {
        "conversions exceed clicks (view-through or modelled attribution): CVR is above 1": (
            fact.conversions is not None and fact.clicks is not None and fact.conversions > fact.clicks
        ),
        f"{_until(campaign)}: CVR, CPA, ROAS and order value wait until then": waits,
        "revenue is missing: ROAS and AOV cannot be computed": (
            fact.revenue is None and not waits and _promises_money(campaign)
        ),
        f"{basis.noun} has no revenue: ROAS cannot be compared": (
            basis.comparable and plan.revenue is None and fact.revenue is not None
        ),
        f"{UNSOLD}: ROAS and order value are not judged": not waits and _unsold(fact) and _promises_money(campaign),
        "no conversions: there is no CPA": fact.conversions == 0,
        _few(fact): (0 < (fact.conversions or 0) < FEW_CONVERSIONS),
        f"nothing was spent: {_unpaid(plan, fact)}": fact.spend == 0,
        f"the volume is not the planned one: {_volume(campaign)}": basis.forecast and _other_volume(campaign),
        **{_not_known(count): True for count in fact.unknown if not (waits and count in LATE)},
        f"the breakdown covers {100 * (coverage or 0):.0f} % of the impressions": (
            coverage is not None and coverage < COVERAGE_WORTH_SAYING
        ),
    }
    return tuple(text for text, holds in cautions.items() if holds)


def _unsold(fact: Metrics) -> bool:
    """Whether conversions are counted and all they brought is nothing: no chance makes an order of zero."""
    return fact.revenue == 0 and bool(fact.conversions)


def _few(fact: Metrics) -> str:
    """What few conversions leave uncertain; where revenue is known, all that is made of it, too."""
    number = f"{fact.conversions or 0:g} conversion{'' if fact.conversions == 1 else 's'}"
    return f"only {number}: {'CVR and CPA' if fact.revenue is None else 'CVR, CPA, ROAS and order value'} are uncertain"


def _unpaid(plan: Metrics, fact: Metrics) -> str:
    """What to check where nothing was spent: what no money was planned for, and was seen, ran for nothing."""
    if not plan.spend and (fact.impressions or fact.clicks or fact.conversions):
        return "right for reach that costs nothing, else its spend is missing in these figures"
    return "check that the campaign ran, and that its spend is in these figures"


def _other_volume(campaign: Campaign) -> bool:
    """Whether the spend is so far from the planned one that the same cost and return are another result."""
    planned, spent = campaign.expected_metrics.spend, campaign.actual_metrics.spend
    return bool(planned and spent) and abs((spent or 0.0) / (planned or 1.0) - 1) >= VOLUME_WORTH_SAYING


def _volume(campaign: Campaign) -> str:
    """What was spent and what came of it, beside what was planned."""
    plan, fact = campaign.expected_metrics, campaign.actual_metrics
    money = f"{campaign.currency or ''} {{:,.0f}}".lstrip()
    spent, planned = fact.spend or 0.0, plan.spend or 1.0
    text = f"{money.format(spent)} spent, {money.format(planned)} planned ({100 * (spent / planned - 1):+.0f} %)"
    if plan.conversions and fact.conversions is not None:
        change = fact.conversions / plan.conversions - 1
        beside = (
            f"{round(plan.conversions, 1):,.10g} planned ({100 * change:+.0f} %)"
            if abs(change) >= 0.005
            else "as planned"
        )
        text += f"; {round(fact.conversions, 1):,.10g} conversions, {beside}"
    return text


def _summary(
    deltas: Mapping[str, Delta], drivers: tuple[Decomposition, ...], flags: tuple[str, ...], basis: Basis
) -> list[str]:
    sentences = [_sentence(kpi, deltas[f"{kpi}_diff"], basis) for kpi in HEADLINES]
    for item in drivers:
        if item.kpi in ("cpa", "conversions"):
            parts = ", ".join(f"{d.factor.upper()} {d.displayed:+z.2f}{_noise(d)}" for d in item.drivers)
            verb = "differ" if item.kpi == "conversions" else "differs"
            sentences.append(f"{_title(item.kpi)} {verb} by {item.actual - item.expected:+z.2f}: {parts}.")
    return sentences + [f"Note: {flag}." for flag in flags]


def _sentence(kpi: str, delta: Delta, basis: Basis) -> str:
    name = _title(kpi)
    if delta.actual is not None and not basis.comparable:
        return f"{name} {_number(kpi, delta.actual)}; {NOTHING_TO_COMPARE}."
    if delta.pct_diff is None or delta.expected is None or delta.actual is None:
        return f"{name} cannot be compared: {delta.reason}."
    verdict = {None: "unchanged", True: "better", False: "worse"}[delta.favorable]
    if basis.forecast and delta.favorable is None:
        verdict = "as expected"
    before = basis.figure.format(_number(kpi, delta.expected))
    return (
        f"{name} {before}, {_number(kpi, delta.actual)} actual ({delta.pct_diff:+z.2f} %, {verdict}; {_doubt(delta)})."
    )


def _doubt(delta: Delta) -> str:
    if delta.beyond_noise is None:
        return "not told from noise"
    return "beyond noise" if delta.beyond_noise else "within noise, so not a change one can rely on"


def _title(kpi: str) -> str:
    return kpi.upper() if kpi != "conversions" else "Conversions"


def _number(kpi: str, value: float) -> str:
    return f"{100 * value:.2f} %" if kpi in RATES else f"{value:,.2f}"


def _noise(driver: Driver) -> str:
    """That a factor's part is noise; a budget is decided, and has none."""
    return "" if driver.beyond_noise or driver.factor == "spend" else " (noise)"
