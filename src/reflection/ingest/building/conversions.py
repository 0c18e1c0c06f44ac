"""What counts as a conversion in a file: the user's word or Meta's result indicator, never a silent guess.

`Results` means another thing in every row. A link click or a video view is a result, not a conversion. Whatever was
chosen is said in a finding; where nothing can be chosen, no campaign is made and the finding lists what could be named.
This file must not know files, dates or campaigns' shapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reflection.domain.conversion_kind import KINDS, LEAD, normal_kind
from reflection.errors import ImportFileError
from reflection.ingest.building.conversion_events import CONVERSION_EVENTS, event_of
from reflection.ingest.dialects.dialect import normal_header
from reflection.ingest.dialects.words import counts_conversions, field_of
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.reading.header import Header

CHOSEN = "conversion.chosen"
OTHER = "action"
"""What columns of action types that nobody here knows begin with."""

KIND = "conversion_kind"
"""The column that says what each row's conversions are; null where the file leaves it open."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The frame with `conversions`, `revenue` and `KIND` settled; what was counted, in words ('' where nothing was).

    `undecided`: the file counts several things, and only the user can say which of them is a conversion.
    """

    frame: pl.DataFrame
    description: str
    events: tuple[str, ...]
    findings: tuple[Finding, ...]
    undecided: bool = False


def choose_conversions(frame: pl.DataFrame, header: Header, request: str, unused: Sequence[str] = ()) -> Choice:
    """Settle `conversions` and `revenue` of every row.

    Args:
        unused: headers of number columns that no field was found for: one of them may be what is asked for.
        request: a column of the file, an indicator (``actions:link_click``) or its event (``purchase``); '' for none.

    Raises:
        ImportFileError: the column or event is not in the file.
    """
    if "conversion_action" in frame.columns and (choice := _by_action(frame, header, request)):
        return choice
    if CHOSEN in frame.columns:
        kind = normal_kind(request)
        return _choice(
            frame,
            pl.col(CHOSEN),
            f"column '{request}', as asked",
            (),
            _value(frame, "chosen"),
            kind=pl.lit(kind if kind in KINDS else None, dtype=pl.String),
        )
    if request:
        return _by_request(frame, header, request)
    events = _events(frame)
    if "results" in frame.columns and "result_indicator" in frame.columns and events & CONVERSION_EVENTS:
        return _by_indicator(frame, header, events)
    if "conversions" in frame.columns:
        return _generic(frame, header)
    special = [name for name in frame.columns if name.startswith("conversion.")]
    if len(special) == 1:
        event = special[0].partition(".")[2]
        note = finding(
            "conversions_chosen",
            "info",
            f"Conversions are '{header.written(special[0])}', the only one here.",
        )
        return _choice(
            frame,
            pl.col(special[0]),
            f"column '{header.written(special[0])}'",
            (event,),
            _value(frame, event),
            note,
        )
    return _none(
        frame,
        header,
        events,
        special,
        [name for name in unused if field_of(name) == "conversions" or counts_conversions(name)],
    )


def _by_action(frame: pl.DataFrame, header: Header, request: str) -> Choice | None:
    """Where each row counts one conversion action: the one asked for; several are never added up unasked."""
    counted = frame.filter(pl.col("conversions") > 0) if "conversions" in frame.columns else frame.clear()
    actions = sorted(counted["conversion_action"].cast(pl.String).drop_nulls().unique().to_list())
    if len(actions) < 2:
        return None
    revenue = _value(frame, "") if "revenue" in frame.columns else None
    if request in actions:
        own = pl.col("conversion_action").cast(pl.String) == request
        money = None if revenue is None else pl.when(own).then(revenue)
        counts = pl.when(own).then(pl.col("conversions"))
        return _choice(frame, counts, f"'{request}', as asked", (), money)
    return _none(frame, header, set(actions), [], [])


def resolve_column(header: Header, name: str) -> int | None:
    """Index of the column a user named, by its header in any case; None when it is no column."""
    normal = [normal_header(cell) for cell in header.cells]
    key = normal_header(name)
    return normal.index(key) if name and key in normal else None


def _events(frame: pl.DataFrame) -> set[str]:
    if "result_indicator" not in frame.columns:
        return set()
    return {event_of(value) for value in frame["result_indicator"].drop_nulls().unique().to_list()}


def _by_request(frame: pl.DataFrame, header: Header, request: str) -> Choice:
    event = event_of(request)
    if f"{OTHER}.{request}" in frame.columns:
        return _choice(frame, pl.col(f"{OTHER}.{request}"), f"actions of type '{request}', as asked", (), None)
    if f"conversion.{event}" in frame.columns:
        name = f"conversion.{event}"
        return _choice(
            frame, pl.col(name), f"column '{header.written(name)}', as asked", (event,), _value(frame, event)
        )
    if event in _events(frame) and "results" in frame.columns:
        results = _results_of(frame, {event})
        return _choice(frame, results, f"results with indicator '{event}', as asked", (event,), _value(frame, event))
    events = ", ".join(sorted(_events(frame))) or "none"
    raise ImportFileError(
        f"'{request}' is neither a column nor a result of this file.",
        hint=f"Name a column as the file writes it, or one of its results: {events}.",
        field="conversions",
    )


def _indicator(frame: pl.DataFrame) -> pl.Expr:
    """The event that each row's result indicator names."""
    events = {value: event_of(value) for value in frame["result_indicator"].drop_nulls().unique().to_list()}
    return pl.col("result_indicator").cast(pl.String).replace_strict(events, default=None, return_dtype=pl.String)


