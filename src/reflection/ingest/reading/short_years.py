"""Months and weeks whose year has two digits: `Sep-26`, `Sept. 26`, `Sep '26`, `09/26`, `KW 36/26`.

Alone such a cell may be a day of no year, or two weeks; the column's header decides, or the column as a whole: months
that all name one number do not name one day of each, nor do weeks all go on until one. Must not know platforms
or files.
"""

import re
from collections.abc import Mapping, Sequence

from reflection.ingest.dialects.dialect import normal_header
from reflection.ingest.reading.dates import Span, parse_span

MONTH_HEADERS = frozenset(
    {"month", "monat", "mois", "mes", "mese", "mês", "maand", "miesiąc", "månad", "måned", "ay", "月", "월", "tháng"}
)
_SHORT = re.compile(r"^([^\W\d_]{3,12})\.?[-/ ]?\s?(['’]?)(\d{2})$|^(0?[1-9]|1[0-2])[/.-](\d{2})$")
_WEEK = re.compile(r"^(?:W|KW|CW|Week|Woche)[ -]?(\d{1,2}) ?[/'’-] ?(\d{2})$", re.IGNORECASE)
_YEARS = range(15, 41)


def short_months(cells: Sequence[str], header: str) -> dict[str, Span]:
    """The months of cells that are surely months with a short year.

    >>> short_months(["Sep-26"], "Month")["Sep-26"][1], short_months(["Sep-26"], "Date")
    (datetime.date(2026, 9, 30), {})
    """
    matches = {cell: match for cell in cells if (match := _SHORT.match(" ".join(cell.split())))}
    words = {cell: span for cell, match in matches.items() if match[1] and (span := _month(match[1], match[3]))}
    if normal_header(header) in MONTH_HEADERS:
        numbers = {cell: span for cell, match in matches.items() if match[4] and (span := _month(match[4], match[5]))}
        return words | numbers
    if _one_number(words):
        return words
    return {cell: span for cell, span in words.items() if matches[cell][2]}


def short_weeks(cells: Sequence[str]) -> dict[str, Span]:
    """The weeks of cells that are surely weeks with a short year: no two weeks in one cell run backwards, or all end
    with the same.

    >>> short_weeks(["KW 36/26"])["KW 36/26"][0], short_weeks(["KW 23/26"])
    (datetime.date(2026, 8, 31), {})
    """
    matches = {cell: match for cell in cells if (match := _WEEK.match(" ".join(cell.split())))}
    pairs = {(int(match[1]), int(match[2])) for match in matches.values()}
    years = {year for _, year in pairs}
    plain = (
        len(years) < len(pairs) or any(week > year for week, year in pairs) or bool(set("'’") & set("".join(matches)))
    )
    if not plain or not years <= set(_YEARS) or max(years) - min(years) > 1:
        return {}
    weeks = {cell: parse_span(f"20{match[2]}-W{int(match[1]):02}", "ymd") for cell, match in matches.items()}
    return {cell: span for cell, span in weeks.items() if span}


def may_be_week(cell: str) -> bool:
    """Whether a cell may be a week with a short year, or two weeks of no year."""
    return _WEEK.match(" ".join(cell.split())) is not None


def may_be_month(cell: str) -> bool:
    """Whether a cell may be a month with a short year, or a day of no year."""
    match = _SHORT.match(" ".join(cell.split()))
    return match is not None and _month(match[1] or match[4], match[3] or match[5]) is not None


def _month(month: str, year: str) -> Span | None:
    if int(year) not in _YEARS:
        return None
    return parse_span(f"{month} 20{year}" if month.isalpha() else f"20{year}-{month}", "ymd")


def _one_number(months: Mapping[str, Span]) -> bool:
    """Whether cells name several months and one number (or that and the next): a year and no day."""
    years = {span[0].year for span in months.values()}
    several = {(span[0].year, span[0].month) for span in months.values()}
    names = {month for _, month in several}
    return len(names) == len(several) and len(several) > len(years) and max(years) - min(years) <= 1 < len(several)
