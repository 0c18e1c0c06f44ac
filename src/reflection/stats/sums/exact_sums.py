"""Sums of real numbers that do not remember the order in which they were made.

A float sum of a million rows depends on their order in its last bits; so would everything learnt from it. Here each
number is rounded once, to a multiple of 2^-32, and kept as two integers (multiples of 2^12, and what remains), which
add without rounding: permutation and partition leave the sums bit-identical, and sums of partitions merge by `+`.
Must not know what is summed.

Bounds. The remainder of one number is below 2^44 on the grid, and is carried into the multiples before 2^18 of them
could leave the range of int64; multiples hold 2^75 in all. Numbers beyond +-2^56, and what is no number, are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from reflection.errors import LearningError

FRACTION_BITS, HIGH_BITS = 32, 12
_CARRY = FRACTION_BITS + HIGH_BITS
_LARGEST = 2.0**56
_ROWS_AT_ONCE = 1 << 18

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExactSums:
    """Sums, in the shape of ``high``: high * 2^12 + low * 2^-32, 0 <= low < 2^44."""

    high: Ints
    low: Ints

    @classmethod
    def of(cls, values: ArrayLike) -> ExactSums:
        """The sum of the values over the first axis; of no values 0."""
        numbers = np.asarray(values, dtype=np.float64)
        total = cls.nothing(numbers.shape[1:])
        for start in range(0, len(numbers), _ROWS_AT_ONCE):
            high, low = _split(numbers[start : start + _ROWS_AT_ONCE])
            total = total + cls(high.sum(axis=0), low.sum(axis=0))
        return total

    @classmethod
    def of_columns(cls, matrix: sparse.csr_array, values: ArrayLike) -> ExactSums:
        """matrix' values: by column the sum of its entries times the value of their row, (columns,)."""
        numbers = np.asarray(values, dtype=np.float64)
        total = cls.nothing((matrix.shape[1],))
        for start in range(0, matrix.shape[0], _ROWS_AT_ONCE):
            rows = slice(start, min(start + _ROWS_AT_ONCE, matrix.shape[0]))
            part = slice(matrix.indptr[rows.start], matrix.indptr[rows.stop])
            of_entry = np.repeat(numbers[rows], np.diff(matrix.indptr[start : rows.stop + 1]))
            total = total + cls.by(matrix.indices[part], matrix.data[part] * of_entry, matrix.shape[1])
        return total

    @classmethod
    def by(cls, index: NDArray[np.integer], values: Floats, size: int) -> ExactSums:
        """The sum of the values of each index, (size,)."""
        total = cls.nothing((size,))
        for start in range(0, len(values), _ROWS_AT_ONCE):
            some = slice(start, start + _ROWS_AT_ONCE)
            sums = cls(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64))
            for side, parts in zip((sums.high, sums.low), _split(values[some]), strict=True):
                np.add.at(side, index[some], parts)
            total = total + sums
        return total

    @classmethod
    def nothing(cls, shape: tuple[int, ...]) -> ExactSums:
        """Sums of nothing."""
        return cls(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))

    def __add__(self, other: ExactSums) -> ExactSums:
        low = self.low + other.low
        return ExactSums(self.high + other.high + (low >> _CARRY), low & ((1 << _CARRY) - 1))

    @cached_property
    def value(self) -> Floats:
        """The sums as floats, rounded once."""
        return np.asarray(self.high * 2.0**HIGH_BITS + self.low * 2.0**-FRACTION_BITS)


def _split(values: Floats) -> tuple[Ints, Ints]:
    """Each number as a multiple of 2^12 and what remains on the grid."""
    if not (np.abs(values) <= _LARGEST).all():
        raise LearningError("A number is not finite or too large to be added exactly.")
    high = np.floor(values * 2.0**-HIGH_BITS)
    low = np.rint((values - high * 2.0**HIGH_BITS) * 2.0**FRACTION_BITS)
    return high.astype(np.int64), low.astype(np.int64)
