"""A campaign's days as a set: whatever files they came in, each counts once, as the latest export says it.

Weekly exports, halves of a month, a file that restates the days before: rows of earlier files are kept as they were
read, and stand beside those of a new one where it says nothing of their days. What one export says of a campaign's day
is one thing, whatever it is split by. Must not know files, stores or what is made of the rows.
"""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import polars as pl

PLACE = ["key", "currency"]


@dataclass(frozen=True, slots=True)
class ReportedRows:
    """Identified rows of one file.

    Attributes:
        counted: what a conversion is in it, in words: rows that count another thing are not put together.
        as_of: the day of the export: of two that speak of a day the later one counts.
    """

    frame: pl.DataFrame
    counted: str
    as_of: dt.date

    @property
    def dated(self) -> bool:
        """Whether all its rows say their days."""
        return self.frame["first"].null_count() == self.frame["last"].null_count() == 0

    def packed(self) -> bytes:
        """The rows as bytes."""
        buffer = io.BytesIO()
        _texts(self.frame).write_ipc(buffer, compression="zstd")
        return buffer.getvalue()

    @classmethod
    def unpacked(cls, body: bytes, counted: str, as_of: dt.date) -> "ReportedRows":
        """The rows of `packed`."""
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
    own = now.frame
    places = _texts(own).select(PLACE).unique()
    others = [
        replace(one, frame=rows.with_columns(pl.lit(0, dtype=pl.Int64).alias("line")))
        for one in earlier
        if one.counted == now.counted and one.dated and now.dated
        and (rows := _texts(one.frame).join(places, on=PLACE, how="semi", nulls_equal=True)).height
    ]  # fmt: skip
    torn: set[str] = set()
    frame = union([*others, now], torn) if others else own
    known = frame.filter(pl.col("line") == 0).select(*PLACE, "first", "last").n_unique()
    if not known:
        return DaySet(own)
    names = [pl.col(name).cast(pl.Categorical) for name, kind in own.schema.items() if kind == pl.Categorical]
    return DaySet(frame.sort("first", "last", *PLACE, "line").with_columns(names), known, frozenset(torn))


def union(reported: Sequence[ReportedRows], torn: set[str] | None = None) -> pl.DataFrame:
    """All rows of several files, of each campaign's day those of the latest export; keys are added to `torn`."""
    ordered = [_texts(one.frame) for one in sorted(reported, key=lambda one: one.as_of)]
    return reduce(lambda before, after: _restated(before, after, set() if torn is None else torn), ordered)


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with names as plain texts, as those of another file are."""
    names = [name for name, kind in frame.schema.items() if kind == pl.Categorical or name in PLACE]
    return frame.with_columns(pl.col(name).cast(pl.String) for name in names)


def _restated(before: pl.DataFrame, after: pl.DataFrame, torn: set[str]) -> pl.DataFrame:
    """The rows of both, without those of the first of which the second says all days."""
    place = [*PLACE, "first", "last"]
    days = after.select(*PLACE, pl.date_ranges("first", "last").alias("day")).explode("day").unique()
    spans = before.select(place).unique()
    each = spans.with_columns(pl.date_ranges("first", "last").alias("day")).explode("day")
    told = each.join(days.with_columns(pl.lit(1).alias("told")), on=[*PLACE, "day"], how="left", nulls_equal=True)
    shares = told.group_by(place).agg(pl.col("told").fill_null(0).mean())
    torn.update(shares.filter(pl.col("told").is_between(0, 1, closed="none"))["key"].to_list())
    again = shares.filter(pl.col("told") == 1)
    return pl.concat([before.join(again, on=place, how="anti", nulls_equal=True), after], how="diagonal_relaxed")
