"""SQLite's full-text index of memories: how it is made, and whether it says what the rows say.

Part of the dialect `sqlite`. Must not know more of memories than how their text is indexed.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import Connection

_COLUMNS = ("memory_id", "text", "summary")
_TOKENS = "tokenize='porter unicode61 remove_diacritics 2'"
_PORTION = 1_000
_BITS = 2**64 - 1
_EVERY_WORD = "SELECT term, doc, col, offset FROM words"


def full_text_ddl() -> list[str]:
    """FTS5 with porter stemming over `memories`, kept by triggers: same transaction, never forgotten."""
    columns = ", ".join(_COLUMNS)
    new = ", ".join(f"new.{name}" for name in _COLUMNS)
    old = ", ".join(f"old.{name}" for name in _COLUMNS)
    add = f"INSERT INTO memories_fts(rowid, {columns}) VALUES (new.id, {new});"
    remove = f"INSERT INTO memories_fts(memories_fts, rowid, {columns}) VALUES ('delete', old.id, {old});"
    return [
        f"CREATE VIRTUAL TABLE memories_fts USING fts5({columns}, content='memories', content_rowid='id', {_TOKENS})",
        f"CREATE TRIGGER memories_fts_add AFTER INSERT ON memories BEGIN {add} END",
        f"CREATE TRIGGER memories_fts_remove AFTER DELETE ON memories BEGIN {remove} END",
        f"CREATE TRIGGER memories_fts_change AFTER UPDATE OF {columns} ON memories BEGIN {remove} {add} END",
    ]


def full_text_is_sound(connection: Connection) -> bool:
    """Whether the full-text index says what the rows say.

    SQLite's own check takes the write lock for all of it. Here the words are made again beside the database, some rows
    at a time, and both are added up: which words stand where, in whatever order.
    """
    try:
        with _own_words(connection):
            stored = _sum(connection.exec_driver_sql(_EVERY_WORD))
    except exc.DBAPIError:
        return False
    rows = connection.exec_driver_sql(f"SELECT id, {', '.join(_COLUMNS)} FROM memories")
    return stored == sum(_words_of(portion) for portion in rows.partitions(_PORTION)) & _BITS


@contextmanager
def _own_words(connection: Connection) -> Iterator[None]:
    """The index as a table `words` of this connection's own, for which a reader must be let write beside the file."""
    reads = connection.exec_driver_sql("PRAGMA query_only").scalar_one()
    connection.exec_driver_sql("PRAGMA query_only=OFF")
    try:
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'memories_fts', 'instance')"
        )
        yield
    finally:
        connection.exec_driver_sql("DROP TABLE IF EXISTS temp.words")
        connection.exec_driver_sql(f"PRAGMA query_only={reads}")


def _words_of(rows: Iterable[Sequence[Any]]) -> int:
    with closing(sqlite3.connect(":memory:")) as beside:
        beside.execute(f"CREATE VIRTUAL TABLE one USING fts5({', '.join(_COLUMNS)}, content='', {_TOKENS})")
        beside.execute("CREATE VIRTUAL TABLE words USING fts5vocab('one', 'instance')")
        names = ("rowid", *_COLUMNS)
        beside.executemany(
            f"INSERT INTO one({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", map(tuple, rows)
        )
        return _sum(beside.execute(_EVERY_WORD))


def _sum(words: Iterable[Sequence[Any]]) -> int:
    return sum(hash(repr(tuple(word))) for word in words) & _BITS  # a tuple's own hash adds up alike for words swapped
