"""A plan file: what was expected of each campaign (and month), in any table with its own column mapping.

Without a mapping these headers are read, in English, German, French, Spanish and Portuguese: campaign (or campaign
id), month or period, impressions, clicks, conversions, spend or budget, revenue, planner. This file must not know
exports or facts.
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

from reflection.domain.campaign import Metrics
from reflection.domain.metrics import COUNTS
from reflection.errors import ImportFileError
from reflection.ingest.building.drafts import Draft, month_span
from reflection.ingest.building.name_templates import real_name
from reflection.ingest.dialects.column_mapping import ColumnMapping
from reflection.ingest.dialects.dialect import Dialect, table
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.options import Forecast
from reflection.ingest.reading.archives import Limits, open_source
from reflection.ingest.reading.header import find_header
from reflection.ingest.reading.suggested_mapping import suggest
from reflection.ingest.reading.tables import open_tables
from reflection.ingest.reading.typed_rows import read_facts

PLAN = Dialect(
    key="plan",
    platform="",
    title="plan file",
    names={
        "en": table(
            campaign="campaign|campaign name|name",
            campaign_id="campaign id|id",
            period="month|period",
            date="start|start date|period start|from",
            date_end="end|end date|period end|to",
            impressions="impressions|expected impressions|planned impressions",
            clicks="clicks|expected clicks|planned clicks|link clicks",
            conversions="conversions|expected conversions|planned conversions|leads|purchases",
            spend="spend|budget|expected spend|planned spend|cost",
            revenue="revenue|expected revenue|planned revenue",
            planner="planner|forecaster|owner",
        ),
        "de": table(
            campaign="kampagne|kampagnenname",
            period="monat|zeitraum",
            date="beginn|von",
            date_end="ende|bis",
            impressions="impressionen|geplante impressionen|impressions",
            clicks="klicks|geplante klicks",
            conversions="conversions|konversionen|käufe|bestellungen|geplante conversions",
            spend="budget|kosten|ausgaben|geplante kosten",
            revenue="umsatz|geplanter umsatz",
        ),
        "fr": table(
            campaign="campagne|nom de la campagne",
            period="mois|période",
            date="début",
            date_end="fin",
            impressions="impressions|impressions prévues",
            clicks="clics|clics prévus",
            conversions="conversions|achats|conversions prévues",
            spend="budget|dépenses|coût|coûts",
            revenue="chiffre d'affaires|revenu|revenus",
        ),
        "es": table(
            campaign="campaña|nombre de la campaña",
            period="mes|período",
            date="inicio",
            date_end="fin",
            impressions="impresiones|impresiones previstas",
            clicks="clics|clics previstos",
            conversions="conversiones|compras|conversiones previstas",
            spend="presupuesto|gasto|coste|costo|inversión",
            revenue="ingresos|ingresos previstos",
        ),
        "pt": table(
            campaign="campanha|nome da campanha",
            period="mês|período",
            date="início",
            date_end="fim",
            impressions="impressões|impressões previstas",
            clicks="cliques|cliques previstos",
            conversions="conversões|compras|conversões previstas",
            spend="orçamento|gasto|custo|investimento",
            revenue="receita|receita prevista",
        ),
    },
)
MOST_NAMED = 20
ONE_DAY = dt.timedelta(days=1)
_NEEDED = ("impressions", "clicks", "conversions", "spend")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Expected figures of one campaign, in its own words for it, over a span of days or at any time."""

    line: int
    campaign: str
    first: dt.date | None
    last: dt.date | None
    forecast: Forecast


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
        together: monthly plans of a campaign taken as a whole.
        """
        names = {draft.key.casefold(), draft.name.casefold()}
        rows = [row for name in sorted(names) for row in self._by_name.get(name, ())]
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
    match = next(
        ((sheet, header) for sheet in tables if (header := find_header(sheet, [dialect], explicit=True))),
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
    facts = read_facts(*match, locale=mapping.locale if mapping else "")
    if facts.rejects:
        first = facts.rejects[0]
        raise ImportFileError(f"{path.name}, line {first.line}: {first.reason}.", field="expected")
    header = match[1]
    unread = [name for index, name in enumerate(header.cells) if name and index not in set(header.columns.values())]
    return Plan(path.name, tuple(_row(row, path) for row in facts.frame.iter_rows(named=True)), tuple(unread))


def _row(row: dict[str, Any], path: Path) -> PlanRow:
    lacking = [name for name in _NEEDED if row[name] is None]
    if lacking:
        raise ImportFileError(f"{path.name}, line {row['line']}: {', '.join(lacking)} missing.", field="expected")
    if row["clicks"] > row["impressions"] or row["conversions"] < 0:
        raise ImportFileError(f"{path.name}, line {row['line']}: clicks exceed impressions.", field="expected")
    first, last = row.get("date"), row.get("date_end")
    if text := row.get("period"):
        first, last = _month(text, path, row["line"])
    metrics = Metrics(
        impressions=round(row["impressions"]),
        clicks=round(row["clicks"]),
        conversions=float(row["conversions"]),
        spend=float(row["spend"]),
        revenue=row.get("revenue"),
    )
    planner = real_name(row.get("planner")) or real_name(f"plan {path.stem}") or "plan"
    name = str(row.get("campaign") or row.get("campaign_id") or "")
    return PlanRow(row["line"], name, first, last, Forecast(metrics, planner))


def _month(text: str, path: Path, line: int) -> tuple[dt.date, dt.date]:
    match = re.match(r"^(\d{4})-(\d{2})", text)
    if not match or not 1 <= int(match[2]) <= 12 or not int(match[1]):
        raise ImportFileError(f"{path.name}, line {line}: '{text}' is no month such as 2026-09.", field="expected")
    return month_span(dt.date(int(match[1]), int(match[2]), 1))


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
    days = [day for draft in own for day in (draft.first, draft.last) if day is not None]
    if not days:
        return f"'{row.campaign}' (the export has no days)"
    return f"'{row.campaign}' ({row.first} to {row.last} plans none of its days {min(days)} to {max(days)} whole)"
