"""A plan file: what was expected of each campaign (and month), in any table with its own column mapping.

Without a mapping these headers are read, in English, German, French, Spanish and Portuguese: campaign (or campaign
id), month or period, impressions, clicks, conversions, spend or budget, revenue, planner. This file must not know
exports or facts.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reflection.domain.campaign import Metrics
from reflection.errors import ImportFileError
from reflection.ingest.building.drafts import Draft, month_span
from reflection.ingest.building.name_templates import real_name
from reflection.ingest.dialects.column_mapping import ColumnMapping
from reflection.ingest.dialects.dialect import Dialect, table
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
_NEEDED = ("impressions", "clicks", "conversions", "spend")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Expected figures of one campaign, in its own words for it, over a span of days or at any time."""

    campaign: str
    first: dt.date | None
    last: dt.date | None
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of a plan file."""

    name: str
    rows: tuple[PlanRow, ...]

    def find(self, draft: Draft) -> Forecast | None:
        """The row of a campaign (by key or name, in any case) whose span covers the draft's; the tightest first."""
        names = {draft.key.casefold(), draft.name.casefold()}
        fitting = [row for row in self.rows if row.campaign.casefold() in names and _covers(row, draft)]
        best = min(fitting, key=_length, default=None)
        return best.forecast if best else None


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
    return Plan(path.name, tuple(_row(row, path) for row in facts.frame.iter_rows(named=True)))


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
    return PlanRow(str(row.get("campaign") or row.get("campaign_id") or ""), first, last, Forecast(metrics, planner))


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
