"""A database as it was before every row had a seal."""

from sqlalchemy import LargeBinary, null, update
from sqlalchemy.engine import Connection

from reflection.store.database import dialect
from reflection.store.database.seals import SEAL
from reflection.store.maintenance.sealing import sealed_tables


def let_seals_be_missing(connection: Connection) -> None:
    """Rows may be without a seal, as after an upgrade."""
    for table in sealed_tables():
        dialect.of(connection).set_nullable(connection, table.name, SEAL, LargeBinary(), nullable=True)


def take_seals_away(connection: Connection) -> None:
    """No row has one."""
    let_seals_be_missing(connection)
    with dialect.of(connection).lifted_guards(connection):
        for table in sealed_tables():
            connection.execute(update(table).values({SEAL: null()}))
