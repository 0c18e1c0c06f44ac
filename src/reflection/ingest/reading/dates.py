"""Dates as exports write them: ISO, month first, day first, in words; an ambiguous column is refused, not guessed.

The order is decided by all date cells of a file together: one day above 12 settles it. Where none does, the platform's
documented order is used, else the user has to say. This file must not know platforms or files.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from babel import Locale

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import DateOrder

_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_PARTS = re.compile(r"^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,].*)?$")
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "id")


def decide_order(cells: Iterable[str], platform_order: DateOrder | None, name: str) -> tuple[DateOrder, str]:
    """How a file orders day and month, and what decided it: 'cells', 'platform' or 'form' (nothing to decide).

    Raises:
        ImportFileError: the cells contradict each other, or nothing decides.
    """
    first = second = 0
    example = ""
    for cell in cells:
        match = _PARTS.match(cell.strip())
        if not match:
            continue
        example = cell.strip()
        left, separator, right = int(match[1]), match[2], int(match[3])
        if separator == "." or left > 12:
            first += 1
        elif right > 12:
            second += 1
    if not example:
        return "ymd", "form"
    if first and second:
        raise ImportFileError(
            f"{name}: dates such as '{example}' are written in two orders.", hint="Export with ISO dates."
        )
    if first or second:
        return ("dmy" if first else "mdy"), "cells"
    if platform_order in ("mdy", "dmy"):
        return platform_order, "platform"
    raise ImportFileError(
        f"{name}: '{example}' may be day or month first; no date in the file decides.",
        hint="Say --date-order mdy (month first) or --date-order dmy (day first).",
        field="date_order",
    )


def parse_date(cell: str, order: DateOrder) -> dt.date | None:
    """A date, its time of day dropped; a month in words is its first day; None where it is neither.

    >>> parse_date("9/1/2026", "mdy"), parse_date("1 sept. 2026", "ymd")
    (datetime.date(2026, 9, 1), datetime.date(2026, 9, 1))
    """
    text = cell.strip()
    if match := _ISO.match(text) or _COMPACT.match(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _PARTS.match(text):
        a, b, year = int(match[1]), int(match[3]), int(match[4])
        year += 2000 if year < 100 else 0
        return _date(year, a, b) if order == "mdy" else _date(year, b, a)
    return _in_words(text)


def parse_range(text: str, order: DateOrder) -> tuple[dt.date, dt.date] | None:
    """First and last day of a line such as ``September 1, 2026 - September 3, 2026``."""
    inner = text[text.rfind("(") + 1 :].rstrip(" )") if "(" in text else text
    for separator in (" - ", " – ", " — ", ","):
        left, dash, right = inner.partition(separator)
        if not dash:
            continue
        first, last = parse_date(left, order), parse_date(right, order)
        if first and last and first <= last:
            return first, last
    return None


def _in_words(text: str) -> dt.date | None:
    if len(text) > 40:
        return None
    numbers = [int(digits) for digits in re.findall(r"\d+", text)]
    months = {_months()[key] for word in _WORD.findall(text) if (key := _fold(word)) in _months()}
    if not 1 <= len(numbers) <= 2 or len(months) != 1:
        return None
    day, year = (1, numbers[0]) if len(numbers) == 1 else sorted(numbers)
    return _date(year, months.pop(), day)


def _date(year: int, month: int, day: int) -> dt.date | None:
    if not 1990 <= year <= 2100:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _months() -> Mapping[str, int]:
    """Month names, long and short, of the languages exports come in; from Babel's locale data."""
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for style in ("stand-alone", "format"):
            for width in ("wide", "abbreviated"):
                for number, word in Locale.parse(language).months[style][width].items():
                    names.setdefault(_fold(word), int(number))
    names.setdefault("sept", 9)
    return names


def _fold(word: str) -> str:
    text = unicodedata.normalize("NFKD", word.casefold()).rstrip(".")
    return "".join(letter for letter in text if not unicodedata.combining(letter))
