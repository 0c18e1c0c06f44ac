"""Periods of a company's own calendar (`FY26 P03`, `2026-P3`, `Period 3`): months of 4, 4 and 5 weeks, most often.

They begin on another day in every company and year, so which days they are has to be said. Must not know files.
"""

import re

from reflection.errors import ImportFileError

_YEAR = r"(?:FY ?'?)?(?:20)?\d\d"
_NUMBER = r"(?:P|FP|FM|FW|FQ|Period|Fiscal (?:period|month|week|quarter))[ _-]?\d{1,2}"
_FISCAL = re.compile(
    rf"(?:{_YEAR}[ /_-]*)?{_NUMBER}(?:[ /_-]*{_YEAR})?"
    r"|FY ?'?(?:20)?\d\d[ /_-]*[MWQ]\d{1,2}|[MWQ]\d{1,2}[ /_-]*FY ?'?(?:20)?\d\d",
    re.IGNORECASE,
)


def is_fiscal(cell: str) -> bool:
    """Whether a cell names a period of a company's own calendar.

    >>> is_fiscal("FY26 P03"), is_fiscal("P3 2026"), is_fiscal("2026-03"), is_fiscal("KW 12/2026")
    (True, True, False, False)
    """
    return _FISCAL.fullmatch(" ".join(cell.split())) is not None


def refusal(name: str, cell: str, header: str) -> ImportFileError:
    """Why a table whose days are such periods is not read, and what to do."""
    return ImportFileError(
        f"{name} names periods of a company's own calendar ('{cell}' under '{header}') and not which days they are.",
        hint="Add two columns with each period's first and last day (Start date, End date): such calendars begin on "
        "another day in every company and year.",
    )
