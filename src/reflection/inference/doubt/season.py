"""The part of the time in which a signal ran, where that is only a part: a season, promotions, or since it was begun.

Whether a signal ran can then be foretold from the date: by the shortest stretch of days, or of days of the year,
that holds (nearly) all campaigns with it; or by several stretches of the calendar, of the year, of the month or of
the week in which it mostly ran (stats/over_time/stretches.py). The campaigns without it are those of the same days,
and those of other days. Must not know what came of any of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.evidence import day_text
from reflection.domain.recurring_times import WEEKDAYS
from reflection.inference.evidence.campaign_columns import Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time.stretches import stretches

FEWEST = 3
HELD = (1.0, 0.9)
"""Shares of a signal's campaigns that a season of it may hold; the one in which less is compared counts."""

ELSEWHERE = 0.25
"""Share of the campaigns without it that ran on other days, from which on its days are a season."""

FORETOLD = 0.25
"""Share of the variance of whether it ran that its stretches explain, from which on they are a season."""

YEAR = 365.25
COMPARABLE = 1.0
"""Effective campaigns of a comparison within the season; less compares nothing."""

_GAP = 60
"""Days without a campaign that end a period, where its periods are named."""

_NAMED = 3
"""Periods that are named one by one; of more it is said how many there were."""

_AT_ONCE = 256
_MONTH = 31
_FIRST_WEEKDAY = 3
"""Weekday of 1970-01-01."""

_DATES = ("date", "year")


@dataclass(frozen=True, eq=False)
class Season:
    """When a signal ran.

    Attributes:
        having: which campaigns had the signal, (campaigns,); `inside` which ran in its season.
        words: says its days; `dated` whether these are dates, and no days of a month or week.
    """

    having: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    words: Callable[[], str]
    dated: bool = True

    @property
    def when(self) -> str:
        """Its days in words: of most seasons nobody asks."""
        return self.words()

    @cached_property
    def sides(self) -> tuple[tuple[Ints, Ints], ...]:
        """Campaigns with the signal and without it, of its season and of the other days."""
        return tuple(
            (np.flatnonzero(self.having & when), np.flatnonzero(~self.having & when))
            for when in (self.inside, ~self.inside)
        )

    @cached_property
    def compared(self) -> float:
        """Effective campaigns of the comparison of campaigns with it and without it on the same days."""
        every, own, during = len(self.having), _count(self.having), _count(self.inside)
        both = _count(self.having & self.inside)
        pairs = ((both, during - both), (own - both, every - during - own + both))
        return sum(with_it * rest / max(with_it + rest, 1) for with_it, rest in pairs)

    @property
    def alone(self) -> bool:
        """Whether hardly anything else ran when it did."""
        return self.compared < COMPARABLE

    @property
    def only(self) -> bool:
        """Whether it never ran on other days."""
        return not (self.having & ~self.inside).any()

    @property
    def foretold(self) -> float:
        """Share of the variance of whether it ran that the season explains."""
        own = _count(self.having)
        return 1.0 - self.compared * len(self.having) / max(own * (len(self.having) - own), 1)

    @property
    def elsewhere(self) -> bool:
        """Whether enough ran on other days for its own to be a season."""
        rest = ~self.having
        return _count(rest & ~self.inside) >= max(FEWEST, ELSEWHERE * _count(rest))


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))


def seasons_of(table: Dataset, members: sparse.csc_array, columns: Mapping[str, int]) -> dict[str, Season]:
    """The seasons of signals; none of what ran all the time, or beside others in the same campaigns.

    Args:
        members: the table's shares by columns.
        columns: which are asked for, by name.
    """
    cells = np.bincount(table.campaign, minlength=len(table))
    seasons: dict[str, Season] = {}
    names = list(columns)
    for some in (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)):
        pairs = ((key, _having(table, members, cells, columns[key])) for key in some)
        having = {key: mask for key, mask in pairs if mask is not None}
        several = _in_stretches(table.campaigns.day, having)
        of_one = _in_one(table.campaigns.day, np.array(list(having.values()))) if having else []
        for key, single in zip(having, of_one, strict=True):
            candidates = [*single, *several.get(key, ())]
            season = min((one for one in candidates if one.elsewhere), key=lambda one: one.compared, default=None)
            if season is not None:
                seasons[key] = season
    return seasons


def _having(table: Dataset, members: sparse.csc_array, cells: Ints, column: int) -> NDArray[np.bool_] | None:
    """Which campaigns had a signal; None where too few had it or not, or campaigns had rows with and without it."""
    part = slice(int(members.indptr[column]), int(members.indptr[column + 1]))
    cell, value = members.indices[part], members.data[part]
    share = np.bincount(table.campaign[cell], value, minlength=len(table)) / np.maximum(cells, 1)
    squares = np.bincount(table.campaign[cell], value**2, minlength=len(table)) / np.maximum(cells, 1)
    apart = np.divide(
        squares - share**2, share * (1 - share), out=np.zeros(len(share)), where=(share > 0) & (share < 1)
    )
    if float(apart.sum()) >= FEWEST:
        return None  # whole campaigns had rows with it and rows without it: these ran on the same days
    usual = float(share.sum()) / max(int(np.count_nonzero(share)), 1)
    having = np.asarray(share >= max(usual, np.finfo(np.float64).tiny) / 2)
    own = int(having.sum())
    return having if min(own, len(having) - own) >= FEWEST else None


