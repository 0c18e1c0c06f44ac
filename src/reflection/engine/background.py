"""A thread that does something again and again until it is told to stop, and never takes more than its share.

After work that took t seconds it rests `rest` times t, at least `poll` seconds, unless somebody wakes it; after work
that failed, twice as long each time, up to `LONGEST_PAUSE`. Work that costs a processor is measured by the processor's
time: on a busy machine it has waited already while others worked. Must not know what the work is.
"""

import threading
import time
from collections.abc import Callable

REST = 4.0
LONGEST_PAUSE = 30.0
"""Seconds after which work that fails again and again is tried once more."""

LONGEST_REST = 3_600.0
"""Seconds of rest, whatever a clock says that work took: one that is set forward must not still it for ever."""

ErrorHandler = Callable[[str, Exception], None]
"""Told the name of the thread and the error; logs and reports it."""


class Background:
    """Repeats `work` in one daemon thread; an error is handed to `on_error` and the thread goes on.

    Args:
        poll: shortest rest, in seconds.
        rest: how many times as long as it worked it rests; 0 for work that somebody waits for.
        clock: how long it worked, in seconds: `time.thread_time` where only the processor's time is to be shared.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        on_error: ErrorHandler,
        *,
        poll: float = 0.5,
        rest: float = REST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._work, self._on_error, self._poll, self._rest = name, work, on_error, poll, rest
        self._clock = clock
        self._stopping, self._awake = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start; does nothing when it runs already."""
        with self._lock:
            self._stopping.clear()
            self._run_thread()

    def wake(self) -> None:
        """There is something to do: begin now, also where it was never started; one that was stopped stays so."""
        with self._lock:
            if not self._stopping.is_set():
                self._awake.set()
                self._run_thread()

    def going_on(self) -> bool:
        """Whether nobody has told it to stop; asked by work that can be left in the middle."""
        return not self._stopping.is_set()

    def leave(self) -> None:
        """Say that it shall stop, and wait for nothing."""
        with self._lock:
            self._stopping.set()
            self._awake.set()

    def stop(self, seconds: float | None = None) -> bool:
        """Finish the work in hand and stop; whether it did within some seconds, for ever when None."""
        self.leave()
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _run_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._awake.clear()
            began = self._clock()
            try:
                self._work()
                failures = 0
            except Exception as error:  # noqa: BLE001 - a thread is an outermost door: report, go on
                failures += 1
                self._on_error(self._name, error)
            if not self._stopping.is_set():  # told while it worked: `clear` may have been before that
                rest = min(self._rest * (self._clock() - began), LONGEST_REST)
                pause = min(self._poll * 2 ** min(failures, 30), LONGEST_PAUSE) if failures else 0.0
                self._awake.wait(max(self._poll, rest, pause))
