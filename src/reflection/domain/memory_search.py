"""How memories are searched and read: what narrows a search, how far a reader has come, and what is read and written.

Values only; must not know where memories are kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from reflection.domain.ports import Vector


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


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """The newest state of one memory: what an index needs, without its text. A deleted one has no vector.

    `seq` is the number of the change within the workspace; platform and objective are empty where it speaks of all.
    `timestamp` is UTC text of one width, so that comparing texts compares instants.
    """

    seq: int
    memory_id: str
    kind: str
    campaign_id: str | None
    platform_name: str
    objective_name: str
    timestamp: str
    embedder_id: str | None
    vector: Vector | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class TextToEmbed:
    """A memory that has no vector of the embedder asked for."""

    memory_id: str
    seq: int
    text: str


class NewVector(NamedTuple):
    """A vector for one memory, made from the text it had at `seq`."""

    memory_id: str
    seq: int
    vector: Vector
