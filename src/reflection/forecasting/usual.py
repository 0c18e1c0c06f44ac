"""What a plan is compared with: what the account usually gets where it would run, as far as that is identified.

Odds of doing better than usual are those of a total effect: what a plan and the usual delivery have in common is no
part of the comparison, and of what is not identified only as much as of a total effect. Must not know promises or
intervals.
"""

from collections.abc import Sequence

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, rate_behind
from reflection.domain.plan import Plan
from reflection.forecasting.rate_shift import RateShift, together
from reflection.inference.doubt.doubts import by_turns_without, doubtful_beside, doubts_in
from reflection.inference.fits import posterior
from reflection.inference.fits.posterior import PlannedSize
from reflection.inference.totals.usual_delivery import usual_level, usual_shares


class Usual:
    """What is usual for a plan's objective, and on its platform unless the platform is all that it chooses: of what it
    chooses what all the money brings.

    Args:
        shares: all of the plan's (`usual_delivery.booked`).

    Attributes:
        doubts: what the plan changes of the usual delivery that is not identified, with the reason: it cannot be
            compared then.
    """

    def __init__(self, knowledge: Knowledge, plan: Plan, shares: dict[str, float]) -> None:
        self._knowledge, self._budget, self._shares = knowledge, plan.budget, shares
        self._objective = signals.of_objective(plan.objective).key
        self._platform = signals.of_platform(plan.platform).key if plan.audiences or plan.creatives else None
        changes = plan.shares().keys() - {self._objective, self._platform}
        kinds = {root(key) for key in changes}
        groups = {signals.parse(key).group for key in usual_shares(knowledge, self._objective, self._platform)}
        self._groups = frozenset(group for group in groups if group.partition(".")[0] in kinds)
        self.doubts = doubts_in(knowledge, changes)
        self._doubtful = set() if self.doubts else doubtful_beside(knowledge, changes)

    def level(self, metric: str, size: PlannedSize, time: Sequence[RateShift]) -> float | None:
        """What the account usually gets for the plan's budget at this size and time, in its own unit."""
        source = rate_behind(metric)
        usual = usual_level(self._knowledge, source, self._objective, self._platform, self._groups, self._doubtful)
        if usual is None:
            return None
        lift = posterior.size_effect(self._knowledge, source, size) + together(time, source)[0] + self._doubted(source)
        return usual * float(np.exp(lift)) * (self._budget if METRICS[metric].total else 1.0)

    def _doubted(self, source: str) -> float:
        """How much of the log difference between the plan and the usual delivery rests on what is not identified."""
        if not self._doubtful:
            return 0.0
        rows, draws = posterior.effect_matrix(self._knowledge, source)
        doubted = draws.mean(axis=1) - by_turns_without(rows, draws, self._doubtful).mean(axis=1)
        delivery = usual_shares(self._knowledge, self._objective, self._platform)
        mix, usual = (posterior.resolved(self._knowledge, shares) for shares in (self._shares, delivery))
        return float(np.dot([mix.get(key, 0.0) - usual.get(key, 0.0) for key in rows], doubted))
