"""Why a table that nothing fits cannot be read, where its shape says so: lines in quotes, days in columns, no figures.

Must not know how tables are opened, nor what is made of rows.
"""

from collections.abc import Sequence

from reflection.errors import ImportFileError
from reflection.ingest.dialects import DIALECTS
from reflection.ingest.dialects.dialect import normal_header, split_currency
from reflection.ingest.dialects.platforms import is_platform
from reflection.ingest.dialects.words import field_of
from reflection.ingest.reading.dates import parse_span
from reflection.ingest.reading.fiscal_periods import is_fiscal, refusal
from reflection.ingest.reading.header import LEAST_EVIDENCE, Header
from reflection.ingest.reading.tables import Table

FEWEST_SIGNS = 3
"""Separators within each line from which it is a table that somebody quoted."""

ONE_ROW_EACH = (
    "Give it a row for each campaign and day (and platform), with a column each for spend, impressions, clicks and "
    "conversions: spreadsheets call that unpivot."
)


def wide(header: Sequence[str]) -> str | None:
    """What a table has in its columns that belongs into rows: days, or platforms; None where it has neither."""
    days = [cell.strip() for cell in header if cell.strip() and parse_span(cell, "ymd")]
    if len(days) > 1:
        return f"a column for each day ('{days[0]}', '{days[1]}')"
    if len(times := _times(header)) > 1:
        return f"a column for each time ('{times[0]}', '{times[1]}')"
    opening = {cell.split()[0].casefold(): cell.strip() for cell in header if len(cell.split()) > 1}
    named = [cell for word, cell in opening.items() if is_platform(word)]
    return f"a column for each platform ('{named[0]}', '{named[1]}')" if len(named) > 1 else None


def _times(header: Sequence[str]) -> list[str]:
    """Columns of one figure at several times, as `Spend Aug 2026` and `Spend Sep 2026`."""
    figures: dict[str, list[str]] = {}
    for cell in header:
        figure, _, time = cell.strip().partition(" ")
        if field_of(figure) is not None and parse_span(time.strip("() "), "ymd"):
            figures.setdefault(figure.casefold(), []).append(cell.strip())
    return max(figures.values(), key=len, default=[])


def refuse_fiscal(table: Table, header: Header) -> None:
    """A table without days whose periods are of a company's own calendar is asked about.

    Raises:
        ImportFileError: it is one.
    """
    if "date" in header.columns:
        return
    rows = [row for line, row in table.head if line > header.line and len(row) == len(header.cells)]
    for index in sorted(set(range(len(header.cells))) - set(header.columns.values())):
        cells = [cell for row in rows if (cell := row[index].strip())]
        fiscal = [cell for cell in cells if is_fiscal(cell)]
        if fiscal and 2 * len(fiscal) >= len(cells):
            raise refusal(table.name, fiscal[0], header.cells[index].strip())


def quoted_lines(table: Table) -> ImportFileError | None:
    """Why a table whose lines are each one quoted text cannot be read; None where they are not."""
    lines = [cells[0] for _, cells in table.head if len(cells) == 1 and '"' not in cells[0]]
    wide = [line for line in lines if max(map(line.count, ",;\t|")) >= FEWEST_SIGNS]
    if not wide or len(wide) < len(table.head):
        return None
    return ImportFileError(
        f"{table.name} has each line in quotation marks, as one text: its columns are not told apart.",
        hint="Export it again without opening it in between, or split the column at its commas and save it as CSV.",
    )


def without_figures(table: Table) -> ImportFileError | None:
    """Why a table that is plainly a platform's has nothing to learn from; None where it is nobody's."""
    for dialect in (one for one in DIALECTS if one.role == "performance"):
        for _, cells in table.head:
            normal = [normal_header(split_currency(cell)[0]) for cell in cells]
            figures = {header for names in dialect.names.values() for name in ("spend", "impressions")
                       for header in names.get(name, ())}  # fmt: skip
            marks = [cells[i].strip() for i, header in enumerate(normal) if header in dialect.marks]
            if len(set(marks)) > LEAST_EVIDENCE and figures.isdisjoint(normal):
                return ImportFileError(
                    f"{table.name} is of {dialect.title} ({', '.join(repr(mark) for mark in marks[:3])}) and says "
                    "neither spend nor impressions: there is nothing to learn from.",
                    hint="Export it with the columns of cost, impressions and clicks.",
                )  # fmt: skip
    return None
