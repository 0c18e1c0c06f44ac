"""Amounts nobody pays: millionths (micros) taken for money are refused, or they are stored a million times too large.

This file must not know how files are read.
"""

import polars as pl
from babel.numbers import get_currency_precision

from reflection.errors import ImportFileError

HIGHEST_CPM = 100_000.0
HIGHEST_CPC = 2_000.0
"""What a thousand impressions and a click cost at most, where a unit of money is worth about as much as a dollar."""

LARGE_UNITS = 1_000.0
_SMALL_MONEY = frozenset({"IDR", "COP", "IRR", "LBP", "NGN", "TZS", "UZS", "MMK", "LAK", "KHR"})


def refuse_millionths(frame: pl.DataFrame, name: str) -> None:
    """Refuse a file whose amounts are whole and beyond every price.

    Raises:
        ImportFileError: they look like millionths.
    """
    paid = frame.filter((pl.col("spend") > 0) & (pl.col("impressions") > 0))
    if paid.is_empty() or not bool((paid["spend"] == paid["spend"].round(0)).all()):
        return
    currencies = paid["currency"].drop_nulls().unique().to_list()
    small = any(code in _SMALL_MONEY or get_currency_precision(code) == 0 for code in currencies)
    unit = LARGE_UNITS if small else 1.0
    cpm = 1_000 * float(paid["spend"].sum()) / float(paid["impressions"].sum())
    clicked = float(paid["clicks"].sum())
    cpc = float(paid["spend"].sum()) / clicked if clicked else float("inf")
    if cpm > HIGHEST_CPM * unit and cpc > HIGHEST_CPC * unit:
        raise ImportFileError(
            f"{name}: a thousand impressions would cost {cpm:,.0f}: the amounts look like millionths (micros).",
            hint='Say so in a --mapping: "scale": {"spend": 0.000001}.', field="mapping",
        )  # fmt: skip
