"""What a plan will probably do: the planner's figure, ours from the signals, the blend, and how sure that is.

Two sources speak of each metric: the promise, corrected by what calibration learnt about such promises, and the
posteriors of the signals in the plan; they are pooled (`belief`). What the data cannot say is called "not identified".
Pure; must not know stores or requests.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, PLAN_METRICS, rate_behind
from reflection.domain.plan import Plan
from reflection.domain.planner_forecast import scales
from reflection.domain.results import SimilarCampaign
from reflection.domain.steps import in_steps
from reflection.forecasting import calibration, plan_notes
from reflection.forecasting.belief import Belief, blend
from reflection.forecasting.calibration import CalibratedMetric, Calibration
from reflection.forecasting.plan_season import season_shift, week_shift
from reflection.forecasting.plan_size import far_outside, planned_size
from reflection.forecasting.plan_texts import NO_SHIFT, TextShift
from reflection.forecasting.plan_total import total
from reflection.forecasting.rate_shift import RateShift, together
from reflection.forecasting.usual import Usual
from reflection.inference.doubt.doubts import doubts_in
from reflection.inference.doubt.unrecorded import unknown_of
from reflection.inference.fits import posterior
from reflection.inference.fits.posterior import USUAL_SIZE, PlannedSize, RealCampaign
from reflection.inference.totals.goal_totals import GoalTotals
from reflection.inference.totals.total_effects import SEED, TotalEffects
from reflection.inference.totals.usual_delivery import booked
from reflection.stats.honesty.conformal import LEVELS

DRIVERS = 8


def evaluate(
    plans: Sequence[tuple[str, Plan]],
    knowledge: Knowledge,
    state: Calibration,
    similar: Mapping[str, Sequence[SimilarCampaign]] | None = None,
    *,
    totals: GoalTotals | None = None,
    texts: Mapping[str, TextShift] = MappingProxyType({}),
    pending: int = 0,
    stored_with: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """Evaluate named plans.

    Args:
        totals: of this knowledge, where they are there.
        texts: what the texts of new creatives add to a plan, by its name.
        pending: stored campaigns that `knowledge` has not taken in yet.
        stored_with: signals of the plans that `knowledge` does not have -> stored campaigns that carry them.

    Returns:
        {plans[{plan_id, metrics{name: {planner, signals, calibrated, intervals{"50", "80", "90"}, p_target, p_better,
        usual, identified}}, booked[], drivers[], similar[], texts[], notes[]}], total, as_of, epoch, pending}; figures
        nobody can give are None. `usual` is what the account gets for the objective on this platform (of a plan that
        names nothing else, on all), `booked` the total effects of what is booked; `drivers`, partial effects, explain
        only.
    """
    goals = totals or GoalTotals(knowledge)  # of many plans of one goal, what they share is worked out once
    evaluations = [
        _evaluated(
            name,
            plan,
            goals.of_kind(knowledge.kind_for(plan)),
            partial(goals.effects, knowledge.kind_for(plan)),
            state,
            (similar or {}).get(name, ()),
            stored_with,
            texts.get(name, NO_SHIFT),
        )
        for name, plan in in_steps(plans)
    ]
    return {
        "plans": evaluations,
        "total": total(plans, evaluations, {knowledge.kind_for(plan) for _, plan in plans}),
        "as_of": knowledge.as_of,
        "epoch": knowledge.epoch,
        "pending": pending,
    }


def _evaluated(
    name: str,
    plan: Plan,
    knowledge: Knowledge,
    effects: Callable[[], TotalEffects],
    state: Calibration,
    similar: Sequence[SimilarCampaign],
    stored_with: Mapping[str, int],
    texts: TextShift,
) -> dict[str, Any]:
    promise, own, objective = plan.promise(), plan.shares(), signals.of_objective(plan.objective).key
    shares = booked(knowledge, own, objective)
    corrected = calibration.predict(state, promise)
    expected = {key: scale.base for key, scale in scales(promise.expected).items()}
    campaign = RealCampaign(plan.real_campaign, frozenset(root(key) for key in own))
    size = planned_size(plan, knowledge, shares)
    far = far_outside(plan, knowledge, state, size)
    same_money, doubtful = knowledge.currency == plan.currency, doubts_in(knowledge, own)
    usual, season = Usual(knowledge, plan, shares), season_shift(plan, knowledge)
    shifts = (season, week_shift(plan, knowledge), texts)
    metrics = {}
    for metric in PLAN_METRICS:
        comparable = same_money or metric not in _IN_MONEY
        comparable = comparable and not unknown_of(knowledge, own, rate_behind(metric))
        ours = from_signals(knowledge, metric, shares, plan.budget, size, campaign, shifts) if comparable else None
        in_range = far is None or (metric not in _OF_SCALE and metric not in knowledge.size)
        metrics[metric] = _metric(
            metric, expected.get(metric), corrected.get(metric), ours, plan.targets.get(metric),
            usual.level(metric, size, shifts[:2]) if comparable else None,
            identified=in_range and not doubtful, compared=in_range and not usual.doubts,
        )  # fmt: skip
    return {
        "plan_id": name,
        "metrics": metrics,
        "booked": _booked(knowledge, effects, own, objective),
        "drivers": drivers(knowledge, own),
        "similar": [asdict(item) for item in similar],
        "texts": list(texts.texts),
        "notes": [
            *plan_notes.not_learnt(knowledge, own, stored_with),
            *plan_notes.not_recorded(knowledge, own),
            *plan_notes.not_told_apart(knowledge, doubtful, usual.doubts),
            *plan_notes.notes_on(plan, knowledge, state, corrected, far, same_money),
            *plan_notes.without_figures(knowledge, metrics, knowledge.kind_for(plan)),
            *plan_notes.of_targets(plan),
            *plan_notes.of_size(knowledge, size),
            *plan_notes.of_past(knowledge, campaign),
            *season.notes,
            *texts.notes,
        ],
    }


_OF_SCALE = frozenset(name for name in PLAN_METRICS if name != "ctr")
"""Metrics that change with the amount spent in a way the data does not show outside of what was spent before; a rate
whose slope was learnt is one, too."""

_IN_MONEY = frozenset(name for name in PLAN_METRICS if METRICS[name].monetary or METRICS[name].total)
"""Metrics whose prediction from signals mixes the plan's money with the money that was learnt in."""


