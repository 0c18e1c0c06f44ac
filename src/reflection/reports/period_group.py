"""Campaigns of a period that are added up: those of one currency and one kind of conversion.

What came without spend, and campaigns whose conversions still come in, are kept beside the rest. Must not know
comparisons, knowledge or words.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from reflection.domain.metrics import COUNTS

Counts = dict[str, float | None]
"""Sums by count; None where not every campaign states it."""


def _none() -> Counts:
    return dict.fromkeys(COUNTS, 0.0)


@dataclass(slots=True)
class PeriodGroup:
    """Sums over campaigns of one currency and one kind of conversion.

    Attributes:
        expected, actual: of those that somebody made a forecast for; `square` adds up their squared spends.
        every: of all `campaigns`. gift: of the `unpaid` ones, which spent nothing. late: of those still `waiting`.
        campaigns, unpaid, waiting: rows of each real campaign; those that were taken out again have none left.
    """

    campaigns: Counter[str] = field(default_factory=Counter)
    forecasts: int = 0
    square: float = 0.0
    expected: Counts = field(default_factory=_none)
    actual: Counts = field(default_factory=_none)
    every: Counts = field(default_factory=_none)
    unpaid: Counter[str] = field(default_factory=Counter)
    gift: Counts = field(default_factory=_none)
    waiting: Counter[str] = field(default_factory=Counter)
    late: Counts = field(default_factory=_none)

    @property
    def fact(self) -> Counts:
        """What its campaigns did; where all of them wait, without what still comes in."""
        if number_of_real(self.waiting) and not number_of_real(self.campaigns):
            return {**self.late, "conversions": None, "revenue": None}
        return self.actual if self.forecasts else self.every

    def join(self, other: "PeriodGroup") -> None:
        """Add all of another group."""
        self.forecasts += other.forecasts
        self.square += other.square
        for name in ("campaigns", "unpaid", "waiting"):
            getattr(self, name).update(getattr(other, name))
        for name in ("expected", "actual", "every", "gift", "late"):
            add(getattr(self, name), getattr(other, name), 1)


Groups = dict[tuple[str, str], PeriodGroup]
"""By currency and kind of conversion."""


def number_of_real(rows: Counter[str]) -> int:
    """How many real campaigns have rows."""
    return sum(number > 0 for number in rows.values())


def add(sums: Counts, counts: Mapping[str, float | None], sign: int) -> None:
    """Add or take away counts; a sum is known only while every campaign states it."""
    for name in COUNTS:
        total, count = sums[name], counts.get(name)
        sums[name] = None if total is None or count is None else total + sign * count
