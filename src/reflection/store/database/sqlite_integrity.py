"""What SQLite finds wrong with a file, and reading on in one where something is.

Must not know a table.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection


def integrity_problems(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with the file and with references."""
    problems = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return problems + [f"{row[0]} row {row[1]} refers to nothing in {row[2]}" for row in broken]


@contextmanager
def legible(connection: Connection) -> Iterator[None]:
    """Texts that are no UTF-8 are read with marks where they are damaged; else each is an error that names no row."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.text_factory = lambda content: content.decode(errors="replace")
    try:
        yield
    finally:
        driver.text_factory = str
