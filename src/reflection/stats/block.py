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
) -> Block:
    """Signed sums over the rows of one block."""
    signed = x if (sign == 1).all() else sparse.csr_array(x.multiply(sign[:, None]))
    gram = _lower(sparse.csr_array(signed.T.tocsr() @ x))
    logs = int((sign * log2_v).sum()), int((sign * log2_passing).sum())
    return Block(gram, signed.T @ y, _exact_square(y, sign), int(sign.sum()), *logs)


def _exact_square(y: NDArray[np.int64], sign: NDArray[np.int64]) -> int:
    """Signed sum of y^2 without overflow: y = high * 2^16 + low, each product summed below 2^63 and joined in
    Python.
    """
    high, low = y >> 16, y & 0xFFFF
    products = [int((sign * a * b).sum()) for a, b in ((high, high), (high, low), (low, low))]
    return (products[0] << 32) + (products[1] << 17) + products[2]


def _lower(square: sparse.csr_array) -> sparse.csr_array:
    """Lower triangle with sorted indices."""
    row = np.repeat(np.arange(square.shape[0], dtype=square.indices.dtype), np.diff(square.indptr))
    keep = square.indices <= row
    count = np.concatenate([[0], np.cumsum(np.bincount(row[keep], minlength=square.shape[0]))])
    parts = (square.data[keep], square.indices[keep], count.astype(square.indices.dtype))
    lower = sparse.csr_array(parts, shape=square.shape)
    lower.sort_indices()
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
    kept = at >= 0
    inside = kept[gram.indices] & np.repeat(kept, np.diff(gram.indptr))
    row = np.repeat(at, np.diff(gram.indptr))[inside]
    ends = np.zeros(p + 1, dtype=np.int32)
    ends[1:] = np.cumsum(np.bincount(row, minlength=p))
    return sparse.csr_array((gram.data[inside], at[gram.indices[inside]], ends), shape=(p, p))
