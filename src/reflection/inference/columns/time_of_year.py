"""The time of the year as columns: what a month does to every campaign alike, and what a single month of one year does.

A month of the year that history has in one year only cannot be told from whatever else went on in that year: it has no
column, and the other months have none either until most of the year was seen twice. Beside them stand single months,
2024-11 and the like: a month that was special once is no season. Chosen on the sample, made of each campaign alone,
by the shares of its days. Must not know metrics, nor whether a fit takes these columns up.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.recurring_times import joined
from reflection.inference.columns.cycle import SEASON, SINGLE_MONTH, level_feature, mostly_in, shares_matrix
from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time import drift
from reflection.stats.sums.columns import Feature

TWICE = 2
"""Years in which a month has to be seen."""

SEEN = 0.5
"""Campaigns' worth of days in a single month from which on it was seen."""

FEWEST_MONTHS = 9
"""Months seen twice from which on there is a season: what is usual in the year is then known."""

FEWEST_SEEN = 6
"""Single months from which on it is said when there will be a season."""

MOST_SINGLE = 60
"""Single months that have a column: the last five years'."""

LONGEST = 36
"""Months: what ran longer says nothing of any time of the year."""

_YEAR = 12


@dataclass(frozen=True)
class Calendar:
    """The columns of a workspace, chosen once on the sample.

    Attributes:
        levels: months of the year, 1 to 12, that have a column; none where no season can be told. single: single months
            that have one, counted from 1970-01.
        twice: months of the year seen in two years. enough: the month after which, if every month from now on is seen,
            a season can be told, counted from 1970-01; None where it can be, or hardly anything was seen.
    """

    levels: tuple[int, ...]
    single: tuple[int, ...]
    twice: int = 0
    enough: int | None = None

    group: ClassVar[str] = SEASON
    turn: ClassVar[str] = "year"
    size: ClassVar[int] = _YEAR

    @classmethod
    def of(cls, sample: Dataset) -> "Calendar":
        """The columns of a sample."""
        _, month, share = month_shares(sample.campaigns.first, sample.campaigns.last)
        values, place = np.unique(month, return_inverse=True)
        months = values[np.bincount(place, share, minlength=len(values)) >= SEEN]
        of_year, years = np.unique(months % _YEAR, return_counts=True)
        twice = (1 + of_year[years >= TWICE]).tolist()
        if len(twice) < FEWEST_MONTHS:
            return cls((), (), len(twice), _enough(months.tolist()))
        return cls(tuple(twice), tuple(months[-MOST_SINGLE:].tolist()), len(twice))

    @property
    def outlook(self) -> str | None:
        """What it takes until a season can be told; None where it can be, or hardly anything was seen."""
        if self.enough is None:
            return None
        far = f"{self.twice} {'is' if self.twice == 1 else 'are'}" if self.twice else "none is"
        when = f"{calendar.month_name[1 + self.enough % _YEAR]} {1970 + self.enough // _YEAR}"
        return (
            f"whether the time of the year matters we cannot tell yet: it takes {FEWEST_MONTHS} months of the year "
            f"seen in {TWICE} years each, and so far {far}; if campaigns go on every month, we can after {when}"
        )

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        return (*(level_feature(SEASON, level) for level in self.levels), *self.singles)

    @property
    def singles(self) -> tuple[Feature, ...]:
        """Columns of the single months."""
        return tuple(map(single_feature, self.single))

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Shares of the days of every cell's campaign, CSR (cells, columns)."""
        count = len(self.levels) + len(self.single)
        if not count:
            return sparse.csr_array((len(table.campaign), 0))
        campaign, month, share = month_shares(table.campaigns.first, table.campaigns.last)
        of_year = shares_matrix(campaign, 1 + month % _YEAR, share, self.levels, len(table))
        single = shares_matrix(campaign, month, share, self.single, len(table))
        both = sparse.csr_array(sparse.hstack([of_year, single], format="csr"))
        return sparse.csr_array(both[table.campaign])

    def ran(self, campaigns: Campaigns, levels: Sequence[int]) -> tuple[NDArray[np.bool_], Ints]:
        """Which campaigns mostly ran in some months, and the year in which the first of these lies, (campaigns,)."""
        campaign, month, share = month_shares(campaigns.first, campaigns.last)
        inside = np.isin(1 + month % _YEAR, levels)
        here, last = mostly_in(campaign[inside], month[inside], share[inside], len(campaigns))
        return here, 1970 + (last - (levels[0] - 1)) // _YEAR

    def named(self, levels: Sequence[int]) -> str:
        """Months in words."""
        return joined([calendar.month_name[level] for level in levels])


def _enough(months: Sequence[int]) -> int | None:
    """The month after which enough months of the year were seen twice, if each from the last one on is seen."""
    if len(months) < FEWEST_SEEN:
        return None
    own, month = set(months), max(months)
    while np.count_nonzero(np.bincount([one % _YEAR for one in own]) >= TWICE) < FEWEST_MONTHS:
        month += 1
        own.add(month)
    return month


def single_feature(month: int) -> Feature:
    """The column of a single month, counted from 1970-01."""
    return drift.step_feature(SINGLE_MONTH, f"{1970 + month // _YEAR}-{1 + month % _YEAR:02d}", 1)


def month_shares(first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[Ints, Ints, Floats]:
    """Which share of its days each campaign ran in which single month, (entries,) each: its place, the month counted
    from 1970-01, the share.

    Args:
        first, last: days, (campaigns,).
    """
    begin, end = (days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) for days in (first, last))
    count = np.where(end - begin < LONGEST, end - begin + 1, 0)
    campaign = np.repeat(np.arange(len(first)), count)
    number = np.arange(len(campaign)) - np.repeat(np.cumsum(count) - count, count)
    month = begin[campaign] + number
    opens, closes = (
        months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) for months in (month, month + 1)
    )
    days = np.minimum(last[campaign] + 1, closes) - np.maximum(first[campaign], opens)
    return campaign, month, days / (last - first + 1)[campaign]


def shares_of_year(days: tuple[int, int]) -> dict[int, float]:
    """Month of the year -> share of the days between the first and the last."""
    _, months, shares = month_shares(*(np.array([day]) for day in days))
    total: dict[int, float] = {}
    for month, share in zip((1 + months % _YEAR).tolist(), shares.tolist(), strict=True):
        total[month] = total.get(month, 0.0) + share
    return total
