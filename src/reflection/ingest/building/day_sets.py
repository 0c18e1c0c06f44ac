"""A campaign's days as a set: whatever files they came in, each counts once, as the latest export says it.

Weekly exports, halves of a month, a file that restates the days before: rows of earlier files are kept as they were
read, and stand beside those of a new one where it says nothing of their days. What one export says of a campaign's day
is one thing, whatever it is split by; what it does not say at all (it has no column of spend) an earlier one still
says. Must not know files, stores or what is made of the rows.
"""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.ingest.dialects.dialect import SPLITS

PLACE = ["key", "currency"]
_PHYSICAL = {"Date": pl.Int32}
"""Values that are kept as numbers."""

NOWHERE = "Null"
"""The kind of a count that a file states nowhere."""


@dataclass(frozen=True, slots=True)
class ReportedRows:
    """Identified rows of one file.

    Attributes:
        counted: what a conversion is in it, in words: rows that count another thing are not put together.
        as_of: the day of the export: of two that speak of a day the later one counts.
        silent: the counts that the file states nowhere, in no campaign; None where these are all of its rows.
    """

    frame: pl.DataFrame
    counted: str
    as_of: dt.date
    silent: frozenset[str] | None = None

    @property
    def dated(self) -> bool:
        """Whether all its rows say their days."""
        return self.frame["first"].null_count() == self.frame["last"].null_count() == 0

    def is_silent(self, name: str) -> bool:
        """Whether the file states a count nowhere: in no campaign, whichever of them are here."""
        return self.frame[name].null_count() == self.frame.height if self.silent is None else name in self.silent

    def of_campaigns(self) -> tuple[dict[str, list[list[Any]]], dict[str, str]]:
        """Campaign's key -> the columns of its rows, JSON-ready; and column's name -> what its values are."""
        frame = _texts(self.frame)
        plain = frame.with_columns(pl.selectors.temporal().to_physical())
        parts = plain.partition_by("key", maintain_order=True)
        rows = {part["key"][0]: [column.to_list() for column in part.get_columns()] for part in parts}
        nowhere = dict.fromkeys(filter(self.is_silent, COUNTS), NOWHERE)
        return rows, {name: str(kind) for name, kind in frame.schema.items()} | nowhere

    @classmethod
    def together(
        cls, rows: Mapping[str, list[list[Any]]], kinds: Mapping[str, str], counted: str, as_of: dt.date
    ) -> "ReportedRows":
        """The rows of `of_campaigns`, or of some of the campaigns."""
        columns = [
            pl.Series(name, list(chain.from_iterable(parts)), _PHYSICAL.get(kind) or getattr(pl, kind)).cast(
                pl.Float64 if kind == NOWHERE else getattr(pl, kind)
            )
            for (name, kind), parts in zip(kinds.items(), zip(*rows.values(), strict=True), strict=True)
        ]
        silent = frozenset(name for name, kind in kinds.items() if kind == NOWHERE)
        return cls(pl.DataFrame(columns), counted, as_of, silent)

    @classmethod
    def unpacked(cls, body: bytes, counted: str, as_of: dt.date) -> "ReportedRows":
        """The rows of a file that was read before campaigns were kept apart."""
        return cls(pl.read_ipc(io.BytesIO(body)), counted, as_of)


@dataclass(frozen=True, slots=True)
class DaySet:
    """All rows of some campaigns; those that came with other files have line 0.

    Attributes:
        known: how many campaign-days other files gave.
        torn: keys of campaigns of which one file says some days of what another says as one.
    """

    frame: pl.DataFrame
    known: int = 0
    torn: frozenset[str] = frozenset()


def day_set(now: ReportedRows, earlier: Sequence[ReportedRows]) -> DaySet:
    """The rows of a file's campaigns, with what other files say of their other days.

    Args:
        earlier: the latest import last; of equal days of export it is the later one.
    """
    alone = DaySet(now.frame)
    now, *earlier = _in_known_currency([now, *earlier])
    own = now.frame
    places = _texts(own).select(PLACE).unique()
    others = [
        replace(one, frame=rows.with_columns(pl.lit(0, dtype=pl.Int64).alias("line")))
        for one in earlier
        if one.counted == now.counted and one.dated and now.dated
        and (rows := _texts(one.frame).join(places, on=PLACE, how="semi", nulls_equal=True)).height
    ]  # fmt: skip
    if not others:
        return alone
    torn: set[str] = set()
    frame = union([*others, now], torn)
    known = frame.filter(pl.col("line") == 0).select(*PLACE, "first", "last").n_unique()
    names = [pl.col(name).cast(pl.Categorical) for name, kind in own.schema.items() if kind == pl.Categorical]
    frame = frame.with_columns(pl.col(name).cast(own.schema[name]) for name in COUNTS)
    return DaySet(
        frame.sort("first", "last", *PLACE, "line", maintain_order=True).with_columns(names), known, frozenset(torn)
    )


