"""What memory needs from the store: its rows by sequence number, by id and by words. `store.memories` offers it.

Rows are the truth of everything in memory/. Protocols, because memory/ and store/ are neighbours: neither knows the
other, wiring brings them together.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from reflection.domain import signals
from reflection.domain.memory_search import EVERYTHING, MemoryChange, MemoryFilters, NewVector, Position, TextToEmbed
from reflection.domain.ports import MemoryRecord
from reflection.memory.embedders import Space
from reflection.memory.vectors import Columns, Entry


class MemoryRows(Protocol):
    """The memories of the store, one workspace at a time. Everything raises `Unavailable` when the store is down."""

    def data_version(self) -> object:
        """Changes when anybody committed anything; compared for equality only, microseconds."""

    def position(self, workspace: str) -> Position:
        """Where the workspace's changes end now: (0, 0) where there are none."""

    def changes(self, workspace: str, after: int = 0) -> Iterator[MemoryChange]:
        """Memories that changed after a number, tombstones included, in the order of change."""

    def changes_since(self, workspace: str, position: Position) -> Iterator[MemoryChange] | None:
        """The same after a position; None where it is no longer history, because the workspace was purged."""

    def fetch(self, workspace: str, memory_ids: Sequence[str], *, vectors: bool = True) -> dict[str, MemoryRecord]:
        """Living memories by id; unknown ids are left out. Without `vectors` they read as not made yet."""

    def named(
        self,
        workspace: str,
        memory_ids: Sequence[str],
        filters: MemoryFilters = EVERYTHING,
    ) -> list[str]:
        """Which of these ids there are among what passes the filters, in the order given."""

    def count(self, workspace: str) -> int:
        """How many living memories there are."""

    def lexical(
        self,
        workspace: str,
        query: str,
        filters: MemoryFilters = EVERYTHING,
        *,
        limit: int = 10,
    ) -> list[tuple[str, float]]:
        """Memories with any of the words by BM25, the best (highest) first; no character of the query is syntax."""

    def rare(
        self,
        workspace: str,
        query: str,
        filters: MemoryFilters = EVERYTHING,
        *,
        limit: int = 10,
        most: int = 20,
    ) -> list[tuple[str, float]]:
        """Memories with any of the words that fewer than `most` have, the best first; otherwise as `lexical`."""

    def missing(self, workspace: str, embedder_id: str, *, limit: int = 256) -> Sequence[TextToEmbed]:
        """Memories without a vector of this embedder, the oldest change first."""

    def lacking(self, embedder_id: str) -> dict[str, int]:
        """Workspaces with memories without a vector of this embedder, and how many; all memories where it is ``""``."""

    def has_other_vectors(self, workspace: str, embedder_id: str) -> bool:
        """Whether a memory has a vector of another embedder, with which none of this one is compared."""

    def set_vectors(self, workspace: str, embedder_id: str, vectors: Sequence[NewVector]) -> int:
        """A memory that changed since its `seq` is skipped; how many were set."""


def entry_of(state: MemoryChange, space: Space) -> Entry | None:
    """The index entry of a row; None when it is deleted, of another space, or its vector has not been made yet."""
    if state.deleted:
        return None
    return _entry(state.memory_id, state, datetime.fromisoformat(state.timestamp), space)


def entry_of_record(record: MemoryRecord, space: Space) -> Entry | None:
    """The index entry of a whole record; None as for `entry_of`."""
    return _entry(record.memory_id, record, record.timestamp, space)


def _entry(memory_id: str, state: MemoryChange | MemoryRecord, at: datetime, space: Space) -> Entry | None:
    vector = state.vector
    if vector is None or state.embedder_id != space.id or vector.shape != (space.dimensions,):
        return None  # a vector of the wrong length is damage: it is still found by words, and mended by `reindex`
    platform, objective = signals.normalise(state.platform_name), signals.normalise(state.objective_name)
    return Entry(memory_id, vector, Columns(state.kind, platform, objective, at.timestamp()))
