"""Seals of rows as a whole database has them: which are broken, how many rows have none, and giving them theirs.

Once every row has one the database refuses a row without (its column may not be NULL): from then on what is without, or
a table that lets it in, is the work of another hand, and nothing is sealed. Must not know what a row says: every table
with a seal is looked at, whoever added it.
"""

import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, bindparam, func, inspect, select, tuple_, update
from sqlalchemy.engine import Connection

from reflection.errors import Conflict, Unavailable
from reflection.store import tables
from reflection.store.database.connections import Database
from reflection.store.database.seals import SEAL, is_sealed, seal_in
from reflection.store.database.turns import turns
from reflection.store.tables.columns import metadata

PORTION = 500
"""Rows that one transaction seals, at most."""

TRIES, PAUSE = 120, 0.25
"""How often a server's tables are asked for, all at once, and seconds between."""

_CHANGED = "was changed by another hand"


def broken(connection: Connection) -> Iterator[tuple[str, str]]:
    """Rows that do not say what they said when they were written: a sentence, and which row; each is computed anew."""
    required = _requiring(connection)
    for table in sealed_tables():
        if required and table.name not in required:
            yield "rows without a seal are let in by another hand's change of the table", table.name
        seal, own = table.c[SEAL], seal_in(table)
        changed = seal.is_distinct_from(own) if required else seal != own
        rows = select(seal.is_(None), *_name(table)).where(changed).order_by(*table.primary_key.columns)
        for is_without, *name in connection.execute(rows):
            what = "has no seal: another hand added it, or took the seal away" if is_without else _CHANGED
            yield f"a row of {table.name} {what}", "/".join(map(str, name))


def unsealed_rows(database: Database) -> int:
    """How many rows of before there were seals are proved by none; none where every row was sealed once."""
    with database.read() as connection:
        if _requiring(connection):
            return 0
        counts = [select(func.count()).select_from(table).where(table.c[SEAL].is_(None)) for table in sealed_tables()]
        return sum(connection.execute(count).scalar_one() for count in counts)


def seal_rest(database: Database) -> int:
    """Seal what rows of before there were seals say now, a portion a transaction, and let none be without from then on.

    Others write between two portions; killed, the next call goes on. Where every row was sealed once nothing is.

    Returns:
        How many rows were sealed.

    Raises:
        Conflict: somebody added a row without a seal meanwhile.
        Unavailable: a server's tables are not free for a moment; the next call goes on.
    """
    with database.read() as connection:
        if _requiring(connection):
            return 0
    count = sum(_seal_rest(database, table) for table in sealed_tables())
    for left in reversed(range(TRIES)):
        try:
            _require(database)
            break
        except Unavailable:
            if not left:
                raise
            time.sleep(PAUSE)
    return count


def _require(database: Database) -> None:
    with database.write() as connection:
        if not _requiring(connection):
            database.dialect.take_tables(connection, [table.name for table in sealed_tables()])
            for table in sealed_tables():
                if connection.execute(select(table.c[SEAL]).where(table.c[SEAL].is_(None)).limit(1)).first():
                    raise Conflict(f"a row without a seal was added to {table.name} meanwhile", hint="run it again")
                database.dialect.set_nullable(connection, table.name, SEAL, LargeBinary(), nullable=False)


def _requiring(connection: Connection) -> set[str]:
    """The tables that refuse a row without a seal: all of them, or none before every row has one."""
    tables = inspect(connection).get_multi_columns(filter_names=[table.name for table in sealed_tables()])
    return {
        name
        for (_, name), columns in tables.items()
        for column in columns
        if column["name"] == SEAL and not column["nullable"]
    }


def sealed_tables() -> Sequence[Table]:
    """Every table whose rows have seals, whichever of their files somebody has imported yet."""
    for module in iter_modules(tables.__path__, f"{tables.__name__}."):
        import_module(module.name)
    return [table for table in metadata.sorted_tables if is_sealed(table)]


def _name(table: Table) -> list[Column[Any]]:
    """What a row is called: its workspace, and the rest of its key."""
    return [table.c.workspace, *(column for column in table.primary_key.columns if column.name != "workspace")]


def _seal_rest(database: Database, table: Table) -> int:
    keys = list(table.primary_key.columns)
    some = select(*keys).where(table.c[SEAL].is_(None)).order_by(*keys).limit(PORTION)
    own = [key == bindparam(f"own_{key.name}") for key in keys]
    one = update(table).where(*own, table.c[SEAL].is_(None)).values({SEAL: seal_in(table)})
    count, after = 0, some
    for _ in turns():
        with database.read() as connection:
            rows = [tuple(row) for row in connection.execute(after)]
        if not rows:
            break
        named = [{f"own_{key.name}": value for key, value in zip(keys, row, strict=True)} for row in rows]
        with database.write() as connection, database.dialect.lifted_guards(connection):
            count += connection.execute(one, named).rowcount
        after = some.where(tuple_(*keys) > tuple_(*rows[-1]))
    return count
