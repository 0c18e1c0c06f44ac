"""What all campaigns with a signal did, without any model: how many there are, their money and events, plain ratios.

Sums of partitions, which merge exactly. Must not know how effects are estimated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain.metrics import COMPOSED, METRICS, OBSERVED
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.observation import counts_of
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.exact_sums import ExactSums

EVENTS = ("impressions", "clicks", "conversions")


@dataclass(frozen=True, eq=False)
class Ratio:
    """Numerators and denominators of a metric: share-weighted by feature, and of all cells."""

    top: ExactSums
    bottom: ExactSums
    above: ExactSums
    below: ExactSums

    @classmethod
    def of(cls, table: Dataset, metric: str) -> "Ratio":
        """Of a partition."""
        x, n = counts_of(metric, table)
        stated = ~np.isnan(x) & ~np.isnan(n)
        x, n = np.where(stated, x, 0.0), np.where(stated, n, 0.0)
        shares = table.shares
        return cls(ExactSums.of_columns(shares, x), ExactSums.of_columns(shares, n), ExactSums.of(x), ExactSums.of(n))

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(
            self.top + other.top, self.bottom + other.bottom, self.above + other.above, self.below + other.below
        )

    def lift(self, column: int) -> float | None:
        """Ratio of sums with a feature over the ratio of all sums."""
        top, bottom = float(self.top.value[column]), float(self.bottom.value[column])
        above, below = float(self.above.value), float(self.below.value)
        return top / bottom / (above / below) if above > 0 and below > 0 and bottom > 0 else None


@dataclass(frozen=True, eq=False)
class RawLifts:
    """Raw sums behind every feature, all (features,).

    Attributes:
        column: of each feature.
        effective: real campaigns by their shares of impressions. real, rows: real campaigns and rows of evidence.
        first: the first id of a campaign with it, "" where there is none. last_day: of a campaign with it.
        events: share-weighted, by what is counted. spend: share-weighted; None where no amount is known.
        ratios: by metric.
    """

    column: Mapping[Feature, int]
    effective: ExactSums
    real: NDArray[np.int64]
    rows: NDArray[np.int64]
    first: NDArray[np.object_]
    last_day: NDArray[np.int64]
    events: Mapping[str, ExactSums]
    spend: ExactSums | None
    ratios: Mapping[str, Ratio]

    @classmethod
    def of(cls, table: Dataset) -> "RawLifts":
        """Of a partition."""
        members = sparse.csc_array(table.shares)
        spans = [_span(table, members.indices[start:end]) for start, end in _ends(members)]
        return cls(
            column={feature: column for column, feature in enumerate(table.features)},
            effective=ExactSums.of_columns(table.shares, _weight(table)),
            real=np.array([real for real, _, _, _ in spans], dtype=np.int64),
            rows=np.array([rows for _, rows, _, _ in spans], dtype=np.int64),
            first=np.array([first for _, _, first, _ in spans], dtype=np.object_),
            last_day=np.array([last for _, _, _, last in spans], dtype=np.int64),
            events={name: ExactSums.of_columns(table.shares, np.nan_to_num(getattr(table, name))) for name in EVENTS},
            spend=_spend(table),
            ratios={name: Ratio.of(table, name) for name in (*OBSERVED, *COMPOSED)},
        )

    def __add__(self, other: "RawLifts") -> "RawLifts":
        names = np.where(self.first == "", other.first, self.first)
        spends = [spend for spend in (self.spend, other.spend) if spend is not None]
        return replace(
            self,
            effective=self.effective + other.effective,
            real=self.real + other.real,
            rows=self.rows + other.rows,
            first=np.where((other.first == "") | (names < other.first), names, other.first),
            last_day=np.maximum(self.last_day, other.last_day),
            events={name: self.events[name] + other.events[name] for name in EVENTS},
            spend=spends[0] + spends[1] if len(spends) == 2 else next(iter(spends), None),
            ratios={name: ratio + other.ratios[name] for name, ratio in self.ratios.items()},
        )

    def evidence(self, feature: Feature, metric: str) -> tuple[int, int, float]:
        """Real campaigns it was seen in, rows of evidence, and events of a metric counted with it, by its shares."""
        column = self.column[feature]
        counted = METRICS[metric].events or METRICS[metric].denominator or "impressions"
        return int(self.real[column]), int(self.rows[column]), float(self.events[counted].value[column])

    def only_campaign(self, feature: Feature) -> str:
        """The first campaign with a feature: where it was seen in one, this one."""
        return str(self.first[self.column[feature]])

    def campaigns(self, feature: Feature) -> float:
        """Effective number of real campaigns: the sum over them of the share of impressions with the feature."""
        return float(self.effective.value[self.column[feature]])

    def spend_with(self, feature: Feature) -> float | None:
        """Share-weighted spend in the table's currency; None where no amount is known."""
        return None if self.spend is None else float(self.spend.value[self.column[feature]])

    def day(self, feature: Feature) -> int:
        """The last day of a campaign with a feature, in days since 1970-01-01."""
        return int(self.last_day[self.column[feature]])

    def raw_lift(self, feature: Feature, metric: str) -> float | None:
        """Ratio of sums with the feature over the ratio of all sums: what one sees without any model."""
        return self.ratios[metric].lift(self.column[feature])


def _ends(members: sparse.csc_array) -> list[tuple[int, int]]:
    return list(zip(members.indptr[:-1].tolist(), members.indptr[1:].tolist(), strict=True))


def _span(table: Dataset, cells: NDArray[np.int32]) -> tuple[int, int, str, int]:
    """Real campaigns, rows, the first id and the last day of the cells with a feature, which are ascending."""
    if not len(cells):
        return 0, 0, "", int(np.iinfo(np.int64).min)
    owner = table.campaign[cells]
    campaigns = table.campaigns
    return (
        len(np.unique(campaigns.real[owner])),
        len(cells),
        str(campaigns.ids[owner[0]]),
        int(campaigns.day[owner].max()),
    )


def _weight(table: Dataset) -> Floats:
    """What each cell counts of its real campaign: by impressions, alike where nobody counted; months of one are one."""
    months = np.bincount(table.campaigns.unit, minlength=len(table))[table.campaigns.unit]
    counted = ~np.isnan(table.by_campaign(table.impressions))[table.campaign]
    impressions = np.where(counted, np.nan_to_num(table.impressions), 1.0)
    total = np.bincount(table.campaign, impressions, minlength=len(table))[table.campaign]
    weight = np.divide(impressions, total, out=np.zeros(len(total)), where=total > 0)
    return np.asarray(weight / months[table.campaign])


def _spend(table: Dataset) -> ExactSums | None:
    known = ~np.isnan(table.spend).all()
    return ExactSums.of_columns(table.shares, np.nan_to_num(table.spend)) if known else None
