"""What every book of rows has: a database, and a clock that dates what is written. Must not know any table."""

from collections.abc import Callable
from datetime import UTC, datetime

from reflection.domain.instants import instant_text
from reflection.store.database.connections import Database


class Book:
    """Rows of one subject, of every workspace; thread-safe."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def _instant(self) -> str:
        return instant_text(self._now())
