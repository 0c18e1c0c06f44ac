"""What times that come round, months of the year or days of the week, do to a metric, whatever runs then.

A value that plans are foretold with. Must not know how it was estimated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True, eq=False)
class RecurringTimes:
    """Log effects of months, or of weekdays, on one metric, against their average.

    Attributes:
        levels: those with an effect, January or Monday being 1, ascending, int64 (L,).
        draws: of their effects, float32 (L, draws).
        scale: standard deviations, float64 (2,): of the effect of one that history has not often enough, and of one
            month of one year, or one day of one week, around what is usual for it.
    """

    levels: NDArray[np.int64]
    draws: NDArray[np.float32]
    scale: NDArray[np.float64]

    def effect(self, shares: Mapping[int, float]) -> tuple[float, float]:
        """Mean and variance of the log effect of a time.

        Args:
            shares: level -> share of the days; empty where no days are known, and any may be meant.
        """
        if not shares:
            middle = self.draws.astype(np.float64)
            return 0.0, float(np.square(middle).mean()) + float(self.scale[1]) ** 2
        place = {level: row for row, level in enumerate(self.levels.tolist())}
        known = {place[level]: share for level, share in shares.items() if level in place}
        weights = np.zeros(len(self.levels))
        weights[list(known)] = list(known.values())
        effect = weights @ self.draws.astype(np.float64)
        unknown = sum(share**2 for level, share in shares.items() if level not in place)
        passing = sum(share**2 for share in shares.values()) * float(self.scale[1]) ** 2
        return float(effect.mean()), float(effect.var()) + unknown * float(self.scale[0]) ** 2 + passing


def neighbours(signs: Mapping[int, int], size: int) -> list[list[int]]:
    """Levels in their order, neighbours of one sign (that is not 0) together; the last is the first's neighbour.

    Args:
        signs: by level, counted from 1. size: levels of a whole turn.
    """
    stretches: list[list[int]] = []
    for level in sorted(signs):
        before = stretches[-1][-1] if stretches else 0
        if stretches and level == before + 1 and signs[level] and signs[level] == signs[before]:
            stretches[-1].append(level)
        else:
            stretches.append([level])
    first, last = stretches[0], stretches[-1]
    turns = first is not last and first[0] == 1 and last[-1] == size
    if turns and signs[1] and signs[1] == signs[size]:
        return [*stretches[1:-1], last + first]
    return stretches


def joined(names: Sequence[str]) -> str:
    """Times one after the other in words: ``November``, ``November and December``, ``November to January``."""
    return f"{names[0]} to {names[-1]}" if len(names) > 2 else " and ".join(names)
