"""Everything that is SQLite and nothing else: connections, transactions, errors, upserts, full text.

One of the two dialects (`dialect.Dialect`); `postgres` has the same names. Must not know a table's meaning; what it
says about `memories` is only how its text is indexed.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from reflection.errors import Conflict, ReflectionError, StatementRefused, StorageFull, Unavailable
from reflection.store.database.seals import SEAL, seal_of
from reflection.store.database.sqlite_integrity import integrity_problems as integrity_problems
from reflection.store.database.sqlite_integrity import legible as legible
from reflection.store.database.sqlite_scrub import scrub as scrub
from reflection.store.database.sqlite_tables import drop_guard_ddl as drop_guard_ddl
from reflection.store.database.sqlite_tables import guard_ddl as guard_ddl
from reflection.store.database.sqlite_tables import json_items as json_items
from reflection.store.database.sqlite_tables import lifted_guards as lifted_guards
from reflection.store.database.sqlite_tables import remarks as remarks
from reflection.store.database.sqlite_tables import set_nullable as set_nullable
from reflection.store.database.sqlite_tables import settle as settle
from reflection.store.database.sqlite_tables import take_tables as take_tables
from reflection.store.database.sqlite_tables import trigger_problems as trigger_problems
from reflection.store.database.sqlite_words import drop_full_text_ddl as drop_full_text_ddl
from reflection.store.database.sqlite_words import full_text_ddl as full_text_ddl
from reflection.store.database.sqlite_words import full_text_is_sound as full_text_is_sound
from reflection.store.database.sqlite_words import full_text_remains as full_text_remains
from reflection.store.database.sqlite_words import rebuild_full_text as rebuild_full_text

WAL_PAGES = 4_000
"""Pages in the write-ahead log before a commit also checkpoints: fewer slow commits than at 1,000."""

CACHE_KIB = 16_384
"""Pages a writer keeps: with SQLite's 2 MiB a batch does not fit, and every index is read again for each of them."""

_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_REFUSED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE)


