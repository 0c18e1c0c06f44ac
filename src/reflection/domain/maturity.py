"""What waits until an attribution window has closed: conversions and revenue, and every rate made of them.

Platforms credit a conversion to the day of its click, so the last days of an export still gain conversions. What was
shown, clicked and paid is complete at once: CPM and CTR never wait. Days are UTC. Pure; must not know windows of
platforms, nor who asks.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Counts, Evidence

LATE = ("conversions", "revenue")
"""The counts that go on growing after the days they are counted for."""

STILL_COME_IN = "its conversions still come in"
"""How a comparison's flag on a campaign that waits begins."""


def day_of(moment: str | None) -> dt.date | None:
    """The day of an instant (RFC 3339), in UTC; None for None.

    >>> day_of("2026-09-30T23:30:00-02:00")
    datetime.date(2026, 10, 1)
    """
    return None if moment is None else dt.datetime.fromisoformat(moment).astimezone(dt.UTC).date()


def waits(item: Campaign | Evidence, day: dt.date | None) -> bool:
    """Whether conversions may still come in after a day; never where nobody said until when, or no day is given."""
    return item.mature_on is not None and day is not None and item.mature_on > day


def is_late(flags: Iterable[str]) -> bool:
    """Whether a comparison's flags say that conversions still come in."""
    return any(flag.startswith(STILL_COME_IN) for flag in flags)


def counted_by(item: Campaign, day: dt.date | None) -> Campaign:
    """The campaign with what is complete by a day: its conversions and its revenue are not known while it waits."""
    if not waits(item, day):
        return item
    facts = item.actual_metrics.model_copy(update={"conversions": None, "revenue": None})
    return item.model_copy(update={"actual_metrics": facts})


def evidence_by(item: Evidence, day: dt.date | None) -> Evidence:
    """The same of a campaign's evidence, and of each of its cells."""
    if not waits(item, day):
        return item
    cells = tuple(replace(cell, counts=_early(cell.counts)) for cell in item.cells)
    return replace(item, actual=_early(item.actual), cells=cells)


def _early(counts: Counts) -> Counts:
    return replace(counts, conversions=None, revenue=None)


@dataclass(frozen=True, slots=True)
class WaitingCampaigns:
    """How many campaigns wait, the first day one of them is complete, and the last; those of parts add up."""

    campaigns: int = 0
    first: dt.date = dt.date.max
    last: dt.date = dt.date.min

    def __add__(self, other: "WaitingCampaigns") -> "WaitingCampaigns":
        return WaitingCampaigns(
            self.campaigns + other.campaigns, min(self.first, other.first), max(self.last, other.last)
        )

    def as_diagnostics(self) -> dict[str, Any]:
        """{campaigns, first, last}; empty where none waits."""
        if not self.campaigns:
            return {}
        return {"campaigns": self.campaigns, "first": self.first.isoformat(), "last": self.last.isoformat()}


class EvidenceOfDay:
    """Evidence as it is complete on a day, counting on the way what waits; read once, in any order."""

    def __init__(self, evidence: Iterable[Evidence], moment: str | None) -> None:
        """Evidence, and the instant (RFC 3339) by whose day it is to be complete; None asks for nothing."""
        self._evidence, self._moment = evidence, moment
        self.waiting = WaitingCampaigns()

    def __iter__(self) -> Iterator[Evidence]:
        for item in self._evidence:
            if item.mature_on is None:
                yield item
                continue
            if waits(item, self._day):
                self.waiting += WaitingCampaigns(1, item.mature_on, item.mature_on)
            yield evidence_by(item, self._day)

    @cached_property
    def _day(self) -> dt.date | None:
        return day_of(self._moment)
