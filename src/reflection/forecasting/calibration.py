"""How far off forecasts usually are, and what a forecast is worth once that is taken into account.

The bias ``log(actual / expected)`` of each metric is learnt from platform, objective, planner, a log-budget slope and
slow drift by the same engine as effects; predictive intervals are made honest by conformal prediction, adaptive per
platform (LEARNING 7). Here: the state and what can be read from it. It is grown by `calibration_update`. Pure; must not
know stores, nor what a plan consists of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy import special

from reflection.domain.forecast_register import ISSUER
from reflection.domain.metrics import METRICS
from reflection.domain.planner_forecast import ForecastScale, PlannerForecast, is_reference, scales
from reflection.domain.ports import ForecastRow
from reflection.domain.signals import parse
from reflection.domain.weights import Interval
from reflection.stats.honesty.conformal import LEVELS, Conformal
from reflection.stats.over_time.drift import steps
from reflection.stats.over_time.online_regression import Sequential
from reflection.stats.sums.columns import Feature

VERSION = "calibration-1"
START = 5
"""Fewer campaigns than this say nothing about a planner's habits."""

STEP = 20
"""Campaigns of a platform after which its bias may have moved by one step."""

LEAST_SD = 1e-3
FAR = float(np.log(3.0))
"""A budget more than three times outside what was seen is not identified."""

_WIDEST = float(special.ndtri(0.5 + LEVELS[-1] / 2))

BUDGET = Feature("~budget", "log_spend")
PLANNER = "planner"
DRIFTING = "platform"


@dataclass(frozen=True, slots=True)
class Row:
    """One campaign as calibration keeps it: context, log budget (centred per currency) and what was observed."""

    campaign_id: str
    platform: str
    objective: str
    planner: str | None
    currency: str | None
    budget: float | None
    bucket: int
    observed: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class MetricState:
    """Belief about the bias of one metric, and the scores of its predictions. `learned` counts its campaigns."""

    belief: Sequential | None = None
    conformal: Conformal = field(default_factory=Conformal)
    learned: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything calibration knows after ledger entry `seq`.

    Attributes:
        learned: campaigns taken in so far; `refit_at`: how many there will be when the next full fit is due.
        budgets: currency ("" = not stated) -> log spend that counts as budget 0, frozen at its first campaign.
        campaigns_of: campaigns per platform so far; `base`: the platform's first time bucket in the last full fit.
        rows: the last campaigns, oldest first, what full fits are made of.
    """

    seq: int = 0
    learned: int = 0
    refit_at: int = START
    budgets: Mapping[str, float] = field(default_factory=dict)
    campaigns_of: Mapping[str, int] = field(default_factory=dict)
    base: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    metrics: Mapping[str, MetricState] = field(default_factory=dict)


EMPTY = Calibration()


@dataclass(frozen=True, slots=True)
class CalibratedMetric:
    """One metric of a promise, corrected.

    Attributes:
        planner: the promised value; `point`: the median we expect instead.
        mean_log, sd_log: our distribution of log(actual / expected), its width already made honest by conformal.
        intervals: level in per cent -> [low, high] in the metric's units.
        p_reached: probability that the promise is reached or beaten.
        learned: campaigns it rests on; `unseen`: context no campaign had before, which widens the interval.
    """

    metric: str
    planner: float
    point: float
    mean_log: float
    sd_log: float
    intervals: Mapping[str, Interval]
    p_reached: float
    learned: int
    unseen: tuple[str, ...]
    scale: ForecastScale


def predict(state: Calibration, promise: PlannerForecast) -> dict[str, CalibratedMetric]:
    """Every metric of a promise that enough campaigns speak of, corrected.

    Empty while there are too few, and for a reference: correcting figures that were taken from the facts would foretell
    the facts by themselves.
    """
    if is_reference(promise.planner):
        return {}
    believed = {
        name: (metric, metric.belief)
        for name, metric in state.metrics.items()
        if metric.belief and metric.learned >= START
    }
    if not believed:
        return {}
    row = features(state, promise)
    return {
        name: _calibrated(name, scale, *believed[name], row, promise.platform_key)
        for name, scale in scales(promise.expected).items()
        if name in believed
    }


def _calibrated(
    name: str,
    scale: ForecastScale,
    learnt: MetricState,
    belief: Sequential,
    row: Mapping[Feature, float],
    platform_key: str,
) -> CalibratedMetric:
    mean, sd = belief.predict(row, scale.variance)
    reaches = learnt.conformal.multipliers(platform_key, learned=learnt.learned)
    # Planners who were never wrong have scores of zero; a distribution still needs a width.
    honest = max(sd * reaches[-1] / _WIDEST, LEAST_SD)
    above = float(special.ndtr(mean / honest))
    return CalibratedMetric(
        metric=name,
        planner=scale.base,
        point=scale.value(mean),
        mean_log=mean,
        sd_log=honest,
        intervals={
            f"{level * 100:.0f}": (scale.value(mean - reach * sd), scale.value(mean + reach * sd))
            for level, reach in zip(LEVELS, reaches, strict=True)
        },
        p_reached=above if METRICS[name].favors(True) else 1.0 - above,
        learned=learnt.learned,
        unseen=tuple(str(feature) for feature in sorted(feature for feature in row if _is_new(feature, belief))),
        scale=scale,
    )


def features(state: Calibration, promise: PlannerForecast) -> dict[Feature, float]:
    """The design row of a promise: platform, objective, planner, budget slope and the platform's steps so far."""
    bucket = state.campaigns_of.get(promise.platform_key, 0) // STEP
    row = context(promise.platform_key, promise.objective_key, promise.planner, budget_of(state, promise))
    return {**row, **drift(state.base, promise.platform_key, bucket)}


