"""The file's own ratios as witnesses of its numbers: spend over clicks is its CPC, over a thousand impressions its CPM.

A reading of the amounts that makes the ratios come out is the right one; one that misses them a thousandfold has taken
a point for a comma. Must not know platforms or files.
"""

import re
from dataclasses import dataclass

import polars as pl

from reflection.ingest.reading.numbers import NumberFormat

STATED = {
    "clicks": (re.compile(r"\bcpc\b|cost per (?:link )?click", re.IGNORECASE), 1.0),
    "all_clicks": (re.compile(r"\bcpc\b", re.IGNORECASE), 1.0),
    "impressions": (re.compile(r"\bcpm\b|cost per (?:1,000|mille|thousand)", re.IGNORECASE), 1_000.0),
}
"""What spend is divided by -> how the ratio's header is written, and per how many."""

CLOSE, ROUNDING = 0.02, 0.0051
ENOUGH, LEAST_ROWS = 0.8, 1
THOUSANDFOLD = (900.0, 1_100.0)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Cells of spend, of a count, and of their ratio as the file states it, per so many."""

    spend: pl.Series
    count: pl.Series
    stated: pl.Series
    per: float

    def holds(self, option: NumberFormat, *, typed: bool) -> bool:
        """Whether nearly all rows have the ratio that is stated, in one format."""
        rows = self._rows(option, typed)
        near = (pl.col("own") - pl.col("stated")).abs() <= pl.max_horizontal(
            pl.lit(ROUNDING), CLOSE * pl.col("stated").abs()
        )
        return rows.height >= LEAST_ROWS and float(rows.select(near.mean()).item()) >= ENOUGH

    def off_by_thousands(self, option: NumberFormat, *, typed: bool) -> bool:
        """Whether the amounts miss the ratio by a factor of about a thousand, to either side."""
        rows = self._rows(option, typed).filter(pl.col("stated") > 0)
        if rows.height < LEAST_ROWS:
            return False
        factor = float(rows.select((pl.col("own") / pl.col("stated")).median()).item())
        low, high = THOUSANDFOLD
        return low < factor < high or low < 1 / max(factor, 1e-12) < high

    def _rows(self, option: NumberFormat, typed: bool) -> pl.DataFrame:
        parsed = {name: option.parse(cells, typed=typed) for name, cells in self._cells.items()}
        frame = pl.DataFrame(parsed).drop_nulls().filter((pl.col("count") > 0) & (pl.col("spend") > 0))
        return frame.with_columns((self.per * pl.col("spend") / pl.col("count")).alias("own"))

    @property
    def _cells(self) -> dict[str, pl.Series]:
        return {"spend": self.spend, "count": self.count, "stated": self.stated}
