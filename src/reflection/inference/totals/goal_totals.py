"""Total effects of every goal of a workspace, worked out once for as long as nothing else was learnt.

They follow from the knowledge alone, and every plan, card and list of advice asks for them. Must not know who asks.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

from reflection.domain.knowledge import Knowledge
from reflection.inference.totals.total_effects import TotalEffects

GOALS = 16
"""Kinds of conversions whose totals are kept: anybody may name one that nobody learnt of."""

WORKSPACES = 8
"""Workspaces of which what follows from their last fit is kept; a matrix of draws each."""

Consequence = TypeVar("Consequence")


class GoalTotals:
    """The total effects that one fit says, goal by goal."""

    def __init__(self, whole: Knowledge) -> None:
        self.of_kind = lru_cache(GOALS)(whole.of_kind)
        self.effects = lru_cache(GOALS)(self._effects)

    def _effects(self, kind: str) -> TotalEffects:
        goal = self.of_kind(kind)
        return TotalEffects(goal, goal.goal_metric)


class LastFits(Generic[Consequence]):
    """What follows from the last fit of each of some workspaces; safe to share between threads.

    Args:
        make: makes it of all that a workspace knows.
    """

    def __init__(self, make: Callable[[Knowledge], Consequence]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._last: OrderedDict[str, tuple[Knowledge, Consequence]] = OrderedDict()

    def of(self, workspace: str, knowledge: Knowledge) -> Consequence:
        """That of what a workspace knows; made anew where the very same was not asked about last."""
        with self._lock:
            last, consequence = self._last.pop(workspace, (None, None))
            if last is not knowledge or consequence is None:
                consequence = self._make(knowledge)
            self._last[workspace] = knowledge, consequence
            if len(self._last) > WORKSPACES:
                self._last.popitem(last=False)
        return consequence
