"""A circuit breaker: after a few failures in a row no calls for a while, then one trial.

For whoever calls a server that may be down for long (the insight writer, the embedder). Must not know what is called.
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]


class Breaker:
    """Thread-safe; one per server.

    Ask `allows()` before a call and report `succeeded()` or `failed()` after it. After `failures` failures in
    a row it is open: `allows()` says no for `pause` seconds. Then it lets exactly one trial through
    (half-open): a success closes it, a failure opens it again for another pause.
    """

    def __init__(self, failures: int = 3, pause: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._opened_at: float | None = None
        self._trial_at: float | None = None

    def allows(self) -> bool:
        """Whether a call may be made now. A yes in the half-open state is a reservation for the one trial.

        A trial that is never reported (its caller died) is forgotten after another pause.
        """
        with self._lock:
            if self._opened_at is None:
                return True
            now = self._clock()
            if now - self._opened_at < self._pause:
                return False
            if self._trial_at is not None and now - self._trial_at < self._pause:
                return False
            self._trial_at = now
            return True

    def succeeded(self) -> None:
        """The call worked: count from zero again."""
        with self._lock:
            self._failed = 0
            self._opened_at = self._trial_at = None

    def failed(self) -> None:
        """The call did not work."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit or self._trial_at is not None:
                self._opened_at = self._clock()
                self._trial_at = None

    @property
    def state(self) -> State:
        """``closed`` (calls are made), ``open`` (none are), ``half-open`` (the next one is a trial)."""
        with self._lock:
            if self._opened_at is None:
                return "closed"
            return "open" if self._clock() - self._opened_at < self._pause else "half-open"

    def retry_after(self) -> float:
        """Seconds until calls are tried again; 0 when they are."""
        with self._lock:
            if self._opened_at is None:
                return 0.0
            return max(0.0, self._pause - (self._clock() - self._opened_at))
