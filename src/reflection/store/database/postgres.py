"""Everything that is Postgres and nothing else: connections, transactions, locks, errors.

One of the two dialects (`dialect.Dialect`); `sqlite` has the same names. What it does with words stands in
`postgres_words`, what it does with tables in `postgres_tables`. Must not know a table's meaning.
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, exc, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import NullPool, PoolProxiedConnection, QueuePool

from reflection.errors import (
    ConfigurationError,
    Conflict,
    InvalidInput,
    ReflectionError,
    StatementRefused,
    StorageFull,
    Unavailable,
)
from reflection.store.database.postgres_tables import (
    drop_guard_ddl,
    guard_ddl,
    integrity_problems,
    json_items,
    legible,
    lifted_guards,
    remarks,
    scrub,
    set_nullable,
    settle,
    take_tables,
    trigger_problems,
)
from reflection.store.database.postgres_words import (
    drop_full_text_ddl,
    full_text_ddl,
    full_text_is_sound,
    full_text_remains,
    full_text_search,
    memories_among,
    rare_terms,
    rebuild_full_text,
)

__all__ = [
    "alone",
    "begin",
    "data_version",
    "drop_full_text_ddl",
    "drop_guard_ddl",
    "full_text_ddl",
    "full_text_is_sound",
    "full_text_remains",
    "full_text_search",
    "guard_ddl",
    "integrity_problems",
    "json_items",
    "legible",
    "lifted_guards",
    "make_engine",
    "memories_among",
    "rare_terms",
    "rebuild_full_text",
    "remarks",
    "rows_of",
    "scrub",
    "set_nullable",
    "settle",
    "take_tables",
    "together",
    "translated_errors",
    "trigger_problems",
]  # fmt: skip

DRIVER = "postgresql+psycopg"
CONNECT_SECONDS = 10
WRITERS, READERS = 8, 24
"""Connections of one process; what waits for more, waits for `busy_seconds`."""

_FULL = frozenset({"53100"})
_BUSY = frozenset({"55P03", "40001", "40P01", "53300", "57014"})
_CONTRADICTION = "23"
_REFUSED = ("0A", "22", "42", "54")
"""Classes of what one statement asks for; the others are about the server."""

_NO_SERVER = frozenset({"OperationalError", "InterfaceError", "ConnectionTimeout"})
_NO_TEXT = frozenset({"22021", "22P05"})
_MARK = {"high": int.from_bytes(b"refl"), "low": int.from_bytes(b"work")}
_MARKED = text(
    "SELECT a.application_name AS name, a.backend_start AS since FROM pg_locks AS l JOIN pg_stat_activity AS a "
    "USING (pid) WHERE l.locktype = 'advisory' AND l.classid = :high AND l.objid = :low AND l.granted "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND a.application_name LIKE 'reflection worker %' ORDER BY a.backend_start"
)


def make_engine(url: URL, *, writer: bool, busy_seconds: float) -> Engine:
    """An engine on one database of a server.

    The driver commits by itself and `begin` says BEGIN, because that goes in one message with everything else that
    begins a transaction. A row count is kept for every statement: without, that of INSERT ... DO NOTHING is -2.

    Raises:
        ConfigurationError: another driver is named, or the extra `postgres` is not installed.
    """
    if url.drivername != DRIVER:
        raise ConfigurationError(f"the address of a Postgres database begins with {DRIVER}://")
    habit = "" if writer else " -c default_transaction_read_only=on"
    keepalive = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    try:
        return create_engine(
            url,
            connect_args={
                "options": f"-c lock_timeout={int(busy_seconds * 1000)} {keepalive}{habit}",
                "connect_timeout": CONNECT_SECONDS,
                "application_name": f"reflection {'writer' if writer else 'reader'}",
            },
            isolation_level="AUTOCOMMIT",
            execution_options={"preserve_rowcount": True},
            poolclass=QueuePool,
            pool_size=WRITERS if writer else READERS,
            max_overflow=0,
            pool_timeout=busy_seconds,
            pool_use_lifo=True,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "Postgres needs the extra 'postgres'", hint="install it: pip install 'marko-reflection[postgres]'"
        ) from error


def begin(connection: Connection, workspaces: Collection[str], *, writer: bool, single: bool = False) -> None:
    """BEGIN, which workspace the rows may be of (`postgres_tables.WALL`), and a writer's locks: in one message.

    The lock of a workspace is held until the end of the transaction, so that the numbers of its ledger are in the order
    of commits: a reader who has seen one has seen all before it. Sorted by the caller, so that no two wait for each
    other.
    """
    wall = next(iter(workspaces)) if len(workspaces) == 1 else "*"
    if single:
        _look_at(connection, wall)
        return
    mode = "ISOLATION LEVEL READ COMMITTED" if writer else "ISOLATION LEVEL REPEATABLE READ READ ONLY"
    parts = [f"BEGIN {mode}", f"SELECT set_config('reflection.workspace', {_literal(wall)}, true)"]
    if writer:
        parts += [f"SELECT pg_advisory_xact_lock({_number('write', name)})" for name in workspaces]
    cursor = connection.connection.cursor()
    try:
        cursor.execute("; ".join(parts))
    except connection.dialect.loaded_dbapi.Error as error:
        raise _of_driver(connection, "BEGIN", error) from error
    finally:
        cursor.close()
    connection.begin()


def _look_at(connection: Connection, workspace: str) -> None:
    """The wall's setting of the session, which is remembered with it; that of a transaction goes before it."""
    if connection.info.get("workspace") != workspace:
        connection.exec_driver_sql(f"SELECT set_config('reflection.workspace', {_literal(workspace)}, false)")
        connection.info["workspace"] = workspace


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """By the driver's pipeline: the server is sent the next statement before it has answered, and waited for once."""
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise _of_driver(connection, "a pipeline", error) from error


