"""The columns that tables are made of, and the metadata that all tables stand in. Must not know any table.

The names are those that migrations use (`store.database.ddl`), which must not change with these.
"""

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, MetaData, Text

from reflection.store.database.seals import SEAL, of_insert, refuse_update

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ROW_ID = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows on its own only for a column called INTEGER."""


def text(name: str, *, nullable: bool = False) -> Column[str]:
    """A text; it must be there unless it is `nullable`."""
    return Column(name, Text, nullable=nullable)


def integer(name: str) -> Column[int]:
    """A whole number that must be there."""
    return Column(name, Integer, nullable=False)


def floating(name: str, *, nullable: bool = False) -> Column[float]:
    """A floating-point number."""
    return Column(name, Float, nullable=nullable)


def binary(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=nullable)


def number(name: str, *, nullable: bool = False, default: str | None = None) -> Column[int]:
    """A ledger's or a workspace's count, as wide as a row number; the database's `default` is for rows before it."""
    return Column(name, _ROW_ID, nullable=nullable, server_default=default)


def row_number(name: str) -> Column[int]:
    """The number that the database gives a row."""
    return Column(name, _ROW_ID, primary_key=True, autoincrement=True)


def seal() -> Column[bytes]:
    """The seal of the row (`store.database.seals`); it may be NULL until rows of before there were any are sealed."""
    return Column(SEAL, LargeBinary, nullable=False, default=of_insert, onupdate=refuse_update)
