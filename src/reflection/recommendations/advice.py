"""What one fit says to do, for each goal and context: it follows from the knowledge alone and is kept with it.

Must not know stores, nor what was accepted or shown.
"""

from functools import lru_cache

from reflection.domain.conversion_kind import normal_kind
from reflection.domain.knowledge import Knowledge
from reflection.inference.fits import posterior
from reflection.inference.totals.goal_totals import GoalTotals
from reflection.recommendations.cards import Option, build

CONTEXTS = 8
"""Goals, platforms and objectives whose cards are kept: each has the draws of everything that can be booked."""


class Advice(GoalTotals):
    """The total effects that one fit says, and the cards made of them."""

    def __init__(self, whole: Knowledge) -> None:
        super().__init__(whole)
        self._whole, self.options = whole, lru_cache(CONTEXTS)(self._options)

    def of_goal(self, goal: str | None, objective: str | None) -> Knowledge:
        """What is known of the goal that is asked for, else of the one an objective names, else of the largest."""
        if goal is not None:
            return self.of_kind(normal_kind(goal))
        if objective and self._whole.goals:
            return self.of_kind(self._whole.kind_of_objective(objective))
        return self._whole

    def _options(self, kind: str, platform: str | None = None, objective: str | None = None) -> tuple[Option, ...]:
        """Every option on a goal; see `cards.build`."""
        goal = self.of_kind(kind)
        effects = self.effects(kind) if posterior.known(goal, goal.goal_metric) else None
        return build(goal, platform, objective, effects=effects)
