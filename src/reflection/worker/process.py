"""The worker as a process: works on one database until it is told to stop, or until its server is gone.

    reflection worker               alone, started by whoever runs the machine
    reflection worker --watched     started by a server, which keeps its standard input open and hands the settings in

A kill at any moment loses nothing: what was not stored is learnt, published or embedded again by the next one. Must not
know what the chores are.
"""

import gc
import os
import signal
import threading

from reflection.errors import Conflict
from reflection.memory.index import VectorIndex
from reflection.settings import Settings
from reflection.store.database.open import make_folder
from reflection.store.worker_lock import worker_lock
from reflection.wiring import build
from reflection.worker.chores import ALL, OF_VECTORS, Chores

REST = 0.2
"""It rests a fifth as long as it learnt: a stream never costs a whole processor, and requests come first anyway."""

LOOK_AROUND = 0.5
NICENESS = 10
"""Requests come first where the processors do not suffice for both."""

STOP_SECONDS = 5.0
"""What is in hand is finished within so many seconds, or left to the next worker."""

STANDARD_INPUT = 0

YOUNG, OLD, SECONDS_BETWEEN_COLLECTIONS = (10_000, 10), 1_000_000, 60.0
"""What a fit has read stays for the next one. Going through all of that for cycles of garbage takes a tenth of a second
and more: not after every other fit but once a minute, by the thread that waits for the end."""


def chores_of_worker(index: VectorIndex) -> frozenset[str]:
    """What the worker does; an index that belongs to the server's process is kept level there."""
    return ALL - OF_VECTORS if index.one_process else ALL


def run(settings: Settings, *, watched: bool = False) -> None:
    """Work until SIGTERM or Ctrl+C, or, when watched, until standard input ends.

    Raises:
        Conflict: another worker works on this database.
        ConfigurationError, Unavailable: see `build`.
    """
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN if watched else lambda *_: end.set())
    if watched:
        threading.Thread(target=_until_input_ends, args=(end,), daemon=True).start()
        if hasattr(os, "nice"):  # not on Windows
            os.nice(NICENESS)
    if settings.database_url is None:
        make_folder(settings.database_path)
    lock = worker_lock(settings.database)
    if not lock.acquire():
        raise Conflict(
            f"another worker (process {lock.state().pid}) works on this database",
            hint="one is enough; a server starts its own unless it runs with --no-background",
        )
    with build(settings) as application:
        chores = Chores(application, chores_of_worker(application.memory.index), rest=REST, look_around=LOOK_AROUND)
        gc.freeze()  # what is loaded stays
        gc.set_threshold(*YOUNG, OLD)
        chores.start()
        while not end.wait(SECONDS_BETWEEN_COLLECTIONS):
            gc.collect()
        finished = chores.stop(STOP_SECONDS)
        lock.release()
        if not finished:  # a long fit cannot be left in the middle; nothing of it is stored yet
            os._exit(0)


def _until_input_ends(end: threading.Event) -> None:
    """Wait for the end of standard input, which is the end of the process that holds its other end."""
    while os.read(STANDARD_INPUT, 1):
        continue
    end.set()
