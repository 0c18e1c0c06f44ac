"""Statements of which both databases have one form, and the few expressions that each writes in its own way.

Must not know a table's meaning, nor open a connection.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Float,
    FromClause,
    Insert,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from reflection.store.database.seals import is_sealed, resealed, sealed

SQLITE, POSTGRES = "sqlite", "postgresql"


def upsert(table: Table, keys: Sequence[str]) -> Insert:
    """INSERT that replaces the row with the same key; the rows given name every column but a row number.

    Postgres' form, which SQLite took over word by word.
    """
    statement = insert(table)
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys and not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changed)


def insert_adding(table: Table, count: str) -> Insert:
    """INSERT that adds its `count` to that of the row which is there already, and changes nothing else."""
    statement = insert(table)
    keys = list(table.primary_key.columns)
    changed = {count: table.c[count] + statement.excluded[count]}
    return statement.on_conflict_do_update(
        index_elements=keys, set_=resealed(table, **changed) if is_sealed(table) else changed
    )


def insert_missing(table: Table) -> Insert:
    """INSERT that leaves a row alone which is there already."""
    return insert(table).on_conflict_do_nothing()


def insert_rows(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a constant INSERT for many rows of the same columns, past SQLAlchemy's work for each parameter but the seal.

    That work is half the time of storing a large batch, and does nothing for texts, numbers and bytes.
    """
    if rows:
        table = statement.table
        if isinstance(table, Table) and is_sealed(table):
            rows = [sealed(table, row) for row in rows]
        sql, names = _compiled(statement, tuple(rows[0]), connection.dialect)
        if not names:
            connection.exec_driver_sql(sql, list(rows))
            return
        of_row = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        connection.exec_driver_sql(sql, [of_row(row) for row in rows])


@lru_cache(maxsize=128)
def _compiled(statement: Insert, columns: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """The text of an INSERT, and the order of its values; no order where they go by name."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns), for_executemany=True)
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), tuple(compiled.positiontup or ())


def key_of(table: FromClause, **columns: str) -> ColumnElement[bool]:
    """Rows whose columns have the values of parameters: ``key_of(campaigns, workspace="w", campaign_id="c")``."""
    return and_(*(table.c[column] == bindparam(name) for column, name in columns.items()))


def same_key(one: FromClause, other: FromClause, *columns: str) -> ColumnElement[bool]:
    """Rows of two tables that have the same values in these columns."""
    return and_(*(one.c[column] == other.c[column] for column in columns))


def delete_some(table: Table, *rows: ColumnElement[bool], limit: int) -> Delete:
    """DELETE of a limited number of rows, for `turns.delete_in_turns`; of a table that has row numbers.

    By where they are kept: SQLite looks for a list of keys of several columns in the whole table.
    """
    some = select(RowAddress()).select_from(table).where(*rows).limit(limit)
    return delete(table).where(RowAddress().in_(some))


class RowAddress(FunctionElement[Any]):
    """Where a row is kept while nobody changes it: SQLite's number of it, Postgres' place in the table's file."""

    type = NullType()
    inherit_cache = True


class JsonText(FunctionElement[str]):
    """The text, or none, at a path of a column of JSON text: JsonText(column, "$.name")."""

    type = Text()
    inherit_cache = True


class JsonNumber(FunctionElement[float]):
    """The number, or none, at a path of a column of JSON text."""

    type = Float()
    inherit_cache = True


class Position(FunctionElement[int]):
    """Where a text first stands in another, counted from one; 0 where it does not: Position(column, text)."""

    type = Integer()
    inherit_cache = True


class EpochSeconds(FunctionElement[float]):
    """Seconds since 1970, now, by the database's clock."""

    type = Float()
    inherit_cache = True


class Addends(FunctionElement[Any]):
    """What is to be added up of each group; `total` makes the sum of it.

    SQLite adds them in the order of its rows. That of Postgres changes from one time to the next, so it hands the
    numbers over, and their sum is exact.
    """

    type = NullType()
    inherit_cache = True


def total(addends: Any) -> float | None:
    """The sum that `Addends` stands for; None where there was nothing to add."""
    return math.fsum(addends) if isinstance(addends, list) else addends


@compiles(JsonText, SQLITE)
@compiles(JsonNumber, SQLITE)
def _extracted(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **options)})"


@compiles(JsonText, POSTGRES)
def _text_at(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    column, path = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(jsonb_path_query_first(({column})::jsonb, ({path})::jsonpath) #>> '{{}}')"


@compiles(JsonNumber, POSTGRES)
def _number_at(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"({_text_at(element, compiler, **options)})::float8"


@compiles(Position, SQLITE)
def _instr(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(Position, POSTGRES)
def _strpos(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(RowAddress, SQLITE)
def _row_number(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return "rowid"


@compiles(RowAddress, POSTGRES)
def _place_in_file(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return "ctid"


@compiles(EpochSeconds, SQLITE)
def _from_julian_day(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(EpochSeconds, POSTGRES)
def _epoch(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::float8"


@compiles(Addends, SQLITE)
def _sum(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(Addends, POSTGRES)
def _array(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    addend = compiler.process(element.clauses, **options)
    return f"array_agg({addend}) FILTER (WHERE {addend} IS NOT NULL)"
