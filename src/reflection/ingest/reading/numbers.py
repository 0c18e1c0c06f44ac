"""Numbers as people's locales write them: the format of a column, and strict reading of it, a column at a time.

The separators come from Babel's locale data, and its strict parser is the oracle of the tests: `12,34` is no English
number, and is refused rather than read as 1234. What is missing (`--`, `-`, blank) is missing, not zero. This file must
not know platforms or files.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl
from babel import Locale, UnknownLocaleError

from reflection.errors import ImportFileError

MISSING = ("", "-", "--", "—", "–", "n/a", "N/A", "null", "NULL", "None", "nan", "NaN", "#N/A")
LARGEST = 1e20
"""Beyond it nothing was counted or paid, also not in millionths; a sum of larger ones may be infinite."""

_SPACES = "[\u00a0\u202f\u2009 ]"
_CURRENCY_SIGNS = r"^(?:[A-Z]{0,3}[$€£¥₹₩₽₺฿])\s*|\s*(?:[$€£¥₹₩₽₺฿])$"
_THRESHOLD = r"^[<>]\s*\d"
_CANONICAL = r"^[-+]?(?:\d+|\d+\.(?:\d{0,2}|\d{4,}))$"


@dataclass(frozen=True)
class NumberFormat:
    """One way to write numbers: its name (a locale), its decimal sign and its grouping sign."""

    locale: str
    decimal: str
    group: str
    groups: int = 3

    @cached_property
    def pattern(self) -> str:
        """A strict pattern: groups are complete or absent; ``144.`` is a number, as warehouses write it."""
        group, point = re.escape(self.group), re.escape(self.decimal)
        if self.groups == 2:
            grouped = rf"\d{{1,2}}(?:{group}\d{{2}})*{group}\d{{3}}"
        else:
            grouped = rf"\d{{1,3}}(?:{group}\d{{3}})+"
        return rf"^[-+]?(?:\d+|{grouped})(?:{point}\d*)?$"

    def parse(self, cells: pl.Series, *, typed: bool = False) -> pl.Series:
        """Cells as Float64; null where missing, not a number of this format or beyond `LARGEST`.

        `typed` cells were written canonically by a workbook: a point, no grouping.
        """
        clean = _clean(cells)
        good = clean.str.contains(self.pattern)
        plain = clean.str.replace_all(self.group, "", literal=True).str.replace(self.decimal, ".", literal=True)
        values = plain.cast(pl.Float64, strict=False).zip_with(good.fill_null(False), _nulls(len(cells)))
        if typed:
            canonical = clean.str.contains(_CANONICAL).fill_null(False)
            values = clean.cast(pl.Float64, strict=False).zip_with(canonical, values)
        return values.set((values.abs() > LARGEST).fill_null(False), None)


def _nulls(length: int) -> pl.Series:
    return pl.Series([None], dtype=pl.Float64).new_from_index(0, length)


def _clean(cells: pl.Series) -> pl.Series:
    """Trim; drop currency signs; one kind of space; a minus sign is a hyphen."""
    return (
        cells.str.strip_chars()
        .str.replace("−", "-", literal=True)
        .str.replace_all(_CURRENCY_SIGNS, "")
        .str.replace_all(_SPACES, "\u202f")
        .str.replace_all("'", "’", literal=True)
    )


@lru_cache(maxsize=1)
def formats() -> tuple[NumberFormat, ...]:
    """The formats tried, English first; separators are Babel's."""
    by_signs: dict[tuple[str, str], NumberFormat] = {}
    for name in ("en", "de", "fr", "de_CH"):
        symbols = Locale.parse(name).number_symbols["latn"]
        group = symbols["group"].replace("\u00a0", "\u202f")
        by_signs.setdefault((symbols["decimal"], group), NumberFormat(name, symbols["decimal"], group))
    return (*by_signs.values(), NumberFormat("en_IN", ".", ",", 2))


def is_missing(cells: pl.Series) -> pl.Series:
    """Where a cell says that nothing is known; a threshold such as ``< 10%`` says no number either."""
    clean = cells.str.strip_chars()
    return clean.is_null() | clean.is_in(MISSING) | clean.str.contains(_THRESHOLD)


_HOME = {"en": "en", "ja": "en", "de": "de", "es": "de", "it": "de", "pt": "de", "id": "de", "fr": "fr"}


def choose_format(
    counts: Iterable[pl.Series], amounts: Iterable[pl.Series], language: str, *, typed: bool, locale: str = ""
) -> NumberFormat:
    """The one format that reads every cell; counts must come out whole, which settles ``38.110``.

    Args:
        counts: columns that hold whole numbers (impressions, clicks).
        amounts: the other number columns.
        language: the header's language; its own format is preferred among those that fit.
        locale: a locale the user named (``de``, ``fr_FR``); then nothing is guessed.

    Raises:
        ImportFileError: the named locale is unknown; or two formats fit, disagree, and the language does not decide.
    """
    if locale:
        return _of_locale(locale)
    whole = [_candidates(cells) for cells in counts]
    other = [_candidates(cells) for cells in amounts]
    scored = [(_fit(option, whole, other, typed), option) for option in formats()]
    best = max(score for score, _ in scored)
    fitting = [option for score, option in scored if score == best]
    home = _HOME.get(language, "en")
    return next((option for option in fitting if option.locale == home), fitting[0])


def _fit(option: NumberFormat, whole: list[pl.Series], other: list[pl.Series], typed: bool) -> int:
    """Minus the number of distinct cells the format cannot read."""
    bad = 0
    for cells in whole:
        values = option.parse(cells, typed=typed)
        bad += values.null_count() + int((values != values.round(0)).sum())
    for cells in other:
        bad += option.parse(cells, typed=typed).null_count()
    return -bad


def _candidates(cells: pl.Series) -> pl.Series:
    return cells.filter(~is_missing(cells)).unique()


def _of_locale(name: str) -> NumberFormat:
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise ImportFileError(
            f"'{name}' is no known locale.", hint="Use one such as en_US, de_DE or fr_FR.", field="locale"
        ) from error
    symbols = locale.number_symbols["latn"]
    decimal, group = symbols["decimal"], symbols["group"].replace("\u00a0", "\u202f")
    groups = locale.decimal_formats[None].grouping[1]
    alike = (
        option for option in formats() if (option.decimal, option.group, option.groups) == (decimal, group, groups)
    )
    return next(alike, NumberFormat(name, decimal, group, groups))
