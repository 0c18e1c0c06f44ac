"""Date cells of a table as days: the order of day and month decided once, ranges as first and last day.

A cell that names a longer time (a week, a month, a range) gives `date` its first day and `date_last` its last. What is
no date is rejected with its line. This file must not know platforms, nor campaigns.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import DateOrder
from reflection.ingest.import_report import Reject
from reflection.ingest.reading.dates import Span, decide_order, parse_span, serial_date
from reflection.ingest.reading.fiscal_periods import is_fiscal, refusal
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.preamble import Preamble
from reflection.ingest.reading.short_years import may_be_month, may_be_week, short_months, short_weeks
from reflection.ingest.reading.total_rows import unnamed

_MIDNIGHT = re.compile(r"[T ]\s*(?:00?:00(?::00(?:[.,]0+)?)?(?!\d)(?!\s*[Pp])|12:00(?::00)?\s*[Aa]\.?[Mm])")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|[./-]\d\d$")
Spans = Mapping[str, Span | None]


@dataclass(frozen=True, slots=True)
class Days:
    """Rows with days in place of date cells.

    Attributes:
        rejects: rows whose date cannot be read; they are not in the frame.
        order, decided_by: how day and month were told apart, as `decide_order` says it, or 'user'.
        serial: whether days were Excel's numbers of them.
    """

    frame: pl.DataFrame
    rejects: tuple[Reject, ...]
    order: DateOrder
    decided_by: str
    serial: bool


def with_days(frame: pl.DataFrame, header: Header, name: str, user_order: DateOrder | None) -> Days:
    """Date cells as days.

    Raises:
        ImportFileError: nothing tells day and month apart, or most cells are no dates.
    """
    fields = [field for field in ("date", "date_end") if field in frame.columns]
    cells = list(dict.fromkeys(cell for field in fields for cell in frame[field].drop_nulls().unique().to_list()))
    serials = {cell: day for cell in cells if (day := serial_date(cell))}
    order: DateOrder
    if user_order in ("mdy", "dmy"):
        order, basis = user_order, "user"
    else:  # 'ymd' says nothing of 03/04/2026
        order, basis = _order(cells, header, name)
    short = {cell: month for field in fields for cell, month in short_months(cells, header.written(field)).items()}
    short |= short_weeks(cells)
    spans = {
        cell: (serials[cell],) * 2 if cell in serials else short.get(cell) or parse_span(cell, order) for cell in cells
    }
    own = frame.filter(~unnamed(frame))
    named = {cell for field in fields for cell in own[field].drop_nulls().unique().to_list()}
    _refuse_hopeless(
        {cell: span for cell, span in spans.items() if cell in named}, name, header.written(fields[0]) if fields else ""
    )
    rejects: list[Reject] = []
    open_end = _ends_are_moments(frame, header.dialect.open_end)
    for field in fields:
        frame, strange = _as_days(frame, field, spans)
        rejects += strange
    if open_end:
        frame = frame.with_columns(pl.max_horizontal("date", pl.col("date_end").dt.offset_by("-1d")).alias("date_end"))
    return Days(frame, tuple(rejects), order, basis, bool(serials))


def _ends_are_moments(frame: pl.DataFrame, documented: bool) -> bool:
    """Whether `date_end` is the midnight at which a time is over, so that its last day is the one before.

    Both ends stand at midnight and no row ends as it begins. Where the platform does not write so, rows have to say it:
    one begins as another ends, or all go from one day of a month to the same one of another.
    """
    if not {"date", "date_end"} <= set(frame.columns):
        return False
    pairs = frame.select(pl.col("date", "date_end").cast(pl.String)).drop_nulls().unique().rows()
    if not pairs or not all(
        first != last and _MIDNIGHT.search(first) and _MIDNIGHT.search(last) for first, last in pairs
    ):
        return False
    chained = not {first for first, _ in pairs}.isdisjoint(last for _, last in pairs)
    return documented or chained or all(first[8:] == last[8:] for first, last in pairs)


def _order(cells: Sequence[str], header: Header, name: str) -> tuple[DateOrder, str]:
    """The order of day and month: as the cells decide, else the lines above them, else as the platform writes it."""
    above = Preamble(header.preamble).dates()
    for stated in (cells, [*cells, *above]) if cells else (above,):
        try:
            return decide_order(stated, None, name)
        except ImportFileError as error:
            if error.field != "date_order" and stated is cells:
                raise  # they contradict each other
    return decide_order(cells or above, header.dialect.date_order, name)


def _as_days(frame: pl.DataFrame, field: str, spans: Spans) -> tuple[pl.DataFrame, list[Reject]]:
    unreadable = [cell for cell, span in spans.items() if span is None]
    rejects: list[Reject] = []
    if unreadable:
        strange = frame[field].cast(pl.String).is_in(unreadable).fill_null(False)
        labels = strange & unnamed(
            frame
        )  # a word where days stand, and no name: a total or a note, whatever it is called
        frame, strange = frame.with_columns(pl.when(~labels).then(field).alias(field)), strange & ~labels
        rejects = [
            Reject(row["line"], f"'{row[field][:40]}' is no date", row.get("campaign") or row.get("campaign_id") or "")
            for row in frame.filter(strange).iter_rows(named=True)
        ]
        frame = frame.filter(~strange)
    columns = [_end_of(frame[field], spans, 0).alias(field)]
    if any(span and span[0] != span[1] for span in spans.values()):
        columns.append(_end_of(frame[field], spans, 1).alias(f"{field}_last"))
    return frame.with_columns(columns), rejects


def _end_of(cells: pl.Series, spans: Spans, end: int) -> pl.Series:
    """The first or last day of each cell's span."""
    days = {cell: span[end] for cell, span in spans.items() if span}
    return cells.replace_strict(days or {"": None}, default=None, return_dtype=pl.Date)


def _refuse_hopeless(spans: Spans, name: str, header: str) -> None:
    strange = [cell for cell, span in spans.items() if span is None]
    if len(strange) > len(spans) / 2:
        cell = strange[0][:40]
        if is_fiscal(cell):
            raise refusal(name, cell, header)
        why = "" if _YEAR.search(cell) else ": it names no year"
        if may_be_month(cell):
            why = ": it may be a month and its year, or a day of no year"
        elif may_be_week(cell):
            why = ": it may be a week and its year, or two weeks of no year"
        raise ImportFileError(
            f"{name}: most dates cannot be read, such as '{cell}'{why}.",
            hint="Export with ISO dates (2026-09-30), or weeks and months with their year (KW 23/2026, 2026-09).",
        )
