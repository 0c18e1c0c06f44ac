"""From a table with a header to typed rows: numbers, days, names; totals and footers aside, rejects by line.

Works in chunks, a column at a time, so a million rows stay small. What cannot be read is rejected with its line number,
never guessed; totals are kept as checksums. This file must not know platforms by name, nor campaigns.
"""

import re
from dataclasses import dataclass, field

import polars as pl

from reflection.domain.steps import in_steps
from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import DateOrder, is_number
from reflection.ingest.import_report import Reject
from reflection.ingest.reading import typed_columns
from reflection.ingest.reading.blank_cells import without_blanks
from reflection.ingest.reading.blocks import TextBlock, ahead
from reflection.ingest.reading.currency_signs import SIGN, one_sign
from reflection.ingest.reading.date_columns import with_days
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.number_evidence import evidence_of
from reflection.ingest.reading.number_formats import choose_format
from reflection.ingest.reading.numbers import NumberFormat, visible
from reflection.ingest.reading.repeated_rows import without_repeats
from reflection.ingest.reading.tables import Table
from reflection.ingest.reading.text_rows import Cells, Chunk
from reflection.ingest.reading.total_rows import (
    FIRST_CELL,
    TotalRow,
    block_sums,
    filled_down,
    is_label,
    labelled,
    subtotals,
    total_row,
    totals_among,
    undated,
    unnamed,
    wholes,
)
from reflection.ingest.reading.typed_columns import WHOLE, by_distinct, fault_of


@dataclass(frozen=True, slots=True)
class Facts:
    """The typed rows of one file.

    Attributes:
        frame: one row per performance row: `line`, `twin` (hash of all cells), the header's fields; dates as Date,
            texts as Categorical (each distinct one is held once).
        ruined_ids: lines whose ids Excel rounded.
        date_order, decided_by: how day and month were told apart.
        unnamed: lines that name nothing and are no totals: `NAMELESS` in the frame.
        serial_dates: whether days are Excel's numbers of them.
        next_table: the line where another table begins, which is not read; 0 where none does.
        footer: lines below the table that say how the report was made, cells joined.
        repeated: lines that repeat another one and are read once.
        filled: lines that take the campaign from above them.
        assets: lines that are an asset's and not read (`asset_rows`).
        apart: the rows of other media, which are not read (`other_media`); None for none.
        strange: the rows that are among `rejects` for a cell that is no number, as far as they can be read.
    """

    frame: pl.DataFrame
    totals: tuple[TotalRow, ...]
    rejects: tuple[Reject, ...]
    ruined_ids: tuple[int, ...]
    numbers: NumberFormat
    date_order: DateOrder
    decided_by: str
    thresholds: int
    unnamed: tuple[int, ...] = ()
    serial_dates: bool = False
    next_table: int = 0
    footer: tuple[str, ...] = ()
    repeated: tuple[int, ...] = ()
    filled: tuple[int, ...] = ()
    assets: tuple[int, ...] = ()
    apart: pl.DataFrame | None = None
    strange: pl.DataFrame | None = None


@dataclass(slots=True)
class _Reading:
    header: Header
    name: str
    typed: bool
    locale: str
    delimiter: str
    currency: str
    number_format: NumberFormat | None = None
    frames: list[pl.DataFrame] = field(default_factory=list)
    strange: list[pl.DataFrame] = field(default_factory=list)
    totals: list[TotalRow] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ruined: list[int] = field(default_factory=list)
    thresholds: int = 0
    last_ragged: int = 0
    last_whole: int = 0
    next_table: int = 0
    last_line: int = 0
    footer: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """The fields that hold numbers."""
        return [name for name in self.header.columns if is_number(name)]


