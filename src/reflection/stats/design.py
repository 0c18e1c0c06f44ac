"""Evidence as integer rows: what is added to, and can be subtracted from, the sums of ``statistics``.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from reflection.errors import LearningError
from reflection.stats.columns import INTERCEPT, Feature
from reflection.stats.observations import Observations

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

    def taken(self, at: NDArray[np.intp]) -> Design:
        """Return some of the rows."""
        parts = (self.data, self.indices, self.indptr)
        some = sparse.csr_array(parts, shape=(len(self), len(self.features)))[at]
        return Design(self.features, some.indptr.astype(np.int64), some.indices.astype(np.int32), some.data)

    def matrix(self) -> sparse.csr_array:
        """Return the rows as float64, shape (n, features), columns in the order of ``features``."""
        return sparse.csr_array((self.data / GRID, self.indices, self.indptr), shape=(len(self), len(self.features)))


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

    def taken(self, at: NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(self.design.taken(at), self.y[at], self.log2_v[at], self.stratum[at], self.log2_passing[at])

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Return the rows of several, one after the other."""
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


def campaign_rows(
    cells: Sequence[Mapping[Feature, float]], observations: Observations, campaign: ArrayLike | None = None
) -> tuple[Rows, NDArray[np.intp]]:
    """Turn observed cells into rows; return them and the campaign number of each row.

    ``cells``: memberships of each cell (the intercept is added here). ``observations``: one metric on the
    same cells; unobserved cells are left out. ``campaign``: campaign number of each cell, shape (cells,);
    None when every cell is a campaign of its own. The order in which cells are given changes nothing within a
    campaign.
    """
    number = np.arange(len(cells)) if campaign is None else np.asarray(campaign, dtype=np.intp)
    kept = np.flatnonzero(observations.observed)
    members: dict[int, list[int]] = {}
    for cell in kept.tolist():
        members.setdefault(int(number[cell]), []).append(cell)
    designs: list[Mapping[Feature, float]] = []
    y: list[float] = []
    v: list[float] = []
    stratum: list[int] = []
    origin: list[int] = []
    for name, own in members.items():
        rows = _split(_canonical([(cells[i], float(observations.y[i]), float(observations.v[i])) for i in own]))
        for position, (design, observed, variance) in enumerate(rows):
            designs.append(design)
            y.append(observed)
            v.append(variance)
            stratum.append(Stratum.WITHIN if position else Stratum.BETWEEN)
            origin.append(name)
    made = Rows.of(Design.of(designs), y, v, np.array(stratum, dtype=np.int8))
    return made, np.array(origin, dtype=np.intp)


_Cell = tuple[Mapping[Feature, float], float, float]


def _canonical(cells: list[_Cell]) -> list[_Cell]:
    """Sort a campaign's cells by what they say."""
    return cells if len(cells) == 1 else sorted(cells, key=lambda cell: (sorted(cell[0].items()), cell[1], cell[2]))


def _split(cells: list[_Cell]) -> list[_Cell]:
    """Return the between row, then the k-1 within rows (recursive residuals) of a campaign's k cells.

    With working precisions w_i = 1/(v_i + s0^2), contrast j compares cell j with the weighted mean of the
    cells before it and is scaled to unit length, h'h = 1: its variance is h'Vh + sigma_within^2. Under the
    working variances all k rows are independent (Brown, Durbin and Evans 1975).
    """
    features = sorted({feature for design, _, _ in cells for feature in design} | {INTERCEPT})
    x = np.array([[1.0 if f == INTERCEPT else float(design.get(f, 0.0)) for f in features] for design, _, _ in cells])
    y, v = np.array([cell[1] for cell in cells]), np.array([cell[2] for cell in cells])
    precision = 1.0 / (v + WORKING_WITHIN_SD**2)
    weights = [precision / precision.sum()]
    for j in range(1, len(cells)):
        h = np.zeros(len(cells))
        h[:j] = -precision[:j] / precision[:j].sum()
        h[j] = 1.0
        weights.append(h / np.sqrt(h @ h))
    return [(dict(zip(features, (h @ x).tolist(), strict=True)), float(h @ y), float(h**2 @ v)) for h in weights]
