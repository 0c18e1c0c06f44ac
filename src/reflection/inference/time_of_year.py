"""The time of the year as columns: what a month does to every campaign alike, and what a single month of one year does.

A month of the year that history has in one year only cannot be told from whatever else went on in that year: it has no
column, and the other months have none either until most of the year was seen twice. Beside them stand single months,
2024-11 and the like: a month that was special once is no season. Chosen on the sample, made of each campaign alone,
by the shares of its days. Must not know metrics, nor whether a fit takes these columns up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.time_of_year import TimeOfYear
from reflection.inference.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.dataset import Dataset
from reflection.stats import drift
from reflection.stats.columns import Feature
from reflection.stats.empirical_bayes import Effects, Fit

SEASON = "season"
"""Group of the months of the year, one column each."""

SINGLE = "single month"
"""Group of the single months, beside which a season is asked for."""

TWICE = 2
"""Years in which a month has to be seen."""

SEEN = 0.5
"""Campaigns' worth of days in a single month from which on it was seen."""

FEWEST_MONTHS = 9
"""Months seen twice from which on there is a season: what is usual in the year is then known."""

MOST_SINGLE = 60
"""Single months that have a column: the last five years'."""

LONGEST = 36
"""Months: what ran longer says nothing of any time of the year."""

_YEAR = 12


@dataclass(frozen=True)
class Calendar:
    """The columns of a workspace, chosen once on the sample.

    Attributes:
        months: of the year, 1 to 12, that have a column; none where no season can be told. single: single months that
            have one, counted from 1970-01.
    """

    months: tuple[int, ...]
    single: tuple[int, ...]

    @classmethod
    def of(cls, sample: Dataset) -> "Calendar":
        """The columns of a sample."""
        _, month, share = month_shares(sample.campaigns.first, sample.campaigns.last)
        values, place = np.unique(month, return_inverse=True)
        seen = values[np.bincount(place, share, minlength=len(values)) >= SEEN]
        of_year, years = np.unique(seen % _YEAR, return_counts=True)
        twice = (1 + of_year[years >= TWICE]).tolist()
        if len(twice) < FEWEST_MONTHS:
            return cls((), ())
        return cls(tuple(twice), tuple(seen[-MOST_SINGLE:].tolist()))

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        return (*map(month_feature, self.months), *map(single_feature, self.single))

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Shares of the days of every cell's campaign, CSR (cells, columns)."""
        count = len(self.months) + len(self.single)
        if not count:
            return sparse.csr_array((len(table.campaign), 0))
        campaigns = sparse.csr_array(
            sparse.hstack([self.by_month(table.campaigns), self._by_single(table.campaigns)], format="csr")
        )
        return sparse.csr_array(campaigns[table.campaign])

    def by_month(self, campaigns: Campaigns) -> sparse.csr_array:
        """Shares of each campaign's days in the months of the year that have a column, CSR (campaigns, months)."""
        campaign, month, share = month_shares(campaigns.first, campaigns.last)
        return _matrix(campaign, 1 + month % _YEAR, share, self.months, len(campaigns))

    def _by_single(self, campaigns: Campaigns) -> sparse.csr_array:
        campaign, month, share = month_shares(campaigns.first, campaigns.last)
        return _matrix(campaign, month, share, self.single, len(campaigns))


def month_feature(month: int) -> Feature:
    """The column of a month of the year."""
    return drift.step_feature(SEASON, f"{month:02d}", 1)


def single_feature(month: int) -> Feature:
    """The column of a single month, counted from 1970-01."""
    return drift.step_feature(SINGLE, f"{1970 + month // _YEAR}-{1 + month % _YEAR:02d}", 1)


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


def learnt(fit: Fit, present: Effects, draws: int) -> TimeOfYear | None:
    """What a fit says of the months, at most so many draws; None where it took none up.

    Args:
        present: its effects, those of months against their average.
    """
    group = drift.drift_group(SEASON)
    if group not in fit.log_step_factors:
        return None
    columns = [(month, present.layout.column(month_feature(month))) for month in range(1, 1 + _YEAR)]
    seen = [(month, column) for month, column in columns if column is not None]
    return TimeOfYear(
        months=np.array([month for month, _ in seen], dtype=np.int64),
        draws=np.ascontiguousarray(present.draws[[column for _, column in seen], :draws]),
        scale=np.array([fit.tau_of(Feature(name, "")) for name in (group, drift.drift_group(SINGLE))]),
    )


def shares_of_year(days: tuple[int, int]) -> dict[int, float]:
    """Month of the year -> share of the days between the first and the last."""
    _, months, shares = month_shares(*(np.array([day]) for day in days))
    total: dict[int, float] = {}
    for month, share in zip((1 + months % _YEAR).tolist(), shares.tolist(), strict=True):
        total[month] = total.get(month, 0.0) + share
    return total


def _matrix(campaign: Ints, level: Ints, share: Floats, levels: tuple[int, ...], count: int) -> sparse.csr_array:
    """Shares of the levels that have a column, CSR (campaigns, levels)."""
    place = np.searchsorted(levels, level)
    place[place == len(levels)] = 0
    mine = np.asarray(levels)[place] == level if len(levels) else np.zeros(len(level), dtype=np.bool_)
    ends = campaign[mine].astype(np.int32), place[mine].astype(np.int32)
    return sparse.csr_array((share[mine], ends), shape=(count, len(levels)))
