"""From a table with a header to typed rows: numbers, days, names; totals and footers aside, rejects by line.

Works in chunks, a column at a time, so a million rows stay small. What cannot be read is rejected with its line number,
never guessed; totals are kept as checksums. This file must not know platforms by name, nor campaigns.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import KEYS, DateOrder, is_number
from reflection.ingest.import_report import Reject
from reflection.ingest.reading.dates import decide_order, parse_date
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.numbers import NumberFormat, choose_format, is_missing
from reflection.ingest.reading.tables import Cells, Chunk, Table

TOTAL_LABEL = (
    r"(?i)^\s*(?:(?:grand\s+)?totals?(?:\s*:.*|\s+of\s+.*|\s+-.*)?|gesamt(?:summe)?(?:\s*:.*)?|summe|"
    r"totale(?:\s*:.*)?|totaal(?:\s*:.*)?|totales(?:\s*:.*)?|suma|jumlah|合計|合计|总计|총계|tổng(?:\s+cộng)?)\s*$"
)
_WHOLE = ("impressions", "clicks", "all_clicks")
_NEVER_NEGATIVE = (*_WHOLE, "spend")
_EXCEL_ID = r"^\d(?:[.,]\d+)?[eE]\+?\d+$"
_IDS = ("campaign_id", "account_id", "audience_id", "creative_id")


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A total row of the file: its line, its label and its numbers."""

    line: int
    label: str
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """The typed rows of one file.

    Attributes:
        frame: one row per performance row: `line`, `twin` (hash of all cells), the header's fields; dates as Date,
            texts as Categorical (each distinct one is held once).
        ruined_ids: lines whose ids Excel rounded.
        date_order, decided_by: how day and month were told apart.
    """

    frame: pl.DataFrame
    totals: tuple[TotalRow, ...]
    rejects: tuple[Reject, ...]
    ruined_ids: tuple[int, ...]
    numbers: NumberFormat
    date_order: DateOrder
    decided_by: str
    thresholds: int


@dataclass(slots=True)
class _Reading:
    header: Header
    name: str
    typed: bool
    locale: str
    number_format: NumberFormat | None = None
    frames: list[pl.DataFrame] = field(default_factory=list)
    totals: list[TotalRow] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ruined: list[int] = field(default_factory=list)
    thresholds: int = 0
    last_ragged: int = 0
    last_line: int = 0


def read_facts(table: Table, header: Header, *, locale: str = "", date_order: DateOrder | None = None) -> Facts:
    """Read all rows below the header.

    Args:
        locale: how numbers are written, when the user says so.
        date_order: how dates are written, when the user says so.

    Raises:
        ImportFileError: an ambiguous date column, a file cut off in its last row, no rows, or the guards below.
    """
    reading = _Reading(header, table.name, table.typed, locale)
    for chunk in table.chunks():
        _read_chunk(reading, chunk)
    if reading.last_ragged and reading.last_ragged == reading.last_line:
        raise ImportFileError(
            f"{table.name} ends in the middle of line {reading.last_line}: it is cut off.",
            hint="Export it again.",
        )
    if not reading.frames or reading.number_format is None:
        raise ImportFileError(f"{table.name} has a header but no rows.")
    frame = pl.concat(reading.frames, rechunk=True)
    reading.frames.clear()
    if not frame.height and not reading.rejects:
        raise ImportFileError(f"{table.name} has a header but no rows.")
    none = [name for name in header.dialect.blank_is_zero if name in frame.columns]
    filled = [name for name in none if frame[name].null_count() < frame.height]
    frame = frame.with_columns(pl.col(name).fill_null(0.0) for name in filled)
    frame, order, basis = _with_days(frame, reading, date_order)
    return Facts(
        frame,
        tuple(reading.totals),
        tuple(sorted(reading.rejects, key=lambda reject: reject.line)),
        tuple(reading.ruined),
        reading.number_format,
        order,
        basis,
        reading.thresholds,
    )


