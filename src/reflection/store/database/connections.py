"""One database file: opening, migrating, reading and writing transactions, safe across threads and forks.

Must not know any table. Everything that depends on the SQL dialect is in sqlite.py.
"""

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Delete, exc
from sqlalchemy.engine import Connection
from sqlalchemy.pool import PoolProxiedConnection

from reflection.errors import Unavailable
from reflection.store.database import sqlite

BUSY_SECONDS = 30.0
"""How long a write waits for another process's write before `Unavailable`."""

FORK_SECONDS = 5.0
"""How long a fork waits for transactions of other threads to end."""


class Database:
    """Connections to one database file. Opens nothing until it is used.

    Safe to share between threads. Before a fork every idle connection is closed, because a SQLite connection
    that lives on in a child loses its locks there; parent and child connect again by themselves.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = Path(path)
        self.writer = sqlite.make_engine(self.path, writer=True, busy_seconds=busy_seconds)
        self.reader = sqlite.make_engine(self.path, writer=False, busy_seconds=busy_seconds)
        self._idle = threading.Condition()
        self._users: dict[int, int] = {}
        self._watch: PoolProxiedConnection | None = None
        self._watch_lock = threading.Lock()
        self._generation = 0
        self._place: tuple[int, int] | None = None
        _open_databases.add(self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction: every statement in it sees the same state."""
        with sqlite.translated_errors(), self._using(), self.reader.connect() as connection:
            self._check_place()
            yield connection

    @contextmanager
    def write(self, committed: Callable[[Connection], bool] | None = None) -> Iterator[Connection]:
        """A writing transaction: all of it or nothing.

        Args:
            committed: asked, on a new connection, whether the work is there when COMMIT reported an error: SQLite may
                report one after committing. Without it the error is raised and the outcome is unknown.

        Raises:
            StorageFull: the disk is full. Unavailable: locked beyond the timeout, or the file is not usable, or it is
                no longer where it was (also when it went meanwhile: nothing is acknowledged that a restart would not
                find).
        """
        with sqlite.translated_errors(), self._using(), self.writer.connect() as connection:
            self._check_place()
            connection.begin()
            try:
                yield connection
            except BaseException:
                _abandon(connection)
                raise
            self._commit(connection, committed)
            self._check_place()

    def _check_place(self) -> None:
        """Whether the path still leads to the file that is open: a moved or deleted one takes writes, and loses them.

        Raises:
            Unavailable: it does not.
        """
        try:
            at = os.stat(self.path)
        except FileNotFoundError:
            place = None
        else:
            place = at.st_dev, at.st_ino
        if self._place is None:
            self._place = place
        elif place != self._place:
            raise Unavailable(
                f"{self.path.name} was moved, replaced or deleted while it was open; nothing is stored any longer",
                hint="put the file back, or stop everything that has it open and start again",
            )

    def _commit(self, connection: Connection, committed: Callable[[Connection], bool] | None) -> None:
        try:
            connection.commit()
        except exc.DBAPIError:
            connection.invalidate()  # closes it: what was not committed is rolled back for certain
            if committed is None or not self._confirmed(committed):
                raise

    def _confirmed(self, committed: Callable[[Connection], bool]) -> bool:
        try:
            with self.reader.connect() as connection:
                return committed(connection)
        except exc.DBAPIError:
            return False

    def delete_in_portions(self, statement: Delete, values: Mapping[str, Any]) -> int:
        """Run a DELETE of a limited number of rows until one deletes nothing, each in a transaction of its own.

        So that others can write in between; and where nothing is to be deleted, the file is not written to.
        """
        total = 0
        while True:
            with self.write() as connection:
                count = connection.execute(statement, values).rowcount
            if not count:
                return total
            total += count

    def data_version(self) -> tuple[int, int]:
        """Changes whenever anybody, in any process, has committed; compare for equality only."""
        with sqlite.translated_errors(), self._using(), self._watch_lock:
            if self._watch is None:
                self._watch = self.reader.raw_connection()  # outside any transaction, or it would not see changes
                self._generation += 1
            return self._generation, sqlite.data_version(self._watch)

    def close(self) -> None:
        """Close every idle connection; the database may be used again afterwards."""
        with self._watch_lock:
            if self._watch is not None:
                self._watch.invalidate()
                self._watch = None
        self.reader.dispose()
        self.writer.dispose()
        self._place = None

    @contextmanager
    def _using(self) -> Iterator[None]:
        me = threading.get_ident()
        with self._idle:
            self._users[me] = self._users.get(me, 0) + 1
        try:
            yield
        finally:
            with self._idle:
                self._users[me] -= 1
                if not self._users[me]:
                    del self._users[me]
                self._idle.notify_all()

    def _before_fork(self) -> None:
        self._idle.acquire()
        me = threading.get_ident()
        self._idle.wait_for(lambda: not (self._users.keys() - {me}), timeout=FORK_SECONDS)
        self.close()

    def _after_fork_in_child(self) -> None:
        # Connections in use in the parent are left alone: closing them here would drop the parent's locks.
        self.writer.dispose(close=False)
        self.reader.dispose(close=False)
        self._idle = threading.Condition()
        self._watch_lock = threading.Lock()
        self._users = {}


def _abandon(connection: Connection) -> None:
    try:
        connection.rollback()
    except exc.DBAPIError:
        connection.invalidate()


_open_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()


def _before_fork() -> None:
    for database in list(_open_databases):
        database._before_fork()


def _after_fork_in_parent() -> None:
    for database in list(_open_databases):
        database._idle.release()


def _after_fork_in_child() -> None:
    for database in list(_open_databases):
        database._after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
