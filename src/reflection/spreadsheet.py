"""Rows to CSV that a spreadsheet opens without running anything.

A text cell that begins like a formula gets a leading apostrophe (OWASP, CSV injection); numbers stay numbers.
`plain` takes the apostrophe away again. Knows no campaign.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that a spreadsheet may take for a formula; the last four are the full-width forms."""


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs."""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith((*_DANGEROUS, "'")) else value
    if isinstance(value, (list, tuple)):
        return safe("; ".join(str(item) for item in value))
    return "" if value is None else value


def plain(text: str) -> str:
    """The text that `safe` was given."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith((*_DANGEROUS, "'")) else text


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """CSV text, a record at a time: the header of `columns`, then each row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe(row.get(column)) for column in columns])
        yield buffer.getvalue()
