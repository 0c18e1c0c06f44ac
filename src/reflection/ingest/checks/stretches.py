"""Days on end whose conversions went missing, or doubled, while money and clicks went on: of a campaign, of an account.

Each campaign is its own measure: what its other days paid for a conversion. A stretch is a fault where its count is six
times off and beyond chance; both ways alike, so that nothing is left out for how well it did. An account is looked at
first: where a tag is lost on a shop, each of twenty small campaigns has too few days to tell by itself. The last days
still gain conversions and are not called silent. Must not know files, nor what is made of a stretch.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reflection.ingest.building.conversions import KIND
from reflection.ingest.building.drafts import metric_sums
from reflection.stats.honesty.proportion import FACTOR, is_out_of_proportion, leans, surprise

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Days = NDArray[np.int32]

SURPRISE = 30.0
"""Nats by which a count has to be unlikely: no conversion where thirty were due. Days of a campaign scatter more than
by chance alone, so it is many."""

USUAL_SCATTER = 4.0
"""The variance of days in that of chance, up to which that is enough."""

FEWEST_DAYS = 3
FEWEST_OTHERS = 3
"""Other rows that a campaign needs to be its own measure."""

FEWEST_USUAL, FEWEST_BESIDE_OTHERS = 20.0, 2.0
"""Conversions on its other rows from which a campaign is a measure: alone, and among others of its account."""

DAY_OTHERS, DAY_COUNT, DAY_DEVIATIONS = 6, 20.0, 6.0
"""For a single day: its campaign's other days, the larger of count and due, and standard deviations."""

MOST = 5
_SETTLED = 3
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one campaign's rows: its days, what was spent and counted on them, and how much was due.

    `everywhere`: the whole account had it.
    """

    key: str
    currency: str | None
    first: dt.date
    last: dt.date
    spend: float
    conversions: float
    due: float
    line: int
    everywhere: bool = False


def stretches(frame: pl.DataFrame, complete_by: dt.date | None = None) -> list[Stretch]:
    """The stretches of identified rows, by campaign and day.

    Args:
        complete_by: the last day whose conversions are all there; later rows are not looked at.
    """
    place = ["platform", *([KIND] if KIND in frame.columns else []), "currency", "key"]
    counted = (pl.col("spend") > 0) & pl.col("conversions").is_not_null() & pl.col("first").is_not_null()
    over = pl.lit(True) if complete_by is None else pl.col("last") <= pl.lit(complete_by)
    rows = (
        frame.filter(pl.col("conversions").is_not_null())
        .group_by(*place, "first", "last")
        .agg(*metric_sums(frame), pl.col("line").min())
        .filter(counted & over)
        .sort(*place, "first")
    )
    every: list[Stretch] = []
    for account in rows.partition_by(*place[:-1], maintain_order=True):
        first, last = (account[name].to_physical().to_numpy() for name in ("first", "last"))
        spend, conversions = account["spend"].to_numpy(), account["conversions"].to_numpy()
        starts = np.flatnonzero(account["key"].rle_id().diff().fill_null(1).to_numpy())
        own = [
            slice(start, end)
            for start, end in zip(starts, [*starts[1:], len(account)], strict=True)
            if end - start >= FEWEST_OTHERS
        ]
        campaigns = [_Days(account, one, first[one], last[one], spend[one], conversions[one]) for one in own]
        if len(starts) > 1:
            _of_account(campaigns, first, last)
        for days in campaigns:
            days.look()
            every += days.stretches()
    return every


@dataclass(slots=True)
class _Days:
    """The rows of one campaign of an account in the order of days, and which of them are off."""

    account: pl.DataFrame
    own: slice
    first: Days
    last: Days
    spend: Floats
    conversions: Floats
    off: list[tuple[Mask, bool]] = field(default_factory=list)

    @property
    def sound(self) -> Mask:
        """Rows that no stretch has."""
        return ~np.any([mask for mask, _ in self.off], axis=0) if self.off else np.ones(len(self.spend), dtype=np.bool_)

    def due(self, without: Mask, fewest: float = FEWEST_USUAL) -> Floats | None:
        """What each row's spend would have brought at the price of the others; None where they do not tell."""
        others = self.sound & ~without
        conversions, spend = self.conversions[others].sum(), self.spend[others].sum()
        if others.sum() < FEWEST_OTHERS or conversions < fewest:
            return None
        return np.asarray(self.spend * (conversions / spend))

    def look(self) -> None:
        """Find the campaign's own stretches, then single days."""
        for search in (self._stretch, self._day):
            for _ in range(MOST):
                if (mask := search()) is None:
                    break
                self.off.append((mask, False))

    def _stretch(self) -> Mask | None:
        """The worse half of what is out of proportion: of few days among many the few are wrong."""
        sides = [mask for many in (False, True) if (mask := self._side(many=many)) is not None]
        return min(sides, key=lambda mask: _sum(self.spend, mask), default=None)

    def _side(self, *, many: bool) -> Mask | None:
        """Days on end that are too few, or too many."""
        sound, mask = self.sound, _none(self.sound)
        for _ in range(_SETTLED):
            due = self.due(mask)
            mask = mask if due is None else _best(_where(sound, self.conversions, due, many=many))
            if due is None or not mask.any():
                return None
        if (due := self.due(mask)) is None or self._days(mask) < FEWEST_DAYS:
            return None
        return mask if far(_sum(self.conversions, mask), _sum(due, mask), self._scatter(due, mask)) else None

    def _scatter(self, due: Floats, mask: Mask) -> float:
        """The variance of the other days in that of chance."""
        others = self.sound & ~mask & (due > 0)
        return float(np.mean((self.conversions[others] - due[others]) ** 2 / due[others])) if others.any() else 1.0

    def _day(self) -> Mask | None:
        sound, mask = self.sound, _none(self.sound)
        due = self.due(mask)
        if due is None or sound.sum() <= DAY_OTHERS:
            return None
        unlikely = np.maximum(*(_where(sound, self.conversions, due, many=many) for many in (False, True)))
        mask[int(np.argmax(unlikely))] = True
        if (due := self.due(mask)) is None or self._days(mask) >= FEWEST_DAYS:
            return None
        count, usual = _sum(self.conversions, mask), _sum(due, mask)
        scatter = max(USUAL_SCATTER, self._scatter(due, mask))
        beyond = abs(count - usual) > DAY_DEVIATIONS * math.sqrt(scatter * max(usual, 1.0))
        return mask if beyond and max(count, usual) >= DAY_COUNT and is_out_of_proportion(count, usual) else None

    def _days(self, mask: Mask) -> int:
        """How many days there are from the first to the last of some rows."""
        return _length(mask, self.first, self.last)

    def stretches(self) -> Iterator[Stretch]:
        """What was found, as values."""
        usual = self.due(_none(self.sound), FEWEST_BESIDE_OTHERS)
        for mask, everywhere in self.off:
            rows = self.account[self.own].filter(pl.Series(mask))
            head, due = rows.row(0, named=True), 0.0 if usual is None else _sum(usual, mask)
            first, last = min(rows["first"].to_list()), max(rows["last"].to_list())
            sums = _sum(self.spend, mask), _sum(self.conversions, mask), due
            yield Stretch(str(head["key"]), head["currency"], first, last, *sums, int(head["line"]), everywhere)


