"""Flat arrays that grow value by value, as NumPy's columns once they are read.

Must not know what is learnt of the values.
"""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.evidence import Counts


def number(count: float | None) -> float:
    """A count, NaN where nobody counted."""
    return float("nan") if count is None else count


UNKNOWN = (float("nan"),) * 5
"""The counts of what nobody counted."""


def values_of(counts: Counts) -> tuple[float, ...]:
    """Impressions, clicks, conversions, spend and revenue, NaN where nobody counted."""
    stated = (counts.impressions, counts.clicks, counts.conversions, counts.spend, counts.revenue)
    return tuple(map(number, stated))


def named(texts: list[str], codes: NDArray[np.int64]) -> NDArray[np.str_]:
    """The text of each code, no wider than the longest of those that occur."""
    used, place = np.unique(codes, return_inverse=True)
    return np.array([texts[code] for code in used.tolist()], dtype=np.str_)[place]


def column(values: "array[Any]", kind: type[np.generic]) -> NDArray[Any]:
    """A flat array as a NumPy column, without copying."""
    return np.frombuffer(values, dtype=kind) if values else np.zeros(0, dtype=kind)
