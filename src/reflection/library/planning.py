"""Planning through the Python door: what plans will do, and how to spread a budget over them.

Answers are those of the HTTP interface. Must not know the store.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from reflection.domain.allocation import AllocationRequest
from reflection.domain.plan import PlanRequest
from reflection.domain.validation import read
from reflection.ingest.jobs.pacing import pacing
from reflection.wiring import Application


class Planning:
    """The planning verbs of an engine."""

    _application: Application
    _workspace: str

    @abstractmethod
    def _catch_up(self) -> None:
        """Learn what is pending where that is worth a fit."""

    def plan(self, plans: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What a plan, or several, will probably do, as POST /v1/plans/evaluate.

        Raises:
            InvalidInput: it is no plan.
        """
        self._catch_up()
        given = [plans] if isinstance(plans, Mapping) else list(plans)
        request = read(PlanRequest, {"plans": given})
        return plain(self._application.recommendations.evaluate(request, workspace=self._workspace))

    def allocate(self, plans: Sequence[Mapping[str, Any]], budget: float | None = None, **how: Any) -> dict[str, Any]:
        """How to spread a budget over plans, as POST /v1/plans/allocate.

        Args:
            budget: the money; without it that of the plans.
            how: `bounds` (plan_id -> min, max) and `risk`.

        Raises:
            InvalidInput: it cannot be spread so, or nothing was learnt that a split could rest on.
        """
        self._catch_up()
        money = {} if budget is None else {"budget": budget}
        request = read(AllocationRequest, {"plans": list(plans), **money, **how})
        return plain(self._application.engine.allocate(request, workspace=self._workspace))

    def pacing(self) -> dict[str, Any]:
        """Where the running month ends, as GET /v1/pacing."""
        return self._application.days.get(self._workspace, "pacing", pacing)


def plain(answer: Any) -> dict[str, Any]:
    """An answer as the HTTP interface gives it: dictionaries, lists and numbers."""
    value: dict[str, Any] = orjson.loads(orjson.dumps(answer))
    return value
