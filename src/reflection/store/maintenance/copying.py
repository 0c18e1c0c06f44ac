"""A SQLite file copied into an empty Postgres database, row by row, and compared bit for bit before it counts.

One transaction of the target: killed at any moment, all of it is there or nothing, and it can be run again. Must not
know what is in the tables.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData, Table, func, inspect, select, text
from sqlalchemy.engine import Connection

from reflection.domain.number_of import number_of
from reflection.errors import Conflict, InvalidInput, ReflectionError
from reflection.store.database import postgres
from reflection.store.database.connections import Database
from reflection.store.maintenance.sealing import unsealed_rows

_PORTION = 1_000
MADE_BY_THE_DATABASE = frozenset({"alembic_version", "memory_words"})
"""Tables that the target fills by itself: its revision, and the words of memories."""


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What was copied: rows by table, and the SHA-256 over all of them, which both databases have."""

    rows: Mapping[str, int]
    digest: str


def copy_into(source: Database, target: Database) -> CopyResult:
    """Copy every row of a file into an empty database of a server.

    Both are at this version's tables. Where the target holds the same already, nothing is left to do.

    Raises:
        InvalidInput: the source is no file, the target is one, or a text cannot be stored there.
        Conflict: there are other rows in the target, rows without a seal in the file, or somebody wrote to the file
            meanwhile; nothing was changed.
        ReflectionError: the copy differs from the file; nothing was stored.
    """
    if not source.is_file or target.is_file:
        raise InvalidInput("what can be copied is a SQLite file, into a Postgres database")
    if count := unsealed_rows(source):
        raise Conflict(
            f"{number_of(count, 'row has', 'rows have')} no seal, and a new database lets none in without",
            hint="'reflection rebuild' seals them as they are; nothing was changed",
        )
    version = source.data_version()
    with source.read() as original, target.write() as copy:
        tables = _tables(copy)
        filled = [table.name for table in tables if copy.execute(select(table).limit(1)).first() is not None]
        if not filled:
            for table in tables:
                names = [column.name for column in table.columns]
                postgres.load(copy, table.name, names, _rows(original, table))
            _number_on(original, copy, tables)
        digests = [_digest(connection, tables) for connection in (original, copy)]
        if filled and digests[0] != digests[1]:
            raise Conflict(
                f"{target.name} is not empty: there are rows in {', '.join(sorted(filled))}",
                hint="copy into a new database; nothing was changed",
            )
        if digests[0] != digests[1]:
            raise ReflectionError("the copy differs from the file; nothing was stored")
        if source.data_version() != version:
            raise Conflict(
                f"somebody wrote to {source.path.name} meanwhile; nothing was stored",
                hint="stop every server, worker and command that has it open, and copy again",
            )
        counts = {table.name: copy.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    return CopyResult({name: count for name, count in counts.items() if count}, digests[0])


def _tables(copy: Connection) -> list[Table]:
    """The target's tables, those that others refer to first."""
    reflected = MetaData()
    for name in sorted(set(inspect(copy).get_table_names()) - MADE_BY_THE_DATABASE):
        Table(name, reflected, autoload_with=copy)
    return list(reflected.sorted_tables)


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """All rows in the order of the key, which is that of bytes in both databases, a portion in memory at a time."""
    columns = [table.c[column.name] for column in table.columns]
    statement = select(*columns).order_by(*table.primary_key.columns)
    yield from connection.execution_options(yield_per=_PORTION).execute(statement)


def _number_on(original: Connection, copy: Connection, tables: Sequence[Table]) -> None:
    """Let numbers of rows go on after the last one that the file ever gave, also of rows that are gone."""
    last = {row[0]: row[1] for row in original.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    for table in tables:
        for column in table.primary_key.columns:
            if column.autoincrement is True and last.get(table.name):
                values = {"table": f'"{table.name}"', "column": column.name, "last": last[table.name]}
                copy.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"), values)


def _digest(connection: Connection, tables: Sequence[Table]) -> str:
    """SHA-256 over every value of every row: a number by its bits, a text and bytes as they are."""
    digest = hashlib.sha256()
    for table in tables:
        digest.update(table.name.encode() + b"\0")
        for row in _rows(connection, table):
            for value in row:
                digest.update(_bits(value))
    return digest.hexdigest()


def _bits(value: Any) -> bytes:
    match value:
        case None:
            return b"n"
        case int():
            return b"i%d;" % value
        case float():
            return b"f" + struct.pack("<d", value)
        case str():
            data = value.encode()
            return b"t%d:" % len(data) + data
        case _:
            return b"b%d:" % len(value) + bytes(value)
