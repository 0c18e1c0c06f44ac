"""What the data cannot say of a plan, in sentences: signals nobody saw or learnt from yet, money far out, new planners.

Pure; must not know stores or requests.
"""

import math
from collections.abc import Iterator, Mapping

from reflection.domain import signals
from reflection.domain.conversion_kind import plural
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, PLAN_METRICS, rate_behind
from reflection.domain.number_of import number_of
from reflection.domain.plan import Plan
from reflection.explain.formatting import money
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.forecasting import calibration
from reflection.forecasting.calibration import CalibratedMetric, Calibration
from reflection.inference.doubt.unrecorded import never_recorded, unknown_of
from reflection.inference.fits import posterior
from reflection.inference.fits.posterior import PlannedSize, RealCampaign

UNLIKE = "the targets ask for two different results"
WORTH_SAYING = 0.05
"""Change of a rate by the size of a plan from which on it is said."""


def unseen(knowledge: Knowledge, plan: Plan) -> tuple[str, ...]:
    """Signals of a plan that the last fit says nothing about, sorted; none where it says nothing at all."""
    return posterior.unseen(knowledge, knowledge.goal_metric, plan.shares()) if knowledge.posteriors else ()


def not_learnt(knowledge: Knowledge, shares: Mapping[str, float], stored_with: Mapping[str, int]) -> Iterator[str]:
    """What of a plan nothing was learnt about, and whether it is on record all the same."""
    if not knowledge.posteriors:
        yield f"not identified: {knowledge.reason or 'nothing has been learnt yet'}"
        return
    for key in posterior.unseen(knowledge, knowledge.goal_metric, shares):
        count, label = stored_with.get(key, 0), signals.label_of(key, knowledge.spellings)
        if count == 0:
            occurrence = "was never seen"
        elif knowledge.goal is not None:
            stored = f"is in {count} stored campaign{'s' if count > 1 else ''}"
            occurrence = f"{stored}, but in none for {plural(knowledge.goal)} that was learnt from so far"
        elif knowledge.left_out.get("signals"):
            occurrence = (
                f"is in {count} stored campaign{'s' if count > 1 else ''}, but too new, or too rare among so many"
            )
        else:
            occurrence = f"is in {count} stored campaign{'s' if count > 1 else ''} not learnt from so far"
        yield f"not identified: {label} {occurrence}; the intervals are wider for it"


def not_told_apart(knowledge: Knowledge, doubtful: Mapping[str, str], compared: Mapping[str, str]) -> Iterator[str]:
    """Which signals of a plan have no effect of their own to be seen, or none to compare with the usual, and why."""
    lost = unknown_of(knowledge, {*doubtful, *compared}, knowledge.goal_metric)  # told by `not_recorded`
    for key, reason in sorted({**doubtful, **compared}.items()):
        if key in lost:
            continue
        odds = "there are no odds for it"
        if key not in compared:
            odds = "the only odds are those of doing better than usual there"
        elif key not in doubtful:
            odds = "there are no odds of its doing better than usual"
        yield f"not identified: {signals.label_of(key, knowledge.spellings)}: {reason}; {odds}"


def not_recorded(knowledge: Knowledge, shares: Mapping[str, float]) -> Iterator[str]:
    """Which figures of a plan nothing is foretold of, for want of what was never recorded with what it books."""
    for key in sorted(shares):
        lost = {name: unknown_of(knowledge, [key], rate_behind(name)).get(key, ()) for name in PLAN_METRICS}
        counts = dict.fromkeys(count for names in lost.values() for count in names)
        if counts:
            figures = ", ".join(ENGLISH.kpi(name) for name, names in lost.items() if names)
            why = never_recorded(list(counts), knowledge.currency)
            yield f"not identified: {signals.label_of(key, knowledge.spellings)}: {why}; nothing foretells {figures}"


