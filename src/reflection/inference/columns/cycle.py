"""Times that come round, such as the months of a year: what the fits and the findings need of them.

Each level, a month or a weekday, is a column that all campaigns share, by the shares of their days. Beside the levels
stand single times, November 2024 and the like: what was special once does not come round. Must not know metrics.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.recurring_times import RecurringTimes
from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time import drift
from reflection.stats.posterior.empirical_bayes import Effects, Fit
from reflection.stats.sums.columns import Feature

SEASON, SINGLE_MONTH = "season", "single month"
WEEKDAY, SINGLE_DAY = "weekday", "single day"
RECURRING = (SEASON, WEEKDAY)
SINGLE = {SEASON: SINGLE_MONTH, WEEKDAY: SINGLE_DAY}
"""Group of the single times beside the levels of each group that come round."""

MOSTLY = 0.5
"""Share of a campaign's days in some levels from which on it ran in them."""


class Cycle(Protocol):
    """Levels that come round."""

    @property
    def group(self) -> str:
        """Group of the columns of its levels."""

    @property
    def turn(self) -> str:
        """What they come round in: ``year``."""

    @property
    def size(self) -> int:
        """How many levels there are in a turn."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Those that have a column, from 1 on; none where nothing comes round often enough."""

    @property
    def singles(self) -> tuple[Feature, ...]:
        """Columns of the single times."""

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Levels and then single times of every cell, CSR."""

    def ran(self, campaigns: Campaigns, levels: Sequence[int]) -> tuple[NDArray[np.bool_], Ints]:
        """Which campaigns mostly ran in some levels one after the other, and the number of the turn in which the first
        of these lies, (campaigns,)."""

    def named(self, levels: Sequence[int]) -> str:
        """Levels one after the other, in words."""


def level_feature(group: str, level: int) -> Feature:
    """The column of a level."""
    return drift.step_feature(group, f"{level:02d}", 1)


def learnt(group: str, fit: Fit, present: Effects, draws: int) -> RecurringTimes | None:
    """What a fit says of the levels of a group, at most so many draws; None where it took none up.

    Args:
        present: its effects, those of levels against their average.
    """
    drifting = drift.drift_group(group)
    if drifting not in fit.log_step_factors:
        return None
    own = [(f.level, column) for column, f in enumerate(present.layout.features) if f.group == drifting]
    levels = [int(name.partition(drift.STEP_MARK)[0]) for name, _ in own]
    return RecurringTimes(
        levels=np.array(levels, dtype=np.int64),
        draws=np.ascontiguousarray(present.draws[[column for _, column in own], :draws]),
        scale=np.array([fit.tau_of(Feature(name, "")) for name in (drifting, drift.drift_group(SINGLE[group]))]),
    )


def mostly_in(campaign: Ints, time: Ints, share: Floats, count: int) -> tuple[NDArray[np.bool_], Ints]:
    """Which of so many campaigns ran at least half of their days in some single times, and the last of these of each.

    Args:
        campaign, time, share: of the days that lie in them, (entries,) each.
    """
    last = np.zeros(count, dtype=np.intp)
    np.maximum.at(last, campaign, time)
    return np.bincount(campaign, share, minlength=count) >= MOSTLY, last


def shares_matrix(campaign: Ints, level: Ints, share: Floats, levels: tuple[int, ...], count: int) -> sparse.csr_array:
    """Shares of the levels that have a column, CSR (campaigns, levels)."""
    place = np.searchsorted(levels, level)
    place[place == len(levels)] = 0
    mine = np.asarray(levels)[place] == level if len(levels) else np.zeros(len(level), dtype=np.bool_)
    ends = campaign[mine].astype(np.int32), place[mine].astype(np.int32)
    return sparse.csr_array((share[mine], ends), shape=(count, len(levels)))
