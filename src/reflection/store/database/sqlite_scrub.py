"""Leaving no byte of what was deleted in a SQLite file, in portions that others can write between.

Part of the dialect `sqlite`. Must not know a table's meaning, nor what was deleted.
"""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine

from reflection.store.database.sqlite_words import forget_words

SMALL_PAGES = 16_384
"""Pages of a file (64 MB) that are written anew in about a second, which others wait."""


def scrub(engine: Engine, turns: Iterator[None], seconds: float) -> str | None:
    """Take the words of what was deleted out of the index, write the file anew and empty the log; what is left.

    Writing it anew takes room for a second copy, and the lock: where the file is large that is done only while nobody
    else has it open. Deleted rows were overwritten when they went, but rows that SQLite moved to make room may stand
    twice, and another build overwrites nothing.
    """
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        assert isinstance(raw.driver_connection, sqlite3.Connection)
        forget_words(raw.driver_connection, turns)
        if _pages(cursor) <= SMALL_PAGES or _nobody_else(cursor):
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA journal_mode=WAL")
            return _empty_log(cursor, seconds)
        rest = _empty_log(cursor, seconds)
        moved = "what SQLite may have kept twice in its pages: until it is purged again while no server is running"
        return f"{moved}; {rest}" if rest else moved
    finally:
        raw.invalidate()  # its waiting was changed


def _pages(cursor: Any) -> int:
    """How many pages of the file have something on them."""
    count, free = (cursor.execute(pragma).fetchone()[0] for pragma in ("PRAGMA page_count", "PRAGMA freelist_count"))
    return int(count - free)


def _nobody_else(cursor: Any) -> bool:
    """Whether no other connection has the file open; then this one has it to itself, until it goes back to the log."""
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        return bool(cursor.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False


def _empty_log(cursor: Any, seconds: float) -> str | None:
    """Empty the write-ahead log; what is left where a reader needs it. Waits without the lock: SQLite would with it."""
    cursor.execute("PRAGMA busy_timeout=0")
    deadline = time.monotonic() + seconds
    while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            return "texts in the write-ahead log, which somebody reads: until they end, or the server stops"
        time.sleep(0.05)
    return None