def _counted(frame: pl.DataFrame, kinds: dict[str, str]) -> pl.Expr:
    """The kind of conversion of each row, by the event its indicator names."""
    return _indicator(frame).replace_strict(kinds, default=None, return_dtype=pl.String)


def _results_of(frame: pl.DataFrame, events: set[str]) -> pl.Expr:
    """Results of rows whose indicator is one of `events`; a row without an indicator had none; others are unknown."""
    indicator = _indicator(frame)
    return (
        pl.when(indicator.is_in(sorted(events)))
        .then(pl.col("results"))
        .when(indicator.is_null() & (pl.col("results").fill_null(0) == 0))
        .then(0.0)
        .otherwise(None)
    )


def _by_indicator(frame: pl.DataFrame, header: Header, events: set[str]) -> Choice:
    conversions = sorted(events & CONVERSION_EVENTS)
    other = sorted(events - CONVERSION_EVENTS)
    column = f"conversion.{conversions[0]}"
    remark = f"; {', '.join(other)} are results, not conversions" if other else ""
    if len(conversions) == 1 and column in frame.columns:
        note = finding(
            "conversions_by_indicator", "info",
            f"Conversions are '{header.written(column)}': the only conversion the result indicator names{remark}. "
            "Name another column to count that instead.",
        )  # fmt: skip
        return _choice(
            frame,
            pl.col(column),
            f"column '{header.written(column)}'",
            tuple(conversions),
            _value(frame, conversions[0]),
            note,
        )
    note = finding(
        "conversions_by_indicator", "info" if len(conversions) == 1 else "warning",
        f"Conversions are the results whose indicator is {' or '.join(conversions)}{remark}."
        + ("" if len(conversions) == 1 else " Campaigns count different events: name one to compare like with like."),
    )  # fmt: skip
    value = _value(frame, conversions[0]) if len(conversions) == 1 else None
    if value is None and "results_value" in frame.columns:
        value = pl.col("results_value")
    return _choice(
        frame,
        _results_of(frame, set(conversions)),
        f"results: {', '.join(conversions)}",
        tuple(conversions),
        value,
        note,
        kind=_counted(frame, {event: normal_kind(event) for event in conversions}),
    )


