"""Evidence as integer rows: what is added to, and can be subtracted from, the sums of `sufficient_statistics`.

One row says: the linear predictor ``x' effects`` was observed as y with known variance v. All of x, y and
log2 v are rounded to a grid of 2^-16 and kept as integers from here on, because integer sums forget the order
in which they were made and float sums do not. This file must not know which campaign, metric or signal a row
speaks of.

A campaign observed in k > 1 cells (LEARNING 1) becomes k independent rows: k-1 *within* contrasts, which
compare cells of the same campaign and are free of everything the campaign's cells share, and one *between*
row, their weighted mean. Rows of one *unit* (months of a real campaign) are split the same way once more: k-1 *period*
contrasts, free of what is peculiar to the unit and lasts, and one between row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from reflection.errors import LearningError
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.observations import Observations

GRID_BITS = 16
GRID = float(1 << GRID_BITS)
WORKING_WITHIN_SD = 0.15
"""Scatter of cells within a campaign assumed when contrasts are formed. It only sets how well the rows of one
campaign are decorrelated, never a variance that is learnt.
"""

_MIN_VARIANCE = 2.0**-20
_MAX_VARIANCE = 2.0**20


class Stratum(IntEnum):
    """Which overdispersion variance a row carries on top of its sampling variance."""

    BETWEEN = 0  # whole campaigns; where units repeat, whole units
    WITHIN = 1  # cells of one campaign against each other
    EXPERIMENT = 2  # randomised contrasts: none
    PERIOD = 3  # rows of one unit against each other


@dataclass(frozen=True, eq=False)
class Design:
    """Sparse design rows: memberships (shares) of features on the 2^-16 grid, in CSR form.

    ``features``: the columns that ``indices`` points to, in any order. ``indptr``: shape (n+1,). ``indices``:
    int32 and ``data``: int64, shape (nonzeros,). Share one Design between metrics observed on the same rows.
    """

    features: tuple[Feature, ...]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Mapping[Feature, float]]) -> Design:
        """Return the design of these rows (feature -> value) without zeros; the intercept is not added."""
        column: dict[Feature, int] = {}
        indices: list[int] = []
        values: list[float] = []
        indptr = [0]
        for row in rows:
            for feature, value in row.items():
                if value:
                    indices.append(column.setdefault(feature, len(column)))
                    values.append(value)
            indptr.append(len(indices))
        return cls(
            tuple(column),
            np.array(indptr, dtype=np.int64),
            np.array(indices, dtype=np.int32),
            quantised(values),
        )

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def present(self) -> list[Feature]:
        """The features that any row has, in the order of ``features``."""
        times = np.bincount(self.indices, minlength=len(self.features))
        return [self.features[column] for column in np.flatnonzero(times).tolist()]

    def take(self, at: NDArray[np.intp]) -> Design:
        """Return some of the rows."""
        parts = (self.data, self.indices, self.indptr)
        some = sparse.csr_array(parts, shape=(len(self), len(self.features)))[at]
        return Design(self.features, some.indptr.astype(np.int64), some.indices.astype(np.int32), some.data)

    def within(self, features: Collection[Feature]) -> Design:
        """Return the same rows with some of the columns alone; itself where it has no others."""
        wanted = frozenset(features)
        places = [number for number, feature in enumerate(self.features) if feature in wanted]
        if len(places) == len(self.features):
            return self
        at = np.full(len(self.features), -1, dtype=np.int32)
        at[places] = np.arange(len(places))
        inside = at[self.indices] >= 0
        return Design(
            tuple(self.features[number] for number in places),
            np.concatenate([[0], np.cumsum(inside)])[self.indptr],
            at[self.indices[inside]],
            self.data[inside],
        )

    def matrix(self, columns: Sequence[Feature] | None = None) -> sparse.csr_array:
        """Return the rows as float64 in the order of ``features``, or in these columns alone, shape (n, columns)."""
        names = self.features if columns is None else columns
        own, place = self.within(names), {feature: number for number, feature in enumerate(names)}
        at = np.array([place[feature] for feature in own.features], dtype=np.int32)
        return sparse.csr_array((own.data / GRID, at[own.indices], own.indptr), shape=(len(own), len(names)))


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows of evidence about one metric.

    ``y``: int64 on the 2^-16 grid (nats). ``log2_v``: int64, log2 of the sampling variance on the same grid.
    ``stratum``: int8, values of :class:`Stratum`. ``log2_passing``: int64 on the same grid, at most 0: log2 of the
    share of the scatter between periods that a between row carries, 0 (all of it) for a row that is no mean of
    several. All of shape (n,).
    """

    design: Design
    y: NDArray[np.int64]
    log2_v: NDArray[np.int64]
    stratum: NDArray[np.int8]
    log2_passing: NDArray[np.int64]

    @classmethod
    def of(
        cls, design: Design, y: ArrayLike, v: ArrayLike, stratum: ArrayLike = Stratum.BETWEEN, passing: ArrayLike = 1.0
    ) -> Rows:
        """Round y (nats) and v (variance) to the grid. ``stratum`` and ``passing`` may be one value for all rows.

        Raises LearningError when a number is not finite, or the lengths differ.
        """
        observed, variance = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
        if not (observed.shape == variance.shape == (len(design),)):
            raise LearningError(f"{len(design)} rows need as many observations and variances.")
        if not np.isfinite(variance).all() or (variance < 0).any():
            raise LearningError("A sampling variance must be finite and not negative.")
        log2_v = quantised(np.log2(np.clip(variance, _MIN_VARIANCE, _MAX_VARIANCE)))
        strata = np.broadcast_to(stratum, observed.shape).astype(np.int8)
        log2_passing = quantised(np.broadcast_to(np.log2(passing), observed.shape))
        return cls(design, quantised(observed), log2_v, strata, log2_passing)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, at: NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(self.design.take(at), self.y[at], self.log2_v[at], self.stratum[at], self.log2_passing[at])

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Return the rows of several, one after the other."""
        if len(parts) == 1:
            return parts[0]
        column = {
            feature: i for i, feature in enumerate(dict.fromkeys(f for rows in parts for f in rows.design.features))
        }
        designs = [rows.design for rows in parts]
        indices = [np.array([column[f] for f in one.features], dtype=np.int32)[one.indices] for one in designs]
        ends = np.cumsum([0, *(len(one.data) for one in designs)])
        indptr = [one.indptr[1:] + end for one, end in zip(designs, ends.tolist(), strict=False)]
        design = Design(
            tuple(column),
            np.concatenate([np.zeros(1, dtype=np.int64), *indptr]),
            np.concatenate([np.zeros(0, dtype=np.int32), *indices]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(one.data for one in designs)]),
        )
        rest = (
            np.concatenate([getattr(rows, name) for rows in parts])
            for name in ("y", "log2_v", "stratum", "log2_passing")
        )
        return cls(design, *rest)

    @property
    def v(self) -> NDArray[np.float64]:
        """Sampling variances, shape (n,)."""
        return np.asarray(np.exp2(self.log2_v / GRID))

    @property
    def passing(self) -> NDArray[np.float64]:
        """Share of the scatter between periods that a between row carries, shape (n,)."""
        return np.asarray(np.exp2(self.log2_passing / GRID))


def quantised(values: ArrayLike) -> NDArray[np.int64]:
    """Round to the 2^-16 grid. Raises LearningError for NaN, infinity or magnitudes above 2^15."""
    array = np.asarray(values, dtype=np.float64)
    if not (np.abs(array) <= 2.0**15).all():
        raise LearningError("A number is not finite or too large for the evidence grid.")
    return np.rint(array * GRID).astype(np.int64)


def contrast_rows(
    x: sparse.csr_array, features: Sequence[Feature], observations: Observations, campaign: NDArray[np.intp]
) -> tuple[Rows, NDArray[np.intp]]:
    """Turn observed cells into rows; return them and the campaign number of each row.

    ``x``: memberships of each cell, (cells, features), without the intercept, which is added. ``observations``: one
    metric on the same cells; unobserved cells are left out. ``campaign``: campaign number of each cell. The order in
    which the cells of a campaign are given changes nothing.

    Of k cells the between row and the k-1 within rows (recursive residuals). With working precisions w_i = 1/(v_i +
    s0^2), contrast j compares cell j with the weighted mean of the cells before it and is scaled to unit length, h'h =
    1: its variance is h'Vh + sigma_within^2. Under the working variances all k rows are independent (Brown, Durbin and
    Evans 1975). Takes k^2/2 numbers of memory for each campaign.
    """
    at = np.flatnonzero(observations.observed)
    numbers, first, of = np.unique(campaign[at], return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[of]  # campaigns in the order in which they come
    names, cells = _in_order_of_names(x[at], features)
    order = _canonical(cells, place, observations.y[at], observations.v[at])
    cells, place, at = cells[order], place[order], at[order]
    weights = _contrasts(1.0 / (observations.v[at] + WORKING_WITHIN_SD**2), place)
    rows = sparse.csr_array(weights @ sparse.hstack([np.ones((len(at), 1)), cells], format="csr"))
    rows.eliminate_zeros()
    rows.sort_indices()
    design = Design(
        (INTERCEPT, *names), rows.indptr.astype(np.int64), rows.indices.astype(np.int32), quantised(rows.data)
    )
    stratum = np.where(np.diff(place, prepend=-1) > 0, Stratum.BETWEEN, Stratum.WITHIN)
    y, v = weights @ observations.y[at], weights.power(2) @ observations.v[at]
    return Rows.of(design, y, v, stratum), np.asarray(numbers[np.argsort(first)][place], dtype=np.intp)


def _in_order_of_names(
    x: sparse.csr_array, features: Sequence[Feature]
) -> tuple[tuple[Feature, ...], sparse.csr_array]:
    """Features that occur, sorted, and the rows in these columns, each with its entries in order."""
    used = sorted(np.unique(x.indices).tolist(), key=features.__getitem__)
    at = np.zeros(x.shape[1], dtype=np.int32)
    at[used] = np.arange(len(used))
    moved = sparse.csr_array((x.data, at[x.indices], x.indptr), shape=(x.shape[0], len(used)))
    moved.sort_indices()
    return tuple(features[column] for column in used), moved


def _canonical(
    x: sparse.csr_array, place: NDArray[np.intp], y: NDArray[np.float64], v: NDArray[np.float64]
) -> NDArray[np.intp]:
    """The order of cells by their campaigns, and of those of one by what they say."""
    narrow = _in_bytes(x.indices, x.data)
    ends = (narrow.itemsize * x.indptr.astype(np.int64)).tolist()
    raw = narrow.tobytes()
    keys = list(zip(place.tolist(), (raw[i:k] for i, k in pairwise(ends)), y.tolist(), v.tolist(), strict=True))
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)


def _in_bytes(columns: NDArray[np.integer[Any]], values: NDArray[np.float64]) -> NDArray[np.void]:
    """Pairs of a column and a value whose bytes compare as the pairs do: numbers first byte first, of floats the sign
    turned round, and of those below zero every bit."""
    bits = (values + 0.0).view(np.int64)  # -0.0 is 0.0
    ordered = np.where(bits < 0, ~bits, bits ^ np.int64(-(2**63))).view(np.uint64)
    pairs = np.empty(len(columns), dtype=[("column", ">u4"), ("value", ">u8")])
    pairs["column"], pairs["value"] = columns, ordered
    return pairs


def _contrasts(precision: NDArray[np.float64], place: NDArray[np.intp]) -> sparse.csr_array:
    """The weight of each cell in each row, CSR (rows, cells); ``place``: campaign of each cell, ascending."""
    count, start = len(place), np.searchsorted(place, place)
    position = np.arange(count) - start
    length = np.where(position == 0, np.bincount(place, minlength=1)[place], position + 1)
    indptr = np.concatenate([[0], np.cumsum(length)])
    row = np.repeat(np.arange(count), length)
    cell = np.arange(len(row)) - np.repeat(indptr[:-1] - start, length)
    within, own = (position > 0)[row], cell == row
    weight = np.where(within & own, 0.0, precision[cell])
    weight /= np.bincount(row, weight, minlength=count)[row]
    weight[within] *= -1.0
    weight[within & own] = 1.0
    norm = np.where(position > 0, np.sqrt(np.bincount(row, weight**2, minlength=count)), 1.0)
    return sparse.csr_array((weight / norm[row], cell, indptr), shape=(count, count))
