"""Cholesky factors, straight to LAPACK: for twenty columns SciPy's checks are half of the cost.

Must not know what the matrices are of.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Floats = NDArray[np.float64]

Number = TypeVar("Number", np.float32, np.float64)
"""Effects are worked out in double precision; draws of them, which are kept in single precision, are made in it."""


def cholesky(matrix: Floats) -> Floats:
    """Lower Cholesky factor. Raises LinAlgError where a matrix is not positive definite."""
    factor, info = linalg.lapack.dpotrf(matrix, lower=1, clean=1)
    if info:
        raise np.linalg.LinAlgError(f"the leading minor of order {info} is not positive definite")
    return np.asarray(factor)


def solved(factor: Floats, right: NDArray[Number], *, transposed: bool = False) -> NDArray[Number]:
    """The solution of ``factor x = right`` for a lower Cholesky factor, in the precision of ``right``; nothing is asked
    of LAPACK for no rows."""
    if not len(factor):
        return right
    routine = linalg.lapack.strtrs if right.dtype == np.float32 else linalg.lapack.dtrtrs
    return np.asarray(routine(factor, right, lower=1, trans=int(transposed))[0])


def inverse(factor: Floats) -> Floats:
    """Full inverse from a lower Cholesky factor."""
    lower, _ = linalg.lapack.dpotri(factor, lower=1)
    full = lower + lower.T  # the factor's upper triangle is zero, and so is this one's
    np.fill_diagonal(full, lower.diagonal())
    return np.asarray(full)
