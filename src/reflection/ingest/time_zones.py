"""Time zones by the names that people and platforms give them. Must not know files."""

import datetime as dt
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reflection.errors import ImportFileError

_OFFSET = re.compile(r"(?:GMT|UTC)([+-])([01]?\d|2[0-3]):([0-5]\d)")


def zone_stated(stated: str) -> dt.tzinfo:
    """The zone that a report names: an offset from GMT, or a name.

    Raises:
        ImportFileError: there is no such zone.
    """
    return zone_named("UTC" if stated.upper().startswith("GMT") and not _OFFSET.search(stated) else stated)


def zone_named(name: str | None) -> dt.tzinfo:
    """A time zone by its IANA name or its offset (UTC+05:30); UTC for None.

    Raises:
        ImportFileError: there is no such zone.
    """
    if name and (match := _OFFSET.search(name)):
        offset = dt.timedelta(hours=int(match[2]), minutes=int(match[3]))
        return dt.timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name) if name and name != "UTC" else dt.UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportFileError(
            f"'{name}' is no time zone.", hint="Use one such as Europe/Berlin.", field="timezone"
        ) from error
