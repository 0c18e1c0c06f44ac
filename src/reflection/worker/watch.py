"""A server's watch over its worker: starts one where no other works on the database, and again when it dies.

The worker is a fresh interpreter, never a fork of a process with threads. It is handed its settings through standard
input, and ends when that closes: with the server, however the server ends. Must not know what a worker does.
"""

import subprocess
import sys
import threading
import time
from contextlib import suppress

import structlog

from reflection.settings import Settings
from reflection.store.worker_lock import worker_lock
from reflection.worker.process import STOP_SECONDS

log = structlog.get_logger("reflection")
COMMAND = (sys.executable, "-m", "reflection.cli", "worker", "--watched")
LOOK_AROUND = 0.5
"""Seconds between two looks whether another server's worker is gone."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that died is started again: doubled with each that dies at once."""

SETTLED = 60.0
"""Seconds after which a worker is no longer one that died at once."""

KILL_AFTER = STOP_SECONDS + 5.0


class Watch:
    """Keeps a worker running for one database, unless another server does; a thread that waits.

    Args:
        command: starts a worker that reads its settings from standard input.
        first_pause: seconds before the first restart.
    """

    def __init__(
        self, settings: Settings, *, command: tuple[str, ...] = COMMAND, first_pause: float = FIRST_PAUSE
    ) -> None:
        self._settings, self._command, self._first_pause = settings, command, first_pause
        self._lock = worker_lock(settings.database)
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Have the worker stop, and wait until it has."""
        with self._starting:
            self._stopping.set()
            process = self._process
        if process is not None:
            _end(process)
        self._thread.join()

    def _run(self) -> None:
        pause = self._first_pause
        while not self._stopping.is_set():
            if self._lock.state().running:
                self._stopping.wait(LOOK_AROUND)
                continue
            began = time.monotonic()
            code = self._worked()
            if self._stopping.is_set():
                return
            if self._lock.state().running:  # another server was faster
                continue
            pause = self._first_pause if time.monotonic() - began > SETTLED else pause
            log.error("the worker died; it is started again", exit_code=code, pause=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _worked(self) -> int | None:
        """Start a worker and wait until it ends; its exit code, None where none was started."""
        with self._starting:
            if self._stopping.is_set():
                return None
            try:
                self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            except OSError as error:
                log.error("no worker could be started", error=error.strerror)
                return None
        with self._process as process:  # which closes its input in the end
            if process.stdin is not None:
                with suppress(OSError):  # it died at once: its exit code says so
                    process.stdin.write(self._settings.for_worker() + b"\n")
                    process.stdin.flush()
            return process.wait()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Close its input, ask it to stop, and in the end make it."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    process.terminate()
    try:
        process.wait(KILL_AFTER)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