def union(reported: Sequence[ReportedRows], torn: set[str] | None = None) -> pl.DataFrame:
    """All rows of several files, of each campaign's day those of the latest export; keys are added to `torn`.

    A row goes where a later file says all its days; of which the first later one says some, its campaign is torn.
    """
    files = sorted(reported, key=lambda one: one.as_of)
    ordered = [_texts(one.frame) for one in files]
    rows = pl.concat(
        (frame.with_columns(pl.lit(place).alias("file")) for place, frame in enumerate(ordered)), how="diagonal_relaxed"
    )
    place = [*PLACE, "first", "last"]
    spans = rows.select(*place, "file").unique()
    later = _shares(spans, place).join(spans, on=place, nulls_equal=True).filter(pl.col("later") > pl.col("file"))
    ends = later.filter(pl.col("share") == 1).group_by(*place, "file").agg(pl.col("later").min().alias("end"))
    gone = rows.join(ends, on=[*place, "file"], nulls_equal=True)
    rows = rows.join(ends, on=[*place, "file"], how="anti", nulls_equal=True)
    silent = [(file, name) for file, one in enumerate(files) for name in COUNTS if one.is_silent(name)]
    for file, name in silent if gone.height else ():
        rows = _with_known(rows, gone, file, name, set() if torn is None else torn)
    if torn is not None:
        parts = later.filter(pl.col("share") < 1).join(ends, on=[*place, "file"], how="left", nulls_equal=True)
        torn.update(parts.filter((pl.col("later") < pl.col("end")).fill_null(value=True))["key"].to_list())
    return rows.drop("file")


def _in_known_currency(reported: Sequence[ReportedRows]) -> list[ReportedRows]:
    """The rows, those of a file that states no currency in the one that others state of their campaign."""
    stated = pl.concat([_texts(one.frame).select(PLACE) for one in reported]).drop_nulls().unique()
    sole = stated.filter(pl.col("key").is_unique()).rename({"currency": "stated"})
    return [
        replace(one, frame=_texts(one.frame).join(sole, on="key", how="left", maintain_order="left")
                .with_columns(pl.coalesce("currency", "stated").alias("currency")).drop("stated"))
        if one.frame["currency"].null_count() else one
        for one in reported
    ]  # fmt: skip


def _with_known(rows: pl.DataFrame, gone: pl.DataFrame, file: int, name: str, torn: set[str]) -> pl.DataFrame:
    """The rows, those of a file that does not state a count with what the latest earlier one said of the same parts of
    a day, or of all of it. Where the two split it in different ways nobody knows of which part: its campaign is torn.
    """
    place = [*PLACE, "first", "last"]
    parts = [*place, *(part for part in ("audience", "creative", *SPLITS) if part in rows.columns)]
    known = gone.filter((pl.col("file") < file) & pl.col(name).is_not_null())
    known = known.filter(pl.col("file") == pl.col("file").max().over(place))
    said = known.group_by(parts).agg(pl.col(name).sum().alias("said"))
    of_day = said.group_by(place).agg(pl.col("said").sum().alias("whole"), pl.len().alias("number"))
    days = rows.filter(pl.col("file") == file).join(of_day, on=place, nulls_equal=True, maintain_order="left")
    alike = pl.concat([days.select(place), gone.filter(pl.col("file") == file).select(place)])
    torn.update(known.filter(pl.col("end") == file).join(alike, on=place, how="anti", nulls_equal=True)["key"])
    days = days.join(said, on=parts, how="left", nulls_equal=True, maintain_order="left")
    one_each = (pl.struct(parts).n_unique() == pl.len()) & (pl.len() == pl.col("number").first())
    of_parts = (one_each & pl.col("said").is_not_null().all()).over(place)
    value = pl.when(of_parts).then("said").when(pl.len().over(place) == 1).then("whole")
    days = days.with_columns(value.alias(name)).select(rows.columns)
    torn.update(days.filter(pl.col(name).is_null())["key"])
    others = rows.join(days.select(*place, "file").unique(), on=[*place, "file"], how="anti", nulls_equal=True)
    return pl.concat([others, days])


def _shares(spans: pl.DataFrame, place: Sequence[str]) -> pl.DataFrame:
    """Which share of the days of each span (`share`) each file says (`later`) that says any."""
    day = pl.date_ranges("first", "last").alias("day")
    days = spans.select(*PLACE, pl.col("file").alias("later"), day).explode("day").unique()
    each = spans.select(place).unique().with_columns(day).explode("day")
    long = (pl.col("last") - pl.col("first")).dt.total_days() + 1
    overlap = each.join(days, on=[*PLACE, "day"], nulls_equal=True).group_by(*place, "later").len("days")
    return overlap.select(*place, "later", (pl.col("days") / long).alias("share"))


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with names as plain texts, as those of another file are."""
    names = [name for name, kind in frame.schema.items() if kind == pl.Categorical or name in PLACE]
    return frame.with_columns(pl.col(name).cast(pl.String) for name in names)
