"""Writing the files of what is stored in a process of its own, while others analyse and learn.

A large batch's files take a third of the time of its analyses; written after them, on one core, they would hold up
everything. They are not what the others wait for: this process takes what they leave of the machine. Must not know
campaigns nor what is in the files.
"""

import os
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from reflection.errors import ReflectionError
from reflection.settings import Settings

PAUSE = 0.5
"""Seconds between two looks when little was pending: many files flushed together cost little more than a few."""

LESS_URGENT = 19
"""By how much its niceness is above that of the processes that analyse."""

WORTH_IT = 400
"""Entries published at once after which the next look follows without a pause."""


class FilesBeside:
    """Publishes until it is left; a context manager. What is pending then, and what could not be written, is left to
    whoever publishes next, who meets the reason and can tell it.

    A process whose parent was killed finishes the files it has in hand and ends.
    """

    def __init__(self, settings: Settings) -> None:
        context = get_context("spawn")  # a fork would copy locks that other threads hold
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_publish, args=(theirs, settings), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.join()


def _publish(pipe: Connection, settings: Settings) -> None:
    """What the process does: publish portions until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us, when what is in hand is written
    if hasattr(os, "nice"):  # not on Windows
        os.nice(LESS_URGENT)
    from reflection.wiring import build  # a second of work, and less urgent, too

    with build(settings) as application:
        pause = 0.0
        while not pipe.poll(pause):
            try:
                published = application.publisher.publish_some()
            except ReflectionError:  # whoever publishes after us meets it, too, and tells it
                return
            pause = 0.0 if published >= WORTH_IT else PAUSE
