"""What people wrote down as columns: from the day of a price or tracking change on, or for the days of a promotion.

An event is a step that all campaigns in its scope take by the share of their days on which it held, so that it is not
taken for the doing of an audience that came with it. Which events have a column is chosen on the sample, by who ran
before, after and beside them and never by what came of it; each campaign's columns are made of it alone. Must not know
metrics, nor whether a fit takes the columns up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.events import EVERYTHING, Event
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time import drift
from reflection.stats.sums.columns import Feature

EVENT = "event"
"""Group of the events, one column each."""

LASTING = ("price", "tracking", "site")
"""Kinds that hold from their day on where no last day is given; the others hold on their day only."""

FEWEST = 3
"""Real campaigns in the scope that mostly ran while it held, and while it did not."""

MOST_EVENTS = 24
"""Events that have a column, the latest: each adds one to every fit."""

SCOPES = frozenset((signals.PLATFORM, signals.OBJECTIVE))
"""Groups of signals that an event may concern a level of."""

_SCOPES = {signals.PLATFORM: signals.of_platform, signals.OBJECTIVE: signals.of_objective}
_NO_END = np.iinfo(np.int64).max


@dataclass(frozen=True)
class LearntEvent:
    """An event with a column.

    Attributes:
        signal: of its scope, as the table has it; None where it concerns everything.
        first, last: days on which it held, the last far away where it still does.
        same: what else was written down for the same days and scope: it cannot be told apart.
    """

    event: Event
    signal: str | None
    first: int
    last: int
    same: tuple[Event, ...] = ()

    @property
    def feature(self) -> Feature:
        """Its column."""
        return drift.step_feature(EVENT, self.event.event_id, 1)

    @property
    def lasting(self) -> bool:
        """Whether it holds without an end."""
        return self.last == _NO_END

    def lasts_on(self, day: int) -> bool:
        """Whether it still held on a day."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Events:
    """The events of a workspace that are learnt from, chosen once on the sample; `day` is its last."""

    entries: tuple[LearntEvent, ...] = ()
    day: int = 0

    @classmethod
    def of(cls, sample: Dataset, events: Iterable[Event]) -> "Events":
        """Those with campaigns enough in and out of their days."""
        by_place: dict[tuple[str | None, int, int], list[Event]] = {}
        for event in sorted(events, key=lambda one: one.event_id):
            place = _place(event, sample)
            if place is not None:
                by_place.setdefault(place, []).append(event)
        if not by_place:
            return cls()
        every = [LearntEvent(own[0], *place, tuple(own[1:])) for place, own in by_place.items()]
        comparable = sorted((one for one in every if _compared(one, sample)), key=lambda one: (-one.first, one.feature))
        return cls(tuple(comparable[:MOST_EVENTS]), int(sample.campaigns.day.max(initial=0)))

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        return tuple(one.feature for one in self.entries)

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Share of the days of each cell's campaign on which each event held in its scope, CSR (cells, events)."""
        if not self.entries:
            return sparse.csr_array((len(table.campaign), 0))
        return sparse.csr_array(np.column_stack([held_in(one, table) for one in self.entries]))

    @property
    def lasting(self) -> tuple[LearntEvent, ...]:
        """Those that still held on the last day: what is foretold is foretold with them."""
        return tuple(one for one in self.entries if one.lasts_on(self.day))

    @property
    def of_everything(self) -> list[Feature]:
        """Columns of those that hold now for everything."""
        return [one.feature for one in self.lasting if one.signal is None]

    @property
    def beside(self) -> dict[Feature, dict[Feature, float]]:
        """Columns of those that hold now for a platform or an objective, by the level they move."""
        levels: dict[Feature, dict[Feature, float]] = {}
        for one in self.lasting:
            if one.signal is not None:
                levels.setdefault(Feature(*signals.parse(one.signal)), {})[one.feature] = 1.0
        return levels


def held_in(one: LearntEvent, table: Dataset) -> Floats:
    """Share of each cell's campaign's days on which an event held, times the cell's share of its scope, (cells,)."""
    campaigns = table.campaigns
    days = np.minimum(campaigns.last, one.last) - np.maximum(campaigns.first, one.first) + 1
    share = (np.maximum(days, 0) / (campaigns.last - campaigns.first + 1))[table.campaign]
    if one.signal is None:
        return np.asarray(share)
    column = table.features.index(Feature(*signals.parse(one.signal)))
    return np.asarray(share * table.shares[:, [column]].toarray()[:, 0])


def in_scope(one: LearntEvent, table: Dataset) -> NDArray[np.bool_]:
    """Campaigns that an event concerns, (campaigns,)."""
    if one.signal is None:
        return np.ones(len(table), dtype=np.bool_)
    column = table.features.index(Feature(*signals.parse(one.signal)))
    cells = table.shares[:, [column]].nonzero()[0]
    return np.bincount(table.campaign[cells], minlength=len(table)) > 0


def while_it_held(one: LearntEvent, table: Dataset) -> NDArray[np.bool_]:
    """Campaigns in its scope that mostly ran while an event held, (campaigns,)."""
    campaigns = table.campaigns
    days = np.minimum(campaigns.last, one.last) - np.maximum(campaigns.first, one.first) + 1
    return in_scope(one, table) & (2 * days >= campaigns.last - campaigns.first + 1)


def _place(event: Event, sample: Dataset) -> tuple[str | None, int, int] | None:
    """The scope of an event as the table has it, and its first and last day; None where nobody is in it, or one
    campaign alone, of which others learn nothing."""
    kind, _, name = event.scope.partition(":")
    signal = None
    if event.scope != EVERYTHING:
        if kind not in _SCOPES:
            return None
        key = _SCOPES[kind](name).key
        signal = sample.aliases.get(key, key)
        if Feature(*signals.parse(signal)) not in sample.features:
            return None
    first, until = _day(event.day), event.until
    last = _day(until) if until is not None else _NO_END if event.kind in LASTING else first
    return signal, first, last


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _compared(one: LearntEvent, sample: Dataset) -> bool:
    """Whether enough real campaigns in its scope ran while it held, and while it did not."""
    own, during = in_scope(one, sample), while_it_held(one, sample)
    sides: Sequence[NDArray[np.bool_]] = (during, own & ~during)
    return all(len(np.unique(sample.campaigns.real[side])) >= FEWEST for side in sides)