def _generic(frame: pl.DataFrame, header: Header) -> Choice:
    source = f"column '{header.written('conversions')}'"
    values = [name for name in frame.columns if name.startswith("value.")]
    revenue = pl.col("revenue") if "revenue" in frame.columns else pl.col(values[0]) if len(values) == 1 else None
    extra = [header.written(name) for name in frame.columns if name.startswith("conversion.")]
    is_lead = _lead_generation(frame)
    if is_lead is None and (choice := _filled(frame, header)):
        return choice
    if is_lead is not None:
        expr = pl.when(is_lead).then(pl.col("conversion.lead")).otherwise(pl.col("conversions"))
        note = finding(
            "conversions_by_objective", "info",
            f"Lead generation counts '{header.written('conversion.lead')}', other objectives "
            f"'{header.written('conversions')}': adding both would mix two things.",
        )  # fmt: skip
        kind = pl.when(is_lead).then(pl.lit(LEAD)).otherwise(None)
        return _choice(frame, expr, "leads or conversions, by objective", (), revenue, note, kind=kind)
    alternatives = f" The file also has {', '.join(extra)}: name one to count that instead." if extra else ""
    note = finding(
        "conversions_chosen", "info", f"Conversions are {source}, every action the account counts.{alternatives}"
    )
    return _choice(frame, pl.col("conversions"), source, (), revenue, note)


def _lead_generation(frame: pl.DataFrame) -> pl.Expr | None:
    """Which rows are of campaigns for leads; None where none is said to be, or leads do not come apart."""
    if not {"conversion.lead", "objective"} <= set(frame.columns):
        return None
    is_lead = pl.col("objective").cast(pl.String).str.contains("(?i)lead").fill_null(False)
    return is_lead if frame.select(is_lead.any()).item() else None


def _filled(frame: pl.DataFrame, header: Header) -> Choice | None:
    """The other column that has counts, where nothing was ever counted as a conversion; of several nobody knows."""
    filled = [name for name in frame.columns if name.startswith("conversion.") and _counts(frame, name)]
    if not filled or _counts(frame, "conversions"):
        return None
    empty = header.written("conversions")
    if len(filled) > 1:
        return _none(frame, header, set(), ["conversions", *filled], [])
    event, written = filled[0].partition(".")[2], header.written(filled[0])
    note = finding(
        "conversions_chosen", "warning",
        f"Conversions are '{written}', as '{empty}' counts nothing at all. If that is right, name it with "
        "--conversions.",
    )  # fmt: skip
    return _choice(frame, pl.col(filled[0]), f"column '{written}', as '{empty}' is empty", (event,),
                    _value(frame, event), note)  # fmt: skip


def _counts(frame: pl.DataFrame, name: str) -> bool:
    return bool(frame.select((pl.col(name) > 0).any()).item())


def _none(frame: pl.DataFrame, header: Header, events: set[str], special: list[str], others: Sequence[str]) -> Choice:
    unexplained = ["results"] if "results" in frame.columns and not events else []
    strange = [name.partition(".")[2] for name in frame.columns if name.startswith(f"{OTHER}.")]
    columns = [header.written(name) for name in (*special, *unexplained)] + [*others, *strange]
    could = [f"'{name}'" for name in columns] + sorted(events)
    hint = f"Say with --conversions which of these is one: {', '.join(could)}."
    message = f"Nothing here can be counted as a conversion for sure. {hint}"
    notes = (finding("conversions_not_chosen", "error", message),) if could else ()
    empty = pl.lit(None, dtype=pl.Float64)
    revenue = pl.col("revenue") if "revenue" in frame.columns else empty
    kind = pl.lit(None, dtype=pl.String).alias(KIND)
    rows = frame.with_columns(empty.alias("conversions"), revenue.alias("revenue"), kind)
    return Choice(rows, "", (), notes, undecided=bool(could))


def _value(frame: pl.DataFrame, event: str) -> pl.Expr | None:
    if f"value.{event}" in frame.columns:
        return pl.col(f"value.{event}")
    return pl.col("revenue") if "revenue" in frame.columns else None


def _choice(
    frame: pl.DataFrame,
    conversions: pl.Expr,
    description: str,
    events: tuple[str, ...],
    revenue: pl.Expr | None,
    *notes: Finding,
    kind: pl.Expr | None = None,
) -> Choice:
    money = revenue if revenue is not None else pl.lit(None, dtype=pl.Float64)
    sole = normal_kind(events[0]) if len(events) == 1 and events[0] != "custom" else None
    what = pl.lit(sole, dtype=pl.String) if kind is None else kind
    settled = frame.with_columns(
        conversions.alias("conversions"), money.cast(pl.Float64).alias("revenue"), what.alias(KIND)
    )
    return Choice(settled, description, events, notes)
