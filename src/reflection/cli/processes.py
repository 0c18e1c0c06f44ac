"""Analysing in several processes, because one keeps only one core busy, and writing their files in another.

Each process opens the installation by itself and stores what it analyses; SQLite lets one write at a time, which is a
fifth of the work. Every content of one campaign goes to the same process, so revisions keep their order, and results
come back in the order given. Must not know files nor what is printed.
"""

import gc
import os
import signal
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from types import TracebackType
from typing import Self

from reflection.domain.answers import Answer, Refusal
from reflection.domain.campaign import Campaign
from reflection.engine.bulk import BATCH
from reflection.errors import ReflectionError, Unavailable
from reflection.settings import Settings

PORTION = BATCH * 4 // 5
"""Campaigns of one process at a time, on average: a share above `BATCH` would be two transactions."""

AHEAD = 2
"""Portions that are under way while results of an earlier one are taken."""

MOST = 4
"""More processes would wait for each other's writes."""


def cores() -> int:
    """How many processes are worth starting on this machine."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, processors)


def _context() -> ForkServerContext | SpawnContext:
    """How processes are started: forked from one that has loaded the installation once, for all of them, and runs no
    thread (a fork of this one would copy locks that its threads hold); where the system cannot fork, each loads it.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["reflection.wiring"])
    return context


class Workers:
    """Processes that analyse campaigns of one workspace; a context manager.

    A process whose parent was killed finishes what it has in hand and ends.
    """

    def __init__(self, settings: Settings, workspace: str, count: int) -> None:
        self._workers = [_Worker(settings, workspace) for _ in range(count)]
        gc.freeze()  # what is loaded stays: looking through it for cycles was a third of what this process does

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.leave()
        for worker in self._workers:
            worker.join()

    def analyze_many(self, campaigns: Iterable[Campaign]) -> Iterator[Answer | Refusal]:
        """One result per campaign, in order; while the processes work, the next portions are read.

        Raises:
            Unavailable: a process ended early; what was answered is stored.
        """
        stream, portions = iter(campaigns), deque[_Portion]()
        while batch := list(islice(stream, PORTION * len(self._workers))):
            portions.append(self._portion(batch))
            if len(portions) > AHEAD:
                yield from portions.popleft().results()
        for portion in portions:
            yield from portion.results()

    def _portion(self, campaigns: Sequence[Campaign]) -> "_Portion":
        """Give every campaign to its process."""
        owners = [zlib.crc32(campaign.campaign_id.encode()) % len(self._workers) for campaign in campaigns]
        shares: list[list[Campaign]] = [[] for _ in self._workers]
        for campaign, owner in zip(campaigns, owners, strict=True):
            shares[owner].append(campaign)
        return _Portion(owners, [worker.ask(share) for worker, share in zip(self._workers, shares, strict=True)])


class _Portion:
    """Campaigns that are being analysed: the number of each one's process, and what each process will say."""

    def __init__(self, owners: Sequence[int], futures: Sequence["Future[list[Answer | Refusal]]"]) -> None:
        self._owners, self._futures = owners, futures

    def results(self) -> list[Answer | Refusal]:
        """The results of every process, in the order of the campaigns."""
        with _loss_as_error():
            results = [iter(future.result()) for future in self._futures]
        return [next(results[owner]) for owner in self._owners]


class _Worker:
    """One process. A thread sends to it and another one listens, so that its next share waits for it in the pipe."""

    def __init__(self, settings: Settings, workspace: str) -> None:
        context = _context()
        self._pipe, child_end = context.Pipe()
        self._process = context.Process(target=_work, args=(child_end, settings, workspace), daemon=True)
        self._process.start()
        child_end.close()
        self._sender, self._listener = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    def ask(self, campaigns: list[Campaign]) -> "Future[list[Answer | Refusal]]":
        """Have campaigns analysed after those asked for before."""
        self._sender.submit(self._pipe.send, campaigns)
        return self._listener.submit(self._pipe.recv)

    def leave(self) -> None:
        """Ask for nothing more: the process ends when it has done what was sent to it."""
        self._sender.shutdown(cancel_futures=True)
        self._listener.shutdown(cancel_futures=True)
        self._pipe.close()

    def join(self) -> None:
        """Wait for the process to end."""
        self._process.join()


@contextmanager
def _loss_as_error() -> Iterator[None]:
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
            campaigns: list[Campaign] = pipe.recv()
            pipe.send(list(application.engine.analyze_many(campaigns, workspace=workspace, following=True)))
            gc.collect()


PAUSE = 0.5
"""Seconds between two looks when little was pending: many files flushed together cost little more than a few."""

LESS_URGENT = 19
"""By how much its niceness is above that of the processes that analyse."""

WORTH_IT = 400
"""Entries published at once after which the next look follows without a pause."""


class FilesBeside:
    """A context manager that publishes from a process of its own until it is left.

    What is pending then is left to whoever publishes next; what could not be written is set aside with its reason. A
    process whose parent was killed finishes the files it has in hand and ends.
    """

    def __init__(self, settings: Settings) -> None:
        context = _context()
        self._pipe, child_end = context.Pipe()
        self._process = context.Process(target=_publish, args=(child_end, settings), daemon=True)
        self._process.start()
        child_end.close()

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
            except ReflectionError:  # of the database: whoever publishes after us meets it, too, and tells it
                return
            pause = 0.0 if published >= WORTH_IT else PAUSE
