"""Rows of many vectors sorted into cells around centres, so that a search visits the nearest cells only.

An inverted file as in Jegou, Douze and Schmid (2011), without the quantisation: the work of a search is the same for a
hundred thousand vectors and for a million. Rows are numbers that the owner gives; knows NumPy only. Not thread-safe.
"""

from array import array

import numpy as np
from numpy.typing import NDArray

from reflection.domain.ports import Vector

Matrix = NDArray[np.float32]

CENTRES = 512
SAMPLE = 20_000
ROUNDS = 4
CHUNK = 50_000


class Cells:
    """Each row in the cell of the centre it is most alike.

    Args:
        vectors: unit vectors of rows 0, 1, 2 ..., shape (rows, dimensions).
        centres: how many cells; at most one for every four rows.
    """

    def __init__(self, vectors: Matrix, *, centres: int = CENTRES) -> None:
        self._centres = _centres(vectors, max(1, min(centres, len(vectors) // 4)))
        self._members = [array("q") for _ in self._centres]
        self._place: dict[int, tuple[int, int]] = {}
        for start in range(0, len(vectors), CHUNK):
            nearest = _nearest(vectors[start : start + CHUNK], self._centres)
            for row, cell in enumerate(nearest.tolist(), start):
                self._add(row, cell)

    def __len__(self) -> int:
        return len(self._place)

    def put(self, row: int, vector: Vector) -> None:
        """Sort a row in; one that is there already is sorted in anew."""
        self.remove(row)
        self._add(row, int(_nearest(vector[None, :], self._centres)[0]))

    def remove(self, row: int) -> None:
        """Forget a row; an unknown row is fine. The last of its cell moves into the gap."""
        cell, slot = self._place.pop(row, (-1, -1))
        if cell < 0:
            return
        members = self._members[cell]
        last = members.pop()
        if last != row:
            members[slot] = last
            self._place[last] = (cell, slot)

    def near(self, vector: Vector, count: int) -> NDArray[np.int64]:
        """Rows of the cells most like a vector, the nearest first, until at least `count` are among them."""
        parts: list[NDArray[np.int64]] = []
        total = 0
        for cell in np.argsort(-(self._centres @ vector), kind="stable").tolist():
            if total >= count:
                break
            parts.append(np.array(self._members[cell], dtype=np.int64))
            total += len(parts[-1])
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def _add(self, row: int, cell: int) -> None:
        self._place[row] = (cell, len(self._members[cell]))
        self._members[cell].append(row)


def _centres(vectors: Matrix, count: int) -> Matrix:
    """Centres by a few rounds of spherical k-means on a sample; the same for the same rows.

    The sample is random: of every so-manyth row, imports that repeat themselves in a rhythm would be seen in part only.
    """
    sampled_rows = np.random.default_rng(0).permutation(len(vectors))[:SAMPLE]
    sample = vectors[sampled_rows]
    centres = sample[:count].copy()
    for _ in range(ROUNDS):
        nearest = _nearest(sample, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1.0), centres).astype(np.float32)
    return np.asarray(centres)


def _nearest(vectors: Matrix, centres: Matrix) -> NDArray[np.intp]:
    return np.asarray(np.argmax(vectors @ centres.T, axis=1))
