"""One database: reading and writing transactions, safe across threads and forks; each reading is a step of its work.

Must not know any table. Everything that depends on the kind of database is in its dialect (`dialect.of`).
"""

import os
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection

from reflection.domain.steps import step
from reflection.errors import ConfigurationError, Unavailable
from reflection.store.database import dialect
from reflection.store.database.late_returns import LateReturns
from reflection.store.database.place import Place, database_name, url_of
from reflection.store.database.statements import SQLITE

BUSY_SECONDS = 30.0
"""How long a write waits for another process's write before `Unavailable`."""

FORK_SECONDS = 5.0
"""How long a fork waits for transactions of other threads to end."""

Answer = TypeVar("Answer")
EVERY_WORKSPACE = "*"
"""For a transaction that is about all of them, as only keys, migrations and maintenance are."""


class Database:
    """Connections to one database. Opens nothing until it is used.

    Safe to share between threads. Before a fork every idle connection is closed, because a SQLite connection
    that lives on in a child loses its locks there; parent and child connect again by themselves.
    """

    def __init__(self, place: Place, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = url_of(place)
        self.dialect = dialect.of(self.url)
        self.writer = self.dialect.make_engine(self.url, writer=True, busy_seconds=busy_seconds)
        self.reader = self.dialect.make_engine(self.url, writer=False, busy_seconds=busy_seconds)
        self._late = LateReturns(self.writer, self.reader)
        self._idle = threading.Condition()
        self._users: dict[int, int] = {}
        self._watch: PoolProxiedConnection | None = None
        self._watch_lock = threading.Lock()
        self._generation = 0
        self._place: tuple[int, int] | None = None
        _open_databases.add(self)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this machine; else it is a server's."""
        return self.url.get_backend_name() == SQLITE

    @property
    def path(self) -> Path:
        """The file.

        Raises:
            ConfigurationError: it is a server's database.
        """
        if not self.is_file or self.url.database is None:
            raise ConfigurationError(f"{self.name} is no file")
        return Path(self.url.database)

    @property
    def name(self) -> str:
        """What people may be told: the file's path, or the address without its password."""
        return database_name(self.url)

    @contextmanager
    def read(self, workspace: str = EVERY_WORKSPACE) -> Iterator[Connection]:
        """A read-only transaction: every statement in it sees the same state, of one workspace where one is named."""
        step()
        with self.dialect.translated_errors(), self._using(), self._begun(self.reader, (workspace,)) as connection:
            yield connection

    def ask(self, workspace: str, question: Callable[[Connection], Answer]) -> Answer:
        """What one statement says, of a state of its own: a server is sent no more than that statement.

        Args:
            question: runs it and reads its rows; asked again where the connection had died while nobody used it.
        """
        step()
        with self.dialect.translated_errors(), self._using():
            try:
                return self._answer(workspace, question)
            except exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._answer(workspace, question)

    def _answer(self, workspace: str, question: Callable[[Connection], Answer]) -> Answer:
        with self._begun(self.reader, (workspace,), single=True) as connection:
            return question(connection)

    @contextmanager
    def write(
        self,
        workspaces: str | Collection[str] = EVERY_WORKSPACE,
        committed: Callable[[Connection], bool] | None = None,
    ) -> Iterator[Connection]:
        """A writing transaction: all of it or nothing.

        Args:
            workspaces: what it writes to. Writes to one workspace come one after the other, in the order of their
                numbers; a server lets others write to other workspaces meanwhile.
            committed: asked, on a new connection, whether the work is there when COMMIT reported an error: it may come
                after committing. Without it the error is raised and the outcome is unknown.

        Raises:
            StorageFull: the disk is full. Unavailable: locked beyond the timeout, or the database is not usable, or its
                file is no longer where it was (also when it went meanwhile: nothing is acknowledged that a restart
                would not find).
        """
        names = (workspaces,) if isinstance(workspaces, str) else tuple(sorted(set(workspaces)))
        with self.dialect.translated_errors(), self._using(), self._begun(self.writer, names) as connection:
            try:
                yield connection
            except BaseException:
                _abandon(connection)
                raise
            self._commit(connection, names, committed)
            self._check_place(written=True)

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether nobody else, on any machine, is at what a name stands for, until the end of the block."""
        with self.dialect.translated_errors(), self.dialect.alone(self.reader, name) as nobody_else:
            yield nobody_else

    def _check_place(self, *, written: bool = False) -> None:
        """Whether the path still leads to the file that is open: a moved or deleted one takes writes, and loses them.

        Raises:
            Unavailable: it does not.
        """
        if not self.is_file:
            return
        place = None
        with suppress(FileNotFoundError):
            place = (at := os.stat(self.path)).st_dev, at.st_ino
        lost = written and not os.path.exists(f"{self.path}-wal")  # what was written is in a log that nobody finds
        self._place = self._place or place
        if lost or place != self._place:
            raise Unavailable(
                f"{self.path.name} or its log was moved, replaced or deleted while open; nothing is stored any longer",
                hint="put the file back, or stop everything that has it open and start again",
            )

    @contextmanager
    def _begun(self, engine: Engine, workspaces: Collection[str], *, single: bool = False) -> Iterator[Connection]:
        """A connection in a transaction; one that died while nobody used it is replaced before anything is done."""
        if self._place is not None:  # before: a new connection would make an empty file, and spoil the other's log
            self._check_place()
        with engine.connect() as connection:
            if self._place is None:
                self._check_place()
            try:
                self.dialect.begin(connection, workspaces, writer=engine is self.writer, single=single)
            except exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                connection.rollback()
                self.dialect.begin(connection, workspaces, writer=engine is self.writer, single=single)
            yield connection

    def _commit(
        self, connection: Connection, names: Collection[str], committed: Callable[[Connection], bool] | None
    ) -> None:
        try:
            connection.commit()
        except exc.DBAPIError:
            connection.invalidate()  # closes it: what was not committed is rolled back for certain
            if committed is None or not self._confirmed(names, committed):
                raise

    def _confirmed(self, names: Collection[str], committed: Callable[[Connection], bool]) -> bool:
        """Of a server it is asked by a writer, which waits until the one whose COMMIT failed has ended there too."""
        engine = self.reader if self.is_file else self.writer
        with suppress(exc.DBAPIError), self._begun(engine, names) as connection:
            return committed(connection)
        return False

    def scrub(self, turns: Iterator[None], seconds: float) -> str | None:
        """Let nothing that was deleted be read from the files; what is left and until when, None where nothing is.

        Args:
            turns: others have theirs with each that is taken.
            seconds: how long to wait for readers of an older state.

        Raises:
            Unavailable: the file is no longer where it was, or there is no room.
        """
        self._check_place()  # a new connection would make another file, of which nothing is left indeed
        self.close()  # so that nobody but others may keep the file
        with self.dialect.translated_errors():
            return self.dialect.scrub(self.writer, turns, seconds)

    def data_version(self) -> tuple[int, str]:
        """Changes whenever anybody, in any process, has committed; compare for equality only."""
        failure = self.reader.dialect.loaded_dbapi.Error
        with self.dialect.translated_errors(), self._using(), self._watch_lock:
            with suppress(failure):  # the server ended the connection unnoticed: the second look is through another one
                return self._look()
            self._end_watch()
            try:
                return self._look()
            except failure as error:
                self._end_watch()
                raise exc.DBAPIError("data_version", None, error, connection_invalidated=True) from error

    def _look(self) -> tuple[int, str]:
        if self._watch is None:
            self._watch = self.reader.raw_connection()  # outside any transaction, or it would not see changes
            self._generation += 1
        return self._generation, self.dialect.data_version(self._watch)

    def remarks(self) -> list[str]:
        """What an operator should know of how the database is set up; empty when all is well."""
        with self.read() as connection:
            return self.dialect.remarks(connection)

    def close(self) -> None:
        """Close every connection, one in use as it comes back; the database may be used again afterwards."""
        self._late.close()
        with self._watch_lock:
            self._end_watch()
        self.reader.dispose()
        self.writer.dispose()
        self._place = None

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.invalidate()
            self._watch = None

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