def read_facts(
    table: Table, header: Header, *, locale: str = "", date_order: DateOrder | None = None, currency: str = ""
) -> Facts:
    """Read all rows below the header.

    Args:
        locale: how numbers are written, when the user says so.
        date_order: how dates are written, when the user says so.
        currency: of the amounts, when the user says so; it tells how many decimals they may have.

    Raises:
        ImportFileError: ambiguous numbers or dates, a file cut off in its last row, no rows, or the guards below.
    """
    reading = _Reading(header, table.name, table.typed, locale, table.delimiter, currency)
    for block in in_steps(ahead(table.below(header.line, len(header.cells)))):
        _read_block(reading, block)
    if reading.last_ragged and reading.last_ragged == reading.last_line:
        raise ImportFileError(
            f"{table.name} ends in the middle of line {reading.last_line}: it is cut off.",
            hint="Export it again.",
        )
    if not reading.frames or reading.number_format is None:
        raise ImportFileError(f"{table.name} has a header but no rows.")
    frame = _with_texts(reading, reading.frames)
    strange = _with_texts(reading, reading.strange) if reading.strange else frame.clear()
    _take_bad(reading, strange)
    if not frame.height and not reading.rejects:
        raise ImportFileError(f"{table.name} has a header but no rows.")
    frame, filled = filled_down(without_blanks(frame, header.dialect.blank_is_zero))
    days = with_days(frame, header, table.name, date_order)
    reading.rejects.extend(days.rejects)
    frame, unnamed_lines = _without_unnamed_totals(days.frame, reading)
    frame, repeated = without_repeats(frame, reading.totals)
    rejects = tuple(sorted(reading.rejects, key=lambda reject: reject.line))
    return Facts(
        frame, tuple(reading.totals), rejects, tuple(reading.ruined), reading.number_format, days.order,
        days.decided_by, reading.thresholds, unnamed_lines, days.serial, reading.next_table, tuple(reading.footer),
        repeated, filled, strange=strange if strange.height else None,
    )  # fmt: skip


def _read_block(reading: _Reading, block: TextBlock | Chunk) -> None:
    """Numbers are read block by block, texts when all of them are there: each distinct one is looked at once."""
    rows = _whole_rows(reading, block)
    if rows is None:
        return
    cells = {name: rows.cells.to_series(index) for name, index in reading.header.columns.items()}
    if reading.number_format is None:
        evidence = evidence_of(reading.header, cells, rows.cells, reading.delimiter, reading.currency)
        reading.number_format = choose_format(evidence, reading.name, typed=reading.typed, locale=reading.locale)
    columns: dict[str, pl.Series] = {"line": rows.lines, "twin": rows.cells.hash_rows().reinterpret(signed=True)}
    bad = pl.Series([False]).new_from_index(0, len(rows.lines))
    columns[SIGN] = pl.Series([None], dtype=pl.Categorical).new_from_index(0, len(rows.lines))
    for name, column in cells.items():
        if not is_number(name):
            columns[name] = column.cast(pl.Categorical)
            continue
        scale = reading.header.scale.get(name)
        read = typed_columns.numbers(name, column, reading.number_format, typed=reading.typed, scale=scale)
        reading.thresholds += read.thresholds
        bad = bad | read.failures
        columns[name] = read.values
        if read.signs is not None and name not in WHOLE:
            columns[SIGN] = one_sign(columns[SIGN], read.signs, rows.lines, reading.name)
    columns[FIRST_CELL] = rows.cells.to_series(0).cast(pl.Categorical)
    frame = pl.DataFrame(columns)
    if bad.any():
        written = [cells[name].filter(bad).alias(f"{name}!") for name in reading.numbers]
        reading.strange.append(frame.filter(bad).with_columns(written))
        frame = frame.filter(~bad)
    reading.frames.append(frame)


