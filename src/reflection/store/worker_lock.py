"""The lock of the worker of a database, and what is on record of it.

For a file it is a file beside it, and one worker at a time has it. The kernel gives the lock back when its holder dies,
however hard; the file says who holds it, since when, and how often a holder went without a farewell, so that every
process and `doctor` can say it. On a server any number work, on any machines, one at a time on a workspace
(`Database.alone`): each holds a connection that says so. Must not know what a worker does.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
from sqlalchemy.engine import URL, Connection

from reflection.errors import Unavailable
from reflection.store.database import postgres
from reflection.store.database.place import Place, url_of
from reflection.store.database.statements import SQLITE
from reflection.store.projections.atomic_files import translated_errors

if sys.platform != "win32":
    import fcntl

RECORD_BYTES = 512
"""The record is always so long, spaces at its end: it is replaced in one write, and nobody reads half of one."""

PATIENCE, PAUSE = 1.0, 0.02
"""Seconds for which taking the lock is tried again: somebody who only looks holds it for a moment."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What is on record of the worker of a database.

    Attributes:
        running: somebody holds the lock now.
        pid, since: who does, or did last, and from when (RFC 3339); None before there was any.
        deaths: how many workers ended without being told to, and were replaced; `last_death`: when the last was found.
    """

    running: bool = False
    pid: int | None = None
    since: str | None = None
    deaths: int = 0
    last_death: str | None = None


class WorkerLock(Protocol):
    """Whoever has it works. Not shared between threads."""

    def acquire(self) -> bool:
        """Take the lock and put it on record; False where another worker has it.

        Raises:
            Unavailable: it cannot be asked for.
        """

    def release(self) -> None:
        """Give the lock back with a farewell; nothing where it is not held."""

    def state(self) -> WorkerState:
        """Who works now, as far as it can be read."""


def worker_lock(place: Place) -> WorkerLock:
    """The lock of the database at a place."""
    url = url_of(place)
    return FileLock(Path(str(url.database))) if url.get_backend_name() == SQLITE else ServerLock(url)


class ServerLock:
    """A mark on a server's database that somebody works on it; any number may."""

    def __init__(self, url: URL) -> None:
        self._engine = postgres.make_marks(url)
        self._mark: Connection | None = None

    def acquire(self) -> bool:
        """Always: on a server each workspace has a lock of its own."""
        with postgres.translated_errors():
            self._mark = postgres.marked(self._engine)
        return True

    def release(self) -> None:
        """Take the mark away."""
        if self._mark is not None:
            self._mark.invalidate()  # the server forgets the mark with the connection
            self._mark.close()
            self._mark = None

    def state(self) -> WorkerState:
        """The worker that is at it for the longest; nobody where the server cannot be reached."""
        try:
            with postgres.translated_errors():
                marks = postgres.marks(self._engine)
        except Unavailable:
            return WorkerState()
        return WorkerState(bool(marks), *(marks[0] if marks else (None, None)))


class FileLock:
    """The lock of one file. Not shared between threads.

    Args:
        database_path: the database; the lock is the file beside it.
        now: the clock of what is put on record.
    """

    def __init__(self, database_path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = Path(f"{database_path}.worker.lock")
        self._now = now
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock and put it on record; False where another worker has it.

        Raises:
            Unavailable: the file cannot be written.
        """
        with translated_errors():
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
            end = time.monotonic() + PATIENCE
            while not _locked(handle, exclusively=True):
                if time.monotonic() > end:
                    os.close(handle)
                    return False
                time.sleep(PAUSE)
            self._handle = handle
            before, now = _read(handle), self._now().isoformat(timespec="seconds")
            died = before.get("pid") is not None and not before.get("farewell")
            record = {
                "pid": os.getpid(),
                "since": now,
                "deaths": before.get("deaths", 0) + died,
                "last_death": now if died else before.get("last_death"),
                "farewell": False,
            }
            _write(handle, record)
        return True

    def release(self) -> None:
        """Give the lock back with a farewell; nothing where it is not held."""
        if self._handle is not None:
            with translated_errors():
                _write(self._handle, {**_read(self._handle), "farewell": True})
            os.close(self._handle)
            self._handle = None

    def state(self) -> WorkerState:
        """Who works now, as far as the file can be read."""
        try:
            handle = os.open(self._path, os.O_RDWR)
        except OSError:
            return WorkerState()
        try:
            record = _read(handle)
            free = _locked(handle, exclusively=False)
        finally:
            os.close(handle)
        running = not free if sys.platform != "win32" else bool(record) and not record.get("farewell")
        values = {name: record[name] for name in ("pid", "since", "deaths", "last_death") if name in record}
        return WorkerState(running, **values)


def _locked(handle: int, *, exclusively: bool) -> bool:
    """Try to lock an open file; there are no such locks on Windows, where every server's worker works."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(handle: int) -> dict[str, Any]:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        record = orjson.loads(os.read(handle, RECORD_BYTES))
    except orjson.JSONDecodeError:  # empty: nobody was there
        return {}
    return record if isinstance(record, dict) else {}


def _write(handle: int, record: dict[str, Any]) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, orjson.dumps(record).ljust(RECORD_BYTES))
