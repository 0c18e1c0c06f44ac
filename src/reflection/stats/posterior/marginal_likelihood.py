"""The evidence of few rows for many variance components at once.

Where rows are fewer than effects, y is integrated over the effects instead of the effects over y: y ~ N(0, V + sum_g
tau_g^2 K_g), K_g = X_g P_g X_g' with P_g the projection on the zero-sum effects of group g. That is the same number as
``Posterior.log_evidence`` from matrices as large as the rows, in hundredths of the time. The rows themselves are not
kept: a pivoted Cholesky factor of each block's sums stands for them. This file must not know what is done with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from reflection.stats.posterior.gaussian_posterior import INTERCEPT_SD, Model
from reflection.stats.sums.columns import Layout
from reflection.stats.sums.sufficient_statistics import View

Floats = NDArray[np.float64]

MOST_ROWS = 64
"""The work grows with the cube of the rows; with more, the components are well known anyway."""

_TOLERANCE = 1e-9
_AT_ONCE = 256


class Marginal:
    """Log evidence as a function of the components alone."""

    def __init__(self, model: Model) -> None:
        view = model.view
        blocks = [_standing_for(view, block) for block in range(len(view.grams))]
        rows = np.concatenate([x for x, _ in blocks])
        self._y = np.concatenate([y for _, y in blocks])
        ranks = np.array([len(y) for _, y in blocks], dtype=np.intp)
        self._block = np.repeat(np.arange(len(blocks)), ranks)
        self._left_rows = view.rows - ranks
        self._left_square = view.square - np.array([y @ y for _, y in blocks])
        self._v, self._carried, self._strata = view.v, model.carried, len(model.strata)
        self._kernels = _kernels(rows, view.layout)

    def log_evidence(self, components: Floats) -> Floats:
        """log p(y) under each of N components, (N, dimensions) -> (N,), up to a constant of rows and layout."""
        return np.concatenate(
            [self._some(components[i : i + _AT_ONCE]) for i in range(0, len(components), _AT_ONCE)] or [np.empty(0)]
        )

    def _some(self, components: Floats) -> Floats:
        variances = np.exp(2 * components)
        noise = self._v + variances[:, : self._strata] @ self._carried.T
        scale = np.column_stack([np.full(len(components), INTERCEPT_SD**2), variances[:, self._strata :]])
        size = len(self._y)
        joint = np.empty((len(components), size + 1, size + 1))
        joint[:, :size, :size] = (scale @ self._kernels).reshape(-1, size, size)
        joint[:, np.arange(size), np.arange(size)] += noise[:, self._block]
        joint[:, size, :size] = self._y
        joint[:, size, size] = 1.0 + 2.0 * (self._y @ self._y) / noise.min()
        factor = np.linalg.cholesky(joint)  # its last row is the whitened y, which saves solving for it
        white = factor[:, size, :size]
        volume = np.log(np.diagonal(factor, axis1=1, axis2=2)[:, :size]).sum(axis=1)
        left = np.log(noise) @ self._left_rows + (1 / noise) @ self._left_square
        return np.asarray(-0.5 * (white**2).sum(axis=1) - volume - 0.5 * left)


def _standing_for(view: View, block: int) -> tuple[Floats, Floats]:
    """Rows with the same x'x and x'y as those of a block, (rank, p) and (rank,)."""
    lower = view.grams[block].whole() * view.gram_scale
    factor, pivot, rank, _ = linalg.lapack.dpstrf(lower, tol=_TOLERANCE * lower.diagonal().max(), lower=1)
    pivot = pivot - 1  # LAPACK counts from one
    x = np.zeros((rank, len(lower)))
    x[:, pivot] = np.tril(factor)[:, :rank].T
    y = np.linalg.solve(np.tril(factor[:rank, :rank]), view.moment[block][pivot[:rank]])
    return x, np.asarray(y)


def _kernels(x: Floats, layout: Layout) -> Floats:
    """K of the intercept and of each group, flattened, (1 + groups, rows^2)."""
    c = layout.constraints.toarray()
    projected = x - (x @ c) @ np.linalg.solve(c.T @ c, c.T)
    member = layout.group_index
    own = [np.flatnonzero(member == group) for group in range(-1, len(layout.groups))]
    return np.array([(projected[:, columns] @ projected[:, columns].T).ravel() for columns in own])
