"""Rows that stand in a file twice, cell by cell, as where exports of overlapping days were pasted together.

Platforms list small rows that look alike: ads of one name on one day. Two rows of 500 impressions that agree in
every cell, the cents among them, are one row; unless a total of the file counts both. Must not know platforms.
"""

from collections.abc import Sequence

import polars as pl

from reflection.ingest.reading.total_rows import TotalRow, compare

NO_CHANCE = 500
"""Impressions from which two rows do not agree in everything by chance."""


def without_repeats(frame: pl.DataFrame, totals: Sequence[TotalRow]) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """The rows, each once; and the lines of those that were left out."""
    if not {"impressions", "spend"} <= set(frame.columns):
        return frame, ()
    same = ~pl.col("twin").is_first_distinct() & (pl.col("impressions") >= NO_CHANCE) & (pl.col("spend") > 0)
    lines = frame.filter(same.fill_null(False))["line"].to_list()
    if not lines or any(shares and not off for off, shares in (compare(total, frame) for total in totals)):
        return frame, ()
    return frame.filter(~pl.col("line").is_in(lines)), tuple(lines)
