"""A column mapping to start from, for a table that no dialect fits: its header, and what each column probably is.

Made from the words of many languages and from what the cells hold; for people to look at, never used unasked. Must not
know platforms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from reflection.ingest.dialects.dialect import normal_header, plain_header, split_currency
from reflection.ingest.dialects.words import field_of, guess
from reflection.ingest.reading.dates import parse_span
from reflection.ingest.reading.number_formats import known, numeric
from reflection.ingest.reading.tables import Table
from reflection.ingest.reading.text_rows import Cells

_LEAST_CELLS = 3
_MOST_ROWS = 60
MOST_HEADERS = 300


@dataclass(frozen=True, slots=True)
class SuggestedMapping:
    """Which column is probably which.

    Attributes:
        columns: field -> header as the file writes it.
        header: the row taken for the header.
        unclear: headers of number columns that no field was found for.
    """

    columns: dict[str, str]
    header: Cells
    unclear: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """As `load_mapping` reads it."""
        return {"platform": "", "columns": self.columns}


def suggest(table: Table) -> SuggestedMapping:
    """What the columns of a table probably are."""
    rows = [row for _, row in table.head]
    place = _header_row(rows)
    header, below = rows[place], [row for row in rows[place + 1 :] if len(row) == len(rows[place])][:_MOST_ROWS]
    cells = [pl.Series([row[i] for row in below], dtype=pl.String) for i in range(len(header))]
    numbers = [numeric(column) for column in cells]
    days = [_dated(column) or field_of(text) == "date" for text, column in zip(header, cells, strict=True)]
    numbers = [number and not day for number, day in zip(numbers, days, strict=True)]
    names: set[str] = set()
    columns: dict[str, str] = {}
    places = guess(header, numbers, days)
    if {"date", "date_end"} <= set(places) and _are_flights(
        [(row[places["date"]], row[places["date_end"]]) for row in below]
    ):
        places = {name: index for name, index in places.items() if name not in ("date", "date_end")}
    for name, index in places.items():
        text = header_name(header[index])
        if normal_header(text) not in names:
            columns[name] = text
            names.add(normal_header(text))
    unclear = [plain_header(cell) for cell, number in zip(header, numbers, strict=True) if number]
    left = (text for text in unclear if normal_header(split_currency(text)[0]) not in names)
    return SuggestedMapping(columns, header, tuple(left))


def header_name(cell: str) -> str:
    """A header as people write it in a mapping: without the currency that stands in it."""
    return split_currency(plain_header(cell))[0].strip()


def headers_of(cells: Cells) -> tuple[str, ...]:
    """The headers of a table as people write them in a mapping, each once."""
    return tuple(dict.fromkeys(text for cell in cells[:MOST_HEADERS] if (text := header_name(cell))))


def _are_flights(rows: Sequence[tuple[str, str]]) -> bool:
    """Whether start and end are the campaigns' own, and not those of the figures: no two campaigns run equally long."""
    spans = [(parse_span(start, "mdy"), parse_span(end, "mdy")) for start, end in rows]
    lengths = {(end[1] - start[0]).days if start and end else None for start, end in spans}
    return len(lengths) > 1


def _header_row(rows: Sequence[Cells]) -> int:
    """The row with most cells that plainly name a field; where none does, the widest, the first of several."""
    wide = [i for i, row in enumerate(rows) if sum(bool(cell.strip()) for cell in row) >= _LEAST_CELLS]
    named = {i: sum(field_of(cell) is not None for cell in rows[i]) for i in wide}
    best = max(named, key=lambda i: (named[i], -i), default=0)
    return best if named.get(best) else max(range(len(rows)), key=lambda i: (len(rows[i]), -i))


def _dated(cells: pl.Series) -> bool:
    """Whether most cells are days; a total may stand among them."""
    texts = known(cells).to_list()
    days = [cell for cell in texts if parse_span(cell, "mdy") or parse_span(cell, "dmy")]
    return len(days) > 0.5 * len(texts)
