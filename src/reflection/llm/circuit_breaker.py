"""A circuit breaker: after a few failures in a row no calls for a while, then one trial.

For whoever calls a server that may be down for long (the insight writer, the embedder). What it knows stands on a
board: processes that share one stop calling together. Must not know what is called.
"""

from typing import Literal

from reflection.domain.board import Board, MemoryBoard, Note

State = Literal["closed", "open", "half-open"]
FORGOTTEN_SECONDS = 86_400.0
"""After so long without a call, failures of before say nothing."""


class Breaker:
    """Thread-safe; one per server.

    Ask `allows()` before a call and report `succeeded()` or `failed()` after it. After `failures` failures in
    a row it is open: `allows()` says no for `pause` seconds. Then it lets exactly one trial through
    (half-open): a success closes it, a failure opens it again for another pause.

    Args:
        board: where it is noted; its own memory by default. name: of the note.
    """

    def __init__(
        self, failures: int = 3, pause: float = 60.0, *, board: Board | None = None, name: str = "server"
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._board = board or MemoryBoard()
        self._name = f"breaker {name}"

    def allows(self) -> bool:
        """Whether a call may be made now. A yes in the half-open state is a reservation for the one trial.

        A trial that is never reported (its caller died) is forgotten after another pause.
        """
        note, now = self._board.look(self._name)
        if "opened" not in note:
            return True
        return not self._rests(note, "opened", now) and self._board.change(self._name, self._reserved)

    def succeeded(self) -> None:
        """The call worked: count from zero again."""
        if self._board.look(self._name)[0]:
            self._board.change(self._name, lambda _note, _now: ({}, None))

    def failed(self) -> None:
        """The call did not work."""
        self._board.change(self._name, self._one_more)

    @property
    def state(self) -> State:
        """``closed`` (calls are made), ``open`` (none are), ``half-open`` (the next one is a trial)."""
        note, now = self._board.look(self._name)
        if "opened" not in note:
            return "closed"
        return "open" if self._rests(note, "opened", now) else "half-open"

    def retry_after(self) -> float:
        """Seconds until calls are tried again; 0 when they are."""
        note, now = self._board.look(self._name)
        return note["opened"] + self._pause - now if self._rests(note, "opened", now) else 0.0

    def _rests(self, note: Note, since: str, now: float) -> bool:
        """Whether the pause since an instant still lasts; one that is to come was noted before a clock was set back."""
        return since in note and 0 <= now - note[since] < self._pause

    def _reserved(self, note: Note, now: float) -> tuple[Note, bool]:
        if self._rests(note, "opened", now) or self._rests(note, "trial", now):
            return note, False
        return ({**note, "trial": now}, True) if "opened" in note else (note, True)

    def _one_more(self, note: Note, now: float) -> tuple[Note, None]:
        failures = note.get("failures", 0.0) + 1
        after = {"failures": failures, "ends": now + FORGOTTEN_SECONDS}
        if failures >= self._limit or "trial" in note:
            after["opened"] = now
        elif "opened" in note:
            after["opened"] = note["opened"]
        return after, None
