"""Meta's actions: what a list of action types counts, from tables of their own or from JSON in the rows themselves.

Action types overlap: `omni_purchase` and `purchase` contain `offsite_conversion.fb_pixel_purchase`. Per row an event is
the largest of those that contain, or the sum of those that do not overlap, whichever is more; two events are never
added up. Types that are neither known events nor clicks and views are named. This file must not know files.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import polars as pl

from reflection.ingest.building.conversion_events import CONVERSION_EVENTS, event_of
from reflection.ingest.building.conversions import OTHER
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.typed_rows import Facts

T = TypeVar("T")
_KEY = ["creative_id", "date"]
_PART = re.compile(r"^(?:offsite_conversion\.|onsite_conversion\.|app_custom_event\.|onsite_(?:web|app)_)")
_WHOLE = re.compile(r"^(?:omni_|onsite_web_app_|web_in_store_|web_app_in_store_)")
_GROUPED = re.compile(r"(?:_grouped|gen\.other)$")
_NO_CONVERSIONS = re.compile(
    r"click|view|engagement|reaction|like|comment|post|share|save|search|cart|wishlist|checkout|messaging|follow|impression|"
    r"visit|interaction|rsvp|game|level|tutorial|rate|credit|content",
)
"""Words of action types that are steps on the way, not what is paid for."""

Counts = dict[str, float]
Completed = tuple[pl.DataFrame, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a list of actions counts: event -> number, and the same of types nobody here knows."""

    events: Counts
    unknown: Counts


_NOTHING = Reading({}, {})


def count_events(actions: Iterable[tuple[str, float]]) -> Reading:
    """The events of one row's actions, each counted once.

    >>> count_events([("lead", 7.0), ("omni_lead", 7.0), ("onsite_web_lead", 4.0), ("link_click", 9.0)]).events
    {'lead': 7.0}
    """
    wholes: defaultdict[str, float] = defaultdict(float)
    parts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    unknown: Counts = {}
    for kind, value in actions:
        name = kind.strip().casefold()
        event, part = _event(name)
        if event in CONVERSION_EVENTS:
            if part:
                parts[event][name] += value
            else:
                wholes[event] = max(wholes[event], value)
        elif not _NO_CONVERSIONS.search(name):
            unknown[kind] = unknown.get(kind, 0.0) + value
    events = {event: max(wholes[event], sum(parts[event].values())) for event in sorted({*wholes, *parts})}
    return Reading(events, unknown)


def _event(name: str) -> tuple[str, bool]:
    """The event a type counts, and whether the type is only a part of it."""
    bare = _GROUPED.sub("", _WHOLE.sub("", name))
    part = bool(_PART.match(name)) and not _WHOLE.match(name)
    event = event_of(re.sub(r"^onsite_(?:web|app)_", "", bare))
    return ("app_install" if event == "mobile_app_install" else event), part


def join(parts: Sequence[tuple[Header, Facts, T]], complete: Callable[[T, pl.DataFrame, dict[str, str]], T]) -> list[T]:
    """Give rows without conversions their actions: of the action tables among the parts, or of their own JSON.

    Args:
        complete: makes a part from itself, its completed rows, and the fields it gained with what they are in words.
    """
    tables = [
        (facts.frame, "value" if _is_money(header) else "conversion")
        for header, facts, _ in parts
        if header.dialect.role == "actions"
    ]
    done: list[T] = []
    for header, facts, part in parts:
        if header.dialect.role == "actions" or header.dialect.key != "meta_api":
            done.append(part)
        elif "actions" in header.columns:
            done.append(complete(part, *_from_json(facts.frame)))
        elif tables and "creative_id" in header.columns and header.dialect.role == "performance":
            done.append(complete(part, *_from_tables(facts.frame, tables)))
        else:
            done.append(part)
    return done


def _from_tables(frame: pl.DataFrame, tables: Sequence[tuple[pl.DataFrame, str]]) -> Completed:
    """The rows with a column per event; an ad's day without actions had none."""
    gained: dict[str, str] = {}
    for table, kind in tables:
        types = table.group_by(*_KEY, "action_type").agg(pl.col("value").sum().round(6))
        rows: dict[tuple[Any, ...], list[tuple[str, float]]] = defaultdict(list)
        for *key, action, value in types.select(*_KEY, "action_type", "value").iter_rows():
            if action is not None and value is not None:
                rows[tuple(key)].append((action, value))
        readings = {key: count_events(actions) for key, actions in rows.items()}
        gained |= _kinds_read(readings.values(), kind)
        places = list(frame.select(*_KEY).iter_rows())
        frame = _with_events(frame, [readings.get(place, _NOTHING) for place in places], kind)
    return frame, gained


def _from_json(frame: pl.DataFrame) -> Completed:
    """The rows with a column per event of their own lists; link clicks too, where the rows do not state them."""
    gained: dict[str, str] = {}
    for column, kind in (("actions", "conversion"), ("action_values", "value")):
        if column not in frame.columns:
            continue
        lists = [_actions(cell) for cell in frame[column].cast(pl.String).to_list()]
        if column == "actions" and "clicks" not in frame.columns:
            clicks = [dict(actions).get("link_click", 0.0) if actions is not None else None for actions in lists]
            frame = frame.with_columns(pl.Series("clicks", clicks, dtype=pl.Float64))
            gained["clicks"] = "actions: link_click"
        readings = [None if actions is None else count_events(actions) for actions in lists]
        gained |= _kinds_read((reading for reading in readings if reading), kind)
        frame = _with_events(frame, readings, kind)
    return frame, gained


def _with_events(frame: pl.DataFrame, readings: Sequence[Reading | None], kind: str) -> pl.DataFrame:
    """A column per event; a row whose list lacks it had none, of a row whose list cannot be read nobody knows."""
    events = [None if reading is None else reading.events for reading in readings]
    others = [None if reading is None or kind == "value" else reading.unknown for reading in readings]
    columns = [
        pl.Series(f"{prefix}.{name}", [None if row is None else row.get(name, 0.0) for row in rows], dtype=pl.Float64)
        for prefix, rows in ((kind, events), (OTHER, others))
        for name in sorted({name for row in rows for name in row or ()})
    ]
    return frame.with_columns(columns)


def _kinds_read(readings: Iterable[Reading], kind: str) -> dict[str, str]:
    """The fields gained, with what they are for people."""
    labels: dict[str, str] = {}
    words = "actions" if kind == "conversion" else "action values"
    for reading in readings:
        labels |= {f"{kind}.{event}": f"{words}: {event}" for event in reading.events}
        labels |= {f"{OTHER}.{name}": name for name in reading.unknown if kind == "conversion"}
    return labels


def _actions(cell: str | None) -> list[tuple[str, float]] | None:
    """The types and values of a JSON list (or Python's way to write one); none of an empty cell, None of nonsense."""
    if not cell:
        return []
    try:
        items = orjson.loads(cell)
    except orjson.JSONDecodeError:
        try:
            items = ast.literal_eval(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if isinstance(items, Mapping):
        items = [{"action_type": name, "value": value} for name, value in items.items()]
    try:
        return [(str(item["action_type"]), float(item["value"])) for item in items]
    except (TypeError, KeyError, ValueError):
        return None


def _is_money(header: Header) -> bool:
    """Action values have no `inline` column; action counts do."""
    return "inline" not in {cell.strip().casefold() for cell in header.cells}
