"""Creatives that wear out: how fast, since when, the day each falls below the average, and what that costs.

Reads what the fits say of age (`inference.columns.wear`): what a month takes from every creative, and what each
moved over its own life. Told under the control of findings: the age of creatives (or this one's own movement) must
explain the metric better than standing still at every look together and be a discovery, and the 90 % interval of the
creative's own pace must exclude "no change". Must not know how a slope is fitted.
"""

import math
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.effect import Trend, WearOut
from reflection.domain.evidence import day_text
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import money, rounded_lift, rounded_lifts
from reflection.inference.columns.wear import LIFE, MONTH, MONTHLY, own_month
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.findings.common import finding_id, is_favorable
from reflection.inference.findings.event_floor import FLOOR, having, reaches_floor
from reflection.inference.findings.over_time import over_time
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.over_time import slow_drift
from reflection.stats.quantiles import limits
from reflection.stats.sums.columns import Feature

FORESEEN_DAYS = 365
"""A day further away than that is not told."""

LATELY_DAYS = 60
"""Before the last day of a creative: what was spent on it then is what is spent on it now."""


@dataclass(frozen=True, eq=False)
class Pace:
    """How a creative moves on one metric, draws of log lifts: a month, and its present level; and the false-sign rate.

    ``months``: how old it was when it last ran.
    """

    feature: Feature
    months: float
    a_month: Floats
    level: Floats
    rate: float


def wear_out_findings(fitted: FittedMetrics, floor: EvidenceFloor = FLOOR) -> list[Finding]:
    """Every creative x metric that changes with its age, for the worse or the better."""
    findings = []
    for metric in fitted.metrics:
        for pace in _paces(fitted, metric):
            finding = _finding(fitted, metric, pace, floor)
            if finding is not None:
                findings.append(finding)
    return findings


def monthly_wear(fitted: FittedMetrics) -> dict[str, dict[str, Any]]:
    """What a month of age does to every creative, by metric, where that is a finding: {a_month, interval, lfsr}."""
    slopes: dict[str, dict[str, Any]] = {}
    for metric, one in fitted.metrics.items():
        column, discoveries = one.fit.layout.column(MONTHLY), fitted.discoveries(metric)
        if column is not None and discoveries.selected[column]:
            interval = [math.exp(limit) for limit in one.fit.interval(column)]
            rate = float(discoveries.lfsr[column])
            slopes[metric] = {"a_month": math.exp(one.fit.mean[column]), "interval": interval, "lfsr": rate}
    return slopes


def _paces(fitted: FittedMetrics, metric: str) -> list[Pace]:
    """Creatives old enough whose own pace is a discovery."""
    raw, present, discoveries = fitted.raw_effects(metric), fitted.effects(metric), fitted.discoveries(metric)
    layout, ages = raw.layout, fitted.design.ages
    columns, contrasts = slow_drift.paces(layout, LIFE, MONTHLY)
    places = [place for place, column in enumerate(columns) if discoveries.selected[column]]
    draws = contrasts[places] @ raw.draws.astype(np.float64) if places else np.empty((0, 0))
    features = {own_month(feature): feature for feature in ages.first}
    paces = []
    for place, a_month in zip(places, draws, strict=True):
        feature = features[layout.features[columns[place]]]
        column = layout.column(feature)
        if column is not None:
            level = present.draws[column].astype(np.float64)
            paces.append(Pace(feature, ages.months(feature), a_month, level, float(discoveries.lfsr[columns[place]])))
    return paces


def _finding(fitted: FittedMetrics, metric: str, pace: Pace, floor: EvidenceFloor) -> Finding | None:
    change = pace.months * pace.a_month
    low, high = (float(limit[0]) for limit in limits(change[None]))
    if low <= 0.0 <= high:
        return None
    campaigns, ages = fitted.table.campaigns, fitted.design.ages
    first, last = ages.first[pace.feature], ages.last[pace.feature]
    here, middle = having(fitted.table, pace.feature), (first + last) / 2
    if not reaches_floor(fitted, metric, floor, here & (campaigns.day <= middle), here & (campaigns.day > middle)):
        return None
    key, since = signals.Signal(*pace.feature), day_text(first)
    lift = math.exp(float(change.mean()))
    wrong = float((change * math.copysign(1.0, low) <= 0).mean())
    trend = Trend(
        since=since, change=lift, interval=(math.exp(low), math.exp(high)), lfsr=max(pace.rate, wrong),
        a_month=math.exp(float(pace.a_month.mean())), a_month_interval=_lifts(pace.a_month), ongoing=True,
    )  # fmt: skip
    spend, total = _spend(fitted, pace.feature, first), _known_sum(fitted.table.spend)
    worn = None if is_favorable(metric, lift) else _wear_out(fitted, metric, pace, trend)
    return over_time(
        fitted.table,
        metric,
        lift,
        trend.interval,
        trend.lfsr,
        here,
        (spend, (spend or 0.0) / total if total else 0.0),
        finding_id=finding_id("wear_out", key.key, metric),
        title=f"{key.label}: {METRICS[metric].label} {rounded_lift(lift)} since it was new on {since}",
        description=_describe(key, metric, trend, worn, fitted.table.currency),
        signal_key=key.key,
        metadata={
            "kind": "drift", "label": key.label, "change_points": [since], "ongoing": True,
            "a_month": {"lift": trend.a_month, "interval": trend.a_month_interval},
            "wear_out": None if worn is None else asdict(worn),
        },
        first_seen=since,
        last_confirmed=day_text(last),
    )  # fmt: skip


