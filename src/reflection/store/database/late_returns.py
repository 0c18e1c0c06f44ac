"""Connections that were in use when all were closed: each is closed as it comes back, and in no collector's time.

A pool that is disposed of forgets them: they would stay open, and hold a server's connection, as long as anything holds
the pool. Must not know any database.
"""

from typing import Any

from sqlalchemy import Engine, event


class LateReturns:
    """Of the engines of one database; knows the engines by their events only, so that none is kept alive by it."""

    def __init__(self, *engines: Engine) -> None:
        self._closings = 0
        for engine in engines:
            event.listen(engine, "connect", self._opened)
            event.listen(engine, "checkin", self._returned)

    def close(self) -> None:
        """Whatever comes back from now on was opened before: it is closed."""
        self._closings += 1

    def _opened(self, _connection: Any, record: Any) -> None:
        record.info[LateReturns] = self._closings

    def _returned(self, _connection: Any, record: Any) -> None:
        if record.info.get(LateReturns, self._closings) != self._closings:
            record.invalidate()
