"""The default index: the vectors of the store's own rows, searched exactly in memory.

Nothing is copied to another place that could be torn or stale: before each search the rows changed since are read, by
their sequence number, deletions included; of a file only where one cheap question says that anybody has committed. The
first search of a workspace reads all of it, and so does the first after a purge, whoever purged it. Knows the rows
through `MemoryRows`; must not know SQL or files.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from reflection.domain.memory_search import MemoryChange, Position
from reflection.domain.ports import Vector
from reflection.memory.embedders import Space
from reflection.memory.rows import MemoryRows, entry_of
from reflection.memory.vectors import Entry, Hit, VectorSpace, Where

KEPT_WORKSPACES = 64
"""Workspaces kept in memory; the one not asked for longest is dropped and read again when needed."""

AT_ONCE = 2_000
"""Changes that are put to the vectors in one step."""


@dataclass
class _Place:
    """One workspace's vectors in one space, and the position in the changes up to which it was read."""

    vectors: VectorSpace
    position: Position = field(default_factory=Position)
    version: object = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class LocalIndex:
    """A `VectorIndex` over the store's rows; `put` and `remove` have nothing to do.

    Args:
        asks_first: whether anybody has committed, before what changed: microseconds of a file, but of a server as long
            as asking for the changes.
    """

    name = "local"
    mirrors = False
    one_process = False

    def __init__(self, rows: MemoryRows, *, asks_first: bool = True) -> None:
        self._rows, self._asks_first = rows, asks_first
        self._places: dict[tuple[str, str], _Place] = {}
        self._lock = threading.Lock()

    def search(self, workspace: str, space: Space, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """See `VectorIndex.search`."""
        place = self._place(workspace, space)
        with place.lock:
            self._catch_up(place, workspace, space)
            return place.vectors.search(vector, limit, where)

    def cosines(self, workspace: str, space: Space, vector: Vector, memory_ids: Collection[str]) -> dict[str, float]:
        """The cosine of each of these memories that has a vector, as of the last search or count."""
        place = self._place(workspace, space)
        with place.lock:
            if place.version is None:
                self._catch_up(place, workspace, space)
            return place.vectors.cosines(vector, memory_ids)

    def put(self, workspace: str, space: Space, entries: Sequence[Entry]) -> None:
        """Nothing: the rows are the index."""

    def remove(self, workspace: str, memory_ids: Collection[str]) -> None:
        """Nothing: the rows are the index."""

    def ids(self, workspace: str, space: Space) -> frozenset[str]:
        """See `VectorIndex.ids`."""
        place = self._place(workspace, space)
        with place.lock:
            self._catch_up(place, workspace, space)
            return place.vectors.ids()

    def count(self, workspace: str, space: Space) -> int:
        """See `VectorIndex.count`."""
        place = self._place(workspace, space)
        with place.lock:
            self._catch_up(place, workspace, space)
            return len(place.vectors)

    def held(self, workspace: str, space: Space) -> int:
        """How many vectors were read so far; asks nobody."""
        with self._lock:
            place = self._places.get((workspace, space.id))
        return 0 if place is None else len(place.vectors)

    def purge(self, workspace: str) -> None:
        """Drop what is held of a workspace; its rows are the store's to delete."""
        with self._lock:
            self._places = {key: place for key, place in self._places.items() if key[0] != workspace}

    def reset(self) -> None:
        """Drop everything; it is read again when needed."""
        with self._lock:
            self._places = {}

    def close(self) -> None:
        """Nothing: the database is closed by its owner."""

    def _place(self, workspace: str, space: Space) -> _Place:
        key = (workspace, space.id)
        with self._lock:
            place = self._places.pop(key, None) or _Place(VectorSpace(space.dimensions))
            self._places[key] = place  # the last one asked for is the last in line
            while len(self._places) > KEPT_WORKSPACES:
                del self._places[next(iter(self._places))]
        return place

    def _catch_up(self, place: _Place, workspace: str, space: Space) -> None:
        version = self._rows.data_version() if self._asks_first else object()
        if version == place.version:
            return
        changes = self._rows.changes_since(workspace, place.position) if place.position.row else None
        if changes is None:
            place.vectors, place.position = VectorSpace(space.dimensions), Position()
            # Which row it is to be known again by: asked before reading, so that a purge meanwhile is seen next time.
            row = self._rows.position(workspace).row
            changes = self._rows.changes(workspace)
        else:
            row = place.position.row
        while batch := list(islice(changes, AT_ONCE)):
            _apply(place.vectors, batch, space)
            place.position = Position(batch[-1].seq, row)
        place.version = version


def _apply(vectors: VectorSpace, changes: Sequence[MemoryChange], space: Space) -> None:
    """Bring vectors up to changes; where a memory changed again meanwhile, to its last one."""
    entries = {change.memory_id: entry_of(change, space) for change in changes}
    vectors.remove(memory_id for memory_id, entry in entries.items() if entry is None)
    vectors.put(entry for entry in entries.values() if entry is not None)
