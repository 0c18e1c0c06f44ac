"""What is kept for a while only: answers under idempotency keys, recalls, the log of alerts, shared pages, old history.

All grow with every request and are of use for a time: a key while its sender may send again, a recall while somebody
may still say what came of it, the log while somebody may ask, history while an import may be taken back. Must not know
why any was written.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from reflection.domain.instants import is_over
from reflection.errors import Unavailable
from reflection.store.board import SharedBoard
from reflection.store.campaigns import SqlStore
from reflection.store.learning_reviews import LearningNotes

IDEMPOTENCY = timedelta(days=30)
"""How long a request sent again with its `Idempotency-Key` gets the first answer."""

RECALLS = timedelta(days=365)
"""How long an outcome can be attached to a recall, and a learning shows it."""

ROUND = timedelta(hours=1)
"""The least time between two rounds of a process."""

HISTORY_ROUND = timedelta(days=1)
"""The least time between two looks of a process at the history, which reads all of it."""


LEAP = timedelta(days=1)
"""A clock that goes on by so much more than time does was set, perhaps wrongly: nothing is forgotten for a round."""


class Log(Protocol):
    """Something that grows and knows itself how long it is kept."""

    def forget(self, workspace: str) -> int:
        """Drop what is past its time; how many rows."""


class Retention:
    """Forgets what is past its time, in every workspace; thread-safe.

    Args:
        store: has the answers. notes: has the recalls. logs: what was sent, and pages that were shared. history: what
            was replaced.
        board: what processes noted together.
        now: the clock that ages are taken by. elapsed: seconds that nobody sets.
    """

    def __init__(
        self,
        store: SqlStore,
        notes: LearningNotes,
        logs: Sequence[Log] = (),
        history: Log | None = None,
        *,
        board: SharedBoard | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._notes = notes
        self._logs = logs
        self._history = history
        self._board = board
        self._now, self._elapsed = now, elapsed
        self._last_look: tuple[datetime, float] | None = None
        self._last: datetime | None = None
        self._last_history: datetime | None = None
        self._lock = threading.Lock()

    def forget_due(self) -> int:
        """A round, if the last one of this process is an hour ago; how many rows.

        A database that is busy or full stops it without an error: another round comes.
        """
        with self._lock:
            now = self._now()
            if self._leapt(now):
                self._last = self._last_history = now
            if self._last is not None and not is_over(self._last, now, ROUND):
                return 0
            self._last = now
        try:
            return self.forget()
        except Unavailable:
            return 0

    def work(self) -> int:
        """What is due, once a day the history, too; how many rows. For who stays: it may read much."""
        forgotten = self.forget_due()
        with self._lock:
            now = self._now()
            if self._last_history is not None and not is_over(self._last_history, now, HISTORY_ROUND):
                return forgotten
            self._last_history = now
        try:
            return forgotten + self.forget_history()
        except Unavailable:
            return forgotten

    def _leapt(self, now: datetime) -> bool:
        """Whether the clock was set forward since this process last looked."""
        before, self._last_look = self._last_look, (now, self._elapsed())
        return before is not None and now - before[0] > timedelta(seconds=self._last_look[1] - before[1]) + LEAP

    def forget_history(self) -> int:
        """Drop what nothing needs of the history, now; how many rows.

        Raises:
            Unavailable: the database is busy or full; what was forgotten before that stays so.
        """
        history = self._history
        return 0 if history is None else sum(history.forget(workspace) for workspace in self._store.workspaces())

    def forget(self) -> int:
        """A round now, without the history; how many rows.

        Raises:
            Unavailable: the database is busy or full; what was forgotten before that stays so.
        """
        now = self._now()
        notes = 0 if self._board is None else self._board.forget()
        return notes + sum(
            self._store.forget_idempotency(workspace, now - IDEMPOTENCY)
            + self._notes.forget_recalls(workspace, now - RECALLS)
            + sum(log.forget(workspace) for log in self._logs)
            for workspace in self._store.workspaces()
        )
