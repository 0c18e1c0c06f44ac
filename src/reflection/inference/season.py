"""The part of the time in which a signal ran, where that is only a part: a season, or since it was begun.

The shortest stretch of days, or of days of the year, that holds (nearly) all campaigns with the signal; the campaigns
without it are those of the same days, and those of other days. Must not know what came of any of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.inference.campaigns import Floats, Ints
from reflection.inference.dataset import Dataset

FEWEST = 3
HELD = (1.0, 0.9)
"""Shares of a signal's campaigns that a season of it may hold; the one in which less is compared counts."""

ELSEWHERE = 0.25
"""Share of the campaigns without it that ran on other days, from which on its days are a season."""

YEAR = 365.25
COMPARABLE = 1.0
"""Effective campaigns of a comparison within the season; less compares nothing."""

_GAP = 60
"""Days without a campaign that end a period, where its periods are named."""


@dataclass(frozen=True, eq=False)
class Season:
    """When a signal ran.

    Attributes:
        having: which campaigns had the signal, (campaigns,); `inside` which ran in its season.
        periods: first and last days with it, in days since 1970-01-01, at most a few.
    """

    having: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    periods: tuple[tuple[int, int], ...]

    @property
    def sides(self) -> tuple[tuple[Ints, Ints], ...]:
        """Campaigns with the signal and without it, of its season and of the other days."""
        return tuple(
            (np.flatnonzero(self.having & when), np.flatnonzero(~self.having & when))
            for when in (self.inside, ~self.inside)
        )

    @property
    def compared(self) -> float:
        """Effective campaigns of the comparison of campaigns with it and without it on the same days."""
        pairs = ((len(own), len(rest)) for own, rest in self.sides)
        return sum(own * rest / max(own + rest, 1) for own, rest in pairs)

    @property
    def alone(self) -> bool:
        """Whether hardly anything else ran when it did."""
        return self.compared < COMPARABLE


def season_of(table: Dataset, members: sparse.csc_array, column: int) -> Season | None:
    """The season of a signal; None where it ran all the time, or beside others in the same campaigns.

    Args:
        members: the table's shares by columns.
    """
    part = slice(int(members.indptr[column]), int(members.indptr[column + 1]))
    cell, value = members.indices[part], members.data[part]
    cells = np.bincount(table.campaign, minlength=len(table))
    share = np.bincount(table.campaign[cell], value, minlength=len(table)) / np.maximum(cells, 1)
    squares = np.bincount(table.campaign[cell], value**2, minlength=len(table)) / np.maximum(cells, 1)
    if 4.0 * float((squares - share**2).sum()) >= FEWEST:
        return None  # whole campaigns had rows with it and rows without it: these ran on the same days
    having = share >= 0.5
    own, rest = np.flatnonzero(having), np.flatnonzero(~having)
    if len(own) < FEWEST or len(rest) < FEWEST:
        return None
    days = table.campaigns.day
    stretches = [_within(days.astype(np.float64), own, None, share) for share in HELD]
    if np.ptp(days) > YEAR:
        stretches += [_within(np.mod(days, YEAR), own, YEAR, share) for share in HELD]
    seasons = [Season(having, inside, _periods(days[own])) for inside in stretches]
    seasons = [one for one in seasons if int((~one.inside[rest]).sum()) >= max(FEWEST, ELSEWHERE * len(rest))]
    return min(seasons, key=lambda one: one.compared, default=None)


def _within(days: Floats, own: Ints, turn: float | None, share: float) -> NDArray[np.bool_]:
    """Campaigns in the shortest stretch of days with a share of the own ones; `turn` is the length of a circle."""
    ordered = np.sort(days[own])
    held = max(int(np.ceil(share * len(ordered))), 1)
    last = np.concatenate([ordered, ordered + turn]) if turn is not None else ordered
    starts = np.arange(len(ordered) if turn is not None else len(ordered) - held + 1)
    lengths = last[starts + held - 1] - ordered[starts]
    first, length = float(ordered[int(np.argmin(lengths))]), float(lengths.min())
    since = days - first
    if turn is not None:
        since = np.mod(since, turn)
    return np.asarray((since >= 0) & (since <= length))


def _periods(days: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Stretches of days without a long gap, at most three."""
    ordered = np.sort(days)
    cuts = np.flatnonzero(np.diff(ordered) > _GAP) + 1
    return tuple((int(part[0]), int(part[-1])) for part in np.split(ordered, cuts))[:3]
