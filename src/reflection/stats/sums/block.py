"""Integer sums over the rows of one block: what :mod:`sufficient_statistics` keeps per stratum and information bin.

They add and move columns exactly. This file must not know how blocks are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.stats.sums.gram import Gram, grams_of


@dataclass(eq=False)
class Block:
    """Sums over the rows of one stratum and information bin."""

    gram: Gram
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
    largest: int,
) -> dict[int, Block]:
    """Signed sums over the rows of each block, by its number in ``key``; no number of ``x`` is beyond ``largest``."""
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    if not len(keys):
        return {}
    rows, y, sign = x[order], y[order], sign[order]
    grams = grams_of(rows, sign, starts.tolist(), largest)
    of_block = sparse.csr_array((sign * y, np.arange(len(y)), np.append(starts, len(y))), shape=(len(keys), len(y)))
    moments = (of_block @ rows).toarray()
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


def moved(block: Block, at: NDArray[np.intp], p: int) -> Block:
    """The same sums with column j at position ``at[j]`` of p columns; -1 drops it. Shares memory when nothing
    moves.
    """
    if len(at) == p and np.array_equal(at, np.arange(p)):
        return block
    mask = at >= 0
    moment = np.zeros(p, dtype=np.int64)
    moment[at[mask]] = block.moment[mask]
    return Block(block.gram.moved(at, p), moment, block.square, block.rows, block.log2_v, block.log2_passing)
