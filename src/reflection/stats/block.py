"""Integer sums over the rows of one block: what :mod:`sufficient_statistics` keeps per stratum and information bin.

They add and move columns exactly. This file must not know how blocks are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(eq=False)
class Block:
    """Sums over the rows of one stratum and information bin; ``gram`` keeps the lower triangle."""

    gram: sparse.csr_array
    moment: NDArray[np.int64]
    square: int
    rows: int
    log2_v: int
    log2_passing: int


def summed(
    x: sparse.csr_array,
    y: NDArray[np.int64],
    log2_v: NDArray[np.int64],
    log2_passing: NDArray[np.int64],
    sign: NDArray[np.int64],
    key: NDArray[np.int64],
) -> dict[int, Block]:
    """Signed sums over the rows of each block, by its number in ``key``: of all blocks in one product."""
    order = np.argsort(key, kind="stable")
    keys, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
    if not len(keys):
        return {}
    p, rows = x.shape[1], x[order]
    y, sign = y[order], sign[order]
    first = np.repeat(np.arange(len(keys), dtype=np.int32) * np.int32(p), counts)
    per_row = np.diff(rows.indptr)
    signed = rows.data * np.repeat(sign, per_row)
    parts = (signed, rows.indices + np.repeat(first, per_row), rows.indptr)
    side_by_side = sparse.csr_array(parts, shape=(len(y), p * len(keys)))
    grams = _lower(sparse.csr_array(rows.T.tocsr() @ side_by_side), p)
    moments = np.asarray(side_by_side.T @ y).reshape(-1, p)
    squares = _exact_squares(y, sign, starts)
    sums = [
        np.add.reduceat(sign * part, starts).tolist() for part in (np.ones_like(y), log2_v[order], log2_passing[order])
    ]
    blocks = zip(keys.tolist(), grams, moments, squares, *sums, strict=True)
    return {number: Block(*own) for number, *own in blocks}


def _exact_squares(y: NDArray[np.int64], sign: NDArray[np.int64], starts: NDArray[np.intp]) -> list[int]:
    """Signed sums of y^2 from each start to the next without overflow: y = high * 2^16 + low, each product summed below
    2^63 and joined in Python.
    """
    high, low = y >> 16, y & 0xFFFF
    products = [np.add.reduceat(sign * a * b, starts).tolist() for a, b in ((high, high), (high, low), (low, low))]
    return [(of_high << 32) + (of_both << 17) + of_low for of_high, of_both, of_low in zip(*products, strict=True)]


def _lower(squares: sparse.csr_array, p: int) -> list[sparse.csr_array]:
    """Lower triangles with sorted indices of symmetric matrices that lie side by side."""
    columns = squares.tocsc()  # each with its rows in order, which sorting would take five times as long for
    width = squares.shape[1]
    row = np.repeat(np.arange(width, dtype=columns.indices.dtype), np.diff(columns.indptr))
    keep = columns.indices <= row % p
    data, indices = columns.data[keep], columns.indices[keep]
    ends = np.concatenate([[0], np.cumsum(np.bincount(row[keep], minlength=width))]).astype(indices.dtype)
    lower = []
    for first in range(0, width, p):
        own = ends[first : first + p + 1]
        part = slice(own[0], own[-1])
        lower.append(sparse.csr_array((data[part], indices[part], own - own[0]), shape=(p, p)))
    return lower


def moved(block: Block, at: NDArray[np.intp], p: int) -> Block:
    """The same sums with column j at position ``at[j]`` of p columns; -1 drops it. Shares memory when nothing
    moves.
    """
    if len(at) == p and np.array_equal(at, np.arange(p)):
        return block
    narrow = at.astype(np.int32)  # SciPy keeps the wider of the indices it is given
    kept = at >= 0
    moment = np.zeros(p, dtype=np.int64)
    moment[at[kept]] = block.moment[kept]
    if (np.diff(at[kept]) > 0).all():  # in the same order, as between sorted features: no new sort
        gram = in_order(block.gram, narrow, p)
        return Block(gram, moment, block.square, block.rows, block.log2_v, block.log2_passing)
    coo = block.gram.tocoo()
    row, column = narrow[coo.row], narrow[coo.col]
    keep = (row >= 0) & (column >= 0)
    ends = (np.maximum(row, column)[keep], np.minimum(row, column)[keep])
    gram = sparse.csr_array(sparse.coo_array((coo.data[keep], ends), shape=(p, p)).tocsr())
    gram.sort_indices()
    return Block(gram, moment, block.square, block.rows, block.log2_v, block.log2_passing)


def in_order(gram: sparse.csr_array, at: NDArray[np.int32], p: int) -> sparse.csr_array:
    """A lower triangle with column j at position ``at[j]`` of p, the order being the same; -1 drops it."""
    kept, counts = at >= 0, np.diff(gram.indptr)
    data, indices = gram.data, gram.indices
    if not kept.all():
        inside = kept[indices] & np.repeat(kept, counts)
        counts = np.diff(np.concatenate([[0], np.cumsum(inside)])[gram.indptr])
        data, indices = data[inside], indices[inside]
    ends = np.zeros(p + 1, dtype=np.int32)
    ends[1 + at[kept]] = counts[kept]
    return sparse.csr_array((data, at[indices], np.cumsum(ends, dtype=np.int32)), shape=(p, p))
