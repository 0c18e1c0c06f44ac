"""Campaigns of a period that are added up: those of one currency and one kind of conversion.

What came without spend, and campaigns whose conversions still come in, are kept beside the rest. Must not know
comparisons, knowledge or words.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from reflection.domain.metrics import COUNTS
from reflection.domain.money import currency_order, without_spend

PLACES = 2.0**40
"""Sums are kept in whole parts of that size: exact, so that no order shows, nor what was taken out again."""

Counts = Mapping[str, float | None]
"""By count; None where it is not known."""


def whole(amount: float) -> int:
    """An amount in whole parts, to be added up exactly."""
    return round(amount * PLACES)


@dataclass(slots=True)
class Sums:
    """Sums by count, and how many campaigns do not state each: a sum is known where all of them do."""

    known: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def __getitem__(self, name: str) -> float | None:
        return None if self.missing[name] else self.known[name] / PLACES

    def add(self, counts: Counts, sign: int) -> None:
        """Add one campaign's counts, or take them away."""
        for name in COUNTS:
            if (count := counts.get(name)) is None:
                self.missing[name] += sign
            else:
                self.known[name] += sign * whole(count)

    def join(self, other: "Sums") -> None:
        """Add the sums of others."""
        self.known.update(other.known)
        self.missing.update(other.missing)

    @property
    def counts(self) -> Counts:
        """Each sum, None where it is not known."""
        return {name: self[name] for name in COUNTS}


@dataclass(slots=True)
class PeriodGroup:
    """Sums over campaigns of one currency and one kind of conversion.

    Attributes:
        expected, actual: of those that somebody made a forecast for; `square` adds up their spends squared, in whole
            parts.
        every: of all `campaigns`. gift: of the `unpaid` ones, which spent nothing. late: of those still `waiting`.
        campaigns, unpaid, waiting: rows of each real campaign; those that were taken out again have none left.
    """

    campaigns: Counter[str] = field(default_factory=Counter)
    forecasts: int = 0
    square: int = 0
    expected: Sums = field(default_factory=Sums)
    actual: Sums = field(default_factory=Sums)
    every: Sums = field(default_factory=Sums)
    unpaid: Counter[str] = field(default_factory=Counter)
    gift: Sums = field(default_factory=Sums)
    waiting: Counter[str] = field(default_factory=Counter)
    late: Sums = field(default_factory=Sums)

    @property
    def fact(self) -> Counts:
        """What its campaigns did; where all of them wait, without what still comes in."""
        if number_of_real(self.waiting) and not number_of_real(self.campaigns):
            return {**self.late.counts, "conversions": None, "revenue": None}
        return (self.actual if self.forecasts else self.every).counts

    @property
    def empty(self) -> bool:
        """Whether no campaign is left in it."""
        return not any(map(number_of_real, (self.campaigns, self.unpaid, self.waiting)))

    def count(self, real: str, fact: Counts, expected: Counts | None, sign: int, *, waits: bool) -> None:
        """Add a row of a real campaign, or take it out: `expected` as somebody forecast, else None; whether it `waits`
        for conversions."""
        if without_spend(fact.get("spend"), fact.get("conversions"), fact.get("revenue")):
            self.unpaid[real] += sign
            self.gift.add(fact, sign)
        elif waits:
            self.waiting[real] += sign
            self.late.add(fact, sign)
        else:
            self.campaigns[real] += sign
            self.every.add(fact, sign)
            if expected is not None:
                self.square += sign * whole((fact.get("spend") or 0.0) ** 2)
                self.forecasts += sign
                self.expected.add(expected, sign)
                self.actual.add(fact, sign)

    def join(self, other: "PeriodGroup") -> None:
        """Add all of another group."""
        self.forecasts += other.forecasts
        self.square += other.square
        for name in ("campaigns", "unpaid", "waiting"):
            getattr(self, name).update(getattr(other, name))
        for name in ("expected", "actual", "every", "gift", "late"):
            getattr(self, name).join(getattr(other, name))


Groups = dict[tuple[str, str], PeriodGroup]
"""By currency and kind of conversion."""


def number_of_real(rows: Counter[str]) -> int:
    """How many real campaigns have rows."""
    return sum(number > 0 for number in rows.values())


def ordered(groups: Groups, usual: str | None) -> list[tuple[tuple[str, str], PeriodGroup]]:
    """By currency, within one those that count something first, by spend: amounts of two currencies have no order.

    Args:
        usual: the workspace's currency, which stands first.
    """
    campaigns: Counter[str] = Counter()
    for (currency, _), group in groups.items():
        campaigns[currency] += number_of_real(group.campaigns)
    place = currency_order(campaigns, usual)
    return sorted(
        groups.items(),
        key=lambda item: (
            place[item[0][0]],
            not item[1].every["conversions"],
            -(item[1].every["spend"] or 0.0),
            item[0],
        ),
    )
