"""Rows to drafts: one per campaign (and month), with its sums, its audience x creative cells and its days.

A draft is everything an import knows of a campaign before expected figures are found. Sums are rounded to a millionth,
so that the order of rows does not show. This file must not know platforms, files or expected figures.
"""

import calendar
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.ingest.building.name_templates import real_name
from reflection.ingest.options import GroupBy


@dataclass(frozen=True, slots=True)
class Sums:
    """Summed metrics; None where no row says: missing is not zero."""

    impressions: float | None = None
    clicks: float | None = None
    conversions: float | None = None
    spend: float | None = None
    revenue: float | None = None

    def delivered(self) -> bool:
        """Whether anything happened at all."""
        return any((self.impressions, self.clicks, self.conversions, self.spend, self.revenue))


@dataclass(frozen=True, slots=True)
class Cell:
    """One audience x creative of a draft, under names that a campaign accepts; texts describe the creative."""

    audience: str | None
    creative: str | None
    sums: Sums
    traits: tuple[tuple[str, str], ...]
    creative_name: str = ""
    creative_type: str = ""
    headline: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign in the making; `first` and `last` are days, None when the file has no dates.

    `account_id` and `conversion_kind` are what all its rows say; None where they say nothing or do not agree.
    `mature_on`: the day its conversions are complete; `doubt`: first and last day of those whose conversions look lost
    or doubled, and what was spent on them.
    `shares_key`: the same campaign also has rows in another currency; `has_twin`: another's key differs in case only.
    """

    key: str
    name: str
    platform: str
    objective: str
    currency: str | None
    first: dt.date | None
    last: dt.date | None
    sums: Sums
    cells: tuple[Cell, ...]
    lines: tuple[int, ...]
    by_month: bool
    shares_key: bool = False
    has_twin: bool = False
    account_id: str | None = None
    conversion_kind: str | None = None
    mature_on: dt.date | None = None
    doubt: tuple[dt.date, dt.date, float] | None = None

    @property
    def label(self) -> str:
        """The month, or '' when the campaign is taken as a whole."""
        if not self.by_month or self.first is None or self.last is None:
            return ""
        same = (self.first.year, self.first.month) == (self.last.year, self.last.month)
        return f"{self.first:%Y-%m}" if same else f"{self.first:%Y-%m-%d}--{self.last:%Y-%m-%d}"


def month_span(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of a day's month."""
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def group_drafts(frame: pl.DataFrame, group_by: GroupBy) -> list[Draft]:
    """Drafts of rows that have `key`, `name`, `platform`, `currency`, `first`, `last`, `audience`, `creative`."""
    by_month = group_by == "month" and frame["first"].null_count() < frame.height
    frame = frame.with_columns((_bucket() if by_month else pl.lit(0)).alias("bucket"))
    heads = _heads(frame)
    cells = _cells(frame)
    currencies = Counter(key for key, _ in {(row["key"], row["currency"]) for row in heads})
    spellings = Counter(key.casefold() for key in {row["key"] for row in heads})
    drafts = [
        Draft(
            key=row["key"],
            name=row["name"],
            platform=row["platform"],
            objective=row["objective"] or "",
            currency=row["currency"],
            first=row["first"],
            last=row["last"],
            sums=Sums(*(row[name] for name in COUNTS)),
            cells=tuple(cells.get((row["key"], row["currency"], row["bucket"]), ())),
            lines=tuple(row["lines"]),
            by_month=by_month,
            shares_key=currencies[row["key"]] > 1,
            has_twin=spellings[row["key"].casefold()] > 1,
            **{name: row[name][0] if row[name] and len(row[name]) == 1 else None for name in _AGREED if name in row},
        )
        for row in heads
    ]
    return sorted(drafts, key=lambda draft: (draft.last or dt.date.min, draft.first or dt.date.min, draft.key))


