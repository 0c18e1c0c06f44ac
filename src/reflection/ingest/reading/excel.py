"""Excel workbooks of strangers: every part is unpacked once, counted and checked before a reader sees it.

A reader allocates the rectangle that the cell addresses span and copies a shared string for every cell that names it:
two cells far apart, or one long string, are enough to fill any memory. Both are bounded here. This file must not know
advertising, nor what the cells mean.
"""

import datetime as dt
import io
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from python_calamine import CalamineSheet

from reflection.errors import ImportFileError
from reflection.ingest.reading.archives import Source, unzipped

_CELL = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"'][^<>]*?(/?)>")
_BARE_CELL = re.compile(
    rb"<(?:\w+:)?row\b[^>]*\br\s*=\s*[\"']([0-9]{1,7})[\"'][^>]*>\s*<(?:\w+:)?c\b(?![^>]*\br\s*=)"
)  # its row alone says where it stands
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_STRING_END = re.compile(rb"</(?:\w+:)?si>")
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"  # a formula
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"  # and then no value
)
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>\s*(\d{1,9})\s*<")
MAX_TEXT = 256 << 20
"""Bytes of text a workbook may become: a shared string counts once for every cell that names it."""
EMPTY_CELLS, EMPTY_SHARE = 250_000, 8
"""So many empty cells may lie between the filled ones of a part, or so many times the filled ones."""


_NAMING = (str, dt.date)
"""Values of cells that name something."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """The bytes of an Excel workbook, and what no reader says of it.

    Attributes:
        uncalculated: formulas that no spreadsheet program has calculated: their cells read as empty.
        hidden: rows that are hidden, by hand or by a filter; they are read as the others.
    """

    data: bytes
    uncalculated: int
    hidden: int


def checked_workbook(source: Source) -> Workbook:
    """An Excel workbook, after its parts were unpacked once, counted, and found harmless.

    Raises:
        ImportFileError: too many bytes, cells or characters, or a damaged file.
    """
    data = source.read(source.limits.max_workbook)
    with unzipped(io.BytesIO(data), source.name) as archive:
        parts = [Source(source.name, data, "zip", info.filename, "text", source.limits) for info in archive.infolist()]
    budget = source.limits.max_workbook
    lengths: list[int] = []
    references = uncalculated = hidden = 0
    for part in parts:
        content = part.read(max(budget, 0))
        budget -= len(content)
        _check_markup(part, content)
        _check_rectangle(part, content)
        lengths += [len(piece) for piece in _STRING_END.split(content)[:-1]]
        references += len(_SHARED.findall(content))
        uncalculated += len(_UNCALCULATED.findall(content))
        hidden += len(_HIDDEN.findall(content))
    if max(lengths, default=0) * references > MAX_TEXT:
        _check_text(parts, lengths)
    return Workbook(data, uncalculated, hidden)


def _check_markup(part: Source, content: bytes) -> None:
    if _ENTITY.search(content[:4_096]):
        raise ImportFileError(f"{part.name} declares XML entities; no spreadsheet program writes those.")


def _check_rectangle(part: Source, content: bytes) -> None:
    """Any part may be a sheet: its name proves nothing. What is there bounds where it may stand."""
    columns = rows = filled = 0
    for match in _CELL.finditer(content):
        if not match[3]:  # a cell that only has a format is not read
            columns, rows, filled = max(columns, _column_number(match[1])), max(rows, int(match[2])), filled + 1
    for match in _BARE_CELL.finditer(content):
        columns, rows, filled = max(columns, 1), max(rows, int(match[1])), filled + 1
    most = min(part.limits.max_cells, max(EMPTY_CELLS, EMPTY_SHARE * filled))
    if columns > part.limits.max_columns or rows * columns > most:
        raise ImportFileError(
            f"{part.name} spans {rows:,} rows by {columns:,} columns and fills {filled:,} of these cells.",
            hint="Delete the stray cells far outside the table, or save as CSV.",
        )


def _check_text(parts: list[Source], lengths: list[int]) -> None:
    """The text of all cells that name a shared string, counted exactly."""
    total = 0
    for part in parts:
        for match in _SHARED.finditer(part.read(part.limits.max_workbook)):
            index = int(match[1])
            total += lengths[index] if index < len(lengths) else 0
    if total > MAX_TEXT:
        raise ImportFileError(
            f"{parts[0].name} holds more than {MAX_TEXT >> 20} MiB of text once its cells are filled.",
            hint="Save it as CSV, or split it.",
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def cells_of(sheet: CalamineSheet) -> list[list[str]]:
    """The cells of a sheet; a name or a day that stands in merged cells is that of all their rows.

    A number is not: an amount merged over three rows is one amount.
    """
    values = sheet.to_python(skip_empty_area=False)
    rows = [[_cell(value) for value in row] for row in values]
    done: dict[int, int] = {}
    for (top, left), (bottom, right) in sorted(sheet.merged_cell_ranges or ()):
        if left != right or top >= len(values) or left >= len(values[top]) or top <= done.get(left, -1):
            continue
        done[left] = bottom
        if isinstance(values[top][left], _NAMING):
            for row in rows[top + 1 : bottom + 1]:
                row[left] = row[left] or (rows[top][left] if any(row) else "")
    return rows


def _cell(value: Any) -> str:
    """A workbook's value as text: dates ISO, numbers canonical and never mistaken for a grouped one."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return canonical_number(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def canonical_number(value: float) -> str:
    """A number with a point and no grouping; never three decimals alone, which another locale reads as thousands."""
    text = repr(value)
    if not math.isfinite(value):
        return text  # no number in any locale: the row is refused, and named
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if "e" in text:
        return text if abs(value) >= 1e15 else format(Decimal(text), "f")
    return text + "0" if len(text.partition(".")[2]) == 3 else text
