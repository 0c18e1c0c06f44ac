"""Instants and days as they come in, with their offset and never as seconds since 1970, as they are stored, and pauses.

Must not know campaigns, nor who waits.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso_time(value: Any) -> Any:
    """Let JSON's timestamps through strict mode; epoch numbers, in text as well, are refused: they hide their unit."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and not _DATED.match(value)):
        raise ValueError("give a date and time with offset, such as 2026-03-29T10:00:00+00:00")
    return value


def _iso_day(value: Any) -> Any:
    """Refuse seconds since 1970 for a day too."""
    if isinstance(value, str) and not (_DATED.match(value) and len(value) == len("2026-03-29")):
        raise ValueError("give a day, such as 2026-03-29")
    return value


def _in_utc(value: datetime) -> datetime:
    """Refuse the few hours at both ends of the calendar that UTC does not have: nothing could store or compare them."""
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such instant in UTC") from None
    return value


Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_iso_time), AfterValidator(_in_utc)]
Day = Annotated[date, BeforeValidator(_iso_day)]


def instant_text(instant: datetime) -> str:
    """UTC with microseconds: one width, so that comparing texts compares instants."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def is_over(since: datetime, now: datetime, pause: timedelta) -> bool:
    """Whether a pause that began at an instant is over.

    People and machines set the calendar's clock: back by a day, forward by a year. A pause that began in the future was
    begun before the clock was set back; it is over, or whoever waits for it would wait for a day or a year.
    """
    return not timedelta() <= now - since < pause
