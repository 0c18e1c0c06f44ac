"""Dates as exports write them: ISO, month first, day first, in words, as weeks, months, quarters and ranges.

The order of day and month is decided by all date cells of a file together: one day above 12 settles it. Where none
does, the platform's documented order is used, else the user has to say. What follows a date has to be a time of day;
anything else makes it none. This file must not know platforms or files.
"""

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from babel import Locale

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import DateOrder

Span = tuple[dt.date, dt.date]

_TIME = re.compile(
    r"(?:[T ]|, | at )\s*\d{1,2}(?::\d{2}){1,2}(?:[.,]\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|UTC|GMT|[A-Z]{3,4})?(?:[+-]\d{2}:?\d{2})?$"
)
_ISO = re.compile(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$")
_EAST = re.compile(
    r"^(\d{4})\s?[年년.]\s?(\d{1,2})(?:\s?[月월]|(?=\.))(?:\.?\s?(\d{1,2})\s?[日일.]?)?"
    r"(?:\s?[(（]?(?:[月火水木金土日](?:曜日?)?|[월화수목금토일](?:요일)?|(?:星期|周|週)[一二三四五六日天])[)）]?)?$"
)
"""2026年9月1日, 2026년 9월 1일, 2026. 9. 1., and the month alone; a weekday may follow."""

_VIETNAMESE = re.compile(
    r"^(?:(?:thứ \w+|chủ nhật),? )?(?:ngày )?(?:(\d{1,2}) )?(?:tháng|thg) (\d{1,2})(?:,| năm|/)? ?(\d{4})$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_COMPACT_MONTH = re.compile(r"^((?:19|20)\d{2})(0[1-9]|1[0-2])$")
_PARTS = re.compile(r"^(\d{1,2})([/.-]) ?(\d{1,2})\2 ?(\d{4}|\d{2})$")
_WEEK = re.compile(
    r"^(?:(\d{4})[-/ ]?[Ww](\d{1,2})|(?:[Ww]|KW|CW|Week|Woche)[ -]?(\d{1,2})[ ,/-]+(\d{4}))$", re.IGNORECASE
)
_QUARTER = re.compile(
    r"^(?:(\d{4})[ /-]?[QT]([1-4])|[QT]([1-4])[ ,/-]*(\d{4})|(?:([1-4])Q|Q([1-4]))[ ,/'’-]?(\d{2}))$", re.IGNORECASE
)
_MONTH = re.compile(r"^(?:(\d{4})[-/.](\d{1,2})|(\d{1,2})[/.-](\d{4}))$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_DAY_MONTH_YEAR = re.compile(r"^(\d{1,2})[-/ .]+([^\W\d_]+)\.?[-/ .,]+(\d{2})$")
_BETWEEN = re.compile(
    r"\s+(?:-|–|—|to|bis|au|a|al|até|tot|t/m)\s+|\s*[–—~～〜]\s*|(?<=\d{8})-(?=\d{8}$)|(?<=\d)/(?=\d{4}-\d)"
    r"|(?<=\d),(?=\d{1,4}[-/])"
)
_LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "id",
    "pl",
    "sv",
    "da",
    "nb",
    "fi",
    "cs",
    "tr",
    "hu",
    "ro",
    "ru",
)
_FILLING = frozenset({"de", "del", "of", "the", "st", "nd", "rd", "th", "er", "le", "den", "di", "г", "el", "dia"})
_EXCEL_EPOCH = dt.date(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 32_874, 73_415
"""Excel's numbers of the first day of 1990 and of 2101."""


def decide_order(cells: Iterable[str], platform_order: DateOrder | None, name: str) -> tuple[DateOrder, str]:
    """How a file orders day and month, and what decided it: 'cells', 'platform' or 'form' (nothing to decide).

    Raises:
        ImportFileError: the cells contradict each other, or nothing decides.
    """
    first = second = 0
    example = ""
    for cell in (part for text in cells for part in _ends(_plain(text))):
        match = _PARTS.match(_TIME.sub("", cell))
        if not match:
            continue
        example = cell
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
    """The first day of what a cell names, its time of day dropped; None where it names no day.

    >>> parse_date("9/1/2026", "mdy"), parse_date("1 sept. 2026", "ymd")
    (datetime.date(2026, 9, 1), datetime.date(2026, 9, 1))
    """
    span = parse_span(cell, order)
    return span[0] if span else None


def parse_span(cell: str, order: DateOrder) -> Span | None:
    """First and last day of what a cell names: a day, a week, a month, a quarter, or a range of them.

    >>> parse_span("2026-W36", "ymd") == parse_span("2026-08-31 - 2026-09-06", "ymd")
    True
    """
    text = _plain(cell)
    if len(text) > 60:
        return None
    if span := _single(text, order):
        return span
    ends = _ends(text)
    if len(ends) != 2:
        return None
    left, right = ends
    last = _single(right, order)
    first = _single(left, order) or (_single(f"{left} {last[1].year}", order) if last else None)
    return (first[0], last[1]) if first and last and first[0] <= last[1] else None


def parse_range(text: str, order: DateOrder) -> Span | None:
    """First and last day of a line such as ``Campaign report (September 1, 2026 - September 3, 2026)``."""
    inner = text[text.rfind("(") + 1 :].rstrip(" )") if "(" in text else text
    span = parse_span(inner, order)
    return span if span and (span[0] != span[1] or len(_ends(_plain(inner))) == 2) else None


def serial_date(cell: str) -> dt.date | None:
    """The day of Excel's number of it, as in 46266 for 2026-09-01; None where it is none."""
    text = cell.strip()
    if not _SERIAL.match(text):
        return None
    number = int(text.partition(".")[0])
    return _EXCEL_EPOCH + dt.timedelta(days=number) if FIRST_SERIAL <= number <= LAST_SERIAL else None


def _plain(cell: str) -> str:
    return " ".join(cell.split())


def _ends(text: str) -> list[str]:
    """The two ends of a range, or the text alone."""
    parts = _BETWEEN.split(text)
    return [part.strip() for part in parts] if len(parts) == 2 else [text]


def _single(text: str, order: DateOrder) -> Span | None:
    """The span of one day, week, month or quarter."""
    text = _TIME.sub("", text)
    day: dt.date | None = None
    if match := _ISO.match(text):
        day = _date(int(match[1]), int(match[3]), int(match[4]))
    elif (match := _EAST.match(text)) and match[3]:
        day = _date(int(match[1]), int(match[2]), int(match[3]))
    elif (match := _VIETNAMESE.match(text)) and match[1]:
        day = _date(int(match[3]), int(match[2]), int(match[1]))
    elif match := _COMPACT.match(text):
        day = _date(int(match[1]), int(match[2]), int(match[3]))
    elif match := _PARTS.match(text):
        a, b, year = int(match[1]), int(match[3]), _year(match[4])
        day = _date(year, a, b) if order == "mdy" else _date(year, b, a)
    elif span := _longer(text):
        return span
    elif match := _DAY_MONTH_YEAR.match(text):
        month = _months().get(_fold(match[2]))
        day = _date(_year(match[3]), month, int(match[1])) if month else None
    else:
        return _in_words(text)
    return (day, day) if day else None


def _longer(text: str) -> Span | None:
    """An ISO week, a quarter, or a month by its number."""
    if match := _WEEK.match(text):
        try:
            monday = dt.date.fromisocalendar(int(match[1] or match[4]), int(match[2] or match[3]), 1)
        except ValueError:
            return None
        return monday, monday + dt.timedelta(days=6)
    if match := _QUARTER.match(text):
        year = int(match[1] or match[4]) if match[2] or match[3] else _year(match[7])
        last = 3 * int(match[2] or match[3] or match[5] or match[6])
        first, end = _month(year, last - 2), _month(year, last)
        return (first[0], end[1]) if first and end else None
    if match := _MONTH.match(text):
        return _month(int(match[1] or match[4]), int(match[2] or match[3]))
    if match := _EAST.match(text) or _COMPACT_MONTH.match(text):
        return _month(int(match[1]), int(match[2]))
    if match := _VIETNAMESE.match(text):
        return _month(int(match[3]), int(match[2]))
    return None


def _in_words(text: str) -> Span | None:
    if len(text) > 40:
        return None
    numbers = [int(digits) for digits in re.findall(r"\d+", text)]
    words = [_fold(word) for word in _WORD.findall(text)]
    months = {_months()[word] for word in words if word in _months()}
    if len(months) > 1:  # French Tuesdays and March share their first letters
        months = {_months()[word] for word in words if word in _months() and word not in _weekdays()}
    strange = [word for word in words if word not in _months() and word not in _weekdays() and word not in _FILLING]
    if not 1 <= len(numbers) <= 2 or len(months) != 1 or strange:
        return None
    if len(numbers) == 1:
        return _month(numbers[0], months.pop())
    day, year = sorted(numbers)
    date = _date(year, months.pop(), day)
    return (date, date) if date else None


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _month(year: int, month: int) -> Span | None:
    first = _date(year, month, 1)
    return (first, first.replace(day=calendar.monthrange(year, month)[1])) if first else None


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
    return {"sept": 9, "juill": 7, **names}


@lru_cache(maxsize=1)
def _weekdays() -> frozenset[str]:
    """Names of weekdays, long and short, each word of them."""
    return frozenset(
        part
        for language in _LANGUAGES
        for style in ("stand-alone", "format")
        for width in ("wide", "abbreviated")
        for word in Locale.parse(language).days[style][width].values()
        for part in _WORD.findall(_fold(word))
    )


def _fold(word: str) -> str:
    text = unicodedata.normalize("NFKD", word.casefold()).rstrip(".")
    return "".join(letter for letter in text if not unicodedata.combining(letter))
