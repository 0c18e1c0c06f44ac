"""Rows of the same unit (months of one real campaign) as one block: a mean, and contrasts between its periods.

What is peculiar to a unit lasts, so its rows are no independent witnesses. A unit's k rows become one *between* row,
their weighted mean, which carries the unit's own scatter and a share of that between periods, and k-1 *period*
contrasts, which are free of the unit (recursive residuals, as of a campaign's cells in `design`). The block is a
function of the unit's set of rows alone, so sums over blocks stay exact: to correct a row, the unit's old block is
subtracted and its new one added. This file must not know what a unit is beyond a number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from reflection.errors import LearningError
from reflection.stats.sums.design import GRID, WORKING_WITHIN_SD, Design, Rows, Stratum, quantised

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_NUMBERS_AT_ONCE = 1 << 21
"""Of the dense blocks of units made together."""


def blocks_of(number: Ints, most: int) -> Iterator[Ints]:
    """Places of the rows of groups with equally many, (groups, rows of each), about ``most`` rows at a time; within a
    group in the order given."""
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=number[order][:1] - 1))
    sizes = np.diff(starts, append=len(order))
    for size in np.unique(sizes).tolist():
        of_size = starts[sizes == size]
        step = max(1, most // size)
        for first in range(0, len(of_size), step):
            yield order[of_size[first : first + step, None] + np.arange(size)]


def unit_rows(rows: Rows, unit: ArrayLike) -> Iterator[tuple[Rows, Ints]]:
    """Turn between rows into blocks of their units; yield them with the unit number of each row.

    ``rows``: between rows, those of one unit in an order that does not depend on their arrival. ``unit``: number of
    each row's unit, (n,). Raises LearningError when the lengths differ.
    """
    number = np.asarray(unit, dtype=np.intp)
    if len(number) != len(rows):
        raise LearningError("Every row needs the number of its unit.")
    for own in blocks_of(number, _NUMBERS_AT_ONCE // max(1, len(rows.design.features))):
        yield _block(rows.take(own.ravel()), own.shape[1]), np.repeat(number[own[:, 0]], own.shape[1])


def _block(rows: Rows, size: int) -> Rows:
    """The between row and then the period contrasts of every unit of ``size`` rows.

    With working precisions w_i = 1/(v_i + s0^2), contrast j compares row j with the weighted mean of those before it
    and is scaled to unit length; sums run over each unit alone, so a block's bits do not depend on its neighbours.
    """
    if size == 1:
        return rows
    x = rows.design.matrix().toarray().reshape(-1, size, len(rows.design.features))
    y, v = (rows.y / GRID).reshape(-1, size), rows.v.reshape(-1, size)
    weight = 1.0 / (v + WORKING_WITHIN_SD**2)
    total = np.cumsum(weight, axis=1)
    mean_x = np.cumsum(weight[:, :, None] * x, axis=1) / total[:, :, None]
    mean_y = np.cumsum(weight * y, axis=1) / total
    share = np.cumsum(weight**2, axis=1) / total**2
    mean_v = np.cumsum(weight**2 * v, axis=1) / total**2
    length = np.sqrt(1.0 + share[:, :-1])
    x[:, 1:] = (x[:, 1:] - mean_x[:, :-1]) / length[:, :, None]
    y[:, 1:] = (y[:, 1:] - mean_y[:, :-1]) / length
    v[:, 1:] = (v[:, 1:] + mean_v[:, :-1]) / length**2
    x[:, 0], y[:, 0], v[:, 0] = mean_x[:, -1], mean_y[:, -1], mean_v[:, -1]
    stratum = np.full(y.shape, Stratum.PERIOD, dtype=np.int8)
    stratum[:, 0] = Stratum.BETWEEN
    passing = np.ones(y.shape)
    passing[:, 0] = share[:, -1]
    design = _design(rows.design, x.reshape(len(rows), -1))
    return Rows.of(design, y.ravel(), v.ravel(), stratum.ravel(), passing.ravel())


def _design(like: Design, x: Floats) -> Design:
    matrix = sparse.csr_array(quantised(x))
    return Design(like.features, matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)
