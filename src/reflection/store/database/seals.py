"""The seal of a row: the SHA-256 of all that it says, so that what was changed beside this store's statements is seen.

It guards against damage and hands, not against who computes a seal too, nor does it miss a lost row.
An INSERT is sealed by itself, an UPDATE by `resealed`, and one that is not is refused. A column that is NULL adds
nothing, so that seals outlive a column that is added later; the number that the database gives a row is no part of
them, for it is not known yet. Both databases compute the same bytes. Must not know any table.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import DefaultClause, LargeBinary, Table, Text, literal_column, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

SEAL = "seal"
"""The column; NULL in a row of before there were seals, and in no row once every one has its seal."""


class Sealed(FunctionElement[bytes]):
    """The seal of a row as its database computes it: names and expressions of its columns in turn."""

    type = LargeBinary()
    inherit_cache = True


def is_sealed(table: Table) -> bool:
    """Whether the rows of a table have seals."""
    return SEAL in table.c


def sealed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that is to be inserted, with its seal."""
    values: list[Any] = []
    absent = _numbers_of_the_database(table)
    for name in _names(table):
        values += (name, row.get(name, absent.get(name)))
    return {**row, SEAL: seal_of(*values)}


def resealed(table: Table, **values: Any) -> dict[str, Any]:
    """The values of an UPDATE, with the seal of what the row says then; a column it leaves alone says what it said."""
    return {**values, SEAL: seal_in(table, values)}


def seal_in(table: Table, values: Mapping[str, Any] | None = None) -> Sealed:
    """The seal of rows as an expression, some of whose columns have other values than the table's."""
    parts: list[Any] = []
    for name in _names(table):
        column = table.c[name]
        parts += (literal_column(f"'{name}'", Text), type_coerce((values or {}).get(name, column), column.type))
    return Sealed(*parts)


def seal_of(*names_and_values: Any) -> bytes:
    """The seal of column names and their values in turn; what SQLite calls, and what `Sealed` says on Postgres."""
    digest = hashlib.sha256()
    for name, value in zip(names_and_values[::2], names_and_values[1::2], strict=True):
        if value is not None:
            content = _content(value)
            digest.update(b"%s=%s" % (name.encode(), struct.pack(">i", len(content))))
            digest.update(content)
    return digest.digest()


def of_insert(context: Any) -> Any:
    """The default of the column: the seal of the row that SQLAlchemy is about to insert."""
    return sealed(context.current_column.table, context.get_current_parameters())[SEAL]


def refuse_update(context: Any) -> Any:
    """What an UPDATE without `resealed` comes to.

    Raises:
        AssertionError: always, for the row would not be what its seal says; SQLAlchemy's StatementError to the caller.
    """
    raise AssertionError(f"an UPDATE of {context.current_column.table.name} does not say its seal: `resealed` does")


@lru_cache(maxsize=128)
def _names(table: Table) -> tuple[str, ...]:
    """The columns that are sealed: every one but the seal and the row's number."""
    own = {column.name for column in table.c if column is not table.autoincrement_column}
    return tuple(sorted(own - {SEAL}))


@lru_cache(maxsize=128)
def _numbers_of_the_database(table: Table) -> Mapping[str, float]:
    """What the database puts into columns that an INSERT leaves out."""
    return {
        column.name: float(str(column.server_default.arg))
        for column in table.c
        if isinstance(column.server_default, DefaultClause)
    }


def _content(value: Any) -> bytes:
    """Text and bytes as they are, a number by the bits of a double that has no negative zero."""
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, bytes | memoryview) else struct.pack(">d", float(value) + 0.0)


@compiles(Sealed, "sqlite")
def _called(element: Sealed, compiler: SQLCompiler, **options: Any) -> str:
    """A text as bytes, and what is of another kind than its column as what no sound row says: so whatever is damaged is
    a wrong seal and no error.
    """
    parts: list[str] = []
    for name, value, kind in _columns(element, compiler, options):
        if isinstance(kind, Text):
            content = f"CASE typeof({value}) WHEN 'text' THEN CAST({value} AS BLOB) WHEN 'null' THEN NULL ELSE 0 END"
        elif isinstance(kind, LargeBinary):
            content = f"CASE typeof({value}) WHEN 'blob' THEN {value} WHEN 'null' THEN NULL ELSE 0 END"
        else:
            content = f"CASE WHEN typeof({value}) IN ('integer', 'real', 'null') THEN {value} ELSE '' END"
        parts += (name, content)
    return f"{SEAL}({', '.join(parts)})"


@compiles(Sealed, "postgresql")
def _computed(element: Sealed, compiler: SQLCompiler, **options: Any) -> str:
    parts: list[str] = []
    for name, value, kind in _columns(element, compiler, options):
        if isinstance(kind, Text):
            content = f"convert_to(CAST({value} AS TEXT), 'UTF8')"
        elif isinstance(kind, LargeBinary):
            content = f"CAST({value} AS BYTEA)"
        else:
            content = f"float8send(CAST({value} AS FLOAT8) + 0)"
        start = f"convert_to(CAST({name} AS TEXT) || '=', 'UTF8')"
        parts.append(f"coalesce({start} || int4send(octet_length({content})) || {content}, ''::bytea)")
    return f"sha256({' || '.join(parts)})"


def _columns(
    element: Sealed, compiler: SQLCompiler, options: Mapping[str, Any]
) -> Iterator[tuple[str, str, TypeEngine[Any]]]:
    """Name and value of each column as SQL, and the value's type."""
    clauses = list(element.clauses)
    for name, value in zip(clauses[::2], clauses[1::2], strict=True):
        yield compiler.process(name, **options), compiler.process(value, **options), value.type
