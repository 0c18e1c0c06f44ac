"""A thread that does something again and again until it is told to stop, and never takes more than its share.

After work that took t seconds it rests `REST` times t, at least `poll` seconds. Must not know what the work is.
"""

import threading
import time
from collections.abc import Callable

REST = 4.0
ErrorHandler = Callable[[str, Exception], None]
"""Told the name of the thread and the error; logs and reports it."""


class Background:
    """Repeats `work` in one daemon thread; an error is handed to `on_error` and the thread goes on."""

    def __init__(self, name: str, work: Callable[[], object], on_error: ErrorHandler, *, poll: float = 0.5) -> None:
        self._name, self._work, self._on_error, self._poll = name, work, on_error, poll
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start; does nothing when it runs already."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def going_on(self) -> bool:
        """Whether nobody has told it to stop; asked by work that can be left in the middle."""
        return not self._stopping.is_set()

    def stop(self) -> None:
        """Finish the work in hand and stop."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 - a thread is an outermost door: report, go on
                self._on_error(self._name, error)
            self._stopping.wait(max(self._poll, REST * (time.monotonic() - began)))
