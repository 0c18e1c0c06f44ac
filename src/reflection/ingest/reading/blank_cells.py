"""Blank cells that mean none, where a platform writes nothing for nothing. Must not know platforms by name."""

from collections.abc import Collection

import polars as pl


def without_blanks(frame: pl.DataFrame, blank_is_zero: Collection[str]) -> pl.DataFrame:
    """Blank cells as the zeros they are: of columns that others fill; a value's only beside no conversions."""
    fields = [name for name in sorted(blank_is_zero) if name in frame.columns]
    filled = [name for name in fields if frame[name].null_count() < frame.height]  # counts come before their values
    for name in filled:
        counted = name.replace("value.", "conversion.")
        none = pl.lit(True) if counted == name else pl.col(counted) == 0 if counted in frame.columns else pl.lit(False)
        frame = frame.with_columns(pl.when(pl.col(name).is_null() & none).then(0.0).otherwise(name).alias(name))
    return frame