def make_engine(url: URL, *, writer: bool, busy_seconds: float) -> Engine:
    """An engine on one file.

    The writer has one connection, so that a process's threads queue for it fairly instead of polling SQLite's lock, and
    begins with BEGIN IMMEDIATE: a deferred transaction that reads before it writes fails with SQLITE_BUSY whatever the
    timeout. Readers have connections of their own, refuse to write and see one snapshot a transaction.
    """
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": busy_seconds, "cached_statements": 256},
        poolclass=QueuePool,
        pool_size=1 if writer else 8,
        max_overflow=0 if writer else 24,
        pool_timeout=busy_seconds,
        pool_use_lifo=True,
    )

    def prepare(driver: sqlite3.Connection, _record: object) -> None:
        driver.isolation_level = None  # the driver's own BEGIN would come too late and be deferred
        _enter_wal(driver, busy_seconds)
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        driver.create_function(SEAL, -1, seal_of, deterministic=True)
        if writer:
            driver.execute("PRAGMA secure_delete=ON")  # Debian's habit; other builds leave deleted texts in the file
            driver.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        else:
            driver.execute("PRAGMA query_only=ON")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _enter_wal(driver: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to write-ahead logging; SQLite does not wait for a lock here, so two first openers must."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            if driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                driver.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def begin(connection: Connection, workspaces: Collection[str], *, writer: bool, single: bool = False) -> None:
    """A writer begins at once, and there is one, whatever it writes to. Readers begin with their first statement."""
    if writer:
        connection.begin()


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[bool]:
    """Always: one worker has the lock of the whole file (`worker_lock`)."""
    yield True


def data_version(connection: PoolProxiedConnection) -> str:
    """A number that changes on this connection when any other connection has committed."""
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA data_version")
        row = cursor.fetchone()
        return str(row[0]) if row else ""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise SQLAlchemy's and the driver's errors as the engine's own."""
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict("the database refused a row that contradicts what is stored") from error
    except exc.TimeoutError as error:
        raise Unavailable("the database is busy", hint="try again in a moment") from error
    except exc.DBAPIError as error:
        raise _translate(error.orig) from error
    except sqlite3.Error as error:
        raise _translate(error) from error


def _translate(error: BaseException | None) -> ReflectionError:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF in _REFUSED:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return StatementRefused(f"the database refused the statement ({name})")
    if code in _FULL or code & 0xFF in _FULL:
        return StorageFull("the disk is full; nothing was changed", hint="free some space and send it again")
    if code & 0xFF in _BUSY:
        return Unavailable("the database is busy", hint="try again in a moment")
    if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Unavailable("the database file is damaged, or is none", hint="restore a backup, then run 'rebuild'")
    if code & 0xFF == sqlite3.SQLITE_READONLY:
        return Unavailable("the database cannot be written: its file, folder or disk is read-only")
    if code & 0xFF == sqlite3.SQLITE_CANTOPEN:
        return Unavailable("the database cannot be opened", hint="look who may read and write in its folder")
    return Unavailable(f"the database is not usable ({getattr(error, 'sqlite_errorname', 'unknown')})")


def full_text_search(
    connection: Connection, terms: Sequence[str], conditions: str, values: Mapping[str, Any]
) -> list[tuple[str, float]]:
    """By BM25."""
    statement = text(
        "SELECT m.memory_id, -bm25(memories_fts) AS score FROM memories_fts "
        "JOIN memories AS m ON m.id = memories_fts.rowid "
        f"WHERE memories_fts MATCH :query AND m.workspace = :workspace AND m.deleted = 0{conditions} "
        "ORDER BY score DESC, m.memory_id LIMIT :limit"
    )
    query = " OR ".join(quoted(term) for term in terms)
    return [(row.memory_id, row.score) for row in connection.execute(statement, {**values, "query": query})]


LOOKED_AT = 2_000
"""Memories of all workspaces that are looked at for one word: some milliseconds where none of them is one's own."""


def quoted(term: str) -> str:
    """An FTS5 expression for rows with a term; quoted, no character of it is syntax."""
    return '"' + term.replace('"', '""') + '"'


def together(connection: Connection) -> AbstractContextManager[None]:
    """Nothing to do: no statement waits for anybody."""
    return nullcontext()


def rows_of(connection: Connection, statement: str, values: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """The rows of one query, of a state of their own, as tuples; past SQLAlchemy: half the time of a small one.

    Raises:
        Unavailable: it is no SQLite database.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise Unavailable("a direct question needs a SQLite connection")
    return driver.execute(statement, values).fetchall()


def rare_terms(connection: Connection, workspace: str, terms: Sequence[str], most: int) -> list[tuple[int, int]]:
    """Of the workspace: the beginning of each word's list costs microseconds where much of it is one's own; BM25 over a
    word that half of all memories have reads and ranks half of them.

    The lists are of all workspaces, and of a word that more than `LOOKED_AT` memories have none is read to its end: it
    is left out. Of all others nothing is told of what others wrote.
    """
    words: dict[str, Any] = {f"term{number}": quoted(term) for number, term in enumerate(terms)}
    words["looked_at"] = LOOKED_AT
    rows = rows_of(connection, _beginnings(len(terms), most), {**words, "workspace": workspace})
    counts = Counter(term for term, _ in rows)
    unsure = [term for term, count in counts.items() if count < most]
    if not unsure:
        return rows
    long = {term for term, count in rows_of(connection, _lengths(tuple(unsure)), words) if count == LOOKED_AT}
    return [row for row in rows if row[0] not in long]


@lru_cache(maxsize=128)
def _beginnings(terms: int, most: int) -> str:
    return " UNION ALL ".join(
        f"SELECT * FROM (SELECT {number}, own.id FROM (SELECT rowid FROM memories_fts WHERE memories_fts MATCH "
        f":term{number} LIMIT :looked_at) AS listed CROSS JOIN memories AS own ON own.id = listed.rowid "
        f"WHERE own.workspace = :workspace AND own.deleted = 0 LIMIT {most})"
        for number in range(terms)
    )


@lru_cache(maxsize=128)
def _lengths(terms: tuple[int, ...]) -> str:
    return " UNION ALL ".join(
        f"SELECT {number}, count(*) FROM "
        f"(SELECT 1 FROM memories_fts WHERE memories_fts MATCH :term{number} LIMIT :looked_at)"
        for number in terms
    )


def memories_among(
    connection: Connection, column: str, others: str, conditions: str, values: Mapping[str, Any]
) -> list[Any]:
    """One text for any number of values, so that the driver compiles it once. CROSS JOIN makes SQLite look each value
    up; it would read the whole workspace where it thinks it small. All names are the caller's own.
    """
    statement = (
        f"SELECT m.{column}, {others} FROM json_each(:wanted) AS wanted CROSS JOIN memories AS m "
        f"ON m.{column} = wanted.value WHERE m.workspace = :workspace AND m.deleted = 0{conditions}"
    )
    return rows_of(connection, statement, values)