def _read_chunk(reading: _Reading, chunk: Chunk) -> None:
    header = reading.header
    lines, rows = _whole_rows(reading, chunk)
    reading.last_line = chunk.lines[-1]
    if not rows:
        return
    columns: dict[str, pl.Series] = {"line": pl.Series(lines, dtype=pl.Int64)}
    cells = list(zip(*rows, strict=True))
    for name, index in header.columns.items():
        columns[name] = pl.Series(name, cells[index], dtype=pl.String)
    columns["twin"] = pl.Series(list(map(hash, zip(*cells, strict=True))), dtype=pl.Int64)
    frame = pl.DataFrame(columns)
    numbers = [name for name in header.columns if is_number(name)]
    if reading.number_format is None:
        reading.number_format = choose_format(
            [frame[name] for name in numbers if name in _WHOLE],
            [frame[name] for name in numbers if name not in _WHOLE],
            header.language,
            typed=reading.typed,
            locale=reading.locale,
        )
    frame, bad = _typed(reading, frame, numbers)
    frame, bad = _take_totals(reading, frame, bad, numbers)
    _take_bad(reading, frame, bad, numbers)
    frame = frame.filter(~bad).drop(f"{n}!" for n in numbers)
    reading.frames.append(frame.with_columns(pl.col(pl.String).cast(pl.Categorical)))


def _whole_rows(reading: _Reading, chunk: Chunk) -> tuple[list[int], list[Cells]]:
    """The rows as wide as the header; footers are dropped, other ragged rows rejected."""
    header, width = reading.header, len(reading.header.cells)
    if chunk.lines[0] > header.line and set(map(len, chunk.rows)) == {width}:
        return chunk.lines, chunk.rows
    below = [(n, row) for n, row in zip(chunk.lines, chunk.rows, strict=True) if n > header.line]
    lines: list[int] = []
    rows: list[Cells] = []
    for line, row in below:
        if len(row) == width:
            lines.append(line)
            rows.append(row)
        elif sum(1 for cell in row if cell.strip()) > 1 or (len(row) > 1 and row[0].strip()):
            index = header.columns.get("campaign", header.columns.get("campaign_id", width))
            reading.last_ragged = line
            reading.rejects.append(
                Reject(
                    line,
                    f"{len(row)} cells where the header has {width}",
                    row[index] if index < len(row) else "",
                )
            )
    return lines, rows


def _typed(reading: _Reading, frame: pl.DataFrame, numbers: list[str]) -> tuple[pl.DataFrame, pl.Series]:
    """Text trimmed and blank made missing; numbers parsed (the written cell kept as `name!`); rows that fail."""
    assert reading.number_format is not None
    bad = pl.Series([False]).new_from_index(0, frame.height)
    series: dict[str, pl.Series] = {}
    for name in frame.columns:
        cells = frame[name]
        if name in numbers:
            missing = is_missing(cells)
            reading.thresholds += int(cells.str.contains(r"^\s*[<>]\s*\d").sum())
            values = reading.number_format.parse(cells, typed=reading.typed)
            failures = ~missing & values.is_null()
            if name in _NEVER_NEGATIVE:
                failures = failures | (values < 0).fill_null(False)
            if name in _WHOLE:
                failures = failures | (values != values.round(0)).fill_null(False)
            bad = bad | failures
            scale = reading.header.dialect.scale.get(name)
            values = (values * scale).round(6) if scale else values
            series[name], series[f"{name}!"] = values, cells
        elif cells.dtype == pl.String:
            series[name] = _text(reading, name, cells, frame["line"])
        else:
            series[name] = cells
    return pl.DataFrame(series), bad


def _text(reading: _Reading, name: str, cells: pl.Series, lines: pl.Series) -> pl.Series:
    clean = cells.str.strip_chars()
    clean = clean.set(clean.is_in(["", "--", "-", "—"]), None)
    if name in _IDS:
        clean = clean.str.replace(r"^\[(.*)\]$", "${1}")
        ruined = clean.str.contains(_EXCEL_ID).fill_null(False)
        if ruined.any():
            reading.ruined.extend(lines.filter(ruined).to_list())
            clean = clean.set(ruined, None)
    return clean


