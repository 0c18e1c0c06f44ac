"""Why a table cannot be read: what its shape says (lines in quotes, days in columns, no figures), or what its header
lacks, with the mapping that would read it.

Must not know how tables are opened, nor what is made of rows.
"""

import json
from collections.abc import Sequence

from reflection.errors import ImportFileError
from reflection.ingest.dialects import DIALECTS
from reflection.ingest.dialects.column_mapping import ColumnMapping
from reflection.ingest.dialects.dialect import normal_header, split_currency
from reflection.ingest.dialects.platforms import is_platform
from reflection.ingest.dialects.words import field_of
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.dates import parse_span
from reflection.ingest.reading.fiscal_periods import is_fiscal, refusal
from reflection.ingest.reading.header import LEAST_EVIDENCE, Header, find_header
from reflection.ingest.reading.suggested_mapping import SuggestedMapping, headers_of, suggest
from reflection.ingest.reading.tables import Table

FEWEST_SIGNS = 3
"""Separators within each line from which it is a table that somebody quoted."""

_ONE_ROW_EACH = (
    "Give it a row for each campaign and day (and platform), with a column each for spend, impressions, clicks and "
    "conversions: spreadsheets call that unpivot."
)


def unrecognised(table: Table, options: ImportOptions) -> ImportFileError:
    """What is wrong with a table that nothing fits, and the mapping that would read it, as far as its headers say."""
    suggestion = suggest(table)
    beginning = "its header begins " + ", ".join(f"'{cell.strip()[:30]}'" for cell in suggestion.header[:8])
    if options.mapping is not None:
        return _unlike_mapping(table, options.mapping, suggestion, beginning)
    if suggestion.header == table.head[-1][1] and any(map(field_of, suggestion.header)):
        return ImportFileError(f"{table.name} has a header but no rows.")
    if without := _quoted_lines(table) or _without_figures(table):
        return without
    if any(str(cell).startswith("actual_metrics.") for cell in suggestion.header):
        return ImportFileError(
            f"{table.name} holds whole campaigns, forecast and result, and not rows of an export.",
            hint=f"`reflection analyze {table.name}` takes them as they are; so does POST /analyze-campaign, one each.",
        )
    candidates = [header for dialect in DIALECTS if (header := find_header(table, [dialect], explicit=True))]
    near = max((header for header in candidates if header.marks), key=lambda header: header.score, default=None)
    if options.platform != "auto":
        nearest = near or max(candidates, key=lambda header: header.score, default=None)
        title = next(dialect.title for dialect in DIALECTS if dialect.key == options.platform)
        looks = nearest and f"It looks like {nearest.dialect.title}: say --platform {nearest.dialect.key}, or nothing."
        return ImportFileError(
            f"{table.name} has not the headers of {title}; {beginning}.", hint=looks or "", field="platform"
        )
    if (layout := _wide(suggestion.header)) is not None:
        return ImportFileError(f"{table.name} has {layout}; {beginning}.", hint=_ONE_ROW_EACH)
    return _of_no_platform(table, near, suggestion, beginning)


def _unlike_mapping(
    table: Table, mapping: ColumnMapping, suggestion: SuggestedMapping, beginning: str
) -> ImportFileError:
    """Which headers of a mapping a table does not have."""
    normal = {normal_header(split_currency(cell)[0]) for _, row in table.head for cell in row}
    headers = list(mapping.columns.values())
    absent = [text for text in headers if normal_header(split_currency(text)[0]) not in normal]
    lacking = ", ".join(f"'{text}'" for text in absent or headers)
    return ImportFileError(
        f"{table.name} does not have the mapping's headers {lacking} in one row; {beginning}.",
        hint="Write them in the mapping as the file does.", field="mapping",
        mapping=mapping.as_dict() | {"headers": headers_of(suggestion.header)},
    )  # fmt: skip


def _of_no_platform(table: Table, near: Header | None, suggestion: SuggestedMapping, beginning: str) -> ImportFileError:
    """What a table of nobody's lacks, and the mapping that its headers suggest; `near` is the dialect most like it."""
    mapping = suggestion.as_dict() | {"headers": headers_of(suggestion.header)}
    if not {"spend", "impressions"} & set(suggestion.columns) and near is None:
        return ImportFileError(
            f"{table.name} has no column of spend or impressions that is known here; {beginning}.",
            hint="What ads cost and how often they were shown is what is learnt from: export it with them. If a column "
            "says it under a name of its own, name it in a --mapping (--suggest-mapping writes the rest).",
            mapping=mapping,
        )
    perhaps = f"If it is {near.dialect.title}'s, say --platform {near.dialect.key}." if near else ""
    unclear = f" Not clear: {', '.join(suggestion.unclear[:8])}." if suggestion.unclear else ""
    body = json.dumps(suggestion.as_dict(), ensure_ascii=False)
    return ImportFileError(
        f"{table.name} is no export of a platform that is known here; {beginning}.",
        hint=f"{perhaps or 'Say --platform, if it is one.'} If not, give a --mapping.{unclear} "
        f"The headers say (--suggest-mapping prints it): {body}",
        mapping=mapping,
    )


def _wide(header: Sequence[str]) -> str | None:
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


def _quoted_lines(table: Table) -> ImportFileError | None:
    """Why a table whose lines are each one quoted text cannot be read; None where they are not."""
    lines = [cells[0] for _, cells in table.head if len(cells) == 1 and '"' not in cells[0]]
    wide = [line for line in lines if max(map(line.count, ",;\t|")) >= FEWEST_SIGNS]
    if not wide or len(wide) < len(table.head):
        return None
    return ImportFileError(
        f"{table.name} has each line in quotation marks, as one text: its columns are not told apart.",
        hint="Export it again without opening it in between, or split the column at its commas and save it as CSV.",
    )


def _without_figures(table: Table) -> ImportFileError | None:
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
