"""Whose a table is where its headers are words that anybody could use: as its file's name, or a line beside it, says.

One platform has to be named, and no other; what only Meta writes into its cells names Meta. Must not know what is made
of the rows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from reflection.ingest.dialects import DIALECTS
from reflection.ingest.dialects.any_language import report_of
from reflection.ingest.dialects.dialect import normal_header
from reflection.ingest.dialects.platforms import is_other_medium, is_platform, platform_name, platforms_in
from reflection.ingest.dialects.words import counts_conversions, mentions
from reflection.ingest.reading.header import Header, find_header
from reflection.ingest.reading.number_formats import numeric
from reflection.ingest.reading.tables import Table, laid_out
from reflection.ingest.reading.text_rows import Cells
from reflection.ingest.reading.total_rows import is_label

_LONGEST = 120
"""Characters of a line that is a title or a note; prose names many things."""


_CAMPAIGNS = {"campaign", "campaign_id"}
_INDICATOR = re.compile(r"actions:[\w.]+")
"""How Meta writes which event a result is: `actions:offsite_conversion.fb_pixel_purchase`."""
_STEM = 5
"""Letters that the headers of results and of their indicator begin with in common: Resultat, Resultatindikator."""


def tables_by_evidence(tables: Sequence[Table]) -> list[tuple[Table, Header]]:
    """Those of a file's tables that say beside their headers whose they are, with the headers.

    Sheets, or sections of one table, each of another platform get a column that says so; none are returned where such
    sheets differ in their headers.
    """
    sections = [(table, header) for one in tables if (pair := _of_sections(one)) for table, header in [pair]]
    if sections:
        return sections
    pairs = [(table, header) for table in tables if (header := _header(table))]
    if len({header.dialect.platform for _, header in pairs}) < 2:
        return pairs
    if len({tuple(map(normal_header, header.cells)) for _, header in pairs}) > 1:
        return []
    sheets = [_with_platform(table, header, "a sheet for each platform") for table, header in pairs]
    return [(sheet, header) for sheet in sheets if (header := find_header(sheet, DIALECTS))]


def _header(table: Table) -> Header | None:
    """The header of a platform's report in any language; None where nothing says whose it is, or a column is not
    clear."""
    evidence: dict[str, str] = {}
    for where, title in _titles(table):
        for platform in platforms_in(title):
            evidence.setdefault(platform, where)
    if cell := _indicator(table):
        evidence.setdefault("Meta", f"the cell '{cell}'")
    if len(evidence) != 1:
        return None
    ((platform, where),) = evidence.items()
    own = next((one for one in DIALECTS if one.platform == platform and not one.key.endswith("_api")), None)
    header = find_header(table, [report_of(platform, own, where)])
    if header is None or not _CAMPAIGNS & set(header.columns):
        return None
    return _with_values(_with_conversions(_with_results(header, table), table), table)


def _of_sections(table: Table) -> tuple[Table, Header] | None:
    """A table whose rows stand below lines that each name a platform; None where there are no two such lines."""
    lines = {cells[0].strip() for _, cells in table.head if _is_section(cells)}
    if len(set(map(platform_name, lines))) < 2:
        return None
    header = find_header(table, [report_of("", None, "sections")])
    if header is None:
        return None
    whole = _with_platform(table, header, "a section of rows for each platform")
    own = find_header(whole, DIALECTS)
    return (whole, own) if own else None


def _is_section(cells: Cells) -> bool:
    return _is_title(cells) and (is_platform(cells[0]) or is_other_medium(cells[0]))


def _is_title(cells: Cells) -> bool:
    """Whether a line has its first cell alone, which is no total's."""
    return bool(cells) and bool(cells[0].strip()) and not any(map(str.strip, cells[1:])) and not is_label(cells[0])


def _with_platform(table: Table, header: Header, layout: str) -> Table:
    """The table with a column that says each row's platform: its own, or that of the section it stands in, whatever is
    called so; as with any such column, cells that name no platform are asked about."""
    rows: list[tuple[int, Cells]] = []
    platform = header.dialect.platform
    for chunk in table.chunks():
        for line, cells in zip(chunk.lines, chunk.rows, strict=True):
            if line > header.line and not header.dialect.platform and _is_title(cells):
                platform = cells[0].strip()
            elif len(cells) == len(header.cells):
                own = "Platform" if line == header.line else platform if line > header.line else ""
                rows.append((line, [*cells, own]))
            else:
                rows.append((line, cells))
    return laid_out(table, rows, layout)


def _with_conversions(header: Header, table: Table) -> Header:
    """The header with the one column that is called conversions and something else, where no other one counts them."""
    if any(name in ("conversions", "results") or name.startswith("conversion.") for name in header.columns):
        return header
    counts = [index for index in _unread_numbers(header, table) if counts_conversions(header.cells[index])]
    return replace(header, columns={**header.columns, "conversions": counts[0]}) if len(counts) == 1 else header


def _with_results(header: Header, table: Table) -> Header:
    """The header with the column of Meta's indicators and that of the results, called alike in any language."""
    places = {place for _, row in table.head for place, cell in enumerate(row) if _INDICATOR.fullmatch(cell.strip())}
    if "result_indicator" in header.columns or len(places) != 1:
        return header
    (place,) = places
    stem = normal_header(header.cells[place])[:_STEM]
    alike = [i for i in _unread_numbers(header, table) if normal_header(header.cells[i]).startswith(stem)]
    if len(alike) > 1:  # beside their rate and their cost
        whole = normal_header(header.cells[place])
        alike = [i for i in alike if whole.startswith(normal_header(header.cells[i]))]
    if len(alike) != 1:
        return header
    return replace(header, columns={**header.columns, "result_indicator": place, "results": alike[0]})


def _with_values(header: Header, table: Table) -> Header:
    """The header with columns called for a value and, within that, for the one conversion whose value they are; where
    two are called so, with neither."""
    events = [name for name in header.columns if name.startswith("conversion.")]
    values: dict[str, list[int]] = {}
    for index in _unread_numbers(header, table):
        text = header.cells[index]
        own = [name for name in events if normal_header(header.written(name)) in normal_header(text)]
        if mentions("revenue", text) and len(own) == 1:
            values.setdefault(f"value.{own[0].removeprefix('conversion.')}", []).append(index)
    sure = {name: places[0] for name, places in values.items() if len(places) == 1}
    return replace(header, columns={**sure, **header.columns})


def _unread_numbers(header: Header, table: Table) -> list[int]:
    """The columns of numbers that nothing is read from."""
    rows = [row for line, row in table.head if line > header.line and len(row) == len(header.cells)]
    left = sorted(set(range(len(header.cells))) - set(header.columns.values()))
    return [index for index in left if numeric(pl.Series([row[index] for row in rows], dtype=pl.String))]


def _indicator(table: Table) -> str:
    """A cell that names an event as only Meta's exports do, whatever their language; '' for none."""
    return next((cell.strip() for _, row in table.head for cell in row if _INDICATOR.fullmatch(cell.strip())), "")


def _titles(table: Table) -> Iterator[tuple[str, str]]:
    """What may name a platform, and what it is: the file's name, lines above and below the table."""
    yield f"the file's name ({table.name})", table.name
    for chunk in table.chunks():
        for row in chunk.rows:
            cells = [cell.strip() for cell in row if cell.strip()]
            if len(cells) == 1 and len(cells[0]) <= _LONGEST:
                yield f"the line '{cells[0]}'", cells[0]
