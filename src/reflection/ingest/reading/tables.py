"""From a source to rows of text cells with line numbers, whatever wrote it: CSV, TSV, JSON or a workbook's sheets.

A table can be read as often as wanted and is never held whole: `head` is its first rows, `chunks` streams all of them.
This file must not know what the cells mean; so a text is given as it reads with each delimiter, and whoever knows the
headers decides.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from reflection.errors import ImportFileError
from reflection.ingest.reading.archives import Source
from reflection.ingest.reading.blocks import TextBlock, as_table, blocks, rows_of, utf8
from reflection.ingest.reading.encodings import TextProfile, codec_name, profile
from reflection.ingest.reading.excel import canonical_number, cells_of, checked_workbook
from reflection.ingest.reading.json_records import Answer, answer
from reflection.ingest.reading.numbers import LARGEST
from reflection.ingest.reading.text_rows import Cells, Chunk, broken, no_text, text_rows, too_wide

HEAD_ROWS = 80
_HEAD_CHUNK = 1_000
"""Lines that are looked at together for the head: where most are empty, one by one is five times the work."""

CHUNK_ROWS = 20_000
_DELIMITERS = (",", ";", "\t", "|")
_SNIFF = 12_000


@dataclass(frozen=True, slots=True)
class Table:
    """One table of text cells.

    Attributes:
        encoding: how its bytes were decoded; 'xlsx' for a sheet, 'json' for rows.
        delimiter: what separates cells; empty for a sheet or rows.
        typed: numbers and dates come from a workbook's or JSON's own types, so they are written canonically here.
        head: the first rows with their line numbers.
        in_sight: whether it is no hidden sheet.
        layout: how it stands in its file, in words, where its rows are not the file's; ''.
        origin: then the file's line of each of its rows.
        uncalculated, hidden: see `Workbook`; of all its sheets.
    """

    name: str
    encoding: str
    delimiter: str
    sha256: str
    typed: bool
    head: list[tuple[int, Cells]]
    _source: Source | None
    uncalculated: int = 0
    hidden: int = 0
    _sheet: list[Cells] | None = None
    in_sight: bool = True
    layout: str = ""
    origin: Sequence[int] = ()

    def line_in_file(self, line: int) -> int:
        """The file's line of one of the table's."""
        return self.origin[line - 1] if 0 < line <= len(self.origin) else line

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """All rows in order, empty ones left out.

        Raises:
            ImportFileError: broken quoting, an undecodable byte, too many columns, with the line number.
        """
        for chunk in self._batches(size):
            if all(map(any, chunk.rows)):
                yield chunk
            else:
                full = [(line, row) for line, row in zip(chunk.lines, chunk.rows, strict=True) if any(row)]
                if full:
                    yield Chunk([line for line, _ in full], [row for _, row in full])

    def below(self, line: int, width: int) -> Iterator[TextBlock | Chunk]:
        """All rows below a header of so many cells: as columns where they are plain, else row by row.

        Raises:
            ImportFileError: as `chunks`.
        """
        if self._source is None or self._sheet is not None or width < 2:
            yield from self.chunks()
            return
        read = 0
        try:
            with self._source.open() as raw:
                for block, read in blocks(utf8(raw, codec_name(self.encoding))):
                    start = _after_line(block, line - read) if read < line else 0
                    if start is None:  # the lines above are not plain: whoever reads knows which are above
                        yield self._row_by_row(block, read)
                    elif plain := block[start:]:
                        before = max(read, line)
                        yield as_table(plain, before, self.delimiter, width) or self._row_by_row(plain, before)
        except UnicodeError as error:
            raise no_text(self._source, self.encoding, read) from error

    def _row_by_row(self, block: bytes, before: int) -> Chunk:
        """A block's rows, empty ones left out."""
        assert self._source is not None
        number, lines, rows = 0, [], []
        try:
            for number, row in rows_of(block, self.delimiter):
                if any(row):
                    lines.append(before + number)
                    rows.append(row)
        except csv.Error as error:
            raise broken(self._source, before + number + 1, error) from error
        if (widest := max(map(len, rows), default=0)) > self._source.limits.max_columns:
            raise too_wide(self._source, widest)
        return Chunk(lines, rows)

    def _batches(self, size: int) -> Iterator[Chunk]:
        if self._source is not None and self._sheet is None:
            yield from text_rows(self._source, self.encoding, self.delimiter, size)
            return
        sheet = self._sheet or []
        for start in range(0, len(sheet), size):
            rows = sheet[start : start + size]
            yield Chunk(list(range(start + 1, start + 1 + len(rows))), rows)


def open_tables(source: Source) -> list[Table]:
    """The tables of a source: a text's readings with each delimiter, likeliest first; a workbook's non-empty sheets.

    Raises:
        ImportFileError: as `files` and `encodings`; no delimiter can split it; or no cells at all.
    """
    if source.kind == "xlsx":
        tables = _sheets(source)
    else:
        answered = answer(source)
        tables = _readings(source) if answered is None else [_of_answer(source, answered)]
    if not any(table.head for table in tables):
        raise ImportFileError(f"{source.name} holds no table.")
    return [table for table in tables if table.head]


