"""Jobs that bring vectors and mirrors up to the rows: embed what lacks a vector, mirror changes, rebuild a mirror.

All are resumable: what was done is in the rows, and a killed job goes on where it stopped. Knows no SQL and no files.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Protocol

import numpy as np

from reflection.domain.memory_search import NewVector, Position
from reflection.errors import Unavailable
from reflection.memory.embedders import Embedder, Space
from reflection.memory.index import Entry, VectorIndex, Where
from reflection.memory.rows import MemoryRows, entry_of, entry_of_record

BATCH = 64
PUT_AT_ONCE = 1_000

Progress = Callable[[int], None]
"""Called with the number of memories done since the last call."""

GoOn = Callable[[], bool]
"""Asked before each batch; False leaves the rest to the next call."""


def _silent(_done: int) -> None:
    """Progress for a caller that does not watch it."""


def _always() -> bool:
    """Goes on to the end: the job is not stopped from outside."""
    return True


def reindex(
    rows: MemoryRows,
    embedder: Embedder,
    index: VectorIndex,
    workspace: str,
    progress: Progress = _silent,
    go_on: GoOn = _always,
) -> int:
    """Embed every memory that has no vector of this embedder; returns how many were embedded.

    `go_on` is asked before each batch; what is left when it says no is done by the next call.

    A memory that changes meanwhile is embedded anew. The mirror is told of each batch; when it is down, the
    rows still get their vectors and `rebuild` mends it.

    Raises:
        Unavailable: no model is configured, or it or the store is down; what was done so far is kept.
    """
    space = _space(embedder)
    count = 0
    while go_on() and (batch := rows.missing(workspace, space.id, limit=BATCH)):
        vectors = embedder.embed([item.text for item in batch])
        new_vectors = [NewVector(item.memory_id, item.seq, vector) for item, vector in zip(batch, vectors, strict=True)]
        count += rows.set_vectors(workspace, space.id, new_vectors)
        _put_present(rows, index, space, workspace, [item.memory_id for item in batch])
        progress(len(batch))
    return count


class EmbeddingBackfill:
    """Embeds what was stored without a vector (bulk imports, new learnings), a little after it was stored.

    The first look at a workspace, also after a purge, goes through all of it, later ones only through what changed.
    """

    def __init__(self, rows: MemoryRows, embedder: Embedder, index: VectorIndex) -> None:
        self._rows, self._embedder, self._index = rows, embedder, index
        self._positions: dict[str, Position] = {}
        self._level_at: object = None

    def behind(self) -> dict[str, int]:
        """Workspaces with memories to embed, and how many; while nobody writes, it asks for them only once."""
        space, version = self._embedder.space, self._rows.data_version()
        if space is None or version == self._level_at:
            return {}
        lacking = self._rows.lacking(space.id)
        self._level_at = None if lacking else version
        return lacking

    def catch_up(self, workspace: str, go_on: GoOn = _always) -> int:
        """Embed what is new, while `go_on`; how many memories. Without a model now, it waits for the next call."""
        space = self._embedder.space
        if space is None:
            return 0
        try:
            end = self._rows.position(workspace)
            count = self._new(workspace, space, end, go_on)
        except Unavailable:
            return 0
        if go_on():
            self._positions[workspace] = end
        return count

    def _new(self, workspace: str, space: Space, end: Position, go_on: GoOn) -> int:
        position = self._positions.get(workspace)
        changes = None if position is None else self._rows.changes_since(workspace, position)
        if changes is None:
            return reindex(self._rows, self._embedder, self._index, workspace, go_on=go_on)
        lacking = {
            change.memory_id: change.seq for change in changes if not change.deleted and change.embedder_id != space.id
        }
        items = iter(lacking.items())
        parts = iter(lambda: dict(islice(items, BATCH)), {})
        return sum(self._embed(workspace, space, part) for part in parts if go_on())

    def _embed(self, workspace: str, space: Space, lacking: dict[str, int]) -> int:
        records = self._rows.fetch(workspace, list(lacking))
        vectors = self._embedder.embed([record.text for record in records.values()])
        new_vectors = [NewVector(name, lacking[name], vector) for name, vector in zip(records, vectors, strict=True)]
        count = self._rows.set_vectors(workspace, space.id, new_vectors)
        _put_present(self._rows, self._index, space, workspace, list(records))
        return count


class Notice(Protocol):
    """An outbox entry: this memory of this workspace changed."""

    @property
    def workspace(self) -> str:
        """The workspace that the memory belongs to."""

    @property
    def key(self) -> str:
        """The id of the memory that changed."""


class Mirror:
    """Keeps a mirror level with the rows: the outbox's handler for the topic ``vector``.

    Args:
        workspaces: every workspace there is, asked when rebuilding.
    """

    def __init__(
        self,
        rows: MemoryRows,
        embedder: Embedder,
        index: VectorIndex,
        workspaces: Callable[[], Sequence[str]],
    ) -> None:
        self._rows, self._embedder, self._index, self._workspaces = rows, embedder, index, workspaces

    def publish(self, entries: Sequence[Notice]) -> None:
        """Put, replace or remove the memories named, as their rows are now; repeating does no harm.

        Raises:
            Unavailable: the mirror cannot be written; call again later.
        """
        changes: dict[str, dict[str, None]] = {}
        for entry in entries:
            changes.setdefault(entry.workspace, {})[entry.key] = None
        for workspace, memory_ids in changes.items():
            self._bring(workspace, list(memory_ids))

    def rebuild(self) -> int:
        """Recreate the mirror from the rows, also a damaged or deleted one; how many vectors it holds.

        Raises:
            Unavailable: the mirror or the store is down; running it again starts over.
        """
        return rebuild(self._rows, self._embedder, self._index, self._workspaces())

    def _bring(self, workspace: str, memory_ids: Sequence[str]) -> None:
        space = self._embedder.space
        if not self._index.mirrors or space is None:
            return
        present = _present(self._rows, space, workspace, memory_ids)
        absent = set(memory_ids) - {entry.memory_id for entry in present}
        if absent:
            self._index.remove(workspace, absent)
        if present:
            self._index.put(workspace, space, present)


def rebuild(
    rows: MemoryRows,
    embedder: Embedder,
    index: VectorIndex,
    workspaces: Sequence[str],
    progress: Progress = _silent,
) -> int:
    """Recreate an index from the rows, also a damaged or deleted one; returns how many vectors it holds.

    Raises:
        Unavailable: the index or the store is down; running it again starts over.
    """
    index.reset()
    if embedder.space is None:
        return 0
    return sum(_refill(rows, embedder.space, index, workspace, progress) for workspace in workspaces)


def _refill(rows: MemoryRows, space: Space, index: VectorIndex, workspace: str, progress: Progress) -> int:
    total, waiting = 0, list[Entry]()
    for change in rows.changes(workspace):
        if (entry := entry_of(change, space)) is not None:
            waiting.append(entry)
        if len(waiting) >= PUT_AT_ONCE:
            index.put(workspace, space, waiting)
            progress(len(waiting))
            total, waiting = total + len(waiting), []
    if waiting:
        index.put(workspace, space, waiting)
        progress(len(waiting))
    return total + len(waiting)


def first_search(index: VectorIndex, space: Space, workspace: str) -> None:
    """Search once, so that no request has to wait until a million vectors are read and sorted into cells.

    Raises:
        Unavailable: the index or the store is down.
    """
    anywhere = np.zeros(space.dimensions, dtype=np.float32)
    anywhere[0] = 1.0
    index.search(workspace, space, anywhere, 1, Where())


def _put_present(rows: MemoryRows, index: VectorIndex, space: Space, workspace: str, memory_ids: Sequence[str]) -> None:
    if not index.mirrors:
        return
    try:
        index.put(workspace, space, _present(rows, space, workspace, memory_ids))
    except Unavailable:
        return  # the answer says that the mirror lags; the rows, which are the truth, are complete


def _present(rows: MemoryRows, space: Space, workspace: str, memory_ids: Sequence[str]) -> list[Entry]:
    records = rows.fetch(workspace, memory_ids).values()
    return [entry for record in records if (entry := entry_of_record(record, space)) is not None]


def _space(embedder: Embedder) -> Space:
    if embedder.space is None:
        raise Unavailable("no embedding model is configured", hint="set MARKO_EMBEDDING_MODEL or use the packaged one")
    return embedder.space
