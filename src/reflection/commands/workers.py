"""Analysing in several processes, because one keeps only one core busy.

Each process opens the installation by itself and stores what it analyses; SQLite lets one write at a time, which is a
fifth of the work. Every content of one campaign goes to the same process, so revisions keep their order, and results
come back in the order given. Must not know files nor what is printed.
"""

import gc
import os
import signal
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import TYPE_CHECKING, Self

from reflection.answer import Answer, Refused
from reflection.bulk import BATCH
from reflection.campaign import Campaign
from reflection.errors import Unavailable
from reflection.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

PORTION = BATCH
"""Campaigns of one process at a time."""

MOST = 4
"""More processes would wait for each other's writes."""


def cores() -> int:
    """How many processes are worth starting on this machine."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, usable)


class Workers:
    """Processes that analyse campaigns of one workspace; a context manager.

    A process whose parent was killed finishes what it has in hand and ends.
    """

    def __init__(self, settings: Settings, workspace: str, count: int) -> None:
        context = get_context("spawn")  # a fork would copy locks that other threads hold
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, settings, workspace), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()

    def analyze_many(self, campaigns: Iterable[Campaign]) -> Iterator[Answer | Refused]:
        """One result per campaign, in order; while the processes work, the next portion is read.

        Raises:
            Unavailable: a process ended early; what was answered is stored.
        """
        stream, under_way = iter(campaigns), list[int]()
        while portion := list(islice(stream, PORTION * len(self._pipes))):
            done = self._collected(under_way)
            under_way = self._handed_out(portion)
            yield from done
        yield from self._collected(under_way)

    def _handed_out(self, portion: Sequence[Campaign]) -> list[int]:
        """Give every campaign to its process; the number of each one's process, in order."""
        owners = [zlib.crc32(campaign.campaign_id.encode()) % len(self._pipes) for campaign in portion]
        with _loss_told():
            for number, pipe in enumerate(self._pipes):
                own = [one.model_dump_json() for one, owner in zip(portion, owners, strict=True) if owner == number]
                pipe.send(own)
        return owners

    def _collected(self, owners: Sequence[int]) -> list[Answer | Refused]:
        if not owners:
            return []
        with _loss_told():
            results = [iter(pipe.recv()) for pipe in self._pipes]
        return [next(results[owner]) for owner in owners]


@contextmanager
def _loss_told() -> Iterator[None]:
    """A broken pipe as an error a person can act on."""
    try:
        yield
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise Unavailable(
            "a process that analyses has ended early",
            hint="run it again: what was stored is passed over; --processes 1 does without others",
        ) from error


def _work(pipe: Connection, settings: Settings, workspace: str) -> None:
    """What a process does: analyse portions until the pipe is closed."""
    from reflection.wiring import build

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us, when what is in hand is stored
    with build(settings) as application, suppress(EOFError, BrokenPipeError, ConnectionResetError):
        gc.disable()  # looking for cycles again and again in the midst of a portion is a tenth of the time
        gc.freeze()
        while True:
            campaigns = [Campaign.model_validate_json(text) for text in pipe.recv()]
            pipe.send(list(application.engine.analyze_many(campaigns, workspace=workspace, following=True)))
            gc.collect()
