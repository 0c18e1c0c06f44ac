"""Sufficient statistics of one metric: integer sums that add, subtract and merge without a trace of order.

For every (stratum, information bin) the sums of x x', x y, y^2, log2 v and 1 are kept (LEARNING 2); rows that are means
over periods of a unit in bins of their own, by the share of the passing scatter that is left in them. Because
they are integers on a 2^-16 grid, permutation, partition and retract-and-re-add leave them bit-identical;
because they are kept per bin of the sampling variance, any overdispersion can be evaluated later without the
rows. This file must not know how effects are estimated, nor what a column means.

Bounds. Shares are at most 2^16 and y at most 2^23 on the grid (128 nats), so one row adds at most 2^39 to a
cell of x y and 2^32 to a cell of x x'; int64 then holds 2^23 of the very worst rows in one bin, and about
2^28 usual ones. The worst case is tracked, and a LearningError is raised before a sum could overflow. y^2 is
summed in Python integers, which cannot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.errors import LearningError
from reflection.stats.sums.block import Block, moved, summed
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.design import GRID, GRID_BITS, Rows, Stratum
from reflection.stats.sums.gram import Gram
from reflection.stats.sums.gram import summed as added
from reflection.stats.sums.zero_sum import ZeroSum

LOWEST_BIN, HIGHEST_BIN = -14, 5
"""Information bins are octaves of v: bin b holds 2^b <= v < 2^(b+1); beyond both ends the weights no longer
differ.
"""
BINS = HIGHEST_BIN - LOWEST_BIN + 1
PASSING_BINS = 10
"""Bins of the share of passing scatter: all of it, then octaves; a mean over a thousand periods has next to none."""
_STRATA = len(Stratum)

_CHUNK_ROWS = 1 << 18
_SAFE = 1 << 62


@dataclass(frozen=True, eq=False)
class View:
    """The sums in the columns of a layout, ready for a fit. B blocks, p columns.

    ``grams``: B matrices of x x' in grid units of 2^-32 (scale with :attr:`gram_scale`). ``moment``: sums of x y, (B,
    p). ``square``: sums of y^2, (B,). ``rows``: (B,). ``v``: geometric mean sampling variance of the block, (B,).
    ``stratum``: int8, (B,). ``passing``: geometric mean share of the scatter between periods that its rows carry, (B,).
    """

    layout: Layout
    grams: tuple[Gram, ...]
    moment: NDArray[np.float64]
    square: NDArray[np.float64]
    rows: NDArray[np.float64]
    v: NDArray[np.float64]
    stratum: NDArray[np.int8]
    passing: NDArray[np.float64]
    gram_scale: ClassVar[float] = GRID**-2

    def exposure(self) -> NDArray[np.float64]:
        """Effective rows behind each column, sum of squared shares over all blocks, shape (p,)."""
        total = np.zeros(len(self.layout))
        for gram in self.grams:
            total += gram.diagonal()
        return total * self.gram_scale

    def squares(self, basis: ZeroSum) -> NDArray[np.float64]:
        """Sums of x x' in r free coordinates, (B, r, r)."""
        p = len(self.layout)
        stack = np.empty((len(self.grams), p, p))
        for full, gram in zip(stack, self.grams, strict=True):
            np.multiply(gram.whole(), self.gram_scale, out=full)
        return basis.squares(stack)

    def of_columns(self, columns: NDArray[np.intp]) -> View:
        """The sums of some columns alone, ascending and the intercept first, as if the others had no effect."""
        at = np.full(len(self.layout), -1, dtype=np.intp)
        at[columns] = np.arange(len(columns))
        return replace(
            self,
            layout=Layout.of(self.layout.features[column] for column in columns.tolist()),
            grams=tuple(gram.moved(at, len(columns)) for gram in self.grams),
            moment=self.moment[:, columns],
        )