def _of_account(campaigns: Sequence[_Days], first: Days, last: Days) -> None:
    """Find what all campaigns of an account have at once, each of them measured by itself.

    Args:
        first, last: the days of all rows of the account, also of campaigns that have too few.
    """
    days = np.unique(first)
    spans = [
        (span, many)
        for many in (False, True)
        if (span := _span(campaigns, days, many=many)) is not None
        and _length(span[np.searchsorted(days, first)], first, last) >= FEWEST_DAYS
    ]
    if not spans:
        return
    span, many = min(spans, key=lambda pair: int(pair[0].sum()))
    for one in campaigns:
        mask = span[np.searchsorted(days, one.first)]
        own = one.due(mask, FEWEST_BESIDE_OTHERS)
        if own is not None and mask.any() and leans(_sum(one.conversions, mask), _sum(own, mask), many=many):
            one.off.append((mask, True))


def _span(campaigns: Sequence[_Days], days: Days, *, many: bool) -> Mask | None:
    """Days on end on which all campaigns together are too few, or too many."""
    span = np.zeros(len(days), dtype=np.bool_)
    for _ in range(_SETTLED):
        conversions, due = _together(campaigns, days, span)
        span = _best(_scores(conversions, due, many=many))
    conversions, due = _together(campaigns, days, span)
    return span if far(_sum(conversions, span), _sum(due, span)) else None


def _together(campaigns: Sequence[_Days], days: Days, span: Mask) -> tuple[Floats, Floats]:
    """What all campaigns counted on each day, and what was due by their own prices outside a span."""
    conversions, due = np.zeros(len(days)), np.zeros(len(days))
    for one in campaigns:
        at = np.searchsorted(days, one.first)
        own = one.due(span[at], FEWEST_BESIDE_OTHERS)
        if own is not None:
            np.add.at(conversions, at, one.conversions)
            np.add.at(due, at, own)
    return conversions, due


def _length(inside: Mask, first: Days, last: Days) -> int:
    """Days from the first to the last of some rows."""
    return int(last[inside].max() - first[inside].min() + 1) if inside.any() else 0


def far(conversions: float, due: float, scatter: float = 1.0) -> bool:
    """Whether a count is out of all proportion to what was due, and beyond chance and the scatter of its days.

    >>> far(0, 30), far(3, 30), far(10, 60), far(400, 60), far(30, 60)
    (True, False, True, True, False)
    """
    likely = SURPRISE * max(1.0, scatter / USUAL_SCATTER)
    return is_out_of_proportion(conversions, due) and surprise(conversions, due) >= likely


def _scores(conversions: Floats, due: Floats, *, many: bool) -> Floats:
    """How much more likely each row is with six times, or a sixth of, what was due."""
    ratio = FACTOR if many else 1 / FACTOR
    return np.asarray(conversions * math.log(ratio) - due * (ratio - 1))


def _where(sound: Mask, conversions: Floats, due: Floats, *, many: bool) -> Floats:
    return np.where(sound, _scores(conversions, due, many=many), _NEVER)


def _best(scores: Floats) -> Mask:
    """The rows on end whose scores add up to most; none where all are below zero."""
    mask = np.zeros(len(scores), dtype=np.bool_)
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    gains = sums[1:] - np.minimum.accumulate(sums[:-1])
    end = int(np.argmax(gains))
    if gains[end] > 0:
        mask[int(np.argmin(sums[: end + 1])) : end + 1] = True
    return mask


def _none(like: Mask) -> Mask:
    return np.zeros(len(like), dtype=np.bool_)


def _sum(values: Floats, mask: Mask) -> float:
    return float(values[mask].sum())
