"""The chores behind the requests, each in a thread of its own, so that none waits for another.

    learner      takes in what is new      publisher    writes files and mirrors
    embedder     makes missing vectors     imports      goes on with imports
    retention    forgets what is past its time           alerts   sends messages on their way
    copier       brings what a database server searches up to the rows, where it does

Run by the worker process, or by a server that is told to keep them in its own. Must not know how each is done.
"""

import time
from collections.abc import Callable, Collection

from reflection.engine.background import REST, Background
from reflection.memory.server import ServerIndex
from reflection.store.worker_lock import WorkerLock
from reflection.wiring import ARTIFACTS, VECTORS, Application, report_error

LEARNER, EMBEDDER, PUBLISHER, MIRROR, IMPORTS, RETENTION, ALERTS, COPIER = (
    "learner", "embedder", "publisher", "mirror", "imports", "retention", "alerts", "copier",
)  # fmt: skip
ALL = frozenset({LEARNER, EMBEDDER, PUBLISHER, MIRROR, IMPORTS, RETENTION, ALERTS, COPIER})
OF_VECTORS = frozenset({EMBEDDER, MIRROR})
"""Chores that write to the vector index, which may allow one process only."""

MEASURED_BY = {LEARNER: time.thread_time}
"""A fit shares the processors with requests and rests after what it took of them; the others share the disk, too."""

LOOK_AROUND = 5.0
"""Seconds between two looks for imports that another process left, and before an import is tried again."""

SLICE = 5.0
"""Seconds of embedding for one workspace before it is another one's turn."""

SETTLED = 2.0
"""Seconds after which the learner looks again although nobody wrote: a large workspace may be due by now."""

HOUSEKEEPING = 60.0


class Chores:
    """The background work of one application.

    Args:
        chores: which of `ALL`.
        rest: how many times as long as it learnt the learner rests: more beside requests than in a process of its own.
        look_around: seconds between two looks for imports of other processes.
        lock: taken while they run, where it is free, so that others can see that somebody works here.
    """

    def __init__(
        self,
        application: Application,
        chores: Collection[str] = ALL,
        *,
        rest: float = REST,
        look_around: float = LOOK_AROUND,
        lock: WorkerLock | None = None,
    ) -> None:
        self._application, self._lock = application, lock
        self._learnt_version: tuple[int, str] | None = None
        self._look_again = 0.0
        works: dict[str, tuple[Callable[[], object], float, float]] = {  # what, shortest rest, rest as a multiple
            IMPORTS: (self._import, look_around, 0.0),
            LEARNER: (self._learn, 0.05, rest),
            EMBEDDER: (self._embed, 0.5, 0.1),
            RETENTION: (application.retention.work, HOUSEKEEPING, 0.0),
            PUBLISHER: (lambda: self._publish(ARTIFACTS), 0.2, REST),
            MIRROR: (lambda: self._publish(VECTORS), 0.2, REST),
            ALERTS: (lambda: self._alert(), 1.0, 0.1),
            COPIER: (self._copy, 1.0, 0.1),
        }
        self.threads = {
            name: Background(
                name, work, report_error, poll=poll, rest=resting, clock=MEASURED_BY.get(name, time.monotonic)
            )
            for name, (work, poll, resting) in works.items()
            if name in chores and (name != COPIER or isinstance(application.memory.index, ServerIndex))
        }

    def start(self) -> None:
        """Begin; does nothing where they run already."""
        if self._lock is not None:
            self._lock.acquire()
        for thread in self.threads.values():
            thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """Leave off, at the latest after some seconds, and publish what is pending in the same time.

        Returns:
            Whether everything in hand was finished; what was not is still being done, and is lost with the process.
        """
        end = None if seconds is None else time.monotonic() + seconds
        for thread in self.threads.values():
            thread.leave()
        ended = [thread.stop(_seconds_left(end)) for thread in self.threads.values()]
        if PUBLISHER in self.threads:
            self._application.publisher.publish_until(end)
        if self._lock is not None:
            self._lock.release()
        return all(ended)

    def wake(self, name: str) -> None:
        """Let a chore begin now."""
        if name in self.threads:
            self.threads[name].wake()

    def _learn(self) -> None:
        """Learn where somebody wrote something since the last look."""
        version = self._application.database.data_version()
        if version != self._learnt_version or time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + SETTLED
            self._application.learner.learn_all(self.threads[LEARNER].going_on)
            self._learnt_version = version

    def _publish(self, topic: str) -> None:
        """Publish what is due, unless another machine's worker is at it."""
        with self._application.database.alone(f"publish {topic}") as nobody_else:
            if nobody_else:
                self._application.publisher.publish_due([topic])

    def _alert(self) -> None:
        """Tell what is to be told, unless another machine's worker is at it."""
        with self._application.database.alone("alerts") as nobody_else:
            if nobody_else:
                self._application.alerts.sender.work(self.threads[ALERTS].going_on)

    def _embed(self) -> None:
        """A slice of time for each workspace that has memories without a vector."""
        with self._application.database.alone("embed") as nobody_else:
            for workspace in self._application.backfill.behind() if nobody_else else ():
                end = time.monotonic() + SLICE
                self._application.backfill.catch_up(workspace, lambda end=end: self._goes_on(EMBEDDER, end))  # type: ignore[misc]

    def _copy(self) -> None:
        """Bring the vectors that a database server searches up to the rows."""
        with self._application.database.alone("vectors") as nobody_else:
            index, space = self._application.memory.index, self._application.memory.embedder.space
            if nobody_else and isinstance(index, ServerIndex) and space is not None:
                index.bring_up(space, self.threads[COPIER].going_on)

    def _import(self) -> None:
        with self._application.database.alone("imports") as nobody_else:
            while (
                nobody_else
                and self.threads[IMPORTS].going_on()
                and self._application.imports.work(lambda _done, _total: self.threads[IMPORTS].going_on())
            ):
                continue

    def _goes_on(self, name: str, end: float) -> bool:
        return self.threads[name].going_on() and time.monotonic() < end


def _seconds_left(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())
