"""How memories are searched and read: what narrows a search, and how far a reader has come.

Values only; must not know where memories are kept.
"""

from datetime import datetime
from typing import NamedTuple


class MemoryFilters(NamedTuple):
    """What a search of the memories is narrowed to; None does not narrow. Names are normalised, both ends inclusive.

    A memory of no platform or objective in particular speaks of all of them, and passes.
    """

    kind: str | None = None
    platform_name: str | None = None
    objective_name: str | None = None
    start: datetime | None = None
    end: datetime | None = None


EVERYTHING = MemoryFilters()


class Position(NamedTuple):
    """How far somebody has read: the number of a change, and a row that was there.

    Numbers begin anew after a purge, also by another process, so a number alone cannot tell an old history from a new
    one that has grown as long; the number of a row is never given twice.
    """

    seq: int = 0
    row: int = 0
