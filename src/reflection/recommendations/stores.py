"""What recommendations need to be remembered, as protocols; the store implements them.

Must not know SQL, nor what advice says.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ListQuery
from reflection.domain.ports import ForecastRow, Snapshot, Store

InsightList = Callable[
    [Snapshot, Knowledge, ListQuery, Sequence[LearningSummary]], tuple[list[dict[str, Any]], str | None]
]
"""A page of the list of insights of one state, and the cursor of the next one."""


class AdviceStore(Protocol):
    """What advice needs to be remembered: claims shown, feedback, assignments, and the register to read."""

    def show(
        self, workspace: str, recommendation_id: str, unit: str, seq: int, shown_at: str, claim: dict[str, Any]
    ) -> bool:
        """Freeze a claim; False when it was shown for this unit on this state already."""

    def displays(self, workspace: str, recommendation_id: str | None = None) -> list[dict[str, Any]]:
        """Claims as they were shown, oldest first."""

    def say(self, workspace: str, recommendation_id: str, accepted: bool, note: str, created_at: str) -> bool:
        """Note feedback; False when the last feedback said the same."""

    def feedback(self, workspace: str, recommendation_id: str) -> list[dict[str, Any]]:
        """Everything that was said to a recommendation, oldest first."""

    def assign(self, workspace: str, unit: str, treated: bool, probability: float, assigned_at: str) -> bool:
        """Log an assignment and return the one that holds."""

    def assignments(self, workspace: str) -> list[dict[str, Any]]:
        """Every assignment in order."""

    def register(self, workspace: str) -> Iterator[ForecastRow]:
        """The whole forecast register in the order of entry."""

    def established(self, workspace: str) -> list[dict[str, Any]]:
        """Learnings that were ever established, with their state now."""


class ForecastStore(Store, Protocol):
    """A store that also takes forecasts without a campaign."""

    def add_forecasts(self, workspace: str, rows: Sequence[ForecastRow]) -> int:
        """Append to the register; how many were new."""
