"""Small notes under names that several processes keep together: how much of a limit is used, whether a server is down.

The board of one process is in memory; that of several stands in their database. A note is numbers, one of which says
when it ends and is forgotten. Must not know what a note means.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

Value = TypeVar("Value")
Note = Mapping[str, float]
"""Numbers by name. `ends` is when, by the board's clock, the note is forgotten; an empty one says nothing."""

Change = Callable[[Note, float], tuple[Note, Value]]
"""(the note, now) -> what it is from now on, and what the caller is told."""

SWEEP_SECONDS = 1.0


class Board(Protocol):
    """Notes that everybody sees, changed by one at a time. Its clock is one for all who use it."""

    @property
    def at_once(self) -> bool:
        """Whether it answers without waiting for anything."""

    def look(self, name: str) -> tuple[Note, float]:
        """A note as it stands, and now.

        Raises:
            Unavailable: it cannot be read.
        """

    def change(self, name: str, how: Change[Value]) -> Value:
        """Change a note; nobody else does between. The same note again writes nothing.

        Raises:
            Unavailable: it cannot be written.
        """


class MemoryBoard:
    """The board of one process; thread-safe.

    By the monotonic clock: a clock that is set back, by a day or a year, locks nobody out.
    """

    at_once = True

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._notes: dict[str, Note] = {}
        self._swept = clock()
        self._lock = threading.Lock()

    def look(self, name: str) -> tuple[Note, float]:
        """See `Board.look`."""
        with self._lock:
            now = self._clock()
            return in_force(self._notes.get(name, {}), now), now

    def change(self, name: str, how: Change[Value]) -> Value:
        """See `Board.change`."""
        with self._lock:
            now = self._clock()
            self._sweep(now)
            self._notes[name], value = how(in_force(self._notes.get(name, {}), now), now)
            return value

    def _sweep(self, now: float) -> None:
        """Forget notes that have ended, once a second at most."""
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self._notes = {name: note for name, note in self._notes.items() if in_force(note, now)}


def in_force(note: Note, now: float) -> Note:
    """The note, or none where it has ended."""
    return note if note and note["ends"] > now else {}