def _take_totals(
    reading: _Reading, frame: pl.DataFrame, bad: pl.Series, numbers: list[str]
) -> tuple[pl.DataFrame, pl.Series]:
    """Set total rows aside: one label and nothing else named, or nothing named at all although keys exist."""
    keys = [name for name in KEYS if name in frame.columns]
    labels = [*keys, *(name for name in ("date", "account") if name in frame.columns)]
    if not keys:
        labels = [name for name in ("date", "account_id", "account") if name in frame.columns]
    name_count = pl.sum_horizontal(pl.col(name).is_not_null() for name in (keys or labels))
    labelled = pl.any_horizontal(pl.col(name).str.contains(TOTAL_LABEL).fill_null(False) for name in labels)
    in_keys = pl.any_horizontal(pl.col(name).str.contains(TOTAL_LABEL).fill_null(False) for name in (keys or labels))
    is_total = (labelled & (name_count <= in_keys.cast(pl.Int64))) | ((name_count == 0) if keys else pl.lit(False))
    mask = frame.select(is_total.alias("t"))["t"]
    if not mask.any():
        return frame, bad
    for row in frame.filter(mask).iter_rows(named=True):
        label = next((row[name] for name in labels if row[name] and re.match(TOTAL_LABEL, row[name])), "")
        reading.totals.append(TotalRow(row["line"], label, {name: row[name] for name in numbers}))
    return frame.filter(~mask), bad.filter(~mask)


def _take_bad(reading: _Reading, frame: pl.DataFrame, bad: pl.Series, numbers: list[str]) -> None:
    if not bad.any():
        return
    for row in frame.filter(bad).iter_rows(named=True):
        name = next((n for n in numbers if _is_bad(row, n, reading)), numbers[0])
        campaign = row.get("campaign") or row.get("campaign_id") or ""
        fault = "a negative or broken number" if row[name] is not None else "no number"
        cell = str(row[f"{name}!"]).strip()[:40]
        if cell == reading.header.written(name)[:40]:
            continue  # the header again: files were pasted together
        reading.rejects.append(Reject(row["line"], f"{reading.header.written(name)} '{cell}' is {fault}", campaign))


def _is_bad(row: Mapping[str, object], name: str, reading: _Reading) -> bool:
    value, cell = row[name], str(row[f"{name}!"])
    if value is None:
        return not is_missing(pl.Series([cell])).item()
    negative = isinstance(value, float) and value < 0 and name in _NEVER_NEGATIVE
    return negative or (name in _WHOLE and isinstance(value, float) and not value.is_integer())


def _with_days(
    frame: pl.DataFrame, reading: _Reading, user_order: DateOrder | None
) -> tuple[pl.DataFrame, DateOrder, str]:
    """Date cells as days; rows whose date cannot be read are rejected."""
    fields = [name for name in ("date", "date_end") if name in frame.columns]
    distinct: set[str] = set()
    for name in fields:
        distinct.update(frame[name].drop_nulls().unique().to_list())
    order: DateOrder
    if user_order in ("mdy", "dmy"):
        order, basis = user_order, "user"
    else:  # 'ymd' says nothing of 03/04/2026
        order, basis = decide_order(distinct, reading.header.dialect.date_order, reading.name)
    days = {cell: parse_date(cell, order) for cell in distinct}
    _refuse_hopeless(days.values(), reading.name)
    for name in fields:
        days_of = frame[name].cast(pl.String).replace_strict(days or {"": None}, default=None, return_dtype=pl.Date)
        failures = days_of.is_null() & frame[name].is_not_null()
        for row in frame.filter(failures).iter_rows(named=True) if failures.any() else ():
            campaign = row.get("campaign") or row.get("campaign_id") or ""
            reading.rejects.append(Reject(row["line"], f"'{row[name]}' is no date", campaign))
        frame = frame.with_columns(days_of.alias(name)).filter(~failures)
    return frame, order, basis


def _refuse_hopeless(days: Iterable[dt.date | None], name: str) -> None:
    known = list(days)
    if known and sum(day is None for day in known) > len(known) / 2:
        raise ImportFileError(f"{name}: most dates cannot be read.", hint="Export with ISO dates (2026-09-30).")
