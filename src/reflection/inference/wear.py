"""The age of creatives as columns: what every creative loses a month, and what each one moves over its own life.

A creative is new on the first day that any campaign has it, and as old as it is when it last ran. Where all that run at
a time are of one age, nobody can tell age from the market, and there is no column; where there is one, a fit takes up
the market's own movement beside it. A pure function of the dataset. Must not know metrics, nor which columns a
fit takes up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.inference.dataset import Dataset, Floats, Ints
from reflection.stats import drift
from reflection.stats.columns import Feature

WEAR = "wear"
MONTHLY = drift.step_feature(WEAR, "month", 1)
"""The column of what a month of age does to every creative."""

LIFE = "life"
"""Group of what a month does to each creative beside that, one column a creative (`own_month`)."""

MONTH = 30.0
MARKET = "market"
"""Group of ramps that move everything alike, beside which age is asked for: up to twelve equal parts of the time."""

MOST_PARTS = 12
LEAST_DAYS = 28
FEWEST = 6
"""Days of a creative's life, and campaigns (or months of one) in it, from which on its own movement is asked for."""

MOST_CREATIVES = 60
"""Of the creatives with an own movement, those in the most campaigns."""

WITHIN = 0.2
"""Share of the variance of ages that has to be among creatives of the same weeks."""

_WEEKS = 28
"""Days within which creatives are of the same time."""


@dataclass(frozen=True, eq=False)
class Ages:
    """When creatives ran: by feature the first and the last day."""

    first: Mapping[Feature, int]
    last: Mapping[Feature, int]

    def months(self, feature: Feature) -> float:
        """How old it was when it last ran."""
        return (self.last[feature] - self.first[feature]) / MONTH

    @property
    def beside(self) -> drift.Beside:
        """What of the monthly columns each creative has in the end."""
        return {feature: dict.fromkeys((MONTHLY, own_month(feature)), self.months(feature)) for feature in self.first}


def own_month(creative: Feature) -> Feature:
    """The column of what a month does to one creative beside what it does to all."""
    return drift.step_feature(LIFE, creative.level, 1)


def ages(table: Dataset) -> tuple[Ages, sparse.csr_array, tuple[Feature, ...]]:
    """The ages of all creatives, their columns as CSR (cells, columns), and the features of these."""
    members, day = sparse.csc_array(table.shares), table.campaigns.day
    columns = [
        column
        for column, feature in enumerate(table.features)
        if feature.group == signals.CREATIVE and not signals.is_unstated(str(feature))
    ]
    own = members[:, columns]
    level, when = np.repeat(np.arange(len(columns)), np.diff(own.indptr)), day[table.campaign[own.indices]]
    first, last = np.full(len(columns), np.iinfo(np.int64).max), np.full(len(columns), np.iinfo(np.int64).min)
    np.minimum.at(first, level, when)
    np.maximum.at(last, level, when)
    months = (when - first[level]) / MONTH
    features = [table.features[column] for column in columns]
    known = Ages(dict(zip(features, first.tolist(), strict=True)), dict(zip(features, last.tolist(), strict=True)))
    told = slice(0, int(_varied(when // _WEEKS, months, own.data)))
    ends = (own.indices, np.zeros(len(level), dtype=np.int32))
    worn = sparse.csr_array((own.data * months, ends), shape=(len(table.campaign), 1))
    lives = _lives(own, level, months, [known.months(feature) for feature in features], table)
    names = tuple(own_month(features[place]) for place in lives[1])
    aged: tuple[Feature, ...] = (*[MONTHLY][told], *names)
    parts, moved = _market(day[table.campaign], asked=bool(aged))
    matrix = sparse.csr_array(sparse.hstack([worn[:, told], lives[0], parts], format="csr"))
    matrix.eliminate_zeros()
    return known, matrix, (*aged, *moved)


def _market(days: NDArray[np.int64], *, asked: bool) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """Ramps of everything over equal parts of the time, CSR (cells, parts), and their features."""
    span = int(np.ptp(days))
    count = max(min(span // LEAST_DAYS, MOST_PARTS), 1) if asked else 0
    begun = (days - days.min()) * (count / max(span, 1))
    ramps = np.clip(begun[:, None] - np.arange(count), 0.0, 1.0)
    return sparse.csr_array(ramps), tuple(drift.step_feature(MARKET, "all", 1 + k) for k in range(count))


def _varied(weeks: Ints, months: Floats, weights: Floats) -> bool:
    """Whether ages vary among what ran at a time, and not only with time."""
    if not len(months):
        return False
    _, number = np.unique(weeks, return_inverse=True)
    means = np.bincount(number, weights * months) / np.maximum(np.bincount(number, weights), 1e-12)
    within, around = weights @ (months - means[number]) ** 2, months - np.average(months, weights=weights)
    return bool(within > WITHIN * float(weights @ around**2))


def _lives(
    own: sparse.csc_array, level: Ints, months: Floats, whole: list[float], table: Dataset
) -> tuple[sparse.csr_array, list[int]]:
    """Months of each creative's own life, CSR (cells, creatives), and the places of these."""
    length = np.array(whole)
    parts = np.split(own.indices, own.indptr[1:-1])
    rows = np.array([len(np.unique(table.campaign[cells])) for cells in parts[: len(whole)]], dtype=np.intp)
    asked = np.flatnonzero((rows >= FEWEST) & (length * MONTH >= LEAST_DAYS))
    chosen = np.sort(asked[np.argsort(-rows[asked], kind="stable")][:MOST_CREATIVES])
    chosen = chosen if len(chosen) > 1 else chosen[:0]
    number = np.full(len(whole), -1)
    number[chosen] = np.arange(len(chosen))
    mine = number[level] >= 0
    values = (own.data * months)[mine]
    ends = (own.indices[mine].astype(np.int32), number[level][mine].astype(np.int32))
    matrix = sparse.csr_array((values, ends), shape=(len(table.campaign), len(chosen)))
    matrix.eliminate_zeros()
    return matrix, chosen.tolist()
