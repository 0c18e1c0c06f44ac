"""SQLite's tables: append-only guards, columns that must be there, and triggers that are none of ours.

Part of the dialect `sqlite`. Must not know a table's meaning.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from reflection.errors import ConfigurationError
from reflection.store.database.sqlite_words import word_triggers


def guard_ddl(table: str, verbs: Sequence[str]) -> list[str]:
    """Triggers that refuse these verbs on a table."""
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in verbs
    ]


def drop_guard_ddl(table: str, verbs: Sequence[str]) -> list[str]:
    """The statements that take `guard_ddl` away again."""
    return [f"DROP TRIGGER {table}_no_{verb.lower()}" for verb in verbs]


_GUARDS = """SELECT name, sql FROM sqlite_master WHERE type = 'trigger'
AND (name GLOB '*_no_update' OR name GLOB '*_no_delete') ORDER BY name"""


@contextmanager
def lifted_guards(connection: Connection) -> Iterator[None]:
    """The triggers are lifted in the transaction, which nobody else sees, and made again."""
    guards = connection.exec_driver_sql(_GUARDS).all()
    for guard in guards:
        connection.exec_driver_sql(f"DROP TRIGGER {guard.name}")
    yield
    for guard in guards:
        connection.exec_driver_sql(guard.sql)


def settle(connection: Connection) -> None:
    """Nothing: a file has one owner, and compares texts byte by byte."""


def take_tables(connection: Connection, tables: Sequence[str]) -> None:
    """Nothing: a transaction that writes has the file to itself."""


def set_nullable(connection: Connection, table: str, column: str, kind: TypeEngine[Any], *, nullable: bool) -> None:
    """SQLite has no statement for it but on its own table of tables, as its documentation says of this change
    (lang_altertable.html, "Making Other Kinds Of Table Schema Changes"): writing the table anew would hold others up.

    Raises:
        ConfigurationError: the table does not state the column so, exactly once; nothing was changed.
    """
    stated = f"{column} {kind.compile(connection.dialect)}"
    before, after = (f"{stated} NOT NULL", stated)[:: 1 if nullable else -1]
    statement = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).scalar() or ""
    changed, times = re.subn(rf"\b{re.escape(before)}(?=[,)])", after, statement)
    if times != 1:
        raise ConfigurationError(
            f"the table {table} does not state '{before}', which a step of its tables changes",
            hint="nothing was changed; somebody changed the table by hand: restore a backup from before that",
        )
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE name = ?", (changed, table))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def json_items(column: str) -> str:
    """SQL of a table of one column `value`: the texts in a JSON list."""
    return f"json_each({column})"


def remarks(connection: Connection) -> list[str]:
    """None: a file is what the machine's own users make it."""
    return []


def trigger_problems(connection: Connection, guards: Mapping[str, Sequence[str]]) -> list[str]:
    """Triggers that may change rows unasked; a view changes nothing, but by a trigger of its own."""
    ours = {guard for table, verbs in guards.items() for guard in guard_ddl(table, verbs)}
    triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    return [
        f"the trigger {row.name} is none of ours, and may change what is stored: DROP TRIGGER {row.name} takes it away"
        for row in triggers
        if row.sql not in word_triggers() | ours
    ] + [
        f"a guard of rows that are never changed is gone: {guard}" for guard in sorted(ours - {t.sql for t in triggers})
    ]