def _of_driver(connection: Connection, statement: str, error: Any) -> exc.DBAPIError:
    """An error of the driver as SQLAlchemy would raise it, its connection out of the pool where it is dead."""
    gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if gone:
        connection.invalidate(error)
    return exc.DBAPIError(statement, None, error, connection_invalidated=gone)


def _literal(value: str) -> str:
    return "'" + value.replace("\0", "").replace("'", "''") + "'"


def _number(kind: str, name: str) -> int:
    """The number of an advisory lock: 64 bits of what it is for."""
    digest = hashlib.blake2b(f"reflection:{kind}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[bool]:
    """By an advisory lock of a connection, which the server gives back however its holder ends."""
    key = {"key": _number("alone", name)}
    with engine.connect() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one():
            yield False
            return
        try:
            yield True
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def make_marks(url: URL) -> Engine:
    """An engine for marks: what is held by one connection as long as it lives."""
    options = {"application_name": f"reflection worker {os.getpid()}", "connect_timeout": CONNECT_SECONDS}
    return create_engine(url, connect_args=options, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def marked(engine: Engine) -> Connection:
    """A connection by which everybody can see that a worker is at it; the mark ends with it."""
    connection = engine.connect()
    connection.execute(text("SELECT pg_advisory_lock_shared(:high, :low)"), _MARK)
    return connection


def marks(engine: Engine) -> list[tuple[int, str]]:
    """(process, since) of those who are at it, on their machines, the oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(_MARKED, _MARK).all()
    return [(int(row.name.rpartition(" ")[2]), row.since.isoformat(timespec="seconds")) for row in rows]


def data_version(connection: PoolProxiedConnection) -> str:
    """Which transactions have ended, of the whole server: it changes with commits elsewhere too."""
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT pg_current_snapshot()::text")
        row = cursor.fetchone()
        return str(row[0]) if row else ""
    finally:
        cursor.close()


def load(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table by COPY, for which its wall is lifted in the transaction.

    Names are those of our own tables.

    Raises:
        InvalidInput: a text has a NUL.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    except connection.dialect.loaded_dbapi.Error as error:
        raise _translated(error, gone=False) from error
    finally:
        cursor.close()


def rows_of(connection: Connection, statement: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a small query with `:names`."""
    return [tuple(row) for row in connection.execute(text(statement), values)]


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise SQLAlchemy's and the driver's errors as the engine's own."""
    try:
        yield
    except exc.TimeoutError as error:
        raise Unavailable("the database is busy", hint="try again in a moment") from error
    except exc.DBAPIError as error:
        raise _translated(error.orig, error.connection_invalidated) from error


def _translated(error: BaseException | None, gone: bool) -> ReflectionError:
    state = str(getattr(error, "sqlstate", None) or "")
    if state.startswith(_CONTRADICTION):
        return Conflict("the database refused a row that contradicts what is stored")
    if state in _FULL:
        return StorageFull("the disk is full; nothing was changed", hint="free some space and send it again")
    if state in _BUSY:
        return Unavailable("the database is busy", hint="try again in a moment")
    if state in _NO_TEXT or (not state and "NUL" in str(error)):
        return InvalidInput("a text has a character that cannot be stored (NUL)")
    if gone or state.startswith(("08", "57")) or (not state and type(error).__name__ in _NO_SERVER):
        return Unavailable("the database server cannot be reached", hint="try again in a moment")
    if not state or state.startswith(_REFUSED):
        return StatementRefused(f"the database refused the statement ({state or type(error).__name__})")
    return Unavailable(f"the database is not usable ({state})")