def _bucket() -> pl.Expr:
    """A number for each month, and for each span of days that is not within one."""
    first, last = pl.col("first").dt.month_start(), pl.col("last").dt.month_start()
    spans = pl.when(first == last)
    days = [spans.then(month).otherwise(pl.col(name)) for month, name in ((first, "first"), (last, "last"))]
    start, end = (day.to_physical().cast(pl.Int64) for day in days)
    return start * 1_000_000 + end


_AGREED = ("account_id", "conversion_kind")
"""What a draft says only where its rows agree."""


def _heads(frame: pl.DataFrame) -> list[dict[str, Any]]:
    grouped = frame.group_by("key", "currency", "bucket").agg(
        pl.col("name").drop_nulls().last(),
        pl.col("platform").first(),
        pl.col("objective").drop_nulls().mode().sort().first(),
        pl.col("first").min(),
        pl.col("last").max(),
        *metric_sums(frame),
        *(pl.col(name).cast(pl.String).drop_nulls().unique() for name in _AGREED if name in frame.columns),
        pl.col("line").filter(pl.col("line") > 0).sort().head(20).alias("lines"),
    )
    return grouped.to_dicts()


ALWAYS_WRITTEN = ("impressions", "spend")
"""Counts that platforms write as 0 where there were none: a blank among rows that did something is a hole, and a sum
over it would be too small. Clicks and conversions are left blank where there were none."""


def metric_sums(frame: pl.DataFrame) -> list[pl.Expr]:
    """Sums of rows of a frame, in groups: null where no row says something, or where one of `ALWAYS_WRITTEN` lacks of
    a row that delivered."""
    did = pl.any_horizontal(pl.col(name).fill_null(0.0) > 0 for name in ("impressions", "clicks", "spend"))
    sums = []
    for name in COUNTS:
        total = pl.col(name).sum().round(6)
        if frame[name].null_count():
            whole = pl.col(name).is_not_null().any()
            if name in ALWAYS_WRITTEN:
                whole &= ~(pl.col(name).is_null() & did).any()
            total = pl.when(whole).then(total)
        sums.append(total.alias(name))
    return sums


def _cells(frame: pl.DataFrame) -> dict[tuple[str, str | None, int], list[Cell]]:
    """The cells of each draft, highest spend first, under names that a campaign accepts."""
    texts = [name for name in ("creative_name", "creative_type", "headline", "body") if name in frame.columns]
    splits = [name for name in ("age", "gender", "country") if name in frame.columns]
    by = ["key", "currency", "bucket", "audience", "creative"]
    grouped = (
        frame.filter(pl.col("audience").is_not_null() | pl.col("creative").is_not_null())
        .with_columns(_acceptable(frame, name) for name in ("audience", "creative"))
        .group_by(by)
        .agg(*metric_sums(frame), *(pl.col(name).drop_nulls().first() for name in [*texts, *splits]))
        .sort("spend", "impressions", "audience", "creative", descending=[True, True, False, False])
        .select(*by, *COUNTS, *texts, *splits)
    )
    cells: dict[tuple[str, str | None, int], list[Cell]] = {}
    wide = len(COUNTS)
    for key, currency, bucket, audience, creative, *rest in grouped.iter_rows():
        described = dict(zip(texts, rest[wide:], strict=False))
        traits = zip(splits, rest[wide + len(texts) :], strict=True)
        cell = Cell(
            audience,
            creative,
            Sums(*rest[:wide]),
            tuple((name, value) for name, value in traits if value),
            **{name: value or "" for name, value in described.items()},
        )
        cells.setdefault((key, currency, bucket), []).append(cell)
    return cells


def _acceptable(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column of names as a campaign accepts them, null for placeholders; cells that this makes alike are one."""
    names = {text: real_name(text) for text in frame[name].drop_nulls().unique().to_list()}
    changes = {text: accepted for text, accepted in names.items() if text != accepted}
    if not changes:
        return pl.col(name)
    return pl.col(name).cast(pl.String).replace(changes).cast(pl.Categorical)
