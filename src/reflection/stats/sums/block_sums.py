"""Sums of outer products A_b of each block of rows, as one dense stack or as sparse blocks, and what is asked of them.

Must not know what the weights are.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reflection.stats.sums.sufficient_statistics import View
from reflection.stats.sums.zero_sum import ZeroSum

Floats = NDArray[np.float64]

_BAND = 256


class BlockSums(Protocol):
    """What a posterior asks of the second moments of its blocks."""

    def weighted(self, w: Floats) -> Floats:
        """sum_b w_b A_b, a square matrix, its lower triangle at least."""

    def traces(self, symmetric: Floats, vector: Floats) -> Floats:
        """tr(A_b T) + t' A_b t for a symmetric T, shape (B,)."""


class DenseSums:
    """B full matrices in r free coordinates as one (B, r^2) array."""

    def __init__(self, view: View, basis: ZeroSum) -> None:
        self._size = len(basis)
        self._stack = view.squares(basis).reshape(-1, self._size**2)

    def weighted(self, w: Floats) -> Floats:
        """sum_b w_b A_b, (..., B) -> (..., r, r)."""
        return np.asarray(w @ self._stack).reshape(*w.shape[:-1], self._size, self._size)

    def traces(self, symmetric: Floats, vector: Floats) -> Floats:
        """tr(A_b T) + t' A_b t for a symmetric T, shape (B,)."""
        return np.asarray(self._stack @ (symmetric + vector[:, None] * vector).ravel())


class SparseSums:
    """B lower triangles in CSR form, as integers."""

    def __init__(self, view: View) -> None:
        self._p, self._scale = len(view.layout), view.gram_scale
        self._grams = [gram.lower() for gram in view.grams]

    def weighted(self, w: Floats) -> Floats:
        """Lower triangle of sum_b w_b A_b, shape (p, p); the upper one is zero."""
        total = np.zeros((self._p, self._p))
        for weight, gram in zip(w, self._grams, strict=True):
            for start in range(0, self._p, _BAND):
                ends = gram.indptr[start : start + _BAND + 1]
                row, part = np.repeat(np.arange(len(ends) - 1), np.diff(ends)), slice(ends[0], ends[-1])
                total[start : start + _BAND][row, gram.indices[part]] += (weight * self._scale) * gram.data[part]
        return total

    def traces(self, symmetric: Floats, vector: Floats) -> Floats:
        """tr(A_b T) + t' A_b t for a symmetric T, shape (B,)."""
        blocks = []
        for gram in self._grams:
            row = np.repeat(np.arange(self._p, dtype=np.int32), np.diff(gram.indptr))
            lower = float(gram.data @ symmetric[row, gram.indices])
            form = 2 * (vector @ (gram @ vector)) - gram.diagonal() @ vector**2
            blocks.append(2 * lower - float(gram.diagonal() @ np.diag(symmetric)) + form)
        return np.array(blocks) * self._scale
