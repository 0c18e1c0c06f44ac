"""Numbers as people's locales write them: strict reading of a column in one format, a column at a time.

The separators come from Babel's locale data, and its strict parser is the oracle of the tests: `12,34` is no English
number, and is refused rather than read as 1234. What is missing (`--`, `-`, blank) is missing, not zero. Which format a
file is written in is decided elsewhere (number_formats.py). This file must not know platforms or files.
"""

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl
from babel import Locale, UnknownLocaleError

from reflection.errors import ImportFileError
from reflection.ingest.dialects.currencies import ANY_SIGN

MISSING = (
    "", "n/a", "n.a.", "na", "<na>", "null", "(null)", "<null>", "\\n", "none", "(none)", "nan", "nat", "(not set)",
    "(blank)", "#n/a", "#n/v", "#nv", "#n/d", "#div/0!", "#¡div/0!", "#ref!", "#bezug!", "#value!", "#wert!",
    "#valeur!", "#¡valor!", "#num!", "#zahl!", "#name?", "#null!",
)  # fmt: skip
DASHES = r"^[-–—]+$"
INVISIBLE = "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
"""Marks that no screen shows: byte order, direction, breaks. Joiners stay: they make emoji and letters."""

SPACED = "en-spaced"
"""The name of a format that no locale has: a point, and spaces between groups, as the SI writes numbers."""

LARGEST = 1e20
"""Beyond it nothing was counted or paid, also not in millionths; a sum of larger ones may be infinite."""

DIGITS = {
    chr(code): str(unicodedata.decimal(chr(code)))
    for code in range(0x80, sys.maxunicode)
    if unicodedata.category(chr(code)) == "Nd"
}
"""Digits of all scripts but ASCII's, as Arabic and Persian sheets and full-width cells have them."""

_SEPARATORS = {"٫": ".", "٬": ",", "．": ".", "，": ","}
_SPACES = "[\u00a0\u202f\u2009 ]"
_CURRENCY_SIGNS = rf"^([-+]?)\s*{ANY_SIGN}\s*([-+]?)|\s*{ANY_SIGN}$"
_DASH_BEFORE = r"^[−–—]\s*"
_AS_TEXT = r"^'\b"
"""What a spreadsheet writes before a number that is kept as text."""

_IN_BRACKETS = r"^\((.*)\)$"
_MINUS_BEHIND = r"^(\d[\d.,'’\s]*)-$"
_BREAK = "\n"
THRESHOLD = r"^[<>]\s*\d"
_CANONICAL = r"^[-+]?(?:\d+|\d+\.(?:\d{0,2}|\d{4,}))$"


