"""One total deadline around a call that may drip, hang or retry.

For whoever calls a server that may misbehave (the insight writer, the embedder). A client's own time-out is per read:
against a server that sends a byte every half second a time-out of 2 s took 12 s. Here the caller waits for the answer
at most the given number of seconds, whatever the call does meanwhile. Must not know HTTP, OpenAI or settings.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from reflection.errors import DeadlineExceeded, TooManyPending

T = TypeVar("T")

MAX_PENDING = 32
"""Calls under way at once in one process, abandoned ones included; the next one is refused instead of piling
up.
"""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant on the monotonic clock (seconds). Handed to the call, so that its retries can fit inside."""

    ends_at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """The deadline that many seconds from now."""
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.ends_at - self.clock())


class _Outcome(Generic[T]):
    """What the worker thread leaves behind for the thread that waits."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.value: T | None = None
        self.error: BaseException | None = None


class _Slots:
    """Counts the calls under way, so that abandoned ones cannot pile up."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        with self._lock:
            if self._pending >= self._limit:
                return False
            self._pending += 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self._pending -= 1

    @property
    def pending(self) -> int:
        with self._lock:
            return self._pending


class DeadlineRunner:
    """Runs calls in daemon threads of their own and waits for each at most its deadline.

    A thread per call, not a pool: a pool's workers would be lost to a dripping server, and a pool does not
    survive a fork. Calls cost seconds and money, a thread costs 0.1 ms.
    """

    def __init__(self, max_pending: int = MAX_PENDING) -> None:
        self._slots = _Slots(max_pending)

    @property
    def pending(self) -> int:
        """Calls that have not ended, abandoned ones included."""
        return self._slots.pending

    def run(self, seconds: float, call: Callable[[Deadline], T], *, abandon: Callable[[], None] | None = None) -> T:
        """Run `call` and return its result, or give up after `seconds` (wall clock, retries included).

        Args:
            seconds: how long the caller waits at most.
            call: receives the deadline; it should stop by itself when that has passed, but need not.
            abandon: called once, in a thread of its own, when the call is given up: close the client here.

        Raises:
            DeadlineExceeded: no result in time.
            TooManyPending: too many earlier calls have not ended yet.
            Exception: whatever `call` raised, in time.
        """
        if not self._slots.take():
            raise TooManyPending("too many calls are under way; this one was not started")
        deadline = Deadline.after(seconds)
        outcome: _Outcome[T] = _Outcome()
        try:
            _start("deadline-call", lambda: self._work(outcome, call, deadline))
        except RuntimeError as error:
            self._slots.give_back()
            raise TooManyPending("no thread could be started for the call") from error
        if not outcome.ended.wait(deadline.remaining()):
            if abandon is not None:
                _start("deadline-abandon", abandon)
            raise DeadlineExceeded(f"no answer within {seconds:g} s; the call was abandoned")
        if outcome.error is not None:
            raise outcome.error
        return outcome.value  # type: ignore[return-value]  # done without error: the value is there

    def _work(self, outcome: _Outcome[T], call: Callable[[Deadline], T], deadline: Deadline) -> None:
        try:
            outcome.value = call(deadline)
        except BaseException as error:  # noqa: BLE001 - handed to the one who waits
            outcome.error = error
        finally:
            self._slots.give_back()
            outcome.ended.set()


def _start(name: str, target: Callable[[], None]) -> None:
    """Start a daemon thread: an abandoned call must not keep the process from ending."""
    threading.Thread(target=target, name=name, daemon=True).start()