def _with_texts(reading: _Reading, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all blocks with their texts trimmed and blank ones missing; rows that are labelled totals aside."""
    frame = pl.concat(frames, rechunk=True)
    frames.clear()
    texts = [name for name in reading.header.columns if not is_number(name)]
    frame = frame.with_columns(_text(reading, name, frame[name], frame["line"]) for name in texts)
    frame = frame.with_columns(by_distinct(frame[FIRST_CELL], visible))
    totals = labelled(frame)
    if totals.any():
        reading.totals.extend(total_row(row, reading.numbers) for row in frame.filter(totals).iter_rows(named=True))
        frame = frame.filter(~totals)
    return frame.drop(FIRST_CELL)


def _without_unnamed_totals(frame: pl.DataFrame, reading: _Reading) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """Rows that name nothing: totals are set aside, the others stay and their lines are told."""
    nameless = unnamed(frame)
    totals = totals_among(frame, nameless, reading.numbers) | wholes(frame, reading.numbers)
    reading.totals.extend(total_row(row, reading.numbers) for row in frame.filter(totals).iter_rows(named=True))
    frame, nameless = frame.filter(~totals), nameless.filter(~totals)
    parts = {**block_sums(frame, reading.numbers), **subtotals(frame, reading.numbers)}
    reading.totals.extend(total_row(row, reading.numbers, parts[row["line"]])
                          for row in frame.filter(pl.col("line").is_in(list(parts))).iter_rows(named=True))  # fmt: skip
    own = ~frame["line"].is_in(list(parts))
    unnamed_lines = tuple(frame.filter(nameless & own)["line"].to_list())
    return _without_undated(frame.filter(own), reading), unnamed_lines


def _without_undated(frame: pl.DataFrame, reading: _Reading) -> pl.DataFrame:
    """The rows without those that say no day where the others do."""
    strange = undated(frame, reading.numbers)
    for row in frame.filter(strange).iter_rows(named=True):
        reading.rejects.append(Reject(row["line"], "it names no day, as others do", str(row.get("campaign") or "")))
    return frame.filter(~strange)


def _whole_rows(reading: _Reading, block: TextBlock | Chunk) -> TextBlock | None:
    """The rows as wide as the header; footers are dropped, other ragged rows rejected. None where there is none."""
    if reading.next_table:
        return None
    if isinstance(block, TextBlock):
        first = block.cells.to_series(0)
        footer = reading.header.dialect.footer
        if not footer or not first.str.contains(f"(?i){footer}").any():
            reading.last_line = reading.last_whole = int(block.lines[-1])
            return block
        block = Chunk(block.lines.to_list(), list(map(list, block.cells.iter_rows())))
    return _of_width(reading, block)


def _of_width(reading: _Reading, chunk: Chunk) -> TextBlock | None:
    header, width = reading.header, len(reading.header.cells)
    below = [(n, row) for n, row in zip(chunk.lines, chunk.rows, strict=True) if n > header.line]
    lines: list[int] = []
    rows: list[Cells] = []
    for line, row in below:
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]
        if len(row) == width and not (row and _is_footer(reading, row)):
            lines.append(line)
            rows.append(row)
            reading.last_whole = line
        elif row and _is_footer(reading, row):
            reading.footer.append(" ".join(cell.strip() for cell in row if cell.strip()))
        elif row and (label := next((cell.strip() for cell in (row[0], row[-1]) if is_label(cell)), "")):
            reading.totals.append(TotalRow(line, label, {}))
        elif _is_apart(reading, line, row):
            reading.next_table = line
            break
        elif sum(1 for cell in row if cell.strip()) > 1 or (len(row) > 1 and row[0].strip()):
            index = header.columns.get("campaign", header.columns.get("campaign_id", width))
            reading.last_ragged = line
            fault = f"{len(row)} cells where the header has {width}"
            reading.rejects.append(Reject(line, fault, row[index] if index < len(row) else ""))
    if chunk.lines and not reading.next_table:
        reading.last_line = chunk.lines[-1]
    if not rows:
        return None
    cells = {str(number): pl.Series(column, dtype=pl.String) for number, column in enumerate(zip(*rows, strict=True))}
    return TextBlock(pl.Series(lines, dtype=pl.Int64), pl.DataFrame(cells))


def _is_footer(reading: _Reading, row: Cells) -> bool:
    """Whether a line below the table says how the report was made, as its platform writes it."""
    pattern = reading.header.dialect.footer
    return bool(pattern) and re.match(pattern, row[0].strip(), re.IGNORECASE) is not None


def _is_apart(reading: _Reading, line: int, row: Cells) -> bool:
    """Whether a row of another width begins another table: lines without cells stand between, as in several reports."""
    first = line - sum(cell.count("\n") for cell in row)
    return sum(1 for cell in row if cell.strip()) > 1 and 0 < reading.last_whole < first - 1


def _text(reading: _Reading, name: str, cells: pl.Series, lines: pl.Series) -> pl.Series:
    clean = typed_columns.texts(name, cells)
    ruined = typed_columns.ruined(name, clean)
    if ruined.any():
        reading.ruined.extend(lines.filter(ruined).to_list())
        clean = clean.set(ruined, None)
    return clean


def _take_bad(reading: _Reading, frame: pl.DataFrame) -> None:
    """Rows with numbers that cannot be read, each with the first of them and why; the header again is no row."""
    assert reading.number_format is not None
    numbers = reading.numbers
    for row in frame.iter_rows(named=True):
        faults = ((name, fault_of(row, name, str(row[f"{name}!"]), reading.number_format)) for name in numbers)
        name, fault = next((pair for pair in faults if pair[1]), (numbers[0], ""))
        cell = str(row[f"{name}!"]).strip()[:40]
        if cell == reading.header.written(name)[:40]:
            continue  # the header again: files were pasted together
        campaign = row.get("campaign") or row.get("campaign_id") or ""
        reading.rejects.append(Reject(row["line"], f"{reading.header.written(name)} '{cell}' is {fault}", campaign))
