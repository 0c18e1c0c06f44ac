"""Sums of x x' over the rows of a block: symmetric matrices of integers, exact whatever the order of the rows.

Whole in memory for as many columns as a fit holds whole (`DENSE_COLUMNS`), the lower triangle as CSR beyond. Which of
the two it is changes no number. `product` is that of two matrices of weighted rows, in floating point. Must not know
blocks, nor what a column stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]

DENSE_COLUMNS = 600
"""Up to here sums are held as full matrices; above, as sparse triangles."""

EXACT = 1 << 53
"""Below it, whole numbers add up without rounding in floating point, in any order."""

_ROWS_AT_ONCE = 1_024
_CHEAP = 150
"""How many products of a full matrix take as long as one of a sparse one."""


class _Sum(Protocol):
    """What is asked of either kind."""

    def moved(self, at: NDArray[np.intp], columns: int) -> Gram:
        """The same sums with column j at position ``at[j]`` of so many; -1 drops it."""

    def whole(self) -> Ints:
        """The full matrix; not to be written to."""

    def lower(self) -> sparse.csr_array:
        """The lower triangle without zeros, its indices in order."""

    def diagonal(self) -> Ints:
        """Its diagonal."""

    def any(self) -> bool:
        """Whether any number is not zero."""


@dataclass(frozen=True, eq=False)
class DenseGram(_Sum):
    """A full symmetric matrix, (p, p)."""

    values: Ints

    def moved(self, at: NDArray[np.intp], columns: int) -> Gram:
        """See `_Sum`."""
        if columns > DENSE_COLUMNS:
            return SparseGram(self.lower()).moved(at, columns)
        rows = np.flatnonzero(at >= 0)
        order = rows[np.argsort(at[rows], kind="stable")]
        values = self.values.take(order, axis=0).take(order, axis=1)  # twice as fast as both at once
        if len(order) == columns:
            return DenseGram(values)
        wider, places = np.zeros((columns, columns), dtype=np.int64), at[order]
        wider[np.ix_(places, places)] = values
        return DenseGram(wider)

    def whole(self) -> Ints:
        """See `_Sum`."""
        return self.values

    def lower(self) -> sparse.csr_array:
        """See `_Sum`."""
        lower = sparse.csr_array(np.tril(self.values))
        return sparse.csr_array(
            (lower.data, lower.indices.astype(np.int32), lower.indptr.astype(np.int32)), lower.shape
        )

    def diagonal(self) -> Ints:
        """See `_Sum`."""
        return np.diagonal(self.values)

    def any(self) -> bool:
        """See `_Sum`."""
        return bool(self.values.any())

    def __add__(self, other: DenseGram) -> DenseGram:
        return DenseGram(self.values + other.values)


@dataclass(frozen=True, eq=False)
class SparseGram(_Sum):
    """The lower triangle of very many columns; indices in order, no zeros."""

    triangle: sparse.csr_array

    def moved(self, at: NDArray[np.intp], columns: int) -> Gram:
        """See `_Sum`."""
        narrow = at.astype(np.int32)  # SciPy keeps the wider of the indices it is given
        in_order = (np.diff(at[at >= 0]) > 0).all()  # as between sorted features: no new sort
        moved = SparseGram((_in_order if in_order else _in_any_order)(self.triangle, narrow, columns))
        return moved if columns > DENSE_COLUMNS else DenseGram(moved.whole())

    def whole(self) -> Ints:
        """See `_Sum`."""
        lower = self.triangle.toarray()
        return np.asarray(lower + np.tril(lower, -1).T)

    def lower(self) -> sparse.csr_array:
        """See `_Sum`."""
        return self.triangle

    def diagonal(self) -> Ints:
        """See `_Sum`."""
        return np.asarray(self.triangle.diagonal())

    def any(self) -> bool:
        """See `_Sum`."""
        return bool(self.triangle.nnz)

    def __add__(self, other: SparseGram) -> SparseGram:
        total = sparse.csr_array(self.triangle + other.triangle)
        total.eliminate_zeros()
        total.sort_indices()
        return SparseGram(total)


Gram: TypeAlias = DenseGram | SparseGram


def summed(first: Gram, second: Gram) -> Gram:
    """The sum of two of as many columns."""
    if isinstance(first, DenseGram) and isinstance(second, DenseGram):
        return first + second
    return SparseGram(first.lower()) + SparseGram(second.lower())


def grams_of(x: sparse.csr_array, sign: Ints, starts: Sequence[int], largest: int) -> list[Gram]:
    """Signed sums over the rows from each start to the next.

    ``x``: integers, (n, p). ``sign``: 1 or -1, (n,). ``largest``: no number of x is larger.
    """
    ends, columns = [*starts[1:], x.shape[0]], x.shape[1]
    if columns > DENSE_COLUMNS:
        return [SparseGram(one) for one in _triangles(x, sign, starts)]
    squares = int(np.square(np.diff(x.indptr), dtype=np.int64).sum())
    if x.shape[0] * largest**2 >= EXACT or x.shape[0] * columns**2 > _CHEAP * squares:
        return [DenseGram(SparseGram(one).whole()) for one in _triangles(x, sign, starts)]
    numbers = sparse.csr_array((x.data.astype(np.float64), x.indices, x.indptr), shape=x.shape)
    few = x.shape[0] <= _ROWS_AT_ONCE  # of so few SciPy's slices are half of the cost
    whole = numbers.toarray() if few else None
    return [DenseGram(_product(numbers, whole, sign, *span)) for span in zip(starts, ends, strict=True)]


def product(left: sparse.csr_array, right: sparse.csr_array) -> NDArray[np.float64]:
    """left' right of two matrices of as many rows, by whichever of full and sparse ones is cheaper."""
    n, size = left.shape[0], left.shape[1] * right.shape[1]
    if n * size > _CHEAP * int((np.diff(left.indptr) * np.diff(right.indptr)).sum()):
        return np.asarray((left.T @ right).toarray())
    total = np.zeros((left.shape[1], right.shape[1]))
    for first in range(0, n, _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        total += left[rows].toarray().T @ right[rows].toarray()
    return total


def _product(x: sparse.csr_array, whole: NDArray[np.float64] | None, sign: Ints, start: int, end: int) -> Ints:
    """Signed sum over some rows by the linear algebra of floating point, which is exact below `EXACT`.

    ``whole``: the same as a full matrix, where they are few.
    """
    total = np.zeros((x.shape[1], x.shape[1]))
    for first in range(start, end, _ROWS_AT_ONCE):
        rows = slice(first, min(first + _ROWS_AT_ONCE, end))
        some, signs = x[rows].toarray() if whole is None else whole[rows], sign[rows]
        total += (some if (signs > 0).all() else some * signs[:, None]).T @ some
    return total.astype(np.int64)


def _triangles(x: sparse.csr_array, sign: Ints, starts: Sequence[int]) -> list[sparse.csr_array]:
    """Lower triangles of the sums of each block, in one product of sparse matrices."""
    p, counts = x.shape[1], np.diff([*starts, x.shape[0]])
    first = np.repeat(np.arange(len(starts), dtype=np.int32) * np.int32(p), counts)
    per_row = np.diff(x.indptr)
    signed = x.data * np.repeat(sign, per_row)
    parts = (signed, x.indices + np.repeat(first, per_row), x.indptr)
    side_by_side = sparse.csr_array(parts, shape=(x.shape[0], p * len(starts)))
    return _lower(sparse.csr_array(x.T.tocsr() @ side_by_side), p)


def _lower(squares: sparse.csr_array, p: int) -> list[sparse.csr_array]:
    """Lower triangles with sorted indices of symmetric matrices that lie side by side."""
    columns = squares.tocsc()  # each with its rows in order, which sorting would take five times as long for
    width = squares.shape[1]
    row = np.repeat(np.arange(width, dtype=columns.indices.dtype), np.diff(columns.indptr))
    keep = (columns.indices <= row % p) & (columns.data != 0)
    data, indices = columns.data[keep], columns.indices[keep]
    ends = np.concatenate([[0], np.cumsum(np.bincount(row[keep], minlength=width))]).astype(indices.dtype)
    lower = []
    for first in range(0, width, p):
        own = ends[first : first + p + 1]
        part = slice(own[0], own[-1])
        lower.append(sparse.csr_array((data[part], indices[part], own - own[0]), shape=(p, p)))
    return lower


def _in_order(triangle: sparse.csr_array, at: NDArray[np.int32], p: int) -> sparse.csr_array:
    """A lower triangle with column j at position ``at[j]`` of p, the order being the same; -1 drops it."""
    mask, counts = at >= 0, np.diff(triangle.indptr)
    data, indices = triangle.data, triangle.indices
    if not mask.all():
        inside = mask[indices] & np.repeat(mask, counts)
        counts = np.diff(np.concatenate([[0], np.cumsum(inside)])[triangle.indptr])
        data, indices = data[inside], indices[inside]
    ends = np.zeros(p + 1, dtype=np.int32)
    ends[1 + at[mask]] = counts[mask]
    return sparse.csr_array((data, at[indices], np.cumsum(ends, dtype=np.int32)), shape=(p, p))


def _in_any_order(triangle: sparse.csr_array, at: NDArray[np.int32], p: int) -> sparse.csr_array:
    """The same in another order."""
    coo = triangle.tocoo()
    row, column = at[coo.row], at[coo.col]
    keep = (row >= 0) & (column >= 0)
    ends = (np.maximum(row, column)[keep], np.minimum(row, column)[keep])
    moved = sparse.csr_array(sparse.coo_array((coo.data[keep], ends), shape=(p, p)).tocsr())
    moved.sort_indices()
    return moved
