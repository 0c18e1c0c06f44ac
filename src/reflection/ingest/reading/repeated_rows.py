"""Rows that stand in a file twice, cell by cell, as where exports of overlapping days were pasted together.

Platforms list small rows that look alike: ads of one name on one day. Two rows of 500 impressions that agree in
every cell, the cents among them, are one row, and so are rows however small that come again in the same order; unless
a total of the file counts both. Must not know platforms.
"""

from collections.abc import Sequence

import polars as pl

from reflection.ingest.reading.total_rows import TotalRow, compare

NO_CHANCE = 500
"""Impressions from which two rows, or rows in one order, do not agree in everything by chance."""

A_RUN = 3
"""Rows with spend that come again in the same order by being pasted."""


def without_repeats(frame: pl.DataFrame, totals: Sequence[TotalRow]) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """The rows, each once; and the lines of those that were left out."""
    if "spend" not in frame.columns:
        return frame, ()
    again = ~frame["twin"].is_first_distinct()
    large = frame["impressions"] >= NO_CHANCE if "impressions" in frame.columns else pl.lit(False)
    same = frame.select(again & (large | _in_run(frame)) & (pl.col("spend") > 0)).to_series().fill_null(value=False)
    lines = frame["line"].filter(same).to_list()
    if not lines or any(shares and not off for off, shares in (compare(total, frame) for total in totals)):
        return frame, ()
    return frame.filter(~same), tuple(lines)


def _in_run(frame: pl.DataFrame) -> pl.Series:
    """Whether a row is one of several that all come again as they stood, one after the other."""
    impressions = pl.col("impressions") if "impressions" in frame.columns else pl.lit(float(NO_CHANCE))
    rows = (
        frame.select("twin", "spend", impressions.alias("shown"))
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64))
    )
    distance = pl.col("place") - pl.col("place").min().over("twin")
    rows = rows.with_columns(distance.alias("distance"))
    run = (pl.col("distance") != pl.col("distance").shift(1)).fill_null(value=True).cum_sum().alias("run")
    paid, impressions = (pl.col("spend") > 0).sum().over("run"), pl.col("shown").sum().over("run")
    return rows.with_columns(run).select((paid >= A_RUN) & (impressions >= NO_CHANCE)).to_series()
