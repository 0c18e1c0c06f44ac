"""Flat arrays that grow value by value, as NumPy's columns once they are read.

Must not know what the values are of.
"""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray


def number(count: float | None) -> float:
    """A count, NaN where nobody counted."""
    return float("nan") if count is None else count


def named(texts: list[str], codes: NDArray[np.int64]) -> NDArray[np.str_]:
    """The text of each code, no wider than the longest of those that occur."""
    used, place = np.unique(codes, return_inverse=True)
    return np.array([texts[code] for code in used.tolist()], dtype=np.str_)[place]


def column(values: "array[Any]", kind: type[np.generic]) -> NDArray[Any]:
    """A flat array as a NumPy column, without copying."""
    return np.frombuffer(values, dtype=kind) if values else np.zeros(0, dtype=kind)
