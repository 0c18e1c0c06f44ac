"""Intervals that held too few campaigns left out to be believed: by metric and goal, of one fit.

Must not know who is told.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from reflection.domain.conversion_kind import plural
from reflection.domain.knowledge import Knowledge
from reflection.stats.honesty.scoring_rules import misses_by_chance

LEVEL, BY_CHANCE = 0.9, 0.01
"""Intervals of this level are doubted where so few hits come by chance only this often."""


@dataclass(frozen=True, slots=True)
class DoubtedInterval:
    """The 90 % intervals of one metric and goal that held a `share` of `campaigns`.

    Attributes:
        key: the same as long as it is the same metric and goal.
        goal: as people say it; None where there is one goal.
        surprise: how far the share is below 90 %, in its standard errors.
    """

    key: str
    metric: str
    campaigns: int
    share: float
    goal: str | None
    surprise: float
    as_of: str | None


def doubted_intervals(knowledge: Knowledge) -> Iterator[DoubtedInterval]:
    """Every metric of every goal whose intervals held too few campaigns for chance."""
    for one in knowledge.every_goal:
        for metric, check in one.coverage.items():
            if check is None:
                continue
            campaigns, share = int(check["campaigns"]), check["coverage_90"]
            if misses_by_chance(round(share * campaigns), campaigns, LEVEL) >= BY_CHANCE:
                continue
            goal = None if one.goal is None else plural(one.goal)
            surprise = (LEVEL - share) / math.sqrt(LEVEL * (1 - LEVEL) / campaigns)
            yield DoubtedInterval(f"{one.kind}:{metric}", metric, campaigns, share, goal, surprise, one.as_of)
