"""Seals of rows as a whole database has them: which are broken, how many rows have none, and giving them theirs.

Must not know what a row says: every table with a seal is looked at, whoever added it.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sqlalchemy import Column, Table, bindparam, func, select, tuple_, update
from sqlalchemy.engine import Connection

from reflection.store import tables
from reflection.store.database.connections import Database
from reflection.store.database.seals import SEAL, is_sealed, seal_in
from reflection.store.database.turns import turns
from reflection.store.tables.columns import metadata

PORTION = 500
"""Rows that one transaction seals, at most."""


def broken(connection: Connection) -> Iterator[tuple[str, str]]:
    """Rows that do not say what they said when they were written: a sentence, and which row; each is computed anew."""
    for table in sealed_tables():
        changed = select(*_name(table)).where(table.c[SEAL] != seal_in(table)).order_by(*table.primary_key.columns)
        for row in connection.execute(changed):
            yield f"a row of {table.name} was changed by another hand", "/".join(map(str, row))


def unsealed_rows(database: Database) -> int:
    """How many rows of before there were seals are proved by none."""
    with database.read() as connection:
        counts = [select(func.count()).select_from(table).where(table.c[SEAL].is_(None)) for table in sealed_tables()]
        return sum(connection.execute(count).scalar_one() for count in counts)


def seal_rest(database: Database) -> int:
    """Seal what rows of before there were seals say now, a portion a transaction; how many.

    Others write between two portions; killed, the next call goes on.
    """
    return sum(_seal_rest(database, table) for table in sealed_tables())


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
