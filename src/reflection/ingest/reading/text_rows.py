"""The rows of a text that separates cells by a character, so many at a time, with the lines they end on.

Must not know which character is the right one, nor what the cells mean.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from reflection.errors import ImportFileError
from reflection.ingest.reading.archives import Source
from reflection.ingest.reading.encodings import codec_name

_BREAK = re.compile(r"\r\n|\r|\n")

Cells = list[str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows: `lines[i]` is the 1-based line (or sheet row) on which `rows[i]` ends."""

    lines: list[int]
    rows: list[Cells]


def text_rows(source: Source, encoding: str, delimiter: str, size: int) -> Iterator[Chunk]:
    """The rows of a text, so many at a time; what comes before an error is given first."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, codec_name(encoding), newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        most, line, error = source.limits.max_columns, 0, None
        while error is None:
            rows: list[Cells] = []
            try:
                rows.extend(islice(reader, size))  # keeps what it had where the reader breaks
            except csv.Error as cause:
                error = broken(source, reader.line_num, cause)
            except UnicodeError:
                error = no_text(source, encoding, reader.line_num)
            if (widest := max(map(len, rows), default=0)) > most:
                error = too_wide(source, widest)
                rows = list(takewhile(lambda row: len(row) <= most, rows))
            if rows:
                yield Chunk(_line_numbers(rows, line, reader.line_num), rows)
                line = reader.line_num
            elif error is None:
                return
        raise error


def no_text(source: Source, encoding: str, line: int) -> ImportFileError:
    """Bytes after a line are none of the encoding."""
    return ImportFileError(f"{source.name}, after line {line}: not {encoding} text.", hint="Save it as UTF-8.")


def too_wide(source: Source, columns: int) -> ImportFileError:
    """A row of more columns than are read."""
    return ImportFileError(f"{source.name} has {columns:,} columns; at most {source.limits.max_columns:,} are read.")


def broken(source: Source, line: int, error: csv.Error) -> ImportFileError:
    """Quoting that ends nowhere, or in the middle of a cell."""
    return ImportFileError(
        f"{source.name}, line {line}: broken quoting ({error}).", hint="The file may be cut off; export it again."
    )


def _line_numbers(rows: list[Cells], before: int, after: int) -> list[int]:
    """The line each row ends on; cells with line breaks make a row longer than a line."""
    if after - before == len(rows):
        return list(range(before + 1, after + 1))
    lines: list[int] = []
    for row in rows:
        before += 1 + sum(len(_BREAK.findall(cell)) for cell in row)
        lines.append(before)
    return lines