def from_signals(
    knowledge: Knowledge,
    metric: str,
    shares: Mapping[str, float],
    budget: float,
    size: PlannedSize = USUAL_SIZE,
    campaign: RealCampaign | None = None,
    shifts: Sequence[RateShift] = (),
) -> Belief | None:
    """The prediction of one metric from the signals and the size of a plan, what its days and new texts add, and its
    own past where it ran before; scatter and sampling noise included."""
    source = rate_behind(metric)
    stated = frozenset() if campaign is None else campaign.stated
    draws = posterior.level_draws(knowledge, source, shares, np.random.default_rng(SEED), size, campaign, stated=stated)
    if draws is None:
        return None
    events = _expected_events(knowledge, metric, shares, budget, size)
    noise = METRICS[metric].noise / (events + 0.5)
    moved, doubt = together(shifts, source)
    variance = float(draws.var()) + posterior.scatter(knowledge, source, campaign) ** 2 + noise + doubt
    mean = float(draws.mean()) + moved + (float(np.log(budget)) if METRICS[metric].total else 0.0)
    return Belief(mean, float(np.sqrt(variance)), events, METRICS[metric].lower_is_better)


def drivers(knowledge: Knowledge, shares: Mapping[str, float]) -> list[dict[str, Any]]:
    """The learnings that move this plan on the goal metric, the strongest first."""
    mix = posterior.resolved(knowledge, shares)
    # An interval without width belongs to an effect that is fixed at none: there is nothing it differs from.
    moving = [
        one
        for one in knowledge.effects
        if one.metric == knowledge.goal_metric
        and one.signal in mix
        and one.interval[0] < one.interval[1]
        and one.identified
    ]
    moving.sort(key=lambda one: (-abs(float(np.log(one.effect))) * mix[one.signal], one.signal))
    return [
        {
            "signal": effect.signal, "label": signals.label_of(effect.signal, knowledge.spellings),
            "metric": effect.metric, "share": mix[effect.signal], "effect": effect.effect,
            "interval": list(effect.interval), "finding": effect.finding, "campaigns": effect.campaigns,
            "reason": effect.reason, "evidence": list(_evidence(knowledge, effect.signal)),
        }
        for effect in moving[:DRIVERS]
    ]  # fmt: skip


