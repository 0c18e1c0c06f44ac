"""The thread that goes on with imports: woken when one is registered, and looking around for those left by a kill.

Must not know what an import does.
"""

import threading
from collections.abc import Callable

from reflection.engine.background import ErrorHandler
from reflection.ingest.jobs.service import Imports

LOOK_AROUND = 5.0
"""Seconds between two looks for imports that another process left, and before an import is tried again."""


class ImportWorker:
    """Runs imports one after the other in a daemon thread; an error is handed to `on_error` and tried again later."""

    def __init__(self, imports: Imports, on_error: ErrorHandler, *, after: Callable[[], object] = lambda: None) -> None:
        self._imports, self._on_error, self._after = imports, on_error, after
        self._wanted, self._stopping = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start; does nothing when it runs already."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._wanted.set()
        self.start()

    def stop(self) -> None:
        """Finish the batch in hand and stop; what is left is gone on with after the next start."""
        self._stopping.set()
        self._wanted.set()
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wanted.clear()
            try:
                if self._imports.work(self._go_on):
                    self._after()
                    continue
            except Exception as error:  # noqa: BLE001 - a thread is an outermost door: report, go on
                self._on_error("imports", error)
            self._wanted.wait(LOOK_AROUND)

    def _go_on(self, done: int, total: int) -> bool:
        return not self._stopping.is_set()
