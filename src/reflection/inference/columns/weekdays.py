"""The day of the week as columns: what Mondays do to every campaign alike, and what a single day does.

Only what ran for less than a week, and says when, knows of it: a row a day, or a short campaign. What is asked is how
days of the week differ, and never whether short campaigns differ from long ones. Chosen on the sample, made of each
campaign alone. Must not know metrics, nor whether a fit takes these columns up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.evidence import day_text
from reflection.domain.recurring_times import WEEKDAYS, joined
from reflection.inference.columns.cycle import SINGLE_DAY, WEEKDAY, level_feature, mostly_in, shares_matrix
from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time import drift
from reflection.stats.sums.columns import Feature

SHORT = 6
"""Days that a campaign runs at most to know of weekdays."""

WINDOW = 120
"""The last days of these, each of which has a column; what ran before says nothing of weekdays."""

FEWEST_WEEKS, FEWEST_WEEKDAYS = 8, 5
"""Weeks in which a weekday has to be seen, and how many weekdays have to be."""

_WEEK = 7
_SINCE_MONDAY = 3
"""Days from Monday to 1970-01-01."""


@dataclass(frozen=True)
class Week:
    """The columns of a workspace, chosen once on the sample.

    Attributes:
        levels: weekdays that have a column, Monday being 1. days: single days that have one, since 1970-01-01.
    """

    levels: tuple[int, ...]
    days: tuple[int, ...]

    group: ClassVar[str] = WEEKDAY
    turn: ClassVar[str] = "week"
    size: ClassVar[int] = _WEEK

    @classmethod
    def of(cls, sample: Dataset) -> "Week":
        """The columns of a sample."""
        short = _short(sample.campaigns)
        if not short.any():
            return cls((), ())
        first = int(sample.campaigns.last[short].max()) - WINDOW + 1
        days = np.unique(_days_of(sample.campaigns, first)[1])
        weekdays, weeks = np.unique(weekday(days), return_counts=True)
        often = tuple(weekdays[weeks >= FEWEST_WEEKS].tolist())
        return cls(often, tuple(days.tolist())) if len(often) >= FEWEST_WEEKDAYS else cls((), ())

    @property
    def singles(self) -> tuple[Feature, ...]:
        """Columns of the single days."""
        return tuple(drift.step_feature(SINGLE_DAY, day_text(day), 1) for day in self.days)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        return (*(level_feature(WEEKDAY, level) for level in self.levels), *self.singles)

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Shares of the days of every cell's campaign, of weekdays less an even share of them, CSR (cells, columns)."""
        if not self.days:
            return sparse.csr_array((len(table.campaign), 0))
        count = len(table)
        campaign, day, share = _days_of(table.campaigns, self.days[0])
        weekdays = shares_matrix(campaign, weekday(day), share, self.levels, count).toarray()
        weekdays -= weekdays.sum(axis=1, keepdims=True) / len(self.levels)
        single = shares_matrix(campaign, day, share, self.days, count)
        both = sparse.csr_array(sparse.hstack([sparse.csr_array(weekdays), single], format="csr"))
        return sparse.csr_array(both[table.campaign])

    def ran(self, campaigns: Campaigns, levels: Sequence[int]) -> tuple[NDArray[np.bool_], Ints]:
        """Which campaigns mostly ran on some weekdays, and the week of the first of these, (campaigns,)."""
        campaign, day, share = _days_of(campaigns, self.days[0])
        inside = np.isin(weekday(day), levels)
        here, last = mostly_in(campaign[inside], day[inside], share[inside], len(campaigns))
        return here, (last + _SINCE_MONDAY - (levels[0] - 1)) // _WEEK

    def named(self, levels: Sequence[int]) -> str:
        """Weekdays in words."""
        return joined([WEEKDAYS[level - 1] for level in levels])


def weekday(day: Ints) -> Ints:
    """The weekday of days since 1970-01-01, Monday being 1."""
    return np.asarray(1 + (day + _SINCE_MONDAY) % _WEEK)


def shares_of_week(days: tuple[int, int]) -> dict[int, float]:
    """Weekday -> share of the days between the first and the last; none where these are a week or more."""
    own = range(days[0], days[1] + 1)
    if len(own) > SHORT:
        return {}
    total: dict[int, float] = {}
    for level in weekday(np.array(own)).tolist():
        total[level] = total.get(level, 0.0) + 1.0 / len(own)
    return total


def _short(campaigns: Campaigns) -> NDArray[np.bool_]:
    """Campaigns that say when they ran, which was less than a week."""
    return np.asarray(campaigns.dated & (campaigns.last - campaigns.first < SHORT))


def _days_of(campaigns: Campaigns, first: int) -> tuple[Ints, Ints, Floats]:
    """The days of short campaigns from a day on, (entries,) each: the campaign's place, the day, its share."""
    short = np.flatnonzero(_short(campaigns) & (campaigns.first >= first))
    count = campaigns.last[short] - campaigns.first[short] + 1
    campaign = np.repeat(short, count)
    number = np.arange(len(campaign)) - np.repeat(np.cumsum(count) - count, count)
    return campaign, campaigns.first[campaign] + number, np.repeat(1.0 / count, count)
