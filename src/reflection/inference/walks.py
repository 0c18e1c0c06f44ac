"""Columns by which the effects of signals may move over time, and which groups of signals have any.

Platforms jump: their effects carry steps, one a bucket of days. What people see and who they are wears out or catches
on slowly: attributes of audiences and creatives, types and names carry ramps, a random walk in straight lines over a
few equal parts of the whole time, which ends on the last day. A pure function of the dataset. Must not know metrics,
nor which of the columns a fit takes up.
"""

from collections.abc import Iterable
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.dataset import Dataset, Ints
from reflection.stats import drift
from reflection.stats.columns import Feature

STANDING = (signals.PLATFORM, signals.OBJECTIVE, signals.CREATIVE)
"""Groups without ramps: platforms have steps, an objective is what the campaign was told, a creative has its age."""

RAMP_DAYS = 60
"""Shortest part of the time over which a slow change is looked for."""

MOST_RAMPS = 4
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
    return span / count if count else 0.0


def ramps(table: Dataset) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """Ramps of every level that may move slowly, CSR (cells, ramps), and their features."""
    days = table.campaigns.day
    width = ramp_days(days)
    members = sparse.csc_array(table.shares)
    columns = _levels(table, members) if width else []
    if not columns:
        return sparse.csr_array((len(table.campaign), 0)), ()
    count = round(float(np.ptp(days)) / width)
    begun = (days - days.min())[table.campaign] / width
    chosen = members[:, columns]
    level = np.repeat(np.arange(len(columns)), np.diff(chosen.indptr))
    number = np.arange(count)
    grown = np.clip(begun[chosen.indices][:, None] - number, 0.0, 1.0)  # 0 before a ramp's part of the time, 1 after it
    entry, ramp = np.nonzero(grown)
    ends = (chosen.indices[entry].astype(np.int32), (level[entry] * count + ramp).astype(np.int32))
    values = chosen.data[entry] * grown[entry, ramp]
    names = [
        drift.step_feature(table.features[column].group, table.features[column].level, 1 + k)
        for column in columns
        for k in number.tolist()
    ]
    shape = (len(table.campaign), len(names))
    return _with_rows(sparse.csr_array((values, ends), shape=shape), names)


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
    chosen = sorted(sorted(levels)[:MOST_LEVELS] for levels in by_group.values() if len(levels) > 1)[:MOST_GROUPS]
    return sorted(column for levels in chosen for _, column in levels)


def steps(table: Dataset, buckets: NDArray[np.int64], first: int) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """Step columns 1{platform and bucket >= k} of every cell, and their features."""
    cells_of = np.bincount(table.shares.indices, minlength=len(table.features))
    every = [column for column, feature in enumerate(table.features) if feature.group == signals.PLATFORM]
    platforms = sorted(sorted(every, key=lambda column: -cells_of[column])[:MOST_PLATFORMS])
    count = int(buckets.max(initial=first)) - first
    names = [
        drift.step_feature(signals.PLATFORM, table.features[column].level, first + k)
        for column in platforms
        for k in range(1, count + 1)
    ]
    is_platform = np.flatnonzero(np.isin(table.shares.indices, platforms))
    cells: Ints = np.searchsorted(table.shares.indptr, is_platform, side="right") - 1
    columns = table.shares.indices[is_platform]
    begun = (buckets[table.campaign[cells]] - first).astype(np.intp)
    row = np.repeat(cells.astype(np.int32), begun)  # SciPy keeps the wider of the indices it is given
    step = np.arange(len(row)) - np.repeat(np.cumsum(begun) - begun, begun)
    column = (np.repeat(np.searchsorted(platforms, columns) * count, begun) + step).astype(np.int32)
    values = np.repeat(table.shares.data[is_platform], begun)
    return _with_rows(sparse.csr_array((values, (row, column)), shape=(len(table.campaign), len(names))), names)


def _with_rows(matrix: sparse.csr_array, names: Iterable[Feature]) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """The columns that any cell has: what ended earlier makes no later steps."""
    seen = np.asarray(matrix.sum(axis=0)).ravel() > 0
    return sparse.csr_array(matrix[:, np.flatnonzero(seen)]), tuple(compress(names, seen.tolist()))
