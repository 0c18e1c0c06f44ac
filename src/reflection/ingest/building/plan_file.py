"""A plan file: what was expected of each campaign (and month), in any table with its own column mapping.

Which headers are read without a mapping: plan_words.py. This file must not know exports or facts.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reflection.domain.campaign import Metrics
from reflection.domain.metrics import COUNTS
from reflection.domain.validation import field_errors
from reflection.errors import ImportFileError
from reflection.ingest.building.currencies import refuse_two_currencies
from reflection.ingest.building.drafts import Draft, month_span
from reflection.ingest.building.name_templates import real_name
from reflection.ingest.building.plan_words import PLAN, without_planned
from reflection.ingest.dialects.column_mapping import ColumnMapping
from reflection.ingest.dialects.currencies import candidates
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.options import Forecast
from reflection.ingest.reading.archives import Limits, open_source
from reflection.ingest.reading.currency_signs import SIGN
from reflection.ingest.reading.dates import parse_span
from reflection.ingest.reading.header import Header, find_header
from reflection.ingest.reading.suggested_mapping import suggest
from reflection.ingest.reading.tables import Table, open_tables
from reflection.ingest.reading.typed_rows import Facts, read_facts

MOST_NAMED = 20
_VALUES = {"locale": '"en" or "de"', "date_order": '"mdy" or "dmy"'}
ONE_DAY = dt.timedelta(days=1)
_NEEDED = ("impressions", "clicks", "conversions", "spend")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Expected figures of one campaign, in its own words for it, over a span of days or at any time.

    `currencies` are those its amounts may be in; none where it says none.
    """

    line: int
    campaign: str
    first: dt.date | None
    last: dt.date | None
    forecast: Forecast
    currencies: tuple[str, ...] = ()

    def may_be_in(self, currency: str | None) -> bool:
        """Whether nothing says that its amounts are in another currency."""
        return not self.currencies or currency is None or currency in self.currencies


@dataclass(frozen=True)
class Plan:
    """The rows of a plan file; `unread` are the headers of columns that nothing was made of."""

    name: str
    rows: tuple[PlanRow, ...]
    unread: tuple[str, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, list[PlanRow]]:
        rows: dict[str, list[PlanRow]] = {}
        for row in self.rows:
            rows.setdefault(row.campaign.casefold(), []).append(row)
        return rows

    def find(self, draft: Draft) -> Forecast | None:
        """The forecast of a draft: that of its row, or the sum of its rows."""
        rows = self.matches(draft)
        if len(rows) < 2:
            return rows[0].forecast if rows else None
        planners = {row.forecast.planner for row in rows}
        return Forecast(
            _sum([row.forecast.metrics for row in rows]), min(planners) if len(planners) == 1 else self.name
        )

    def matches(self, draft: Draft) -> tuple[PlanRow, ...]:
        """The rows of a campaign (by key or name, in any case) that plan the draft.

        The tightest one whose span covers the draft's; else those, one after another without a gap, that cover it
        together: monthly plans of a campaign taken as a whole. One in another currency plans nothing of it.
        """
        names = {draft.key.casefold(), draft.name.casefold()}
        rows = [row for name in sorted(names) for row in self._by_name.get(name, ()) if row.may_be_in(draft.currency)]
        best = min((row for row in rows if _covers(row, draft)), key=_length, default=None)
        return (best,) if best else _together(rows, draft)

    def findings(self, drafts: Sequence[Draft]) -> Iterator[Finding]:
        """The lines that plan nothing of what was imported, each with its reason, and columns that were not read."""
        used = {row.line for draft in drafts for row in self.matches(draft)}
        idle = [row for row in self.rows if row.line not in used]
        if idle:
            reasons = "; ".join(f"line {row.line}, {_why_idle(row, drafts)}" for row in idle[:MOST_NAMED])
            more = f"; and {len(idle) - MOST_NAMED} more" if len(idle) > MOST_NAMED else ""
            message = (
                f"{self.name}: {len(idle)} of {len(self.rows)} lines match no campaign of the import: {reasons}{more}."
            )
            yield finding("plan_lines_unmatched", "warning", message, [row.line for row in idle])
        if self.unread:
            columns = ", ".join(f"'{name}'" for name in self.unread)
            message = (
                f"{self.name}: nothing is read from the columns {columns}; give the plan's columns with a mapping."
            )
            yield finding("plan_columns_unread", "warning", message)


def read_plan(path: Path, mapping: ColumnMapping | None, limits: Limits) -> Plan:
    """Read a plan file.

    Raises:
        ImportFileError: unreadable, no campaign column, or rows without impressions, clicks, conversions or spend.
    """
    dialect = mapping.dialect() if mapping else PLAN
    tables = open_tables(open_source(path, limits=limits))
    readings = tables if mapping else [without_planned(table) for table in tables]
    match = next(
        ((sheet, header) for sheet in readings if (header := find_header(sheet, [dialect], explicit=True))),
        None,
    )
    columns = set(match[1].columns) if match else set()
    lacking = [name for name in _NEEDED if name not in columns]
    if match is None or lacking or not {"campaign", "campaign_id"} & columns:
        named = ", ".join(lacking) if match and lacking else "campaign, impressions, clicks, conversions and spend"
        body = json.dumps(suggest(tables[0]).as_dict(), ensure_ascii=False)
        raise ImportFileError(
            f"{path.name} does not say {named}.",
            hint=f"Give its columns with --plan-mapping. Its headers say: {body}", field="expected",
        )  # fmt: skip
    facts = _facts(*match, mapping)
    if facts.rejects:
        first = facts.rejects[0]
        raise ImportFileError(f"{path.name}, line {first.line}: {first.reason}.", field="expected")
    header = match[1]
    refuse_two_currencies(facts.frame, header)
    unread = [name for index, name in enumerate(header.cells) if name and index not in set(header.columns.values())]
    return Plan(path.name, tuple(_row(row, header, path) for row in facts.frame.iter_rows(named=True)), tuple(unread))


