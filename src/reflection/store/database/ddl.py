"""Columns and constraints as the migrations write them, each under the name that the tables' convention gives it.

What a migration made must not change with this file: `tests/store/database/test_schema.py` compares.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reflection.store.database import dialect

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows on its own only for a column called INTEGER."""


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    """A column of text; it must have a value unless it is `nullable`."""
    return sa.Column(name, sa.Text(), nullable=nullable)


def texts(*names: str) -> list[sa.Column[str]]:
    """Columns of text that must have a value."""
    return [text(name) for name in names]


def integer(name: str) -> sa.Column[int]:
    """A whole number that must be there."""
    return sa.Column(name, sa.Integer(), nullable=False)


def floating(name: str) -> sa.Column[float]:
    """A floating-point number that must be there."""
    return sa.Column(name, sa.Float(), nullable=False)


def binary(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A column of bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def number(name: str) -> sa.Column[int]:
    """A ledger's or a workspace's count, as wide as a row number."""
    return sa.Column(name, ROW_ID, nullable=False)


def row_number(name: str = "id") -> sa.Column[int]:
    """The number that the database gives a row; goes with `sqlite_autoincrement`."""
    return sa.Column(name, ROW_ID, autoincrement=True, nullable=False)


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    """The primary key."""
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    """Columns whose values together occur once."""
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    """A condition that every row fulfils."""
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def refers(table: str, target: str, *columns: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    """A reference to a row of the same workspace."""
    own = ["workspace", *columns]
    name = op.f(f"fk_{table}_{target}")
    return sa.ForeignKeyConstraint(own, [f"{target}.{column}" for column in own], name=name, ondelete=ondelete)


def index(table: str, *columns: str) -> None:
    """Make an index, on columns in this order."""
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def set_nullable(table: str, column: str, kind: sa.types.TypeEngine[Any], *, nullable: bool) -> None:
    """Let a column be null, or no longer, and leave every row where it is.

    Raises:
        ConfigurationError: the table does not state the column so; nothing was changed.
    """
    connection = op.get_bind()
    dialect.of(connection).set_nullable(connection, table, column, kind, nullable=nullable)


def run(statement: str) -> None:
    """Run a statement as it stands: no character of it is a parameter's."""
    op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})


def guard(table: str, *verbs: str) -> None:
    """Let the database refuse these verbs on a table: UPDATE, DELETE or both."""
    for statement in dialect.of(op.get_bind()).guard_ddl(table, verbs):
        run(statement)


def unguard(table: str, *verbs: str) -> None:
    """Take `guard` of the same verbs away again."""
    for statement in dialect.of(op.get_bind()).drop_guard_ddl(table, verbs):
        run(statement)
