"""Several processes that answer at one address, and one worker behind them all.

The first process answers nothing: it holds the address, starts the others, starts them again when they die or stand
still altogether (one of which the event loop alone is blocked goes unseen), and has the one worker watched. A process
whose first one was killed stops by itself, as after SIGTERM. What they count for Prometheus is added up in a folder
that lives as long as they do. Must not know what is answered.
"""

import math
import os
import signal
import threading
import time
from functools import partial
from multiprocessing import parent_process
from multiprocessing.connection import wait
from socket import socket
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from fastapi import FastAPI
from prometheus_client.multiprocess import mark_process_dead
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from reflection.api import logging
from reflection.api.app import create_app
from reflection.api.metrics import COUNTS
from reflection.errors import ConfigurationError
from reflection.settings import Settings
from reflection.store.projections.passing_folders import passing_folder
from reflection.worker.watch import Watch

log = structlog.get_logger("reflection")


SETTLED = 30.0
"""Seconds from the beginning after which a process that cannot start is no longer a reason to end."""

PAUSE = 2.0
"""Seconds before another process is tried where one could not start."""

SILENT_LOOKS = 60
"""So many looks, two a second, a process may leave unanswered. Looks, not seconds: where all were stopped and go on, as
on a laptop that slept, nobody was silent."""

ENDING = 10.0
"""Seconds beyond `timeout_graceful_shutdown` that a process may take to end."""


def run(settings: Settings, options: dict[str, Any]) -> None:
    """Answer in `settings.workers` processes until SIGTERM or Ctrl+C.

    Args:
        options: of `uvicorn.Config`.

    Raises:
        ConfigurationError: each process would do the background work, too.
        SystemExit: a process could not start.
    """
    if settings.background == "threads":
        raise ConfigurationError(
            "several processes cannot each do the background work in their threads",
            hint="set MARKO_BACKGROUND=process, or none with a 'reflection worker' beside",
        )
    logging.configure(settings)
    watch = Watch(settings) if settings.background == "process" else None
    answers_only = settings.model_copy(update={"background": "none"})
    config = Config(
        partial(_one_of_several, answers_only),
        factory=True,
        workers=settings.workers,
        **options,
    )
    with passing_folder("reflection-counts-") as folder:
        os.environ[COUNTS] = str(folder)
        processes = _Processes(config, [config.bind_socket()])
        if watch is not None:
            watch.start()
        try:
            processes.run()
        finally:
            if watch is not None:
                watch.stop()
    if any(process.exitcode == STARTUP_FAILURE for process in processes.processes):
        raise SystemExit(STARTUP_FAILURE)


class Pulse:
    """Whether a process goes on: asked at each look, and never waited for."""

    def __init__(self, process: Process) -> None:
        self._pipe = process.parent_conn
        self._silent_looks = -math.inf  # until its first answer it is starting
        self._pipe.send(b"ping")

    def is_lost(self) -> bool:
        """Whether it has been silent for too many looks, of which this is one."""
        if self._pipe.poll():
            self._pipe.recv()
            self._silent_looks = 0
            self._pipe.send(b"ping")
        else:
            self._silent_looks += 1
        return self._silent_looks > SILENT_LOOKS


class _Processes(Multiprocess):
    """uvicorn's supervisor, which asks each process in turn whether it is well and waits for the answer.

    One that is killed as it starts never answers, and meanwhile nobody sees SIGTERM: here the system is asked, which
    knows at once, and an answer is looked for and not waited for. Nor is one that stands still waited for in the end.
    """

    def __init__(self, config: Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        self._began, self._again_at = time.monotonic(), 0.0
        self._pulses = WeakKeyDictionary[Process, Pulse]()

    def join_all(self) -> None:
        """Wait until all have ended, and end who does not."""
        end = time.monotonic() + (self.config.timeout_graceful_shutdown or 0) + ENDING
        for process in self.processes:
            process.process.join(max(0.0, end - time.monotonic()))
            if process.process.is_alive():
                log.error("a process did not end; it is killed", pid=process.pid)
                process.process.kill()
                process.process.join()

    def keep_subprocess_alive(self) -> None:
        """Start another one for each that died or stands still; its requests no longer count as being answered.

        One that cannot start ends all of them at the beginning, when settings or the database are wrong; later the
        database is away, and another one is tried after a pause.
        """
        now = time.monotonic()
        for number, process in enumerate(self.processes):
            if process.process.is_alive():
                if process not in self._pulses:
                    self._pulses[process] = Pulse(process)
                if not self._pulses[process].is_lost():
                    continue
                log.error("a process does not answer any longer; it is killed", pid=process.pid)
                process.process.kill()
                process.process.join()
            if now < self._again_at:
                continue
            if process.exitcode == STARTUP_FAILURE:
                if now - self._began < SETTLED:
                    self.should_exit.set()
                    return
                self._again_at = now + PAUSE
            log.error("a process died; another one is started", exit_code=process.exitcode)
            mark_process_dead(process.pid)  # type: ignore[no-untyped-call]
            self.processes[number] = Process(self.config, self.sockets)
            self.processes[number].start()


def _one_of_several(settings: Settings) -> FastAPI:
    """The application of one process."""
    logging.own_process()
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    return create_app(settings=settings)


def _stop_with_parent() -> None:
    """Wait for the end of the first process, however it ends, and ask this one to stop."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