def _facts(sheet: Table, header: Header, mapping: ColumnMapping | None) -> Facts:
    """The plan's rows; how it writes numbers and dates is said in its own mapping, not by the export's options."""
    own = mapping or ColumnMapping({})
    try:
        return read_facts(sheet, header, locale=own.locale, date_order=own.date_order, currency=own.currency)
    except ImportFileError as error:
        if error.field not in ("locale", "date_order"):
            raise
        hint = f'Say so in a --plan-mapping, beside its columns: "{error.field}": {_VALUES[error.field]}.'
        raise ImportFileError(error.message, hint=hint, field="expected") from error


def _row(row: dict[str, Any], header: Header, path: Path) -> PlanRow:
    where = f"{path.name}, line {row['line']}"
    lacking = [name for name in _NEEDED if row[name] is None]
    if lacking:
        raise ImportFileError(f"{where}: {', '.join(lacking)} missing.", field="expected")
    if row["clicks"] > row["impressions"]:
        raise ImportFileError(f"{where}: clicks exceed impressions.", field="expected")
    first, last = row.get("date"), row.get("date_end") or row.get("date_last")
    if text := row.get("period"):
        first, last = _span(text, where)
    try:
        metrics = Metrics(
            impressions=round(row["impressions"]),
            clicks=round(row["clicks"]),
            conversions=float(row["conversions"]),
            spend=float(row["spend"]),
            revenue=row.get("revenue"),
        )
    except ValidationError as error:
        wrong = field_errors(error.errors(include_url=False, include_input=False))
        raise ImportFileError(f"{where}: {wrong.message}.", field="expected") from error
    planner = real_name(row.get("planner")) or real_name(f"plan {path.stem}") or "plan"
    name = str(row.get("campaign") or row.get("campaign_id") or "")
    stated = str(row.get("currency") or header.currency or row.get(SIGN) or "")
    meant = candidates(stated.upper()) or candidates(stated)
    return PlanRow(row["line"], name, first, last, Forecast(metrics, planner), meant)


def _span(text: str, where: str) -> tuple[dt.date, dt.date]:
    """The days a period's cell names: a month by any of its days (2026-09-01), a quarter, a week, a range, in words."""
    month = re.match(r"^(\d{4})-(\d{2})(?:-\d{2}(?:[ T]00:00:00)?)?$", text)
    span = parse_span(f"{month[1]}-{month[2]}" if month else text, "dmy")
    if span is None or (span[0] == span[1] and not re.search(r"[^\W\d_]", text)):  # 03/04/2026 is no period
        raise ImportFileError(
            f"{where}: '{text}' is no month such as 2026-09, nor a quarter or a week.", field="expected"
        )
    return span


def _covers(row: PlanRow, draft: Draft) -> bool:
    if row.first is None and row.last is None:
        return True
    if draft.first is None or draft.last is None:
        return False
    return (row.first or draft.first) <= draft.first and draft.last <= (row.last or draft.last)


def _length(row: PlanRow) -> int:
    return (row.last - row.first).days if row.first and row.last else 100_000


def _together(rows: Sequence[PlanRow], draft: Draft) -> tuple[PlanRow, ...]:
    """The rows that cover a draft's days together, none of them twice; nothing where a day has no row or two."""
    if draft.first is None or draft.last is None:
        return ()
    spans = [(row.first, row.last, row) for row in rows if row.first is not None and row.last is not None]
    inside = sorted(
        (span for span in spans if span[0] <= draft.last and draft.first <= span[1]), key=lambda span: span[0]
    )
    if not inside or inside[0][0] > draft.first or inside[-1][1] < draft.last:
        return ()
    if draft.by_month and not all(_within(span, draft) for span in inside):
        return ()  # a week of two months plans neither of them
    following = pairwise(inside)
    return tuple(row for *_, row in inside) if all(one[1] + ONE_DAY == other[0] for one, other in following) else ()


def _within(span: tuple[dt.date, dt.date, PlanRow], draft: Draft) -> bool:
    """Whether a row's days are of the draft's month."""
    first, last = month_span(draft.first or span[0])
    return first <= span[0] and span[1] <= last


def _sum(metrics: Sequence[Metrics]) -> Metrics:
    """The figures of several rows together; what one of them does not say is not known of the whole."""
    totals = {}
    for name in COUNTS:
        values = [getattr(item, name) for item in metrics]
        totals[name] = None if any(value is None for value in values) else sum(values)
    return Metrics(**totals)


def _why_idle(row: PlanRow, drafts: Sequence[Draft]) -> str:
    """Why a row plans nothing: nobody of that name, or other days."""
    names = {name.casefold(): name for draft in drafts for name in (draft.key, draft.name)}
    own = [draft for draft in drafts if row.campaign.casefold() in (draft.key.casefold(), draft.name.casefold())]
    if not own:
        near = get_close_matches(row.campaign.casefold(), list(names), n=1)
        return f"'{row.campaign}'" + (f" (is it '{names[near[0]]}'?)" if near else " (there is none of that name)")
    if others := sorted({draft.currency for draft in own if draft.currency and not row.may_be_in(draft.currency)}):
        return f"'{row.campaign}' (planned in {' or '.join(row.currencies[:2])}, spent in {', '.join(others)})"
    days = [day for draft in own for day in (draft.first, draft.last) if day is not None]
    if not days:
        return f"'{row.campaign}' (the export has no days)"
    return f"'{row.campaign}' ({row.first} to {row.last} plans none of its days {min(days)} to {max(days)} whole)"