def _evidence(knowledge: Knowledge, signal: str) -> tuple[str, ...]:
    return next((finding.supporting for finding in knowledge.findings if finding.signal_key == signal), ())


def _metric(
    metric: str,
    planner: float | None,
    corrected: CalibratedMetric | None,
    ours: Belief | None,
    target: float | None,
    usual: float | None,
    *,
    identified: bool,
    compared: bool,
) -> dict[str, Any]:
    promise = None if corrected is None else Belief(np.log(corrected.planner) + corrected.mean_log, corrected.sd_log)
    belief, weight = blend(promise, ours)
    lower = METRICS[metric].lower_is_better
    sure, beside = belief if identified else None, belief if compared else None
    intervals: dict[str, Any] = {}
    if corrected is not None and ours is None:
        intervals = {level: list(bounds) for level, bounds in corrected.intervals.items()}
    elif belief is not None:
        intervals = {f"{level * 100:.0f}": list(belief.interval(level)) for level in LEVELS}
    return {
        "planner": planner,
        "signals": None if ours is None else ours.point,
        "corrected": None if corrected is None else corrected.point,
        "calibrated": None if belief is None else (corrected.point if corrected and ours is None else belief.point),
        "intervals": intervals or {f"{level * 100:.0f}": None for level in LEVELS},
        "p_target": None if sure is None or target is None else sure.beats(target, lower_is_better=lower),
        "p_planner": None if sure is None or not planner else sure.beats(planner, lower_is_better=lower),
        "p_better": None if beside is None or usual is None else beside.beats(usual, lower_is_better=lower),
        "target": target,
        "usual": usual,
        "weight_of_signals": weight,
        "identified": identified and belief is not None,
    }


def _booked(
    knowledge: Knowledge, effects: Callable[[], TotalEffects], shares: Mapping[str, float], objective: str
) -> list[dict[str, Any]]:
    """The total effect on the goal of everything the plan books, on its platform."""
    platform = next(key for key in shares if signals.parse(key).group == signals.PLATFORM)
    bookables = [one for one in knowledge.bookables if one.platform is None and one.key in shares]
    if not posterior.known(knowledge, knowledge.goal_metric):
        return []
    purpose = objective if objective in knowledge.delivery else None
    totals = effects().of(bookables, platform=platform, objective=purpose)
    return [
        {
            "signal": one.key, "label": one.label, "metric": judged.total.metric, "effect": judged.total.effect,
            "interval": list(judged.total.interval), "p_better": judged.total.p_better,
            "false_sign_rate": judged.total.false_sign_rate, "lane": judged.total.lane,
            "campaigns": one.campaigns, "rows": one.rows, "spend": one.spend,
        }
        for one, judged in zip(bookables, totals, strict=True)
    ]  # fmt: skip


def _expected_events(
    knowledge: Knowledge, metric: str, shares: Mapping[str, float], budget: float, size: PlannedSize
) -> float:
    """Of what a metric counts, as many as a campaign of this budget has at the rates that are expected of it."""
    source = "cpc" if metric == "ctr" else "cpa"
    level = posterior.level_mean(knowledge, source, shares)
    if level is None:
        return math.inf
    return budget / float(np.exp(level + posterior.size_effect(knowledge, source, size)))
