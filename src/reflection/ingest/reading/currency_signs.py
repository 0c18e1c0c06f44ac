"""The signs of currencies that cells write beside amounts: `12.50 €` says one as well as a column of codes does.

Must not know files or platforms.
"""

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.dialects.currencies import ANY_SIGN, candidates

SIGN = "currency sign"
"""The column of a row's sign, null where its amounts carry none."""

_BEFORE = rf"^[-+(−–—]?\s*({ANY_SIGN})\s*[-+−–—]?\s*[\d.,]"
_BEHIND = rf"[\d.,]\s*-?({ANY_SIGN})\)?$"


def signs(cells: pl.Series) -> pl.Series:
    """The sign of each cell (Categorical); null where it has none."""
    cell = pl.col("n").str.strip_chars()
    signs = pl.coalesce(cell.str.extract(_BEFORE), cell.str.extract(_BEHIND)).str.strip_chars_end(".")
    return cells.to_frame("n").select(signs.cast(pl.Categorical).alias(SIGN)).to_series()


def one_sign(first: pl.Series, second: pl.Series, lines: pl.Series, name: str) -> pl.Series:
    """The signs of two columns of amounts as one.

    Raises:
        ImportFileError: amounts of one row carry signs that cannot mean the same currency.
    """
    pairs = pl.DataFrame({"line": lines, "one": first, "other": second.alias("other")})
    for line, one, other in pairs.drop_nulls().unique(["one", "other"], keep="first").iter_rows():
        if set(candidates(one)).isdisjoint(candidates(other)):
            raise ImportFileError(
                f"{name}, line {line}: amounts of one row are written with '{one}' and with '{other}': they are not of "
                "one currency.", hint="Leave one of the columns out, or name the columns to read in a --mapping.",
                field="currency",
            )  # fmt: skip
    return pairs.select(pl.coalesce("one", "other").alias(SIGN)).to_series()
