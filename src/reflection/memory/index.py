"""The port of vector indexes: where vectors are searched, and what every implementation must do alike.

The store's rows are the truth. The local index reads them; the others are mirrors that are told of changes after the
commit and may lag, be damaged or be deleted: `SemanticMemory` then answers from the local one and says so. One contract
test (tests/memory/test_index_contract.py) runs against all of them. Knows no store, no ranking.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from reflection.domain.ports import Vector
from reflection.memory.embedders import Space
from reflection.memory.vectors import Columns, Entry, Hit, Where

__all__ = ["Columns", "Entry", "Hit", "VectorIndex", "Where"]


class VectorIndex(Protocol):
    """Vectors of many workspaces and spaces; each call names both and sees nothing else. Thread-safe.

    Every method raises `Unavailable` (nothing else on purpose) when the index cannot be read or written.
    """

    @property
    def name(self) -> str:
        """``local``, ``chroma`` or ``json``: what answers call `index`."""

    @property
    def mirrors(self) -> bool:
        """Whether it must be told of changes (`put`, `remove`); False for the index that reads the rows itself."""

    @property
    def one_process(self) -> bool:
        """Whether only the process that searches it may write to it: others' writes would not be seen."""

    def search(self, workspace: str, space: Space, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """The nearest memories that pass `where`, best first, with exact cosines."""

    def put(self, workspace: str, space: Space, entries: Sequence[Entry]) -> None:
        """Add or replace entries."""

    def remove(self, workspace: str, memory_ids: Collection[str]) -> None:
        """Forget memories in every space of the workspace; unknown ids are fine."""

    def ids(self, workspace: str, space: Space) -> frozenset[str]:
        """Which memories it holds: what verification and repair compare with the rows."""

    def count(self, workspace: str, space: Space) -> int:
        """How many it holds; cheap enough to be asked before every search."""

    def purge(self, workspace: str) -> None:
        """Forget a workspace, in every space."""

    def reset(self) -> None:
        """Forget everything, also what can no longer be read, so that it can be filled again."""

    def close(self) -> None:
        """Let go of files and connections; the next call takes them up again."""