@dataclass(eq=False)
class SufficientStatistics:
    """A mutable fold over the set of evidence rows of one metric.

    Rows are buffered and folded in chunks of ~262,000; all methods behave as if they were folded at once. Not
    thread-safe; the products release the interpreter lock, so several metrics may be folded in threads of
    their own.
    """

    _features: tuple[Feature, ...] = ()
    _blocks: dict[int, Block] = field(default_factory=dict)
    _pending: list[tuple[int, Rows]] = field(default_factory=list)
    _pending_rows: int = 0
    _largest_x: int = 1
    _largest_y: int = 1

    def add(self, rows: Rows) -> None:
        """Learn these rows. Raises LearningError when sums could leave the range of int64."""
        self._push(1, rows)

    def subtract(self, rows: Rows) -> None:
        """Forget these rows, which must have been added before (possibly elsewhere, and merged)."""
        self._push(-1, rows)

    def merge(self, other: SufficientStatistics) -> None:
        """Add all that ``other`` has learnt; ``other`` keeps its state."""
        other.fold()
        self.fold()
        self._largest_x = max(self._largest_x, other._largest_x)
        self._largest_y = max(self._largest_y, other._largest_y)
        self._guard(sum(block.rows for block in other._blocks.values()))
        self._widen(other._features)
        at = self._positions(other._features)
        for key, block in other._blocks.items():
            self._accumulate(key, moved(block, at, len(self._features)))
        self._tidy()

    def fold(self) -> None:
        """Fold buffered rows into the sums now (this happens by itself when needed)."""
        if not self._pending:
            return
        pending, self._pending, self._pending_rows = self._pending, [], 0
        self._widen({feature for _, rows in pending for feature in rows.design.present})
        self._fold_chunk(pending)
        self._tidy()

    @property
    def rows(self) -> int:
        """Rows learnt and not forgotten."""
        self.fold()
        return sum(block.rows for block in self._blocks.values())

    @property
    def features(self) -> tuple[Feature, ...]:
        """Features with any evidence, sorted."""
        self.fold()
        return self._features

    def view(self, layout: Layout | None = None) -> View:
        """Return the sums in the columns of ``layout`` (default: all features with evidence).

        Columns without evidence are zero; features outside the layout are left out, as if their effects were
        zero.
        """
        self.fold()
        target = layout if layout is not None else Layout.of(self._features)
        at = np.array([_or_minus_one(target.column(f)) for f in self._features], dtype=np.intp)
        keys = sorted(self._blocks)
        blocks = [moved(self._blocks[key], at, len(target)) for key in keys]
        rows = np.array([block.rows for block in blocks], dtype=np.float64)
        return View(
            layout=target,
            grams=tuple(block.gram for block in blocks),
            moment=np.array([block.moment for block in blocks], dtype=np.float64).reshape(-1, len(target)) * GRID**-2,
            square=np.array([block.square / (1 << 2 * GRID_BITS) for block in blocks], dtype=np.float64),
            rows=rows,
            v=np.exp2(np.array([b.log2_v for b in blocks], dtype=np.float64) / GRID / np.maximum(rows, 1)),
            stratum=stratum_of(np.array(keys, dtype=np.int64)),
            passing=np.exp2(np.array([b.log2_passing for b in blocks], dtype=np.float64) / GRID / np.maximum(rows, 1)),
        )

    def as_taken(self, rows: Rows) -> Rows:
        """The same rows with the variance and the share of passing scatter that a fit of these sums gives their blocks.

        ``rows``: some of those that were added.
        """
        self.fold()
        keys, place = np.unique(block_of(rows), return_inverse=True)
        blocks = [self._blocks[key] for key in keys.tolist()]
        log2_v, log2_passing = (
            np.array([round(total / max(block.rows, 1)) for block, total in totals], dtype=np.int64)[place]
            for totals in (
                [(block, block.log2_v) for block in blocks],
                [(block, block.log2_passing) for block in blocks],
            )
        )
        return replace(rows, log2_v=log2_v, log2_passing=log2_passing)

    def digest(self) -> str:
        """Return a SHA-256 over the canonical state: equal for equal states, whatever their history."""
        self.fold()
        seal = hashlib.sha256(repr(self._features).encode())
        for key in sorted(self._blocks):
            block = self._blocks[key]
            seal.update(repr((key, block.square, block.rows, block.log2_v, block.log2_passing)).encode())
            lower = block.gram.lower()
            for part in (lower.indptr, lower.indices, lower.data, block.moment):
                seal.update(part.astype("<i8").tobytes())
        return seal.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SufficientStatistics) and self.digest() == other.digest()

    __hash__ = None  # type: ignore[assignment]

    def _push(self, sign: int, rows: Rows) -> None:
        if not len(rows):
            return
        self._largest_x = max(self._largest_x, int(np.abs(rows.design.data).max(initial=0)))
        self._largest_y = max(self._largest_y, int(np.abs(rows.y).max()))
        self._guard(len(rows))
        self._pending.append((sign, rows))
        self._pending_rows += len(rows)
        if self._pending_rows >= _CHUNK_ROWS:
            self.fold()

    def _guard(self, more: int) -> None:
        """Refuse before any int64 sum could overflow: rows x largest |x| x max(largest |x|, largest |y|)."""
        rows = more + self._pending_rows + sum(abs(block.rows) for block in self._blocks.values())
        if rows * self._largest_x * max(self._largest_x, self._largest_y) >= _SAFE:
            raise LearningError("The evidence no longer fits the integer sums; partition it into smaller sets.")

    def _positions(self, features: Iterable[Feature]) -> NDArray[np.intp]:
        """The columns of features; -1 of what no row has."""
        column = {feature: i for i, feature in enumerate(self._features)}
        return np.array([column.get(feature, -1) for feature in features], dtype=np.intp)

    def _widen(self, features: Iterable[Feature]) -> None:
        """Make room for new features, keeping the columns sorted."""
        old = self._features
        union = tuple(sorted({*old, *features}))
        if union == old:
            return
        self._features = union
        at = self._positions(old)
        self._blocks = {key: moved(block, at, len(union)) for key, block in self._blocks.items()}

    def _fold_chunk(self, pending: list[tuple[int, Rows]]) -> None:
        """Sum all buffered rows, block by block."""
        designs: dict[int, sparse.csr_array] = {}
        for _, rows in pending:
            if id(rows.design) not in designs:
                column = self._positions(rows.design.features).astype(np.int32)
                narrow = rows.design.indptr.astype(np.int32)  # else SciPy widens the indices, and those of every sum
                parts = (rows.design.data, column[rows.design.indices], narrow)
                designs[id(rows.design)] = sparse.csr_array(parts, shape=(len(rows), len(self._features)))
        x = sparse.csr_array(sparse.vstack([designs[id(rows.design)] for _, rows in pending], format="csr"))
        sign = np.concatenate([np.full(len(rows), s, dtype=np.int64) for s, rows in pending])
        y = np.concatenate([rows.y for _, rows in pending])
        log2_v = np.concatenate([rows.log2_v for _, rows in pending])
        passing = np.concatenate([rows.log2_passing for _, rows in pending])
        key = np.concatenate([block_of(rows) for _, rows in pending])
        for k, block in summed(x, y, log2_v, passing, sign, key, self._largest_x).items():
            self._accumulate(k, block)

    def _accumulate(self, key: int, more: Block) -> None:
        block = self._blocks.get(key)
        if block is None:
            self._blocks[key] = replace(more)
            return
        block.gram = added(block.gram, more.gram)
        block.moment = block.moment + more.moment
        block.square += more.square
        block.rows += more.rows
        block.log2_v += more.log2_v
        block.log2_passing += more.log2_passing

    def _tidy(self) -> None:
        """Make the state canonical: no zero cells, no empty blocks, no features without evidence."""
        used = np.zeros(len(self._features), dtype=bool)
        for key, block in list(self._blocks.items()):
            sums = (block.rows, block.square, block.log2_v, block.log2_passing)
            if not (any(sums) or block.gram.any() or block.moment.any()):
                del self._blocks[key]
                continue
            used |= block.gram.diagonal() != 0
        if not used.all():
            at = np.where(used, np.cumsum(used) - 1, -1)
            self._features = tuple(f for f, keep in zip(self._features, used, strict=True) if keep)
            self._blocks = {key: moved(block, at, len(self._features)) for key, block in self._blocks.items()}


def block_of(rows: Rows) -> NDArray[np.int64]:
    """The number of each row's block: its stratum, the bin of the passing scatter in it and that of its variance."""
    stratum = rows.stratum + _STRATA * np.clip(-(rows.log2_passing >> GRID_BITS), 0, PASSING_BINS - 1)
    return np.asarray(stratum * BINS + np.clip(rows.log2_v >> GRID_BITS, LOWEST_BIN, HIGHEST_BIN) - LOWEST_BIN)


def stratum_of(block: NDArray[np.int64]) -> NDArray[np.int8]:
    """The stratum of each block, by its number."""
    return (block // BINS % _STRATA).astype(np.int8)


def _or_minus_one(column: int | None) -> int:
    return -1 if column is None else column
