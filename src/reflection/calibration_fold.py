"""Growing a calibration: every campaign is predicted, scored, and only then learned, in the order of the ledger.

A fold over ledger entries, so the same ledger gives the same state however it is cut into batches. A campaign counts
as predicted once: its corrections replace what was learnt from it, but are no new test of the forecast, because their
first version was known by then. Pure; must not know stores.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from reflection import ledger
from reflection.calibration import (
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
from reflection.learning.layout import Feature
from reflection.learning.sequential import Sequential, fitted
from reflection.ledger import Evidence
from reflection.ports import LedgerEntry
from reflection.promise import METRICS, NO_FORECAST, Promise, observed, scales

WINDOW = 2_000
"""Campaigns that full fits are made of: older habits have had their time."""

REFIT_GROWTH = 0.1
SEED = 20_260_707


def fold(entries: Iterable[LedgerEntry], state: Calibration = EMPTY, *, held: Collection[str] = ()) -> Calibration:
    """The state after these entries, which must follow `state.seq` in order; earlier ones are ignored.

    `held` names campaigns suspected of a tracking fault: they neither test nor teach a forecast.
    """
    for entry in entries:
        if entry.seq <= state.seq:
            continue
        if entry.campaign_id not in held:
            evidence = ledger.decode(entry.payload)
            if entry.sign > 0:
                state = learn(state, evidence, first=entry.revision == 1)
            else:
                state = forget(state, evidence.campaign_id)
        state = replace(state, seq=entry.seq)
    return state


def learn(state: Calibration, evidence: Evidence, *, first: bool = True) -> Calibration:
    """Predict a campaign, score the prediction (unless it is a correction), then learn it."""
    promise = Promise.of(evidence)
    if promise.planner in NO_FORECAST:
        return state
    state = _with_budget(state, promise)
    seen = observed(promise.expected, evidence.actual)
    if not seen:
        return state
    x = features(state, promise)
    metrics = dict(state.metrics)
    for name, (y, v) in seen.items():
        metrics[name] = _learned(metrics.get(name, MetricState()), promise, name, x, y, v, first)
    bucket = state.campaigns_of.get(promise.platform, 0) // STEP
    row = Row(
        evidence.campaign_id, promise.platform, promise.objective, promise.planner, promise.currency,
        budget_of(state, promise), bucket, seen,
    )  # fmt: skip
    grown = replace(
        state,
        learned=state.learned + 1,
        campaigns_of={**state.campaigns_of, promise.platform: state.campaigns_of.get(promise.platform, 0) + 1},
        rows=(*state.rows, row)[-WINDOW:],
        metrics=metrics,
    )
    return refit(grown) if grown.learned >= grown.refit_at else grown


def forget(state: Calibration, campaign_id: str) -> Calibration:
    """Take back what a campaign taught; the score of its prediction stays, the prediction was made."""
    rows = tuple(row for row in state.rows if row.campaign_id != campaign_id)
    return state if len(rows) == len(state.rows) else refit(replace(state, rows=rows))


def refit(state: Calibration) -> Calibration:
    """Fit every metric anew on the kept campaigns, variance components included."""
    base: dict[str, int] = {}
    for row in state.rows:
        base[row.platform] = min(base.get(row.platform, row.bucket), row.bucket)
    designs = [
        {**context(row.platform, row.objective, row.planner, row.budget), **drift(base, row.platform, row.bucket)}
        for row in state.rows
    ]
    metrics = {name: replace(known, belief=_belief(name, state.rows, designs)) for name, known in state.metrics.items()}
    due = state.learned + max(1, int(min(state.learned, WINDOW) * REFIT_GROWTH))
    return replace(state, base=base, metrics=metrics, refit_at=due)


def _belief(name: str, rows: Iterable[Row], designs: list[dict[Feature, float]]) -> Sequential | None:
    used = [(design, *row.observed[name]) for row, design in zip(rows, designs, strict=True) if name in row.observed]
    if len(used) < START:
        return None
    x, y, v = zip(*used, strict=True)
    return fitted(x, y, v, seed=(SEED, METRICS.index(name)))


def _learned(
    known: MetricState, promise: Promise, name: str, x: dict[Feature, float], y: float, v: float, first: bool
) -> MetricState:
    belief, conformal = known.belief, known.conformal
    if belief is not None:
        if first:
            # Judged as it was predicted: with the sampling noise of the plan, delivery being unknown then.
            mean, sd = belief.predict(x, scales(promise.expected)[name].variance)
            conformal = conformal.learn(promise.platform, y - mean, sd, learned=known.learned)
        belief = belief.learn(x, y, v)
    return MetricState(belief, conformal, known.learned + 1)


def _with_budget(state: Calibration, promise: Promise) -> Calibration:
    """Freeze the reference budget of a currency at its first campaign."""
    currency = promise.currency or ""
    if currency in state.budgets or promise.expected.spend <= 0:
        return state
    return replace(state, budgets={**state.budgets, currency: float(np.log(promise.expected.spend))})