# --- one stretch -----------------------------------------------------------------------------------------------------


def _in_one(days: Ints, having: NDArray[np.bool_]) -> list[list[Season]]:
    """The shortest stretches of days, and of days of the year, that hold (nearly) all campaigns of each signal.

    Args:
        having: of each signal, (signals, campaigns).
    """
    turns = (None, YEAR) if np.ptp(days) > YEAR else (None,)
    inside = [_within(days, having, turn, share) for share in HELD for turn in turns]
    return [
        [Season(mask, one[signal], partial(_periods, days[mask])) for one in inside]
        for signal, mask in enumerate(having)
    ]


def _within(days: Ints, having: NDArray[np.bool_], turn: float | None, share: float) -> NDArray[np.bool_]:
    """Campaigns in the shortest stretch of days with a share of those of each signal, (signals, campaigns).

    Args:
        turn: length of a circle.
    """
    places = days.astype(np.float64) if turn is None else np.mod(days, turn)
    count = having.sum(axis=1, keepdims=True)
    ordered = np.sort(np.where(having, places, np.inf), axis=1)[:, : int(count.max())]
    first = np.arange(ordered.shape[1])
    last = first + np.maximum(np.ceil(share * count).astype(np.intp), 1) - 1
    around = last >= count
    ends = np.take_along_axis(ordered, np.where(around, last - count, last), axis=1)
    ends[around] += np.inf if turn is None else turn
    lengths = np.subtract(ends, ordered, out=np.full(ordered.shape, np.inf), where=first < count)
    shortest = np.argmin(lengths, axis=1)[:, None]
    begin, length = (np.take_along_axis(one, shortest, axis=1) for one in (ordered, lengths))
    since = places - begin
    if turn is not None:
        since = np.mod(since, turn)
    return np.asarray((since >= 0) & (since <= length))


def _periods(days: Ints) -> str:
    """Stretches of days without a long gap, in words."""
    ordered = np.sort(days)
    return _periods_in_words(np.split(ordered, np.flatnonzero(np.diff(ordered) > _GAP) + 1))


def _periods_in_words(periods: list[Ints]) -> str:
    if len(periods) > _NAMED:
        first, last = day_text(int(periods[0][0])), day_text(int(periods[-1][-1]))
        return f"in {len(periods)} stretches of days between {first} and {last}"
    return "in " + "; ".join(f"{day_text(int(part[0]))} to {day_text(int(part[-1]))}" for part in periods)


# --- several stretches -----------------------------------------------------------------------------------------------


def _in_stretches(days: Ints, having: Mapping[str, NDArray[np.bool_]]) -> dict[str, list[Season]]:
    """Seasons of several stretches, by signal, on every reading of the calendar."""
    seasons: dict[str, list[Season]] = {}
    for reading, places in _readings(days).items() if having else ():
        values, place = np.unique(places, return_inverse=True)
        total = np.bincount(place).astype(np.float64)
        present = np.array([np.bincount(place, mask, minlength=len(values)) for mask in having.values()])
        for (key, mask), where in zip(having.items(), stretches(present, total), strict=True):
            if where.any() and not where.all():
                inside = where[place]
                words = partial(_words, reading, days, mask, inside, values[where])
                season = Season(mask, inside, words, reading in _DATES)
                if season.foretold >= FORETOLD:
                    seasons.setdefault(key, []).append(season)
    return seasons


def _readings(days: Ints) -> dict[str, Ints]:
    """The place of each campaign on the calendar, in the year, the month and the week, where these came round."""
    date, length = days.astype("datetime64[D]"), np.ptp(days) if len(days) else 0
    readings = {"date": days}
    if length > YEAR:
        readings["year"] = (date - date.astype("datetime64[Y]")).astype(np.int64)
    if length > 2 * _MONTH:
        readings["month"] = (date - date.astype("datetime64[M]")).astype(np.int64) + 1
    if length > 2 * len(WEEKDAYS):
        readings["week"] = (days + _FIRST_WEEKDAY) % len(WEEKDAYS)
    return readings


def _words(reading: str, days: Ints, having: NDArray[np.bool_], inside: NDArray[np.bool_], values: Ints) -> str:
    """The days of a season on which the signal ran; `values` are the places of its stretches in the reading."""
    if reading == "week":
        return "on " + " and ".join(WEEKDAYS[value] for value in values.tolist())
    if reading == "month":
        runs = np.split(values, np.flatnonzero(np.diff(values) > 1) + 1)
        parts = [f"{part[0]} to {part[-1]}" if len(part) > 1 else f"{part[0]}" for part in runs]
        return f"on days {' and '.join(parts)} of the month"
    order = np.argsort(days, kind="stable")
    number = np.cumsum(np.diff(inside[order], prepend=False))
    own = order[(having & inside)[order]]
    cuts = np.flatnonzero(np.diff(number[(having & inside)[order]])) + 1
    return _periods_in_words(np.split(days[own], cuts))
