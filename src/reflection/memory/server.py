"""The index where a database server can search vectors: large workspaces are searched there, all others in memory.

What the server finds are candidates; their cosines are those of the rows, rounded and ordered as in memory, so that a
workspace answers alike on both sides of the line. Memory of this process holds no vector of a workspace that the server
searches. Knows the server's vectors through `ServerVectors`; must not know SQL.
"""

import math
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from reflection.domain.memory_search import MemoryFilters
from reflection.domain.ports import Vector
from reflection.errors import Unavailable
from reflection.memory.embedders import Space
from reflection.memory.index import VectorIndex
from reflection.memory.local import LocalIndex
from reflection.memory.rows import MemoryRows
from reflection.memory.vectors import CELLS_FROM, DECIMALS, Entry, Hit, Where

SERVER, OLDEST = "pgvector", "0.8"
SERVER_FROM = CELLS_FROM
"""Vectors of a workspace above which the server searches them: 150 MB in each process, and approximate there, too."""

SPARE = 3
"""Candidates for each memory that is asked for: the index compares half floats, and stops where so many pass."""

LOOK_AGAIN = 10.0
"""Seconds after which a workspace that has outgrown memory is looked for on the server again."""

LOOK_FOR_LARGE = 60.0
"""Seconds between two looks for workspaces that have outgrown memory: it may count 100,000 rows of each."""


class ServerVectors(Protocol):
    """The vectors on the server; `store.server_vectors` offers them. Everything raises `Unavailable`."""

    def version(self) -> str | None:
        """The version of the server's extension; None where it cannot search."""

    def large(self, embedder_id: str, least: int) -> list[str]:
        """Workspaces with so many vectors of an embedder."""

    def spaces(self) -> Sequence[Any]:
        """(number, workspace, embedder_id, dimensions, seq, made) of each space."""

    def space(self, workspace: str, embedder_id: str) -> int | None:
        """The number of the space that answers for a workspace."""

    def nearest(
        self, number: int, workspace: str, embedder_id: str, vector: Vector, filters: MemoryFilters, wanted: int
    ) -> list[tuple[str, Vector]] | None:
        """Candidates with their vectors, in no order; None where the space is gone."""

    def make_tables(self) -> None:
        """Make what is missing of the tables."""

    def begin(self, workspace: str, embedder_id: str, dimensions: int) -> None:
        """A space for a workspace, in place of that of another embedder."""

    def take(self, number: int) -> int:
        """Copy the next changes; 0 when there are none."""

    def make_index(self, number: int) -> None:
        """Let the space answer."""

    def count(self, number: int) -> int:
        """How many vectors a space holds."""

    def ids(self, number: int) -> frozenset[str]:
        """The memories that a space holds."""

    def drop(self, workspace: str | None = None) -> None:
        """Forget the copies of a workspace, or of all."""


