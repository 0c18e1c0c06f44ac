"""Quantiles of rows of draws from one sort, which is several times faster than NumPy's partition of them.

This file must not know what is drawn.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Draws = NDArray[np.floating[Any]]


def limits(draws: Draws) -> tuple[Floats, Floats]:
    """The 5 % and the 95 % quantile of each row, (k, n) -> (k,) each."""
    ordered = np.sort(draws, axis=1)
    return of_sorted(ordered, 0.05), of_sorted(ordered, 0.95)


def of_sorted(ordered: Draws, level: float) -> Floats:
    """A quantile of each row already sorted, by linear interpolation, (k, n) -> (k,)."""
    place = level * (ordered.shape[1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[1] - 1)
    lower, upper = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
    return np.asarray(lower + (place - below) * (upper - lower))