def _wear_out(fitted: FittedMetrics, metric: str, pace: Pace, trend: Trend) -> WearOut:
    """What a creative that gets worse does, and costs."""
    ages = fitted.design.ages
    first, last = ages.first[pace.feature], ages.last[pace.feature]
    better = 1.0 if is_favorable(metric, 2.0) else -1.0
    below, (earliest, latest) = _below_average(better * pace.level, better * pace.a_month, first, last)
    spend = _spend(fitted, pace.feature, last - LATELY_DAYS)
    monthly = None if spend is None else spend * MONTH / min(LATELY_DAYS, max(last - first, 1))
    lost = -np.expm1(better * pace.months * pace.a_month)
    low, high = (float(limit[0]) for limit in limits(lost[None]))
    return WearOut(
        new_on=trend.since, age_days=last - first, a_month=trend.a_month or 1.0,
        a_month_interval=trend.a_month_interval or (1.0, 1.0), change=trend.change, interval=trend.interval,
        below_average=below, below_average_interval=(earliest, latest), spend=monthly,
        cost=None if monthly is None else monthly * float(lost.mean()),
        cost_interval=None if monthly is None else (monthly * low, monthly * high),
    )  # fmt: skip


def _below_average(
    level: Floats, a_month: Floats, first: int, last: int
) -> tuple[str | None, tuple[str | None, str | None]]:
    """The day the level falls below zero: median, and 5th and 95th percentile; None where that is too far away.

    Args:
        level, a_month: draws, of which more is better.
    """
    falling = np.minimum(a_month, -1e-9)  # of draws that do not fall the day is as far away as can be
    days = np.clip(-level / falling * MONTH, first - last, 10.0 * FORESEEN_DAYS)
    early, middle, late = np.quantile(days, [0.05, 0.5, 0.95]).tolist()
    day = [None if value > FORESEEN_DAYS else day_text(last + round(value)) for value in (middle, early, late)]
    return day[0], (day[1], day[2])


def _describe(key: signals.Signal, metric: str, trend: Trend, worn: WearOut | None, currency: str | None) -> str:
    """What a marketer reads: the pace, the change, the day, the money."""
    pace = rounded_lift(trend.a_month or 1.0)
    text = (
        f"{METRICS[metric].label} of {key.label} moves by about {pace} a month: {rounded_lift(trend.change)} since it "
        f"was new on {trend.since} (90 % interval {rounded_lifts(trend.interval)})."
    )
    return text if worn is None else f"{text} {_day_in_words(worn)}{_cost_in_words(worn, currency)}"


def _day_in_words(worn: WearOut) -> str:
    earliest, latest = worn.below_average_interval
    if worn.below_average is None:
        since = "" if earliest is None else f", and hardly before {earliest}"
        return f"It stays above the average for more than a year as it goes{since}."
    if worn.below_average == worn.new_on:
        return "It was below the average from the start."
    last = day_text((date.fromisoformat(worn.new_on) - date(1970, 1, 1)).days + worn.age_days)
    verb = "fell" if worn.below_average <= last else "falls"
    between = f"between {earliest} and {latest}" if latest else f"not before {earliest}"
    return f"It {verb} below the average about {worn.below_average} ({between})."


def _cost_in_words(worn: WearOut, currency: str | None) -> str:
    if worn.spend is None or worn.cost is None or worn.cost_interval is None:
        return ""
    spend, cost, low, high = (
        money(value, currency, whole=True) for value in (worn.spend, worn.cost, *worn.cost_interval)
    )
    return f" Of {spend} a month spent on it, about {cost} ({low} to {high}) now bring nothing, unlike when it was new."


def _spend(fitted: FittedMetrics, feature: Feature, since: int) -> float | None:
    """Share-weighted spend with a signal from a day on, in the table's currency; None where no amount is known."""
    table = fitted.table
    share = table.shares[:, [table.features.index(feature)]].toarray()[:, 0]
    here = (share > 0) & (table.campaigns.day[table.campaign] >= since) & ~np.isnan(table.spend)
    return float(share[here] @ table.spend[here]) if here.any() else None


def _known_sum(amounts: Floats) -> float:
    return float(np.nansum(amounts))


def _lifts(draws: Floats) -> tuple[float, float]:
    low, high = limits(draws[None])
    return math.exp(float(low[0])), math.exp(float(high[0]))