class ServerIndex:
    """A `VectorIndex` over the store's rows, by the server where it has them; `put` and `remove` have nothing to do.

    Args:
        least: vectors of a workspace from which the server searches them.
        look_for_large: seconds between two looks for such workspaces.
    """

    mirrors = False
    one_process = False

    def __init__(
        self,
        rows: MemoryRows,
        server: ServerVectors,
        *,
        least: int = SERVER_FROM,
        look_for_large: float = LOOK_FOR_LARGE,
    ) -> None:
        self.local = LocalIndex(rows, asks_first=False)
        self._rows, self._server, self._least = rows, server, least
        self._numbers: dict[tuple[str, str], tuple[int | None, float]] = {}
        self._name = self.local.name
        self._look_for_large, self._looked_for_large = look_for_large, -math.inf
        self._level_at: object = None

    @property
    def name(self) -> str:
        """``pgvector`` or ``local``, whichever answered last."""
        return self._name

    def search(self, workspace: str, space: Space, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """See `VectorIndex.search`."""
        number = self._number(workspace, space)
        if number is not None and limit > 0:
            try:
                candidates = self._server.nearest(number, workspace, space.id, vector, _filters(where), SPARE * limit)
            except Unavailable:
                self._numbers.pop((workspace, space.id), None)
                raise
            if candidates is not None:
                self._name = SERVER
                return _best(vector, candidates)[:limit]
            self._numbers.pop((workspace, space.id), None)
        self._name = self.local.name
        return self.local.search(workspace, space, vector, limit, where)

    def cosines(self, workspace: str, space: Space, vector: Vector, memory_ids: Collection[str]) -> dict[str, float]:
        """The cosine of each of these memories that has a vector."""
        if self._number(workspace, space) is None:
            return self.local.cosines(workspace, space, vector, memory_ids)
        records = self._rows.fetch(workspace, sorted(memory_ids))
        whole = [
            (name, record.vector)
            for name, record in records.items()
            if record.vector is not None and record.embedder_id == space.id and record.vector.shape == vector.shape
        ]
        return {hit.memory_id: hit.cosine for hit in _best(vector, whole)}

    def put(self, workspace: str, space: Space, entries: Sequence[Entry]) -> None:
        """Nothing: the rows are the index."""

    def remove(self, workspace: str, memory_ids: Collection[str]) -> None:
        """Nothing: the rows are the index."""

    def ids(self, workspace: str, space: Space) -> frozenset[str]:
        """See `VectorIndex.ids`."""
        number = self._number(workspace, space)
        return self.local.ids(workspace, space) if number is None else self._server.ids(number)

    def count(self, workspace: str, space: Space) -> int:
        """See `VectorIndex.count`."""
        number = self._number(workspace, space)
        return self.local.count(workspace, space) if number is None else self._server.count(number)

    def purge(self, workspace: str) -> None:
        """See `VectorIndex.purge`."""
        self._server.drop(workspace)
        self._forget()
        self.local.purge(workspace)

    def reset(self) -> None:
        """See `VectorIndex.reset`; a worker copies everything again."""
        self._server.drop()
        self._forget()
        self.local.reset()

    def close(self) -> None:
        """Nothing: the database is closed by its owner."""

    def bring_up(self, space: Space, go_on: Callable[[], bool]) -> None:
        """A worker's part, one at a time: spaces for workspaces that need one, and each up to its rows."""
        version = self._rows.data_version()
        if time.monotonic() - self._looked_for_large >= self._look_for_large:
            self._looked_for_large = time.monotonic()
            self._begin(space)
        elif version == self._level_at:
            return
        for one in self._server.spaces():
            while go_on() and self._server.take(one.number):
                continue
            if go_on() and not one.made:
                self._server.make_index(one.number)
        self._level_at = version if go_on() else None

    def place(self) -> str:
        """See `search_place`."""
        version = self._server.version()
        if version is None:
            return f"in memory: the database has no extension vector ({SERVER} {OLDEST} or newer)"
        return f"in memory; in workspaces of {self._least:,} memories and more by {SERVER} {version}"

    def remarks(self, space: Space) -> list[str]:
        """What an operator may mend: workspaces that fill the memory of each process."""
        if self._server.version() is not None:
            return []
        gigabytes = self._least * space.dimensions * 4 / 1e9
        return [
            f"each process holds the vectors of {workspace} in its memory, at least {gigabytes:.2g} GB; the database "
            f"server searches them instead once its superuser says CREATE EXTENSION vector ({SERVER} {OLDEST} or newer)"
            for workspace in self._server.large(space.id, self._least)
        ]

    def _begin(self, space: Space) -> None:
        if self._server.version() is None:
            return
        begun = {one.workspace for one in self._server.spaces() if one.embedder_id == space.id}
        if new := [workspace for workspace in self._server.large(space.id, self._least) if workspace not in begun]:
            self._server.make_tables()
            for workspace in new:
                self._server.begin(workspace, space.id, space.dimensions)

    def _number(self, workspace: str, space: Space) -> int | None:
        """The server's space of a workspace: asked for once, and again of one that has outgrown memory."""
        key, now = (workspace, space.id), time.monotonic()
        number, asked = self._numbers.get(key, (None, None))
        outgrown = asked is not None and self.local.held(workspace, space) >= self._least and now - asked > LOOK_AGAIN
        if number is None and (asked is None or outgrown):
            number = self._server.space(workspace, space.id)
            self._numbers[key] = number, now
            if number is not None:
                self.local.purge(workspace)
        return number

    def _forget(self) -> None:
        self._numbers = {}


def search_place(index: VectorIndex) -> str:
    """Where vectors are searched, for people."""
    if isinstance(index, ServerIndex):
        return index.place()
    return "in a mirror of the rows" if index.mirrors else "in memory"


def _best(vector: Vector, candidates: Sequence[tuple[str, Vector]]) -> list[Hit]:
    """Exact cosines, best first, equal ones in the order of their ids: as `VectorSpace.search` has them."""
    if not candidates:
        return []
    cosines = np.round(np.asarray([own for _, own in candidates], dtype=np.float32) @ vector, DECIMALS)
    hits = [Hit(name, float(cosine)) for (name, _), cosine in zip(candidates, cosines, strict=True)]
    return sorted(hits, key=lambda hit: (-hit.cosine, hit.memory_id))


def _filters(where: Where) -> MemoryFilters:
    """The same filters as the rows take them."""
    return MemoryFilters(where.kind, where.platform, where.objective, _instant(where.start), _instant(where.end))


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
