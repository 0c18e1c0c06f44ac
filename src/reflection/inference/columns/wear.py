"""The age of creatives as columns: what a month takes from every creative, and what it does to each one.

A creative is new on the first day that any campaign has it, and as old as it is when it last ran. Where all that run at
a time are of one age, nobody can tell age from the market, and there is no column; where there is one, a fit takes up
the market's own movement beside it. Chosen on the sample, made of each campaign alone. Must not know metrics, nor which
columns a fit takes up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from reflection.domain import signals
from reflection.inference.columns.cycle import SINGLE
from reflection.inference.columns.events import EVENT, SCOPES
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time import drift
from reflection.stats.sums.columns import Feature, Layout

WEAR = "wear"
MONTHLY = drift.step_feature(WEAR, "month", 1)
"""The column of what a month of age does to every creative."""

LIFE = "life"
"""Group of what a month does to each creative beside that, one column a creative (`own_month`)."""

MARKET = "market"
"""Group of ramps that move everything alike, beside which age is asked for: up to twelve equal parts of the time."""

MONTH = 30.0
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


@dataclass(frozen=True)
class Ages:
    """How old creatives are, chosen once on the sample.

    Attributes:
        first, last: days on which each creative ran first and last.
        monthly: whether age has a column of its own. lived: creatives that have one.
        begin, part_days, parts: first day, length and number of the ramps of the market; none where nothing has an age.
    """

    first: Mapping[Feature, int]
    last: Mapping[Feature, int]
    monthly: bool
    lived: tuple[Feature, ...]
    begin: int
    part_days: float
    parts: int

    @classmethod
    def of(cls, sample: Dataset) -> "Ages":
        """The ages of all creatives of a sample."""
        entries = _Entries.of(sample)
        features = [sample.features[column] for column in entries.columns]
        monthly, lived = entries.varied(), tuple(features[place] for place in entries.places())
        day = sample.campaigns.day
        span = int(np.ptp(day)) if monthly or lived else 0
        parts = max(min(span // LEAST_DAYS, MOST_PARTS), 1) if span else 0
        return cls(
            dict(zip(features, entries.first.tolist(), strict=True)),
            dict(zip(features, entries.last.tolist(), strict=True)),
            monthly and bool(span),
            lived,
            int(day.min()) if span else 0,
            span / parts if parts else 1.0,
            parts,
        )

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        market = (drift.step_feature(MARKET, "all", 1 + part) for part in range(self.parts))
        return (*[MONTHLY][: int(self.monthly)], *map(own_month, self.lived), *market)

    def columns(self, table: Dataset) -> sparse.csr_array:
        """Months of every creative, of each that has a column, and the market's ramps of every cell, CSR."""
        entries, count = _Entries.of(table), len(table.campaign)
        first = np.array([self.first.get(table.features[column], 0) for column in entries.columns], dtype=np.int64)
        months = np.maximum(entries.day - first[entries.level], 0) / MONTH if len(first) else entries.day / MONTH
        values, cells = entries.share * months, entries.cell.astype(np.int32)
        aged = sparse.csr_array((values, (cells, np.zeros(len(cells), dtype=np.int32))), shape=(count, 1))
        number = {feature: place for place, feature in enumerate(self.lived)}
        own = np.array([number.get(table.features[column], -1) for column in entries.columns], dtype=np.int32)
        place = own[entries.level] if len(own) else np.zeros(0, dtype=np.int32)
        mine = place >= 0
        lives = sparse.csr_array((values[mine], (cells[mine], place[mine])), shape=(count, len(self.lived)))
        begun = (table.campaigns.day - self.begin)[table.campaign] / self.part_days
        market = sparse.csr_array(np.clip(begun[:, None] - np.arange(self.parts), 0.0, 1.0))
        columns = sparse.csr_array(sparse.hstack([aged[:, : int(self.monthly)], lives, market], format="csr"))
        columns.eliminate_zeros()
        return columns

    def months(self, feature: Feature) -> float:
        """How old it was when it last ran."""
        return (self.last[feature] - self.first[feature]) / MONTH

    @property
    def beside(self) -> drift.Beside:
        """What of the monthly columns each creative has in the end."""
        return {feature: dict.fromkeys((MONTHLY, own_month(feature)), self.months(feature)) for feature in self.first}


def market_features(layout: Layout) -> list[Feature]:
    """The ramps of the market in a layout."""
    return [feature for feature in layout.features if feature.group == drift.drift_group(MARKET)]


def moving_signals(layout: Layout) -> list[str]:
    """Groups of signals whose effects move in a layout: by steps of their own, or with their age."""
    groups = {signals.CREATIVE if group in (WEAR, LIFE) else group for group in drift.walking(layout)}
    if EVENT in groups:
        groups |= SCOPES
    return sorted(groups - {EVENT, MARKET, *SINGLE, *SINGLE.values()})


def own_month(creative: Feature) -> Feature:
    """The column of what a month does to one creative beside what it does to all."""
    return drift.step_feature(LIFE, creative.level, 1)


@dataclass(frozen=True, eq=False)
class _Entries:
    """Creatives in cells, one entry each.

    ``columns``: of the creatives. ``cell``, ``level`` (place among them), ``day``, ``share``, ``campaign``: (entries,).
    """

    columns: list[int]
    cell: Ints
    level: Ints
    day: Ints
    share: Floats
    campaign: Ints

    @classmethod
    def of(cls, table: Dataset) -> "_Entries":
        columns = [
            column
            for column, feature in enumerate(table.features)
            if feature.group == signals.CREATIVE and not signals.is_unstated(str(feature))
        ]
        own = sparse.csc_array(table.shares)[:, columns]
        level = np.repeat(np.arange(len(columns)), np.diff(own.indptr))
        campaign = table.campaign[own.indices]
        return cls(columns, own.indices.astype(np.intp), level, table.campaigns.day[campaign], own.data, campaign)

    @property
    def first(self) -> Ints:
        """First day of each creative."""
        days = np.full(len(self.columns), np.iinfo(np.int64).max)
        np.minimum.at(days, self.level, self.day)
        return days

    @property
    def last(self) -> Ints:
        """Last day of each creative."""
        days = np.full(len(self.columns), np.iinfo(np.int64).min)
        np.maximum.at(days, self.level, self.day)
        return days

    def varied(self) -> bool:
        """Whether ages vary among what ran at a time, and not only with time."""
        if not len(self.day):
            return False
        months = (self.day - self.first[self.level]) / MONTH
        _, number = np.unique(self.day // _WEEKS, return_inverse=True)
        means = np.bincount(number, self.share * months) / np.maximum(np.bincount(number, self.share), 1e-12)
        around = months - np.average(months, weights=self.share)
        return bool(self.share @ (months - means[number]) ** 2 > WITHIN * float(self.share @ around**2))

    def places(self) -> list[int]:
        """Places of the creatives that are old enough, and seen often enough, to have a column of their own."""
        pairs = np.unique(np.stack([self.level, self.campaign]), axis=1)
        rows = np.bincount(pairs[0], minlength=len(self.columns))
        candidates = np.flatnonzero((rows >= FEWEST) & (self.last - self.first >= LEAST_DAYS))
        places = np.sort(candidates[np.argsort(-rows[candidates], kind="stable")][:MOST_CREATIVES]).tolist()
        return places if len(places) > 1 else []
