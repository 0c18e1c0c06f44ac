"""The first migration makes, object by object, the tables of the last commit that had seven of them."""

import lzma
import sqlite3
from pathlib import Path

import pytest

from reflection.store.database import migrate
from reflection.store.database.connections import Database

pytestmark = pytest.mark.sqlite

FROZEN = Path(__file__).parents[1] / "frozen" / "7226a49.db.xz"


def _schema(path: Path) -> dict[tuple[str, str], str]:
    """Every object of a database with its statement, white space normalised."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    connection.close()
    return {(kind, name): " ".join((statement or "").split()) for kind, name, statement in rows}


def test_the_first_migration_makes_the_tables_of_that_database_object_by_object(tmp_path: Path) -> None:
    frozen = tmp_path / "frozen.db"
    frozen.write_bytes(lzma.decompress(FROZEN.read_bytes()))
    database = Database(tmp_path / "new.db")
    migrate.upgrade(database, "0007")
    database.close()

    assert _schema(tmp_path / "new.db") == _schema(frozen)
    assert len(_schema(frozen)) == 96
