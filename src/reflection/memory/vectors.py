"""One vector space of one workspace in memory: vectors with the columns they are filtered by, and their search.

Exact up to `SKETCH_FROM` vectors: one matrix product, then the best. Above that the product is bound by memory
bandwidth (15 ms at 100,000), so one bit per dimension picks `CANDIDATES` first (1.4 ms) and the exact cosine ranks
those. Above `CELLS_FROM` only the nearest cells are visited, `VISITED` vectors, so that a search of a million costs no
more; a filter that leaves too few of them is answered from all. Knows NumPy only: no store, no file, no embedder. Not
thread-safe: its owner holds a lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from reflection.domain.ports import Vector
from reflection.memory.cells import Cells

Scalar = TypeVar("Scalar", bound=np.generic)

SKETCH_FROM = 5_000
CANDIDATES = 1_000
DECIMALS = 6
"""Cosines are rounded to this: equal vectors differ in the last bit of a matrix product by the row they stand in."""
CELLS_FROM = 100_000
VISITED = 25_000
AT_ONCE = 8_192
"""Rows whose bits are fetched in one step, few enough to stay in a processor's own memory while they are counted."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a memory may be filtered by; platform and objective normalised, `at` in epoch seconds."""

    kind: str
    platform: str
    objective: str
    at: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One vector and what it may be filtered by."""

    memory_id: str
    vector: Vector
    columns: Columns


@dataclass(frozen=True, slots=True)
class Where:
    """Structured filters; None does not filter. `start` and `end` are epoch seconds, both inclusive.

    A memory whose platform or objective is empty speaks of all of them (a learning without a context) and passes.
    """

    kind: str | None = None
    platform: str | None = None
    objective: str | None = None
    start: float | None = None
    end: float | None = None

    @property
    def empty(self) -> bool:
        """Whether no filter is set, so that every vector passes."""
        return self == Where()

    def accepts(self, columns: Columns) -> bool:
        """Whether one memory passes; the meaning that every index's filter must have."""
        return (
            self.kind in (None, columns.kind)
            and (self.platform is None or columns.platform in ("", self.platform))
            and (self.objective is None or columns.objective in ("", self.objective))
            and (self.start is None or columns.at >= self.start)
            and (self.end is None or columns.at <= self.end)
        )


class Hit(NamedTuple):
    """A memory found by meaning; `cosine` in -1..1."""

    memory_id: str
    cosine: float


