"""What a time of the year does to a metric, whatever runs then: a value that plans are foretold with.

Only months that history has at least twice have an effect of their own. Must not know how it was estimated.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True, eq=False)
class TimeOfYear:
    """Log effects of months on one metric, against their average.

    Attributes:
        months: those with an effect, 1 to 12, ascending, int64 (M,).
        draws: of their effects, float32 (M, draws).
        scale: standard deviations, float64 (2,): of the effect of a month that history has not twice, and of one
            month of one year around what is usual for it.
    """

    months: NDArray[np.int64]
    draws: NDArray[np.float32]
    scale: NDArray[np.float64]

    def effect(self, shares: Mapping[int, float]) -> tuple[float, float]:
        """Mean and variance of the log effect of a time.

        Args:
            shares: month -> share of the days; empty where no days are known, and any month may be meant.
        """
        if not shares:
            middle = self.draws.astype(np.float64)
            return 0.0, float(np.square(middle).mean()) + float(self.scale[1]) ** 2
        place = {month: row for row, month in enumerate(self.months.tolist())}
        known = {place[month]: share for month, share in shares.items() if month in place}
        weights = np.zeros(len(self.months))
        weights[list(known)] = list(known.values())
        effect = weights @ self.draws.astype(np.float64)
        unknown = sum(share**2 for month, share in shares.items() if month not in place)
        passing = sum(share**2 for share in shares.values()) * float(self.scale[1]) ** 2
        return float(effect.mean()), float(effect.var()) + unknown * float(self.scale[0]) ** 2 + passing


def named(months: list[int]) -> str:
    """Months one after the other in words: ``November``, ``November and December``, ``November to January``."""
    names = [calendar.month_name[month] for month in months]
    if len(names) > 2:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(names)
