"""Coordinates of effects in which nothing is constrained: an orthonormal basis of what a layout allows.

Independent N(0, tau^2) effects of a group, conditioned on their zero sums, are independent N(0, tau^2) in any
orthonormal basis of the effects that are left. A posterior needs one Cholesky factor then, and no constraints: effects
are the basis times coordinates. Groups are consecutive columns of a layout, so the basis is one small matrix a group.
This file must not know what is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, starmap

import numpy as np
from numpy.typing import NDArray

from reflection.stats.sums.cholesky import Number
from reflection.stats.sums.columns import Layout

Floats = NDArray[np.float64]

_LAYOUTS, _GROUPS = 8, 64
"""Layouts and groups whose bases are kept: the metrics of one fit share theirs."""


@dataclass(frozen=True, eq=False)
class ZeroSum:
    """The basis of one layout: p columns, r coordinates.

    ``spans``: columns of the intercept and of each group. ``bases``: orthonormal, (columns of the group, its
    coordinates). ``member``: group of each coordinate, (r,), -1 for the intercept's.
    """

    spans: tuple[slice, ...]
    bases: tuple[Floats, ...]
    member: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.member)

    def vectors(self, columns: Floats) -> Floats:
        """Rows over columns as rows over coordinates, (..., p) -> (..., r)."""
        parts = zip(self.spans, self.bases, strict=True)
        return np.concatenate([_turned(columns[..., span], basis) for span, basis in parts], axis=-1)

    def squares(self, stack: Floats) -> Floats:
        """Symmetric matrices over columns as those over coordinates, (B, p, p) -> (B, r, r)."""
        half, full = np.empty((*stack.shape[:2], len(self))), np.empty((len(stack), len(self), len(self)))
        ends = np.cumsum([0, *(basis.shape[1] for basis in self.bases)]).tolist()
        parts = list(zip(self.spans, starmap(slice, pairwise(ends)), self.bases, strict=True))
        for span, own, basis in parts:
            half[..., own] = _turned(stack[..., span], basis)
        for span, own, basis in parts:
            np.matmul(basis.T, half[:, span], out=full[:, own])
        return full

    def effects(self, coordinates: NDArray[Number]) -> NDArray[Number]:
        """Effects of coordinates, (r, ...) -> (p, ...), in their precision."""
        parts, first = [], 0
        for basis in self.bases:
            parts.append(basis.astype(coordinates.dtype, copy=False) @ coordinates[first : first + basis.shape[1]])
            first += basis.shape[1]
        return np.concatenate(parts)

    def covariance(self, of_coordinates: Floats) -> Floats:
        """Covariance of the effects, (r, r) -> (p, p)."""
        return self.effects(self.effects(of_coordinates).T)

    def variance(self, of_coordinates: Floats) -> Floats:
        """Variance of each effect, (r, r) -> (p,)."""
        parts, first = [], 0
        for basis in self.bases:
            own = slice(first, first + basis.shape[1])
            parts.append(((basis @ of_coordinates[own, own]) * basis).sum(axis=1))
            first = own.stop
        return np.concatenate(parts)


def _turned(columns: Floats, basis: Floats) -> Floats:
    """Columns in a basis; that of a group without constraints is the columns themselves."""
    return columns if basis.shape[0] == basis.shape[1] else np.asarray(columns @ basis)


@lru_cache(maxsize=_GROUPS)
def _complement(constraints: bytes, shape: tuple[int, int]) -> Floats:
    """Orthonormal basis of what the constraints of one group leave, (columns, coordinates)."""
    own = np.frombuffer(constraints).reshape(shape)
    return np.ascontiguousarray(np.linalg.qr(own, mode="complete")[0][:, own.shape[1] :])


@lru_cache(maxsize=_LAYOUTS)
def zero_sum(layout: Layout) -> ZeroSum:
    """The basis of a layout, as its constraints are: the complement of each group's, by QR."""
    ends = [0, 1, *(1 + np.cumsum(layout.sizes)).tolist()]
    spans = tuple(slice(first, end) for first, end in pairwise(ends))
    bases = [np.ones((1, 1))]
    dense = layout.constraints.toarray()
    group_of = layout.constraint_groups
    for group, span in enumerate(spans[1:]):
        own = dense[span, group_of == group]
        bases.append(_complement(own.tobytes(), own.shape))
    member = np.repeat(np.arange(-1, len(layout.groups)), [basis.shape[1] for basis in bases])
    return ZeroSum(spans, tuple(bases), member)
