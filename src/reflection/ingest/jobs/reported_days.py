"""What imports in force say of single days, and what is made of it, kept until the imports change.

A year of daily rows is megabytes to read; the answers made of them are small. Must not know SQL or doors.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from reflection.domain.metrics import AMOUNTS, COUNTS
from reflection.ingest.jobs.register import Days

MOST_DAYS = 400
"""Days up to the newest that are looked at."""

MOST_KEPT = 200
"""Answers that are kept, those asked for last."""

_PLATFORM = 3 + len(COUNTS)


class ReportedDay(NamedTuple):
    """What one file says of one campaign's day; None where it does not say an amount."""

    platform: str
    currency: str | None
    campaign: str
    day: dt.date
    spend: float | None
    conversions: float | None
    impressions: float | None = None
    clicks: float | None = None
    revenue: float | None = None

    def amount(self, name: str) -> float | None:
        """A count by its name."""
        value: float | None = getattr(self, name)
        return value


def reported(imported: Sequence[Days], days: int = MOST_DAYS) -> Iterator[ReportedDay]:
    """The single days that files speak of, in the order of the files, within the last `days` up to the newest.

    Money of a file with several currencies is not said. Rows of more than one day are left out. Money of a
    day that a file does not say is what an earlier one said of it.
    """
    newest = max((row[1] for item in imported for row in item.rows if row[1] == row[2]), default=None)
    if newest is None:
        return
    before = (dt.date.fromisoformat(newest) - dt.timedelta(days=days)).isoformat()
    known: dict[tuple[str, str, dt.date], ReportedDay] = {}
    for item in imported:
        for row in item.rows:
            if row[1] == row[2] and row[1] > before:
                platform = str(row[_PLATFORM]) if len(row) > _PLATFORM else item.platform
                counts = dict(zip(COUNTS, row[3:_PLATFORM], strict=False))
                counts |= dict.fromkeys(AMOUNTS) if item.mixed else {}
                now = ReportedDay(platform, item.currency, str(row[0]), dt.date.fromisoformat(row[1]), **counts)
                place = platform, now.campaign, now.day
                if not item.mixed and now.spend is now.revenue is None and (earlier := known.get(place)):
                    now = now._replace(currency=earlier.currency, spend=earlier.spend, revenue=earlier.revenue)
                known[place] = now
                yield now


class _Imports(Protocol):
    def days(self, workspace: str) -> list[Days]: ...
    def version(self, workspace: str) -> object: ...


class AnswerCache:
    """Answers made of the reported days of a workspace, made once for every change of its imports."""

    def __init__(self, imports: _Imports) -> None:
        self._imports = imports
        self._answers: dict[tuple[str, object], tuple[object, dict[str, Any]]] = {}

    def get(self, workspace: str, question: object, make: Callable[[list[Days]], dict[str, Any]]) -> dict[str, Any]:
        """What `make` makes of the days; `question` names it."""
        version = self._imports.version(workspace)
        of, answer = self._answers.pop((workspace, question), (None, {}))
        if of != version:
            answer = make(self._imports.days(workspace))
        self._answers[workspace, question] = (version, answer)
        while len(self._answers) > MOST_KEPT:
            self._answers.pop(next(iter(self._answers)), None)
        return answer
