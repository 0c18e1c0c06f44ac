"""Columns by which the effects of signals may move over time, and which groups of signals have any.

Platforms jump: their effects carry steps, one a bucket of days. What people see and who they are wears out or catches
on slowly: attributes of audiences and creatives, types and names carry ramps, a random walk in straight lines over a
few equal parts of the whole time, which ends on the last day. Chosen on the sample, made of each
campaign alone. Must not know metrics,
nor which of the columns a fit takes up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time import drift
from reflection.stats.sums.columns import Feature, Layout

STANDING = (signals.PLATFORM, signals.OBJECTIVE, signals.CREATIVE)
"""Groups without ramps: platforms have steps, an objective is what the campaign was told, a creative has its age."""

RAMP_DAYS = 60
"""Shortest part of the time over which a slow change is looked for."""

FEWEST_RAMPS, MOST_RAMPS = 2, 4
"""Of one part alone a sudden end and a slow decline look the same, and neither says what goes on now."""

MOST_LEVELS = 24
"""Of one group, those in the most campaigns: with more, each says little of its own movement."""

MOST_GROUPS, MOST_PLATFORMS = 12, 30
"""Groups that have ramps and platforms that have steps, those in the most campaigns: each adds columns to every fit."""

FEWEST = 6
"""Campaigns with a level whose movement is asked for."""


def ramp_days(days: NDArray[np.int64]) -> float:
    """Length of a ramp in days, which need not be whole; 0.0 where the time is too short for one."""
    span = float(np.ptp(days)) if len(days) else 0.0
    count = min(int(span // RAMP_DAYS), MOST_RAMPS)
    return span / count if count >= FEWEST_RAMPS else 0.0


@dataclass(frozen=True)
class Ramps:
    """The ramps of a workspace, chosen once on the sample.

    Attributes:
        first_day: on which the first ramp begins. days: length of a ramp; 0.0 where there is none.
        levels: feature -> how many of the ramps anybody saw it in.
    """

    first_day: int
    days: float
    levels: Mapping[Feature, int]

    @classmethod
    def of(cls, sample: Dataset) -> "Ramps":
        """The ramps of every level that may move slowly."""
        days, width = sample.campaigns.day, ramp_days(sample.campaigns.day)
        if not width:
            return cls(0, 0.0, {})
        first, members = int(days.min()), sparse.csc_array(sample.shares)
        count = round(float(np.ptp(days)) / width)
        levels = {}
        for column in _levels(sample, members):
            own = members.indices[members.indptr[column] : members.indptr[column + 1]]
            last = float((days[sample.campaign[own]] - first).max()) / width
            levels[sample.features[column]] = min(int(np.ceil(last)), count)
        return cls(first, width, levels)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        return tuple(
            drift.step_feature(feature.group, feature.level, 1 + k)
            for feature, count in self.levels.items()
            for k in range(count)
        )

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Ramps of every cell, 0 before a ramp's part of the time and 1 after it, CSR (cells, ramps)."""
        counts = np.array(list(self.levels.values()), dtype=np.intp)
        if not len(counts):
            return sparse.csr_array((len(table.campaign), 0))
        place = {feature: column for column, feature in enumerate(table.features)}
        shares = sparse.csc_array(table.shares)[:, [place[feature] for feature in self.levels]]
        level = np.repeat(np.arange(len(counts)), np.diff(shares.indptr))
        begun = (table.campaigns.day - self.first_day)[table.campaign] / self.days
        grown = np.clip(begun[shares.indices][:, None] - np.arange(counts.max()), 0.0, 1.0)
        entry, ramp = np.nonzero(grown * (np.arange(counts.max()) < counts[level][:, None]))
        first = np.concatenate([[0], np.cumsum(counts)])
        ends = (shares.indices[entry].astype(np.int32), (first[level[entry]] + ramp).astype(np.int32))
        values = shares.data[entry] * grown[entry, ramp]
        return sparse.csr_array((values, ends), shape=(len(table.campaign), int(first[-1])))


def _levels(table: Dataset, members: sparse.csc_array) -> list[int]:
    """Columns of the signals whose movement is asked for: of groups with at least two such levels."""
    by_group: dict[str, list[tuple[int, int]]] = {}
    for column, feature in enumerate(table.features):
        if feature.group in STANDING or signals.CROSS in feature.group or signals.is_unstated(str(feature)):
            continue
        own = table.campaign[members.indices[members.indptr[column] : members.indptr[column + 1]]]
        campaigns = np.unique(own)
        if len(campaigns) >= FEWEST and np.ptp(table.campaigns.day[campaigns]) >= RAMP_DAYS:
            by_group.setdefault(feature.group, []).append((-len(campaigns), column))
    groups = sorted(sorted(levels)[:MOST_LEVELS] for levels in by_group.values() if len(levels) > 1)[:MOST_GROUPS]
    return sorted(column for levels in groups for _, column in levels)


WHOLE = Feature(signals.PLATFORM, "")
"""The platform of an account in which none is told from what always comes with it: its steps are the account's."""


def last_steps(sample: Dataset, bucket: NDArray[np.int64]) -> dict[Feature, int]:
    """The last step of each platform's signals that anybody has seen, the steps counted from 1.

    Args:
        bucket: of each campaign, the first one 0.
    """
    if not any(feature.group == signals.PLATFORM for feature in sample.features):
        return {WHOLE: int(bucket.max(initial=0))}
    cells = sparse.csc_array(sample.shares)
    every = [column for column, feature in enumerate(sample.features) if feature.group == signals.PLATFORM]
    platforms = sorted(every, key=lambda column: -int(cells.indptr[column + 1] - cells.indptr[column]))[:MOST_PLATFORMS]
    last = {}
    for column in sorted(platforms):
        own = cells.indices[cells.indptr[column] : cells.indptr[column + 1]]
        last[sample.features[column]] = int(bucket[sample.campaign[own]].max(initial=0))
    return last


def whole_features(layout: Layout) -> list[Feature]:
    """The steps of the whole account in a layout."""
    group, level = drift.drift_group(WHOLE.group), WHOLE.level + drift.STEP_MARK
    return [feature for feature in layout.features if feature.group == group and feature.level.startswith(level)]


def step_columns(table: Dataset, bucket: NDArray[np.int64], steps: Mapping[Feature, int]) -> sparse.csr_array:
    """Step columns 1{platform and bucket >= k} of every cell, CSR (cells, steps)."""
    if WHOLE in steps:
        begun = np.clip(bucket[table.campaign], 0, steps[WHOLE])
        return sparse.csr_array((begun[:, None] > np.arange(steps[WHOLE])).astype(np.float64))
    first, last = np.zeros(len(table.features), dtype=np.int64), np.zeros(len(table.features), dtype=np.int64)
    count = 0
    for platform, number in steps.items():
        column = table.features.index(platform)
        first[column], last[column], count = count, number, count + number
    entries = np.flatnonzero(last[table.shares.indices])
    cells = np.searchsorted(table.shares.indptr, entries, side="right") - 1
    columns = table.shares.indices[entries]
    begun = np.clip(bucket[table.campaign[cells]], 0, last[columns]).astype(np.intp)
    row = np.repeat(cells.astype(np.int32), begun)  # SciPy keeps the wider of the indices it is given
    step = np.arange(len(row)) - np.repeat(np.cumsum(begun) - begun, begun)
    column_of = (np.repeat(first[columns], begun) + step).astype(np.int32)
    values = np.repeat(table.shares.data[entries], begun)
    return sparse.csr_array((values, (row, column_of)), shape=(len(table.campaign), count))
