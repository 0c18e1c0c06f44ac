"""Growing a calibration: every campaign is predicted, scored, and only then learned, in the order of the ledger.

A fold over ledger entries, so the same ledger gives the same state however it is cut into batches. A campaign counts
as predicted once: its corrections replace what was learnt from it, but are no new test of the forecast, because their
first version was known by then. Pure; must not know stores.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from reflection.domain import evidence
from reflection.domain.basis import reference_of
from reflection.domain.evidence import Evidence
from reflection.domain.maturity import evidence_by
from reflection.domain.metrics import PLAN_METRICS
from reflection.domain.planner_forecast import PlannerForecast, observed, scales
from reflection.domain.ports import LedgerEntry
from reflection.forecasting.calibration import (
    EMPTY,
    START,
    STEP,
    Calibration,
    MetricState,
    Row,
    budget_of,
    context,
    drift,
    features,
)
from reflection.stats.over_time.online_regression import fitted, with_intercept
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Design

WINDOW = 2_000
"""Campaigns that full fits are made of: older habits have had their time."""

REFIT_GROWTH = 0.5
REFIT_AFTER = 250
"""Full fits are due when the campaigns have grown by a share, and at the latest after so many: in between, beliefs are
conditioned on each campaign exactly, at the variance components of the last full fit."""

EXACT_BELOW = 20
"""With fewer campaigns a withdrawn one is followed by a full fit: it is cheap, and one campaign weighs much."""

SEED = 20_260_707


def fold(
    entries: Iterable[LedgerEntry],
    state: Calibration = EMPTY,
    *,
    held: Collection[str] = (),
    day: date | None = None,
    refits: bool = True,
) -> Calibration:
    """The state after these entries, which must follow `state.seq` in order; earlier ones are ignored.

    `held` names campaigns suspected of a tracking fault: they neither test nor teach a forecast. What one taught before
    it was held is still taken back when it is corrected or deleted. By `day` conversions have to be complete, or only
    the rest of a campaign is learnt: when they are, the fold begins again. Without `refits` it ends before the entry
    after which a full fit is due.
    """
    for entry in entries:
        if entry.seq <= state.seq:
            continue
        if not refits and entry.sign > 0 and state.learned + 1 >= state.refit_at:
            break
        if entry.sign < 0:
            state = forget(state, entry.campaign_id)
        elif entry.campaign_id not in held:
            state = learn(state, evidence.decode(entry.payload), first=entry.revision == 1, day=day)
        state = replace(state, seq=entry.seq)
    return state


def learn(state: Calibration, evidence: Evidence, *, first: bool = True, day: date | None = None) -> Calibration:
    """Predict a campaign, score the prediction (unless it is a correction), then learn it."""
    promise = PlannerForecast.of(evidence)
    if reference_of(evidence.planner, evidence.expected, evidence.actual) is not None:
        return state
    state = _with_budget(state, promise)
    outcomes = observed(promise.expected, evidence_by(evidence, day).actual)
    if not outcomes:
        return state
    x = features(state, promise)
    metrics = dict(state.metrics)
    for name, (y, v) in outcomes.items():
        metrics[name] = _learned(metrics.get(name, MetricState()), promise, name, x, y, v, first)
    bucket = state.campaigns_of.get(promise.platform_key, 0) // STEP
    row = Row(
        evidence.campaign_id, promise.platform_key, promise.objective_key, promise.planner, promise.currency,
        budget_of(state, promise), bucket, outcomes,
    )  # fmt: skip
    grown = replace(
        state,
        learned=state.learned + 1,
        campaigns_of={**state.campaigns_of, promise.platform_key: state.campaigns_of.get(promise.platform_key, 0) + 1},
        rows=(*state.rows, row)[-WINDOW:],
        metrics=metrics,
    )
    return refit(grown) if grown.learned >= grown.refit_at else grown


def forget(state: Calibration, campaign_id: str) -> Calibration:
    """Take back what a campaign taught; the score of its prediction stays, the prediction was made."""
    earlier = [row for row in state.rows if row.campaign_id == campaign_id]
    if not earlier:
        return state
    rows = tuple(row for row in state.rows if row.campaign_id != campaign_id)
    metrics = dict(state.metrics)
    for row in earlier:
        x = _design(row, state.base)
        for name, (y, v) in row.observed.items():
            metrics[name] = _unlearned(metrics[name], x, y, v)
    left = replace(state, rows=rows, metrics=metrics)
    lost = any(state.metrics[name].belief and not metric.belief for name, metric in metrics.items())
    return refit(left) if lost or len(rows) < EXACT_BELOW else left


def refit(state: Calibration) -> Calibration:
    """Fit every metric anew on the kept campaigns, variance components included."""
    base: dict[str, int] = {}
    for row in state.rows:
        base[row.platform] = min(base.get(row.platform, row.bucket), row.bucket)
    rows = [_design(row, base) for row in state.rows]
    designs: dict[tuple[int, ...], Design] = {}
    metrics = {}
    for name, metric in state.metrics.items():
        used = tuple(index for index, row in enumerate(state.rows) if name in row.observed)
        belief = None
        if len(used) >= START:
            if used not in designs:
                designs[used] = with_intercept([rows[index] for index in used])
            y, v = zip(*(state.rows[index].observed[name] for index in used), strict=True)
            belief = fitted(designs[used], y, v, seed=(SEED, PLAN_METRICS.index(name)))
        metrics[name] = replace(metric, belief=belief)
    due = state.learned + min(max(1, int(state.learned * REFIT_GROWTH)), REFIT_AFTER)
    return replace(state, base=base, metrics=metrics, refit_at=due)


def _design(row: Row, base: Mapping[str, int]) -> dict[Feature, float]:
    return {**context(row.platform, row.objective, row.planner, row.budget), **drift(base, row.platform, row.bucket)}


def _unlearned(metric: MetricState, x: dict[Feature, float], y: float, v: float) -> MetricState:
    """Without one campaign; without a belief when that cannot be worked out from the belief alone."""
    belief = None if metric.belief is None else metric.belief.unlearn(x, y, v)
    return replace(metric, belief=belief, learned=metric.learned - 1)


def _learned(
    metric: MetricState, promise: PlannerForecast, name: str, x: dict[Feature, float], y: float, v: float, first: bool
) -> MetricState:
    belief, conformal = metric.belief, metric.conformal
    if belief is not None:
        if first:
            # Judged as it was predicted: with the sampling noise of the plan, delivery being unknown then.
            mean, sd = belief.predict(x, scales(promise.expected)[name].variance)
            conformal = conformal.learn(promise.platform_key, y - mean, sd, learned=metric.learned)
        belief = belief.learn(x, y, v)
    return MetricState(belief, conformal, metric.learned + 1)


def _with_budget(state: Calibration, promise: PlannerForecast) -> Calibration:
    """Freeze the reference budget of a currency at its first campaign."""
    currency = promise.currency or ""
    if currency in state.budgets or promise.spend <= 0:
        return state
    return replace(state, budgets={**state.budgets, currency: float(np.log(promise.spend))})
