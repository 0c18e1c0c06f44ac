"""How to spread a budget over candidates, by posterior draws of what each brings and how that grows with money.

What lies outside of the spend that was seen is named as extrapolated. Pure; must not know what a candidate is made of.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from reflection.domain.allocation import AllocationRequest
from reflection.domain.conversion_kind import plural
from reflection.domain.knowledge import Knowledge
from reflection.domain.steps import in_steps
from reflection.errors import InvalidInput
from reflection.explain import formatting
from reflection.forecasting.allocation_candidate import Array, Candidate, candidate
from reflection.forecasting.plan_texts import NO_SHIFT, TextShift
from reflection.inference.fits import posterior
from reflection.stats.decisions.allocation import results, spread, within_bounds

CURVE = 12
"""Points of a response curve."""

LEANING = 0.5
"""Part of the way to the plans' own shares that a split goes where nothing was learnt of what more money brings. What a
split brings is concave, so halfway is never worse than the two are on average; simulated, it is better than either."""


def allocate(
    request: AllocationRequest,
    knowledge: Knowledge,
    *,
    texts: Mapping[str, TextShift] = MappingProxyType({}),
    pending: int = 0,
) -> dict[str, Any]:
    """Spread the budget.

    Args:
        texts: what the texts of new creatives add to a plan, by its name.

    Returns:
        {budget, currency, metric, risk, items[{plan_id, amount, share, was, brings, interval, next_costs, elasticity,
        extrapolated, doubts, curve}], total, as_planned, p_better, leaning, notes, as_of, epoch, pending}. `brings` is
        conversions, or revenue where the goal is ROAS; `next_costs` the money that one more of it takes there;
        `as_planned` what the plans' own shares of the same budget bring, `p_better` the probability that the proposed
        split brings more, `leaning` how far it stays with those shares for want of knowledge (0: not at all).

    Raises:
        InvalidInput: nothing was learnt that a split could rest on, or the plans count different things.
    """
    known = _one_goal(request, knowledge)
    candidates = [candidate(name, plan, known, texts.get(name, NO_SHIFT)) for name, plan in in_steps(request.named())]
    least, most = _limits(request)
    log_scale = np.stack([one.log_scale for one in candidates])
    elasticity = np.stack([one.elasticity for one in candidates])
    planned = np.array([plan.budget for _, plan in request.named()])
    planned *= request.total / planned.sum()
    leaning = LEANING * float(np.mean([one.unknown for one in candidates]))
    amounts = (1.0 - leaning) * spread(request.total, least, most, log_scale, elasticity, request.risk)
    amounts += leaning * within_bounds(planned, request.total, least, most)
    brought = np.stack([results(amounts[[i]], log_scale[i], elasticity[i])[0] for i in range(len(candidates))])
    before = np.stack([results(planned[[i]], log_scale[i], elasticity[i])[0] for i in range(len(candidates))])
    return {
        "budget": request.total,
        "currency": known.currency,
        "metric": "revenue" if known.goal_metric == "roas" else "conversions",
        "risk": request.risk,
        "items": [
            _item(one, float(amounts[i]), float(planned[i]), brought[i], request.total)
            for i, one in enumerate(candidates)
        ],
        "total": _summary(brought.sum(axis=0)),
        "as_planned": _summary(before.sum(axis=0)),
        "p_better": float((brought.sum(axis=0) > before.sum(axis=0) * (1 + 1e-9)).mean()),
        "leaning": leaning,
        "notes": list(_notes(candidates, amounts, known)),
        "as_of": knowledge.as_of,
        "epoch": knowledge.epoch,
        "pending": pending,
    }


def _one_goal(request: AllocationRequest, knowledge: Knowledge) -> Knowledge:
    """What is known of the goal that all plans have."""
    kinds = {knowledge.kind_for(plan) for plan in request.plans}
    if len(kinds) > 1:
        names = ", ".join(plural(kind) for kind in sorted(kinds))
        raise InvalidInput(f"the plans count different things ({names})", hint="spread the budget of each on its own")
    known = knowledge.for_goal(request.plans[0])
    if not posterior.known(known, known.goal_metric):
        kind, goals = plural(next(iter(kinds))), (one for one in knowledge.every_goal if one.kind not in kinds)
        others = ", ".join(sorted(plural(goal.kind) for goal in goals if goal.posteriors))
        hint = f"store campaigns with spend and {kind} first" + (f"; learnt so far: {others}" if others else "")
        raise InvalidInput(f"nothing was learnt of {kind} yet that a split could rest on", hint=hint)
    stated = request.plans[0].currency
    if stated is not None and stated != known.currency:
        learnt = known.currency or "no stated currency"
        raise InvalidInput(f"learnt in {learnt}, planned in {stated}: money is not compared", field="plans")
    return known


def _limits(request: AllocationRequest) -> tuple[Array, Array]:
    bounds = [request.bounds.get(name) for name, _ in request.named()]
    least = np.array([bound.min if bound else 0.0 for bound in bounds])
    most = np.array([request.total if bound is None or bound.max is None else bound.max for bound in bounds])
    return least, np.minimum(most, request.total)


def _item(one: Candidate, amount: float, was: float, brought: Array, total: float) -> dict[str, Any]:
    more = results(np.array([amount + max(total, 1.0) * 1e-3]), one.log_scale, one.elasticity)[0]
    gained = float((more - brought).mean())
    response = one.response
    return {
        "plan_id": one.name,
        "amount": round(amount, 2),
        "share": amount / total,
        "was": round(was, 2),
        "brings": float(brought.mean()),
        "interval": [float(bound) for bound in np.quantile(brought, [0.05, 0.95])],
        "next_costs": max(total, 1.0) * 1e-3 / gained if gained > 0 else None,
        "elasticity": {
            "value": float(one.elasticity.mean()) if one.learnt else None,
            "interval": [float(end) for end in np.quantile(one.elasticity, [0.05, 0.95])] if one.learnt else None,
            "audiences": sorted(one.beside) if one.learnt else [],
            "reason": None if one.learnt else response.get("reason", "its platform was never seen"),
        },
        "extrapolated": one.extrapolated(amount),
        "doubts": list(one.doubts),
        "curve": _curve(one) if one.learnt else None,
    }


def _curve(one: Candidate) -> list[dict[str, float]]:
    """What amounts within the spend that was seen bring, with a 90 % band."""
    assert one.spend_range is not None, "an elasticity was learnt"
    amounts = np.geomspace(one.spend_range[0], max(one.spend_range[1], one.spend_range[0] * 1.001), CURVE)
    brought = results(amounts, one.log_scale, one.elasticity)
    low, high = np.quantile(brought, [0.05, 0.95], axis=1)
    return [
        {"amount": float(a), "brings": float(m), "low": float(lo), "high": float(hi)}
        for a, m, lo, hi in zip(amounts, brought.mean(axis=1), low, high, strict=True)
    ]


def _summary(brought: Array) -> dict[str, Any]:
    low, high = np.quantile(brought, [0.05, 0.95])
    return {"brings": float(brought.mean()), "interval": [float(low), float(high)]}


def _notes(candidates: list[Candidate], amounts: Array, knowledge: Knowledge) -> list[str]:
    """What the split rests on less than one may think."""
    notes = []
    open_ones = sorted({one.plan.platform for one in candidates if not one.learnt})
    if open_ones:
        names = ", ".join(formatting.plain_name(name) for name in open_ones)
        notes.append(
            f"what more money brings on {names} was not learnt: taken to be somewhat less than in proportion, and the "
            "split stays nearer to the plans' own shares"
        )
    for one, amount in zip(candidates, amounts.tolist(), strict=True):
        if one.extrapolated(amount) and one.spend_range is not None:
            spent, low, high = (
                formatting.money(value, knowledge.currency, whole=True) for value in (amount, *one.spend_range)
            )
            notes.append(
                f"{formatting.plain_name(one.name)}: {spent} is an extrapolation, campaigns there spent {low} to {high}"
            )
        elif one.extrapolated(amount):
            notes.append(f"{formatting.plain_name(one.name)}: an extrapolation, its platform was never seen")
        if one.doubts:
            notes.append(f"{formatting.plain_name(one.name)}: not identified: {one.doubts[0]}")
    if not any(finding.metric == knowledge.goal_metric for finding in knowledge.findings):
        notes.append("no difference between what is booked is beyond noise: the plans may be as good as each other")
    return notes