class VectorSpace:
    """The vectors of one space: put, remove, search. Rows grow by doubling, so a put is amortised O(dimensions)."""

    def __init__(
        self,
        dimensions: int,
        *,
        sketch_from: int = SKETCH_FROM,
        candidates: int = CANDIDATES,
        cells_from: int = CELLS_FROM,
        visited: int = VISITED,
    ) -> None:
        self._dimensions = dimensions
        self._sketch_from, self._candidates = sketch_from, candidates
        self._cells_from, self._visited = cells_from, visited
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._vectors: NDArray[np.float32] = np.zeros((0, dimensions), dtype=np.float32)
        self._codes_of: NDArray[np.int32] = np.zeros((0, 3), dtype=np.int32)  # kind, platform, objective as codes
        self._at: NDArray[np.float64] = np.zeros(0, dtype=np.float64)
        self._codes: dict[str, int] = {}
        self._sketch: Sketch | None = None
        self._cells: Cells | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self) -> frozenset[str]:
        """The memories on the vectors."""
        return frozenset(self._rows)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add entries; one with a known id takes the place of the old."""
        latest = {entry.memory_id: entry for entry in entries}
        present = [entry for memory_id, entry in latest.items() if memory_id in self._rows]
        for entry in present:
            self._set(self._rows[entry.memory_id], [entry])
        if new := [entry for memory_id, entry in latest.items() if memory_id not in self._rows]:
            first = len(self._ids)
            self._grow(first + len(new))
            self._ids += [entry.memory_id for entry in new]
            self._rows |= {entry.memory_id: row for row, entry in enumerate(new, first)}
            self._set(first, new)

    def remove(self, memory_ids: Iterable[str]) -> None:
        """Take memories off; unknown ids are fine. The last row moves into the gap."""
        for memory_id in memory_ids:
            row = self._rows.pop(memory_id, None)
            if row is None:
                continue
            last = len(self._ids) - 1
            last_id = self._ids.pop()
            if self._cells is not None:
                self._cells.remove(last)
            if row != last:
                self._ids[row], self._rows[last_id] = last_id, row
                for array in (self._vectors, self._codes_of, self._at):
                    array[row] = array[last]
                self._index(slice(row, row + 1))

    def search(self, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """The nearest by cosine, best first; equal cosines in the order of their ids."""
        total = len(self._ids)
        if not total or limit <= 0:
            return []
        fewest = max(limit, self._candidates)
        rows = self._passing(vector, where, fewest)
        if (total if rows is None else len(rows)) > max(self._sketch_from, fewest):
            rows = self._candidate_rows(vector, rows, fewest)
        cosines = np.round(self._products(vector, rows), DECIMALS)
        best = np.arange(len(cosines))
        if limit < len(cosines):  # with all that equal the last one: their ids decide
            best = np.flatnonzero(cosines >= np.partition(cosines, -limit)[-limit])
        hits = [Hit(self._ids[int(i if rows is None else rows[i])], float(cosines[i])) for i in best]
        return sorted(hits, key=lambda hit: (-hit.cosine, hit.memory_id))[:limit]

    def _products(self, vector: Vector, rows: NDArray[np.intp] | None) -> NDArray[np.float32]:
        """The product with some rows, all when None; of most of few rows with all, since that copies none of them."""
        total = len(self._ids)
        if rows is None:
            return np.asarray(self._vectors[:total] @ vector)
        if 2 * len(rows) > total and total <= self._sketch_from:
            return np.asarray((self._vectors[:total] @ vector)[rows])
        return np.asarray(self._vectors[rows] @ vector)

    def cosines(self, vector: Vector, memory_ids: Iterable[str]) -> dict[str, float]:
        """The cosine of each that is here, filters or not."""
        rows = {memory_id: self._rows[memory_id] for memory_id in memory_ids if memory_id in self._rows}
        cosines = np.round(self._vectors[list(rows.values())] @ vector, DECIMALS) if rows else ()
        return {memory_id: float(cosine) for memory_id, cosine in zip(rows, cosines, strict=True)}

    def _passing(self, vector: Vector, where: Where, fewest: int) -> NDArray[np.intp] | None:
        """Rows that pass the filter, those of the nearest cells if there are many; None when it is all of them."""
        if len(self._ids) > self._cells_from:
            if self._cells is None:
                self._cells = Cells(self._vectors[: len(self._ids)])
            near = self._cells.near(vector, self._visited)
            near = near[self._mask(where, near)]
            if len(near) >= fewest:
                return near
        return None if where.empty else np.flatnonzero(self._mask(where, slice(len(self._ids))))

    def _mask(self, where: Where, rows: NDArray[np.intp] | slice) -> NDArray[np.bool_]:
        mask = np.ones(rows.stop if isinstance(rows, slice) else len(rows), dtype=np.bool_)
        anything = self._codes.get("", -1)
        for column, value in enumerate((where.kind, where.platform, where.objective)):
            if value is not None:
                codes = self._codes_of[rows, column]
                passing = codes == self._codes.get(value, -1)
                mask &= passing | (codes == anything) if column else passing
        if where.start is not None:
            mask &= self._at[rows] >= where.start
        if where.end is not None:
            mask &= self._at[rows] <= where.end
        return mask

    def _set(self, first: int, entries: Sequence[Entry]) -> None:
        """Write entries into consecutive rows: in one step, because a million of them are read when a server starts."""
        rows = slice(first, first + len(entries))
        self._vectors[rows] = [entry.vector for entry in entries]
        columns = [entry.columns for entry in entries]
        self._codes_of[rows] = [[self._code(t) for t in (c.kind, c.platform, c.objective)] for c in columns]
        self._at[rows] = [column.at for column in columns]
        self._index(rows)

    def _index(self, rows: slice) -> None:
        """Bring the sketch and the cells up to date with rows, where they exist."""
        if self._sketch is not None:
            self._sketch.put(rows, self._vectors[rows])
        if self._cells is not None:
            for row in range(rows.start, rows.stop):
                self._cells.put(row, self._vectors[row])

    def _candidate_rows(self, vector: Vector, rows: NDArray[np.intp] | None, fewest: int) -> NDArray[np.intp]:
        count = len(self._ids)
        if self._sketch is None:
            self._sketch = Sketch(self._vectors[:count])
        distances = self._sketch.distances(vector, slice(count) if rows is None else rows)
        best = np.argpartition(distances, fewest)[:fewest]
        return best if rows is None else np.asarray(rows[best])

    def _grow(self, rows: int) -> None:
        if rows <= len(self._vectors):
            return
        capacity = max(64, 2 * len(self._vectors), rows)
        self._vectors = _resized(self._vectors, capacity)
        self._codes_of = _resized(self._codes_of, capacity)
        self._at = _resized(self._at, capacity)

    def _code(self, text: str) -> int:
        return self._codes.setdefault(text, len(self._codes))


class Sketch:
    """One bit per dimension: above or below that dimension's mean. The Hamming distance of bits stands for the angle.

    Kept twice, 48 bytes a vector each time at 384 dimensions: word after word, so that a search of all streams through
    them, and row after row, so that a search of some rows finds each in one place (a third of the time).
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._centre = vectors.mean(axis=0)
        words, capacity = -(-vectors.shape[1] // 64), max(64, len(vectors))
        self._by_word = np.zeros((words, capacity), dtype=np.uint64)
        self._by_row = np.zeros((capacity, words), dtype=np.uint64)
        self.put(slice(len(vectors)), vectors)

    def put(self, rows: slice, vectors: NDArray[np.float32]) -> None:
        """Set the bits of consecutive rows."""
        if rows.stop > len(self._by_row):
            capacity = max(2 * len(self._by_row), rows.stop)
            self._by_row = _resized(self._by_row, capacity)
            self._by_word = np.ascontiguousarray(self._by_row.T)
        self._by_row[rows] = self._pack(vectors)
        self._by_word[:, rows] = self._by_row[rows].T

    def distances(self, vector: Vector, rows: NDArray[np.intp] | slice) -> NDArray[np.uint16]:
        """Hamming distance of a vector to some rows, in their order."""
        pattern = self._pack(vector[None, :])[0]
        if isinstance(rows, slice):
            return _differing(self._by_word[:, rows], pattern)
        steps = (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
        return np.concatenate([_differing(np.take(self._by_row, step, axis=0).T, pattern) for step in steps])

    def _pack(self, vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
        bits = np.packbits(vectors > self._centre, axis=1)
        padded = np.zeros((len(vectors), self._by_row.shape[1] * 8), dtype=np.uint8)
        padded[:, : bits.shape[1]] = bits
        return padded.view(np.uint64)


def _differing(bits: NDArray[np.uint64], pattern: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """In how many bits each column of words, (words, rows), differs from a pattern, (words,)."""
    total: NDArray[np.uint16] = np.bitwise_count(bits[0] ^ pattern[0]).astype(np.uint16)
    for word in range(1, len(pattern)):
        total += np.bitwise_count(bits[word] ^ pattern[word])
    return total


def _resized(array: NDArray[Scalar], capacity: int) -> NDArray[Scalar]:
    wider: NDArray[Scalar] = np.zeros((capacity, *array.shape[1:]), dtype=array.dtype)
    wider[: len(array)] = array
    return wider