@dataclass(frozen=True)
class NumberFormat:
    """One way to write numbers: its name (a locale), its decimal sign and its grouping sign."""

    locale: str
    decimal: str
    group: str
    groups: int = 3

    @property
    def example(self) -> str:
        """1234.56 as it writes it."""
        return f"1{self.group}234{self.decimal}56"

    @cached_property
    def pattern(self) -> str:
        """A strict pattern: groups are complete or absent; ``144.`` is a number, as warehouses write it."""
        group, point = re.escape(self.group), re.escape(self.decimal)
        if self.groups == 2:
            grouped = rf"[1-9]\d?(?:{group}\d{{2}})*{group}\d{{3}}"
        else:
            grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+"
        return rf"^[-+]?(?:\d+|{grouped})(?:{point}\d*)?$"

    def plain(self, cells: pl.Series) -> pl.Series:
        """Cells that are nothing but digits, and this format's decimal sign, as Float64; null for all others."""
        if self.decimal == "." and _only_digits(cells):
            values = cells.cast(pl.Float64, strict=False)
            if not isinstance(largest := values.max(), float) or largest <= LARGEST:
                return values
        point = re.escape(self.decimal)
        digits = pl.when(pl.col("n").str.contains(rf"^-?\d{{1,15}}(?:{point}\d{{1,15}})?$")).then(pl.col("n"))
        return (
            cells.to_frame("n")
            .select(digits.str.replace(self.decimal, ".", literal=True).cast(pl.Float64, strict=False))
            .to_series()
        )

    def parse(self, cells: pl.Series, *, typed: bool = False) -> pl.Series:
        """Cells as Float64; null where missing, not a number of this format or beyond `LARGEST`.

        `typed` cells were written canonically by a workbook: a point, no grouping.
        """
        return self.read(cleaned(cells), typed=typed)

    def read(self, clean: pl.Series, *, typed: bool = False) -> pl.Series:
        """The same of cells that are `cleaned`: the same for every format."""
        return clean.to_frame("n").select(self.reading(pl.col("n"), typed=typed)).to_series()

    def reading(self, clean: pl.Expr, *, typed: bool = False) -> pl.Expr:
        """The same as an expression."""
        plain = clean.str.replace_all(self.group, "", literal=True).str.replace(self.decimal, ".", literal=True)
        values: pl.Expr = pl.when(clean.str.contains(self.pattern)).then(plain.cast(pl.Float64, strict=False))
        if typed:
            number = clean.cast(pl.Float64, strict=False)
            values = pl.when(clean.str.contains(_CANONICAL)).then(number).otherwise(values)
        return pl.when(values.abs() <= LARGEST).then(values)


def _only_digits(cells: pl.Series) -> bool:
    """Whether no cell of a column is anything but digits with at most a point within: then a cast reads them all."""
    text = f"\n{cells.str.join(_BREAK).item() or ''}\n".encode()
    loose = b"\n." in text or b".\n" in text
    return not loose and not text.translate(None, b"0123456789.\n")


def cleaned(cells: pl.Series) -> pl.Series:
    """Trimmed; without what is invisible and currency signs; one kind of space; (2.40) is -2.40, a minus a hyphen."""
    return cells.to_frame("n").select(clean_cell(pl.col("n"))).to_series()


def clean_cell(cell: pl.Expr) -> pl.Expr:
    """The same as an expression."""
    return (
        visible_cell(cell)
        .str.replace_many(DIGITS | _SEPARATORS)
        .str.replace(_AS_TEXT, "")
        .str.replace(_DASH_BEFORE, "-")
        .str.replace("−", "-", literal=True)
        .str.replace(_IN_BRACKETS, "-${1}")
        .str.replace(_MINUS_BEHIND, "-${1}")
        .str.replace_all(_CURRENCY_SIGNS, "${1}${2}")
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
    return (*by_signs.values(), NumberFormat("en_IN", ".", ",", 2), NumberFormat(SPACED, ".", "\u202f"))


def visible(cells: pl.Series) -> pl.Series:
    """Texts trimmed, of any space, and without marks that no screen shows."""
    return cells.to_frame("n").select(visible_cell(pl.col("n"))).to_series()


def visible_cell(cell: pl.Expr) -> pl.Expr:
    """The same as an expression."""
    return cell.str.replace_all(INVISIBLE, "").str.strip_chars()


def is_missing(cells: pl.Series) -> pl.Series:
    """Where a cell says that nothing is known; a threshold such as ``< 10%`` says no number either."""
    return cells.to_frame("n").select(missing_cell(pl.col("n"))).to_series()


def missing_cell(cell: pl.Expr) -> pl.Expr:
    """The same as an expression."""
    clean = visible_cell(cell)
    return (
        clean.is_null()
        | clean.str.to_lowercase().is_in(MISSING)
        | clean.str.contains(DASHES)
        | clean.str.contains(THRESHOLD)
    )


def format_of(name: str) -> NumberFormat:
    """The format of a locale that the user named (``de``, ``fr_FR``).

    Raises:
        ImportFileError: there is no such locale.
    """
    if name == SPACED:
        return formats()[-1]
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
