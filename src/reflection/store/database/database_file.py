"""SQLite's files, as sqlite.py knows its connections: whether one is a whole database of ours, and a copy of one.

A file that is asked about is only read, and nothing is made beside it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import Connection

from reflection.errors import ConfigurationError, Unavailable
from reflection.store.database.migrate import check_known, foreign

MAGIC = b"SQLite format 3\0"
"""The first bytes of every SQLite database."""


def is_database(path: Path) -> bool:
    """Whether a file is there and is an SQLite database, whoever's."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def problem_of_file(path: Path) -> str | None:
    """Why a file is no whole database that this version opens; None where it is."""
    if not is_database(path):
        return "it is no SQLite database"
    try:
        with closing(_read_only(path)) as connection:
            return _problem(connection, path.name)
    except sqlite3.DatabaseError as error:
        return f"it cannot be read ({error})"


def refuse_foreign(path: Path) -> None:
    """Refuse another program's database before anything is made of it; what cannot be read is somebody else's affair.

    Raises:
        ConfigurationError: it has tables, and they are none of ours.
    """
    if not path.is_file() or not path.stat().st_size:
        return
    try:
        with closing(_read_only(path)) as connection:
            tables = _tables(connection)
            ours = not tables or "alembic_version" in tables or "campaign_id" in _columns(connection, "campaigns")
    except sqlite3.DatabaseError:  # no database, or one that is being written: opening it says so
        return
    if not ours:
        raise foreign(path.name)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {table for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _problem(connection: sqlite3.Connection, name: str) -> str | None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        return "it is damaged"
    if not {"alembic_version", "campaigns"} <= _tables(connection):
        return "it holds no campaigns of this engine"
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(rows) != 1:
        return "it does not say of which version it is"
    try:
        check_known(name, str(rows[0][0]))
    except ConfigurationError as error:
        return error.message
    return None


def copy_database(connection: Connection, target: Path) -> None:
    """Copy the database, as it is at one moment, into a new file while others go on writing.

    Raises:
        Unavailable: it is no SQLite database.
    """
    source = connection.connection.driver_connection
    if not isinstance(source, sqlite3.Connection):
        raise Unavailable("an online backup needs a SQLite connection")
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    finally:
        copy.close()
