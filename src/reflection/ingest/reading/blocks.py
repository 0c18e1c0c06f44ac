"""A large text in blocks of whole rows: read by polars where that is sure to mean the same, row by row where it is not.

Sure means: no line break or quotation mark within a cell, no empty line, and a cell for each of the header's. Then a
row is a line, and cells, delimiters and the quotation marks around cells add up to the bytes of the block. Must not
know what the cells mean.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import polars as pl

T = TypeVar("T")

BLOCK = 4 << 20
"""Bytes (or characters) of a block, about 15,000 rows."""

LONGEST = 64 << 20
"""Of a block whose quotation marks do not close: from there on rows are read one by one."""

_AT_ONCE = 1 << 17
"""Bytes that are counted at once: as many as a processor keeps at hand."""


class _Bytes(Protocol):
    """What blocks are made of."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Consecutive rows of one width: `lines[i]` is the 1-based line of row i, `cells` has its texts by position."""

    lines: pl.Series
    cells: pl.DataFrame


class _Utf8:
    """Text of any encoding as bytes in UTF-8."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding, newline="")

    def read(self, size: int, /) -> bytes:
        """At most so many characters, encoded."""
        return self._text.read(size).encode("utf-8", "surrogatepass")


def utf8(stream: io.BufferedReader, encoding: str) -> _Bytes:
    """The stream's text in UTF-8, without a byte-order mark; what is UTF-8 and was found to be whole, as it is."""
    if encoding != "utf-8-sig":
        return _Utf8(stream, encoding)
    if stream.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    return stream


def blocks(stream: _Bytes) -> Iterator[tuple[bytes, int]]:
    """Bytes of whole rows with the number of the line before each; the last may be anything.

    A cut is made after a line at whose end as many quotation marks were opened as closed.
    """
    buffer, line = b"", 0
    while data := stream.read(BLOCK):
        buffer += data
        cut = _cut(buffer) if len(buffer) < LONGEST else 0
        if cut:
            block, buffer = buffer[:cut], buffer[cut:]
            yield block, line
            line += _lines(block)
    if buffer:
        yield buffer, line


def _cut(buffer: bytes) -> int:
    """Where the last whole row ends; 0 where none does."""
    end = buffer.rfind(b"\n") + 1
    open_marks = _count(buffer, b'"', end) % 2 if b'"' in buffer else 0
    while end and open_marks:
        before = buffer.rfind(b"\n", 0, end - 1) + 1
        open_marks = (open_marks + buffer.count(b'"', before, end)) % 2
        end = before
    return end


def _count(block: bytes, letter: bytes, end: int | None = None) -> int:
    """How often one byte occurs (before `end`); many times faster than `bytes.count` for one that is frequent."""
    array = np.frombuffer(block, dtype=np.uint8)[:end]
    parts = (array[start : start + _AT_ONCE] for start in range(0, len(array), _AT_ONCE))
    return sum(int(np.count_nonzero(part == letter[0])) for part in parts)


def _lines(block: bytes) -> int:
    """Line breaks, as the CSV reader counts them."""
    lone = block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else 0
    return _count(block, b"\n") + lone


def as_table(block: bytes, before: int, delimiter: str, width: int) -> TextBlock | None:
    """The rows of a block; None where polars could read something else than what is written."""
    breaks = _count(block, b"\n")
    rows = breaks + (not block.endswith(b"\n"))
    returns = _count(block, b"\r") if b"\r" in block else 0
    if returns and returns != block.count(b"\r\n"):
        return None
    try:
        schema = {str(index): pl.String for index in range(width)}
        cells = pl.read_csv(block, has_header=False, separator=delimiter, schema=schema, empty_string_is_null=False)
    except (pl.exceptions.PolarsError, ValueError):
        return None
    if cells.shape != (rows, width):
        return None
    lengths = cells.select(pl.all().str.len_bytes().cast(pl.Int64).sum()).row(0)
    around = rows * (width - 1) + breaks + returns + (_count(block, b'"') if b'"' in block else 0)
    if sum(lengths) + around != len(block) or _has_empty_rows(cells):
        return None
    return TextBlock(pl.int_range(before + 1, before + rows + 1, dtype=pl.Int64, eager=True), cells)


def _has_empty_rows(cells: pl.DataFrame) -> bool:
    """Whether some row has no cell that says anything; one column without empty cells rules that out at once."""
    if any((cells.to_series(index) != "").all() for index in range(cells.width)):
        return False
    return bool(cells.select(pl.all_horizontal(pl.all() == "").any()).item())


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; while one is used, the next one is made."""
    with ThreadPoolExecutor(1) as worker:
        following = worker.submit(next, items, None)
        while (item := following.result()) is not None:
            following = worker.submit(next, items, None)
            yield item


def rows_of(block: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a block one by one, each with the line of the block it ends on.

    Raises:
        csv.Error: broken quoting; `line_num` of the last row says where.
    """
    text = io.StringIO(block.decode("utf-8", "surrogatepass"), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    for row in reader:
        yield reader.line_num, row
