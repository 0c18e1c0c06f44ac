"""How much a language model may be used: tokens per workspace and day.

A guard against runaway cost, not an invoice: a process that is killed leaves what it had set aside as used. Must not
know models or prices.
"""

import hashlib
from collections.abc import Callable
from datetime import date

from reflection.domain.board import Board, MemoryBoard, Note

KEPT_SECONDS = 2 * 86_400.0
"""Longer than the day that a note is of, wherever its clock began."""


class Allowance:
    """Thread-safe. Tokens are reserved before a call and settled with what it really took.

    Args:
        board: where it is noted, by all who share it; its own memory by default.
    """

    def __init__(self, tokens_per_day: int, today: Callable[[], date], board: Board | None = None) -> None:
        self._limit = tokens_per_day
        self._today = today
        self._board = board or MemoryBoard()

    def reserve(self, workspace: str, tokens: int) -> bool:
        """Set tokens aside; False where the day's allowance does not hold them."""

        def reserved(note: Note, now: float) -> tuple[Note, bool]:
            used = note.get("used", 0.0) + tokens
            return (note, False) if used > self._limit else ({"used": used, "ends": now + KEPT_SECONDS}, True)

        return self._board.change(self._name(workspace), reserved)

    def settle(self, workspace: str, reserved: int, tokens: int) -> None:
        """Replace a reservation by what the call took."""

        def settled(note: Note, now: float) -> tuple[Note, None]:
            used = max(0.0, note.get("used", 0.0) - reserved + tokens)
            return {"used": used, "ends": now + KEPT_SECONDS}, None

        self._board.change(self._name(workspace), settled)

    def left(self, workspace: str) -> int:
        """Tokens that the workspace may still use today."""
        note, _ = self._board.look(self._name(workspace))
        return max(0, self._limit - int(note.get("used", 0.0)))

    def _name(self, workspace: str) -> str:
        """Of a workspace's note of today: another day's is another one, and no purge needs to look for it."""
        digest = hashlib.blake2b(workspace.encode(), digest_size=16).hexdigest()
        return f"tokens {digest} {self._today()}"
