"""SQLite's full-text index of memories: how it is made, also anew beside others' work, and whether it is sound.

Part of the dialect `sqlite`. Must not know more of memories than how their text is indexed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import Connection

from reflection.store.database.dialect import CLEARING

_COLUMNS = ("memory_id", "text", "summary")
_INDEX, _NEXT, _PAST = "memories_fts", "memories_fts_next", "memories_fts_past"
"""The index that is asked, one that is being made, and one whose place another has taken."""

_HAS_OLD = f"EXISTS (SELECT 1 FROM {_NEXT}_docsize WHERE id = old.id)"
_LAST = f"SELECT coalesce(max(id), 0) FROM {_NEXT}_docsize"
_TOKENS = "tokenize='porter unicode61 remove_diacritics 2'"
_PORTION = 1_000
_WORD_PAGES = 1_000
"""Pages of the full-text index that are put together in one transaction."""

_BITS = 2**64 - 1
_EVERY_WORD = "SELECT term, doc, col, offset FROM words"


def full_text_ddl() -> list[str]:
    """FTS5 with porter stemming over `memories`, kept by triggers: same transaction, never forgotten."""
    return [_table(_INDEX), *_triggers(_INDEX)]


def drop_full_text_ddl() -> list[str]:
    """The statements that take `full_text_ddl` away again."""
    return [*_drop_triggers(_INDEX), f"DROP TABLE {_INDEX}"]


def _table(name: str) -> str:
    columns = ", ".join(_COLUMNS)
    return f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='memories', content_rowid='id', {_TOKENS})"


def _triggers(name: str, when: str = "") -> list[str]:
    """What keeps an index level with the rows; with a condition on the row `old`, only those that it has already."""
    columns = ", ".join(_COLUMNS)
    new = ", ".join(f"new.{column}" for column in _COLUMNS)
    old = ", ".join(f"old.{column}" for column in _COLUMNS)
    add = f"INSERT INTO {name}(rowid, {columns}) VALUES (new.id, {new});"
    remove = f"INSERT INTO {name}({name}, rowid, {columns}) VALUES ('delete', old.id, {old});"
    every_row = [] if when else [f"CREATE TRIGGER {name}_add AFTER INSERT ON memories BEGIN {add} END"]
    return [
        *every_row,
        f"CREATE TRIGGER {name}_remove AFTER DELETE ON memories {when}BEGIN {remove} END",
        f"CREATE TRIGGER {name}_change AFTER UPDATE OF {columns} ON memories {when}BEGIN {remove} {add} END",
    ]


def word_triggers() -> set[str]:
    """The triggers that an index may have, also one that is being made."""
    return {*_triggers(_INDEX), *_growing_triggers()}


def _growing_triggers() -> list[str]:
    return _triggers(_NEXT, f"WHEN {_HAS_OLD} ")


def _drop_triggers(name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}_{verb}" for verb in ("add", "remove", "change")]


def rebuild_full_text(connection: Connection, after: int) -> int | None:
    """A new index grows beside the old one, which is asked until the new one is whole and takes its name.

    Triggers keep what the new one has already level with the rows; rows that come are at its end. All of that is in the
    file: killed anywhere, the next call goes on.
    """
    there = _indexes(connection.exec_driver_sql)
    if _PAST in there:
        _clear_past(connection.exec_driver_sql)
        return after
    if after == CLEARING and _NEXT not in there:
        return None
    if after != CLEARING:
        if _NEXT not in there:
            _run(connection, [_table(_NEXT), *_growing_triggers()])
        own, names = connection.exec_driver_sql(_LAST).scalar_one(), ", ".join(_COLUMNS)
        further = f"SELECT id, {names} FROM memories WHERE id > {own} ORDER BY id LIMIT {_PORTION}"
        if connection.exec_driver_sql(f"SELECT max(id) FROM ({further})").scalar_one() is not None:
            _run(connection, [f"INSERT INTO {_NEXT}(rowid, {names}) {further}"])
            return after + _PORTION
        _run(connection, [*_drop_triggers(_INDEX), f"ALTER TABLE {_INDEX} RENAME TO {_PAST}"])
        _run(connection, [*_drop_triggers(_NEXT), f"ALTER TABLE {_NEXT} RENAME TO {_INDEX}", *_triggers(_INDEX)])
    else:
        _run(connection, [*_drop_triggers(_NEXT), f"ALTER TABLE {_NEXT} RENAME TO {_PAST}"])
    return CLEARING


def full_text_remains(connection: Connection) -> bool:
    """Whether a rebuild was ended before it had cleared up."""
    return len(_indexes(connection.exec_driver_sql)) > 1


def forget_words(driver: sqlite3.Connection, turns: Iterator[None]) -> None:
    """Let each full-text index be one part, which has no words of rows that are gone; some pages a turn."""
    there = _indexes(driver.execute)
    for _ in turns if _PAST in there else ():
        if not _clear_past(driver.execute):
            break
    for index in sorted(there - {_PAST}):
        merge, pages = f"INSERT INTO {index}({index}, rank) VALUES ('merge', ?)", -_WORD_PAGES
        for _ in turns:
            before = driver.total_changes
            driver.execute(merge, (pages,))
            pages = _WORD_PAGES  # only the first says: down to one part
            if driver.total_changes - before < 2:
                break


def _indexes(run: Callable[[str], Any]) -> set[str]:
    names = f"'{_INDEX}', '{_NEXT}', '{_PAST}'"
    return {row[0] for row in run(f"SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ({names})")}


def _clear_past(run: Callable[[str], Any]) -> bool:
    """Take away a portion of the index `_PAST`; whether some of it is left."""
    for part in ("data", "docsize"):  # blocks 1 and 10 say what is in the others, and are read to drop it
        some = f"SELECT id FROM {_PAST}_{part} WHERE id > 10 LIMIT {_PORTION}"
        if run(f"DELETE FROM {_PAST}_{part} WHERE id IN ({some})").rowcount:
            return True
    run(f"DROP TABLE {_PAST}")
    return False


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


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
