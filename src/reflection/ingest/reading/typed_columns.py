"""The columns of a block of rows as numbers and texts, and what of them cannot be read.

Columns of a table repeat themselves: what a text needs is done once for each distinct one, and a plain number is read
as it stands; only the cells that are left go the whole way. Must not know where rows come from, nor what they mean.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from reflection.ingest.reading.currency_signs import SIGN, signs
from reflection.ingest.reading.numbers import (
    DASHES,
    THRESHOLD,
    NumberFormat,
    is_missing,
    missing_cell,
    visible_cell,
)

WHOLE = ("impressions", "clicks", "all_clicks")
"""Fields that are counted in whole numbers."""

IDS = ("campaign_id", "account_id", "audience_id", "creative_id")
MOST_DIGITS, CERTAIN_ZEROS = 15, 3
"""Digits of a number that a spreadsheet keeps; zeros in the places of lost ones that are no chance (1 in 1,000)."""

ROUNDED = r"\d\s?(?:[kKmMB]|Mio|Mrd|Mln|Tsd|bn)\.?$"
"""How dashboards write thousands and millions: the figures behind them are not known."""

_LONG_ID = r"^\d{16,19}$"
_ROUNDED_ID = rf"^\d{{{MOST_DIGITS}}}0+$"
_EXCEL_ID = r"^\d(?:[.,]\d+)?[eE]\+?\d+$"


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers: values, which cells are none although they say something, and how many hide one.

    `signs` are the signs of currencies beside them; None where no cell has one.
    """

    values: pl.Series
    failures: pl.Series
    thresholds: int
    signs: pl.Series | None = None


def numbers(name: str, cells: pl.Series, form: NumberFormat, *, typed: bool, scale: float | None) -> Numbers:
    """One column of cells as numbers of a format.

    Args:
        typed: the cells are a workbook's own, written canonically.
        scale: what the values are multiplied by; None for nothing.
    """
    plain = form.plain(cells)
    rest = ~plain.is_not_null()
    beside = None
    if rest.any():
        left = cells.filter(rest)
        beside = _scattered(signs(left), rest)
        read, missing = form.parse(left, typed=typed), is_missing(left)
        plain = plain.scatter(rest.arg_true(), read)
        failures = (rest & False).scatter(rest.arg_true(), ~missing & read.is_null())
        thresholds = int(left.str.contains(rf"^\s*{THRESHOLD[1:]}").sum())
    else:
        failures, thresholds = rest, 0
    values = (plain * scale).round(6) if scale else plain
    if name in WHOLE:
        failures = failures | (values != values.round(0)).fill_null(False)
    return Numbers(values.rename(name), failures, thresholds, beside)


def _scattered(signs: pl.Series, places: pl.Series) -> pl.Series | None:
    """Signs of some cells as a column of all of them; None where there is none."""
    if signs.null_count() == len(signs):
        return None
    return pl.Series(SIGN, [None], dtype=pl.Categorical).new_from_index(0, len(places)).scatter(
        places.arg_true(), signs
    )  # fmt: skip


def texts(name: str, cells: pl.Series) -> pl.Series:
    """A column of texts (Categorical): trimmed, what says nothing is null; brackets around ids are taken away."""
    return by_distinct(cells, lambda distinct: _text(name, distinct))


def ruined(name: str, cells: pl.Series) -> pl.Series:
    """Which ids a spreadsheet has rounded: to powers of ten, or all long ones to the digits it can hold."""
    rounded = None
    if name in IDS:
        rounded = matching(cells, _EXCEL_ID if not _all_rounded(cells) else rf"{_EXCEL_ID}|{_LONG_ID}")
    return pl.Series([False]).new_from_index(0, len(cells)) if rounded is None else rounded


def _all_rounded(cells: pl.Series) -> bool:
    """Whether all ids too long for a spreadsheet end in zeros from the sixteenth digit on, beyond any chance."""
    long = cells.unique().drop_nulls().cast(pl.String)
    long = long.filter(long.str.contains(_LONG_ID))
    lost = long.str.len_chars() - MOST_DIGITS
    return len(long) > 0 and int(lost.sum()) >= CERTAIN_ZEROS and bool(long.str.contains(_ROUNDED_ID).all())


def matching(cells: pl.Series, pattern: str) -> pl.Series | None:
    """Which of the texts of a column match; None where none does, as most columns have it."""
    distinct = cells.unique().drop_nulls().cast(pl.String)
    matches = distinct.filter(distinct.str.contains(pattern))
    return cells.cast(pl.String).is_in(matches.implode()).fill_null(False) if len(matches) else None


def _text(name: str, cells: pl.Series) -> pl.Series:
    clean = visible_cell(pl.col("text"))
    nothing = (clean == "") | clean.str.contains(DASHES)
    if name in ("date", "date_end"):
        nothing |= missing_cell(clean)
    text = clean.str.replace(r"^\[(.*)\]$", "${1}") if name in IDS else clean
    return cells.to_frame("text").select(pl.when(~nothing).then(text).alias("text")).to_series()


def by_distinct(cells: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """What a change makes of texts (Categorical), made once for each distinct one."""
    distinct = cells.unique().cast(pl.String)
    changed = change(distinct)
    if changed.equals(distinct, null_equal=True):
        return cells
    return cells.cast(pl.String).replace_strict(distinct, changed, return_dtype=pl.String).cast(pl.Categorical)


def fault_of(row: Mapping[str, object], name: str, cell: str, form: NumberFormat) -> str:
    """Why a cell is no number of its field; '' where it is one, or says nothing."""
    value = row[name]
    if value is None and re.search(ROUNDED, cell):
        return "rounded; export the figures in full"
    if value is None:
        return "" if is_missing(pl.Series([cell])).item() else f"no number, written as {form.example}"
    return "no whole number" if name in WHOLE and isinstance(value, float) and not value.is_integer() else ""
