"""What a campaign's size does to its rates: a slope in the logarithm of its planned impressions.

Large campaigns reach people who are harder to win. Without a slope a signal that was used in small campaigns is given
the credit of their size. The *planned* size is taken, because it is known before the campaign: what was delivered
depends on how well it did, and controlling for an outcome would hide the effect that led to it. One free column
(`columns`): no level, no constraint. This file must not know campaigns or metrics.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflection.stats.sums.columns import FREE_MARK, Feature

Floats = NDArray[np.float64]

SIZE = Feature(f"{FREE_MARK}size", "log")
LIMIT = float(np.log(1000.0))
"""A plan a thousand times as large as the usual one says no more than that it is very large: a slip of the pen must
not decide the slope.
"""


def usual_size(planned: ArrayLike) -> float:
    """Return the median of the sizes that are positive, 1 where there is none; the order does not matter."""
    sizes = np.asarray(planned, dtype=np.float64)
    positive = sizes[sizes > 0]
    return float(np.median(positive)) if len(positive) else 1.0


def size_of(planned: ArrayLike, usual: float) -> Floats:
    """Return log(planned / usual), within +-`LIMIT`, in the shape of ``planned``; 0, the usual size, where no
    size is known.
    """
    sizes = np.asarray(planned, dtype=np.float64)
    positive = sizes > 0
    with np.errstate(over="ignore", under="ignore", divide="ignore"):  # beyond every float is beyond the limit, too
        logs = np.log(np.where(positive, sizes, 1.0) / usual)
    return np.where(positive, np.clip(logs, -LIMIT, LIMIT), 0.0)