def _of_answer(source: Source, answered: Answer) -> Table:
    """The rows of a JSON text as a table: their keys are its headers, in the order in which they come."""
    rows = answered.rows
    columns = list(dict.fromkeys(header for row in rows for header in row))
    if len(columns) > source.limits.max_columns:
        raise too_wide(source, len(columns))
    if len(rows) * len(columns) > source.limits.max_cells:
        raise ImportFileError(f"{source.name} has more than {source.limits.max_cells:,} cells.", hint="Split it.")
    return table_of(source.name, columns, [[row.get(column) for column in columns] for row in rows], answered.above)


def table_of(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[str | float | None]], above: Sequence[str] = ()
) -> Table:
    """Rows that came as values, without a file: what is None is an empty cell; the columns' names are the line below
    those that stand above the table."""
    cells = [*([line] for line in above), list(columns), *([_written(value) for value in row] for row in rows)]
    digest = hashlib.sha256(repr(cells).encode("utf-8", "replace")).hexdigest()
    head = list(enumerate(cells[:HEAD_ROWS], start=1))
    return Table(name, "json", "", digest, True, head, None, 0, 0, cells)


def laid_out(table: Table, rows: Sequence[tuple[int, Cells]], layout: str) -> Table:
    """A table with its cells in other rows, each with the line that it stands in, and how they stand there."""
    cells = [row for _, row in rows]
    origin = [table.line_in_file(line) for line, _ in rows]
    both = f"{table.layout} and {layout}" if table.layout else layout
    head = list(enumerate(cells[:HEAD_ROWS], start=1))
    return replace(table, head=head, _sheet=cells, layout=both, origin=origin)


def _written(value: str | float | None) -> str:
    """A value as a cell; a whole number too long to be one is named instead, for a float may not hold it."""
    if value is None or isinstance(value, str):
        return (value or "").strip().encode("utf-8", "replace").decode()  # half a pair of surrogates is no text
    if isinstance(value, int):
        return str(value) if abs(value) <= LARGEST else "a number of more than 20 digits"
    return canonical_number(value)


def _readings(source: Source) -> list[Table]:
    """A text split with each delimiter that makes columns, the most frequent one first; a single column as it is.

    What is quoted for one delimiter is broken for another, so a reading's head ends where it breaks: the error is
    raised when that reading is the one chosen, or where none has columns.
    """
    text = profile(source)
    sample = _sample(source, text)
    readings: list[Table] = []
    errors: list[ImportFileError] = []
    for delimiter in sorted(_DELIMITERS, key=sample.count, reverse=True):
        table = Table(source.name, text.encoding, delimiter, text.sha256, False, [], source)
        try:
            for chunk in table.chunks(_HEAD_CHUNK):
                table.head.extend(zip(chunk.lines, chunk.rows, strict=True))
                if len(table.head) >= HEAD_ROWS:
                    break
        except ImportFileError as error:
            errors.append(error)
        del table.head[HEAD_ROWS:]
        readings.append(table)
    columns = [table for table in readings if any(len(cells) > 1 for _, cells in table.head)]
    if errors and not columns:
        raise errors[0]
    return columns or readings[:1]


def _sample(source: Source, text_profile: TextProfile) -> str:
    with source.open() as stream:
        raw = stream.read(_SNIFF * 4)
    text = raw.decode(codec_name(text_profile.encoding), errors="ignore")[:_SNIFF]
    complete = text.rfind("\n")
    return text[: complete + 1] if complete > 0 and text_profile.size > len(raw) else text


def _after_line(block: bytes, line: int) -> int | None:
    """Where what follows a line of a block begins; None where lines do not all end alike."""
    if block.count(b"\r") != block.count(b"\r\n"):
        return None
    place = 0
    for _ in range(line):
        place = block.find(b"\n", place) + 1
        if not place:
            return None
    return place


def _sheets(source: Source) -> list[Table]:
    checked = checked_workbook(source)
    digest = hashlib.sha256(checked.data).hexdigest()
    tables: list[Table] = []
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(checked.data))
        for about in workbook.sheets_metadata:
            name, in_sight = about.name, about.visible == SheetVisibleEnum.Visible
            sheet = workbook.get_sheet_by_name(name)
            rows = cells_of(sheet)
            head = [(number, cells) for number, cells in enumerate(rows, start=1) if any(cells)][:HEAD_ROWS]
            label = f"{source.name} [{name}]" if len(workbook.sheet_names) > 1 else source.name
            marks = checked.uncalculated, checked.hidden
            tables.append(Table(label, "xlsx", "", digest, True, head, source, *marks, rows, in_sight))
    except (CalamineError, OSError, ValueError) as error:
        raise ImportFileError(
            f"{source.name} is a damaged workbook: {error}",
            hint="Open it and save it again, or save it as CSV.",
        ) from error
    return tables
