"""Sheets of one workbook that say the same campaign's day: what restates is no second spend, what is a part is added.

A summary beside the days, last week beside the month, a final version beside the first. Must not know platforms.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from reflection.domain.number_of import number_of
from reflection.errors import ImportFileError
from reflection.ingest.reading.typed_rows import Facts

ALIKE = math.log(1.25)
"""Figures of two sheets that differ by less, at the median of what both say, are one thing that was exported twice."""

_FIGURES = ("impressions", "spend")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet; `name` as the file has it.

    Attributes:
        again: rows that were left out, as `twin` says the same of their campaigns' days.
        beside: rows that are added to what `twin` says of the same campaigns' days, as parts of it.
    """

    name: str
    facts: Facts
    again: int = 0
    beside: int = 0
    twin: str = ""


def each_once(sheets: Sequence[tuple[str, Facts]]) -> list[Sheet]:
    """The sheets, each without what the ones before it say already.

    Raises:
        ImportFileError: two sheets say nearly the same of the same days, or, without days, one may be within the other.
    """
    different: list[Sheet] = []
    for name, facts in sheets:
        sheet = Sheet(name, facts)
        for earlier in different:
            sheet = _beside(sheet, earlier)
        different.append(sheet)
    return different


def _beside(sheet: Sheet, earlier: Sheet) -> Sheet:
    place = _place(sheet.facts.frame, earlier.facts.frame)
    both = _sums(sheet.facts.frame, place).join(
        _sums(earlier.facts.frame, place), on=place, suffix="_before", nulls_equal=True
    )
    both = both.filter(pl.any_horizontal(pl.col(_FIGURES) > 0))
    if both.is_empty():
        return sheet
    same = pl.all_horizontal(pl.col(name) == pl.col(f"{name}_before") for name in _FIGURES)
    if both.select(same.all()).item():
        here = _texts(sheet.facts.frame, place).with_row_index("row").join(both, on=place, how="semi", nulls_equal=True)
        rows = pl.int_range(pl.len()).is_in(here["row"].implode())
        facts = replace(sheet.facts, frame=sheet.facts.frame.filter(~rows))
        return replace(sheet, facts=facts, again=sheet.again + here.height, twin=sheet.twin or earlier.name)
    if _may_be_one(both, dated="date" in place):
        raise _question(sheet, earlier, both.height)
    return replace(sheet, beside=sheet.beside + both.height, twin=sheet.twin or earlier.name)


def _place(one: pl.DataFrame, other: pl.DataFrame) -> list[str]:
    """What rows are of: the columns of both that are no amounts."""
    return [
        name for name, kind in one.schema.items() if name in other.columns and name != "line" and not kind.is_numeric()
    ]


def _sums(frame: pl.DataFrame, place: Sequence[str]) -> pl.DataFrame:
    sums = [(pl.col(name).sum() if name in frame.columns else pl.lit(0.0)).alias(name) for name in _FIGURES]
    return _texts(frame, place).group_by(place).agg(sums)


def _texts(frame: pl.DataFrame, place: Sequence[str]) -> pl.DataFrame:
    """The rows with these columns as plain texts, as those of another sheet are."""
    return frame.with_columns(pl.col(name).cast(pl.String) for name in place if frame.schema[name] == pl.Categorical)


def _may_be_one(both: pl.DataFrame, *, dated: bool) -> bool:
    """Whether one of two sheets may hold the money of the other: figures nearly agree; or nobody says the days of
    either, and one is nowhere above the other."""
    more = [both.select((pl.col(name) >= pl.col(f"{name}_before")).all()).item() for name in _FIGURES]
    less = [both.select((pl.col(name) <= pl.col(f"{name}_before")).all()).item() for name in _FIGURES]
    if not dated and (all(more) or all(less)):
        return True
    ratios = [((pl.col(name) + 1) / (pl.col(f"{name}_before") + 1)).log().abs() for name in _FIGURES]
    return float(both.select(pl.max_horizontal(ratios).median()).item()) < ALIKE


def _question(sheet: Sheet, earlier: Sheet, places: int) -> ImportFileError:
    return ImportFileError(
        f"{sheet.name} and {earlier.name} both have figures of {number_of(places, 'campaign-day')}, which do not "
        "agree: if one restates or contains the other, adding them would count the same money twice.",
        hint="Leave the sheet that counts and delete the other (or save the one as CSV). If they are parts of one "
        "whole, such as devices or countries, say which in a column (Device, Country) of each.",
    )
