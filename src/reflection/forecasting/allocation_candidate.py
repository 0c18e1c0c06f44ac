"""One plan as a candidate for a budget: draws of what it brings, and of how that grows with the money on it.

At its platform's usual campaign it brings what plans are told to bring; from there conversions go with the learnt
elasticity (`budget_response`), or, where none was learnt, with that of advertising in general (`FADING`). Pure; must
not know how a budget is spread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.forecasting.plan_season import season_shift, week_shift
from reflection.forecasting.plan_texts import TextShift
from reflection.forecasting.rate_shift import together
from reflection.inference.doubt.doubts import doubts_in
from reflection.inference.fits import posterior
from reflection.inference.totals.total_effects import SEED
from reflection.inference.totals.usual_delivery import booked

Array = NDArray[np.float64]

FADING = (0.75, 0.2)
"""Elasticity of advertising, mean and standard deviation, where a split has to be chosen and none was learnt: twice the
money usually brings about two thirds more."""

BEYOND = 1.5
"""Times outside of the spend that was seen from which an amount is an extrapolation."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One plan as the allocation sees it: draws of the log of what 1 unit of money brings, and of its elasticity.

    `response` is what was learnt of its platform, `beside` of its audiences: share, and how far each deviates.
    """

    name: str
    plan: Plan
    log_scale: Array
    elasticity: Array
    response: Mapping[str, Any]
    beside: Mapping[str, tuple[float, Mapping[str, Any]]]
    doubts: tuple[str, ...]

    @property
    def learnt(self) -> bool:
        """Whether an elasticity was learnt for its platform."""
        return bool(self.response.get("identified"))

    @property
    def unknown(self) -> float:
        """How much of its elasticity is open: 0 where it was learnt, 1 where campaigns say nothing of it."""
        if self.learnt:
            return 0.0
        return float(min((self.response["sd"] / self.response["prior_sd"]) ** 2, 1.0)) if self.response else 1.0

    @property
    def spend_range(self) -> tuple[float, float] | None:
        """Least and most that a campaign of its platform spent."""
        return (self.response["low"], self.response["high"]) if self.response else None

    def extrapolated(self, amount: float) -> bool:
        """Whether an amount lies outside of what its platform ever spent in one campaign."""
        if amount <= 0:
            return False
        return self.spend_range is None or not self.spend_range[0] / BEYOND <= amount <= self.spend_range[1] * BEYOND


def candidate(name: str, plan: Plan, knowledge: Knowledge, texts: TextShift) -> Candidate:
    """A plan as a candidate; `texts`: what the texts of new creatives add to it."""
    own, goal = plan.shares(), knowledge.goal_metric
    shares = booked(knowledge, own, signals.of_objective(plan.objective).key)
    stated = {root(key) for key in own}
    draws = posterior.level_draws(knowledge, goal, shares, np.random.default_rng(SEED), stated=stated)
    assert draws is not None, "the goal is known"
    moved, doubt = together((season_shift(plan, knowledge), week_shift(plan, knowledge), texts), goal)
    draws = draws + moved + np.sqrt(doubt) * np.random.default_rng([SEED, 1]).normal(size=len(draws))
    response = knowledge.response.get(signals.of_platform(plan.platform).key, {})
    usual = _usual_spend(knowledge, shares, response) or plan.budget
    beside = {key: (share, knowledge.response[key]) for key, share in own.items() if _deviates(knowledge, key)}
    slope = _elasticity(response, beside, len(draws), plan)
    scale = draws + (1.0 - slope) * np.log(usual)
    return Candidate(name, plan, scale, slope, response, beside, tuple(doubts_in(knowledge, own).values()))


def _deviates(knowledge: Knowledge, key: str) -> bool:
    """Whether a signal is an audience whose elasticity was learnt to deviate, or not to."""
    response = knowledge.response.get(key, {})
    return "deviation" in response and bool(response["identified"])


def _usual_spend(knowledge: Knowledge, shares: Mapping[str, float], response: Mapping[str, Any]) -> float | None:
    """The spend that a level is told for: of the usual planned size, or where nobody planned its platform's usual."""
    price, planned = posterior.level_mean(knowledge, "cpm", shares), knowledge.planned_sizes
    if planned and price is not None:
        return float(planned["usual"] / 1000.0 * np.exp(price))
    return float(response["usual"]) if response else None


def _elasticity(
    response: Mapping[str, Any], beside: Mapping[str, tuple[float, Mapping[str, Any]]], count: int, plan: Plan
) -> Array:
    """Draws of an elasticity, of one platform or audience the same ones; at most 1: that money brings ever more is not
    assumed.
    """
    if not response.get("identified"):
        mean, sd = _hedged(response)
    else:
        mean, sd = response["elasticity"], response["sd"]
    total = mean + sd * _standard(signals.of_platform(plan.platform).key, count)
    for key, (share, deviation) in sorted(beside.items()):
        total += share * (deviation["deviation"] + deviation["sd"] * _standard(key, count))
    return np.clip(total, 0.05, 1.0)


def _standard(key: str, count: int) -> Array:
    return np.random.default_rng([SEED, *key.encode()]).normal(size=count)


def _hedged(response: Mapping[str, Any]) -> tuple[float, float]:
    """Mean and standard deviation of an elasticity that was not learnt: `FADING`, as far as campaigns leave it open.

    No fading is claimed without evidence; but to bet everything on there being none would be a claim, too.
    """
    usual, width = FADING
    information = 0.0 if not response else max(0.0, response["sd"] ** -2 - response["prior_sd"] ** -2)
    if information == 0.0:
        return FADING
    mean = (response["elasticity"] * response["sd"] ** -2 - response["prior_sd"] ** -2) / information
    precision = information + width**-2
    return (information * mean + usual * width**-2) / precision, precision**-0.5
