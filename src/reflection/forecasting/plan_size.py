"""How large a plan is against the campaigns that were learnt from, in impressions and in money.

Rates go with the size of a campaign, as far as sizes were seen; what lies far outside of them is an extrapolation.
Pure; must not know what is made of it.
"""

import math

from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.domain.weights import Interval
from reflection.forecasting import calibration
from reflection.forecasting.calibration import Calibration
from reflection.inference.fits import posterior
from reflection.inference.fits.posterior import PlannedSize
from reflection.stats.sums.campaign_size import size_of


def planned_size(plan: Plan, knowledge: Knowledge, shares: dict[str, float]) -> PlannedSize:
    """The size of a plan by the impressions it promises, or those that its budget buys with these signals."""
    sizes, money = knowledge.planned_sizes, knowledge.currency == plan.currency
    beyond = outside(plan.budget, knowledge.spends) if money else 0.0
    if not sizes:
        return PlannedSize(0.0, beyond)
    impressions = plan.promise().expected.impressions or 0.0
    price = posterior.level_mean(knowledge, "cpm", shares) if money else None
    if not impressions and price is not None:
        impressions = 1000.0 * plan.budget / math.exp(price)
    if not impressions:
        return PlannedSize(0.0, beyond)
    span = (sizes["low"], sizes["high"])
    beyond = max(beyond, outside(impressions, span)) if knowledge.size else beyond
    return PlannedSize(float(size_of(impressions, sizes["usual"])), beyond)


def outside(amount: float, span: Interval | None) -> float:
    """Log distance of an amount from the range that was seen; 0 within it, or where nothing was seen."""
    if span is None or amount <= 0:
        return 0.0
    return max(0.0, math.log(span[0] / amount), math.log(amount / span[1]))


def far_outside(plan: Plan, knowledge: Knowledge, state: Calibration, size: PlannedSize) -> Interval | None:
    """The range of money spent before, where the plan lies far outside of it or of the sizes seen; None elsewhere."""
    ranges = [calibration.budget_range(state, plan.currency)]
    ranges += [knowledge.spends] if knowledge.currency == plan.currency else []
    spends = [span for span in ranges if span is not None]
    if not spends:
        return None
    span = (min(low for low, _ in spends), max(high for _, high in spends))
    sized = size.beyond if outside(plan.budget, span) > 0 else 0.0
    return span if max(outside(plan.budget, span), sized) > calibration.FAR else None
