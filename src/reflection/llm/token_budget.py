"""How much a language model may be used: tokens per workspace and day.

Counted in this process and forgotten at its end: a guard against runaway cost, not an invoice. Must not know models or
prices.
"""

import threading
from collections.abc import Callable
from datetime import date

MAX_WORKSPACES = 10_000


class Allowance:
    """Thread-safe. Tokens are reserved before a call and settled with what it really took."""

    def __init__(self, tokens_per_day: int, today: Callable[[], date]) -> None:
        self._limit = tokens_per_day
        self._today = today
        self._day = today()
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def reserve(self, workspace: str, tokens: int) -> bool:
        """Set tokens aside; False where the day's allowance does not hold them."""
        with self._lock:
            self._new_day()
            used = self._used.get(workspace, 0)
            if used + tokens > self._limit or (workspace not in self._used and len(self._used) >= MAX_WORKSPACES):
                return False
            self._used[workspace] = used + tokens
            return True

    def settle(self, workspace: str, reserved: int, tokens: int) -> None:
        """Replace a reservation by what the call took."""
        with self._lock:
            self._new_day()
            self._used[workspace] = max(0, self._used.get(workspace, 0) - reserved + tokens)

    def left(self, workspace: str) -> int:
        """Tokens that the workspace may still use today."""
        with self._lock:
            self._new_day()
            return max(0, self._limit - self._used.get(workspace, 0))

    def _new_day(self) -> None:
        if (today := self._today()) != self._day:
            self._day, self._used = today, {}
