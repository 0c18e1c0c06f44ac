"""Rows of items that were observed side by side: contrasts within each group, free of the group's own level.

The items of a group (creatives of one campaign) share a level that is not of interest, so a group of k becomes k - 1
independent rows: each item against the weighted mean of those before it, recursive residuals as in
``design.contrast_rows``, of a dense design at once. An item seen in m groups scatters in all of them alike, so its rows
together count as the one item that it is. Integers on the grid of ``design``: sums forget in which order they were
made. This file must not know what an item is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import WORKING_WITHIN_SD, Design, Rows, Stratum, quantised

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Items:
    """n observed items.

    ``x``: what is known of each, (n, p). ``y``: log rate against what was expected (nats), ``v``: its sampling
    variance, ``group``: number of the group of each, ``times``: in how many groups the item was seen; all (n,).
    """

    x: Floats
    y: Floats
    v: Floats
    group: NDArray[np.intp]
    times: Floats


def contrast_rows(items: Items, features: tuple[Feature, ...]) -> Rows:
    """The rows of all groups, in the order of their numbers; a group of one says nothing.

    ``features``: the p columns of ``items.x``. The items of a group are to be given in one order: their contrasts say
    the same in any, but not bit by bit.
    """
    parts = [(np.empty((0, len(features))), np.empty(0), np.empty(0)), *_split(items)]
    x, y, v = (np.concatenate(part) for part in zip(*parts, strict=True))
    rows, columns = np.nonzero(x)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(y)))]).astype(np.int64)
    design = Design(features, indptr, columns.astype(np.int32), quantised(x[rows, columns]))
    return Rows.of(design, y, v, Stratum.WITHIN)


def _split(items: Items) -> Iterator[tuple[Floats, Floats, Floats]]:
    """x, y and v of the rows of each group."""
    order = np.argsort(items.group, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(items.group[order])) + 1):
        if len(own) > 1:
            h = _weights(items.v[own], items.times[own])
            yield h @ items.x[own], h @ items.y[own], h**2 @ items.v[own]


def _weights(v: Floats, times: Floats) -> Floats:
    """Each row of a group as weights of its k items, (k - 1, k).

    With working precisions 1/(v + m s0^2) of an item seen m times the rows are independent. Scaled so that an item's
    own scatter s^2, which is m s^2 in each of m rows that count once together, is s^2 in every row.
    """
    precision = 1.0 / (v + times * WORKING_WITHIN_SD**2)
    before = np.cumsum(precision)
    weights = np.zeros((len(v) - 1, len(v)))
    for j in range(1, len(v)):
        weights[j - 1, :j] = -precision[:j] / before[j - 1]
        weights[j - 1, j] = 1.0
    return np.asarray(weights / np.sqrt(weights**2 @ times)[:, None])