def of_size(knowledge: Knowledge, size: PlannedSize) -> Iterator[str]:
    """What a plan's size does to its rates, where it is far from the usual one."""
    for metric in ("ctr", "cvr"):
        lift = math.exp(posterior.size_effect(knowledge, metric, size))
        if abs(lift - 1) >= WORTH_SAYING and metric in knowledge.size:
            times, side = f"{math.exp(size.log):,.2g}", "lower" if lift < 1 else "higher"
            yield (
                f"the plan is {times} times the usual size: by campaigns planned larger and smaller, its "
                f"{METRICS[metric].label} is {abs(lift - 1):.0%} {side} for that".replace("%", " %")
            )


def without_figures(knowledge: Knowledge, metrics: Mapping[str, Mapping[str, object]], kind: str) -> Iterator[str]:
    """Which figures a plan has none of, where nothing was learnt of what it counts."""
    if not knowledge.posteriors or "cvr" in knowledge.posteriors:
        return
    names = [ENGLISH.kpi(name) for name, figure in metrics.items() if figure["calibrated"] is None]
    if names:
        yield f"not identified: nothing was learnt of {plural(kind)} yet: there is no figure for {', '.join(names)}"


def of_targets(plan: Plan) -> Iterator[str]:
    """Targets that are not the same result on the plan's budget: the stricter one decides."""
    targets = plan.targets
    conversions, cpa = targets.get("conversions"), targets.get("cpa")
    if conversions and cpa and abs(plan.budget / (conversions * cpa) - 1) > WORTH_SAYING:
        paid, wanted = (money(amount, plan.currency) for amount in (plan.budget / conversions, cpa))
        yield f"{UNLIKE}: {conversions:,g} conversions of this budget cost {paid} each, not {wanted}"
    revenue, roas = targets.get("revenue"), targets.get("roas")
    if revenue and roas and abs(revenue / (plan.budget * roas) - 1) > WORTH_SAYING:
        brought, needed = money(revenue, plan.currency), f"{revenue / plan.budget:.2f}"
        yield f"{UNLIKE}: {brought} on this budget is a ROAS of {needed}, not {roas:.2f}"


def of_past(knowledge: Knowledge, campaign: RealCampaign) -> Iterator[str]:
    """That a plan continues a campaign, whose own past is part of the forecast."""
    count = posterior.periods(knowledge, knowledge.goal_metric, campaign)
    if count:
        yield f"it ran before: what it did in {count} period{'s' if count > 1 else ''} is part of the forecast"


def notes_on(
    plan: Plan,
    knowledge: Knowledge,
    state: Calibration,
    corrected: Mapping[str, CalibratedMetric],
    far: tuple[float, float] | None,
    same_money: bool,
) -> list[str]:
    """What of a plan the data cannot say, beside its signals.

    Args:
        far: the range of what was spent before, where the plan is far outside of it.
        same_money: whether the plan is in the currency that was learnt in.
    """
    notes = []
    if far is not None:
        budget, low, high = (money(amount, plan.currency, whole=True) for amount in (plan.budget, *far))
        notes.append(
            f"not identified: a spend of {budget} is far outside what was seen, {low} to {high}; what this much "
            "money brings (CPA, ROAS, conversions, revenue) is an extrapolation "
            "without odds, and its intervals are wider for it"
        )
    if knowledge.posteriors and not same_money:
        stated = knowledge.currency or "no stated currency"
        notes.append(f"learnt in {stated}, planned in {plan.currency or 'no stated currency'}: money is not compared")
    if plan.expected is not None and not corrected:
        notes.append(
            f"the planner's figures are taken as they are: {number_of(state.learned, 'campaign')} with a "
            f"forecast learnt, {calibration.START} are needed to correct them"
        )
    new = sorted(
        {name for value in corrected.values() for name in value.unseen if name.startswith(calibration.PLANNER)}
    )
    notes += [
        f"not identified: {name.partition(':')[2]} has no forecasts on record yet; the intervals are wider for it"
        for name in new
    ]
    return notes