def context(platform_key: str, objective_key: str, planner: str | None, budget: float | None) -> dict[Feature, float]:
    """The part of a design row that does not depend on time."""
    row = {_feature(key): 1.0 for key in (platform_key, objective_key)}
    if planner is not None:
        row[Feature(PLANNER, planner)] = 1.0
    if budget is not None:
        row[BUDGET] = budget
    return row


def drift(base: Mapping[str, int], platform_key: str, bucket: int) -> dict[Feature, float]:
    """Steps the platform has made since the first bucket of the last full fit."""
    return steps(DRIFTING, _parts(platform_key)[1], bucket, first=base.get(platform_key, 0))


def budget_of(state: Calibration, promise: PlannerForecast) -> float | None:
    """Log of the planned spend against the reference of its currency; None without a spend."""
    if promise.spend <= 0:
        return None
    log_spend = float(np.log(promise.spend))
    return log_spend - state.budgets.get(promise.currency or "", log_spend)


def budget_range(state: Calibration, currency: str | None) -> tuple[float, float] | None:
    """Least and most planned spend among the campaigns it rests on, in money of the currency."""
    amounts = [row.budget for row in state.rows if row.budget is not None and row.currency == currency]
    if not amounts:
        return None
    reference = state.budgets.get(currency or "", 0.0)
    return float(np.exp(reference + min(amounts))), float(np.exp(reference + max(amounts)))


def forecast_rows(
    state: Calibration,
    promise: PlannerForecast,
    *,
    issued_at: str,
) -> list[ForecastRow]:
    """Our forecast of a campaign that is not learned yet, for the append-only register; whose it is must be added."""
    return [
        ForecastRow(
            issuer=ISSUER,
            version=VERSION,
            issued_at=issued_at,
            metric=name,
            point=forecast.point,
            quantiles=quantiles(forecast),
            currency=promise.currency if METRICS[name].monetary else None,
            detail={
                "planner": forecast.planner, "mean_log": forecast.mean_log, "sd_log": forecast.sd_log,
                "p_reached": forecast.p_reached,
                "learned": forecast.learned, "seq": state.seq,
            },
        )
        for name, forecast in predict(state, promise).items()
    ]  # fmt: skip


def quantiles(forecast: CalibratedMetric) -> dict[str, float]:
    """The intervals as quantiles: level text -> value."""
    values = {"0.5": forecast.point}
    for level in LEVELS:
        low, high = forecast.intervals[f"{level * 100:.0f}"]
        values[f"{(1 - level) / 2:.4g}"], values[f"{(1 + level) / 2:.4g}"] = low, high
    return dict(sorted(values.items(), key=lambda item: float(item[0])))


def _parts(key: str) -> tuple[str, str]:
    signal = parse(key)
    return signal.group, signal.level


@lru_cache(maxsize=1_024)
def _feature(key: str) -> Feature:
    return Feature(*_parts(key))


def _is_new(feature: Feature, belief: Sequential) -> bool:
    return not feature.group.startswith("~") and not belief.knows(feature)
