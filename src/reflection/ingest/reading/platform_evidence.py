"""Whose a table is where its headers are words that anybody could use: as its file's name, or a line beside it, says.

One platform has to be named, and no other. Must not know what is made of the rows.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from reflection.ingest.dialects import DIALECTS
from reflection.ingest.dialects.any_language import report_of
from reflection.ingest.dialects.platforms import platforms_in
from reflection.ingest.dialects.words import counts_conversions
from reflection.ingest.reading.header import Header, find_header
from reflection.ingest.reading.number_formats import numeric
from reflection.ingest.reading.tables import Table

_LONGEST = 120
"""Characters of a line that is a title or a note; prose names many things."""


_CAMPAIGNS = {"campaign", "campaign_id"}


def header_by_evidence(table: Table) -> Header | None:
    """The header of a platform's report in any language; None where nothing says whose it is, or a column is not
    clear."""
    evidence: dict[str, str] = {}
    for where, title in _titles(table):
        for platform in platforms_in(title):
            evidence.setdefault(platform, where)
    if len(evidence) != 1:
        return None
    ((platform, where),) = evidence.items()
    own = next((one for one in DIALECTS if one.platform == platform and not one.key.endswith("_api")), None)
    header = find_header(table, [report_of(platform, own, where)])
    return _with_conversions(header, table) if header and _CAMPAIGNS & set(header.columns) else None


def _with_conversions(header: Header, table: Table) -> Header:
    """The header with the one column that is called conversions and something else, where no other one counts them."""
    if any(name == "conversions" or name.startswith("conversion.") for name in header.columns):
        return header
    rows = [row for line, row in table.head if line > header.line and len(row) == len(header.cells)]
    left = sorted(set(range(len(header.cells))) - set(header.columns.values()))
    named = [index for index in left if counts_conversions(header.cells[index])]
    counts = [index for index in named if numeric(pl.Series([row[index] for row in rows], dtype=pl.String))]
    return replace(header, columns={**header.columns, "conversions": counts[0]}) if len(counts) == 1 else header


def _titles(table: Table) -> Iterator[tuple[str, str]]:
    """What may name a platform, and what it is: the file's name, lines above and below the table."""
    yield f"the file's name ({table.name})", table.name
    for chunk in table.chunks():
        for row in chunk.rows:
            cells = [cell.strip() for cell in row if cell.strip()]
            if len(cells) == 1 and len(cells[0]) <= _LONGEST:
                yield f"the line '{cells[0]}'", cells[0]
