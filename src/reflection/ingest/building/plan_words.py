"""What the columns of a plan are called: in English, German, French, Spanish and Portuguese, and as words go in others.

Campaign (or campaign id), month or period, impressions, clicks, conversions, spend or budget, revenue, planner; words
that say `planned` may stand with them. This file must not know what a plan is for.
"""

import re
from dataclasses import replace

from reflection.ingest.dialects.dialect import Dialect, table
from reflection.ingest.dialects.words import WORDS
from reflection.ingest.reading.tables import Table

PLAN = Dialect(
    key="plan",
    platform="",
    title="plan file",
    names={
        "en": table(
            campaign="campaign|campaign name|name",
            campaign_id="campaign id|id",
            period="month|period|quarter|week",
            date="start|start date|period start|from",
            date_end="end|end date|period end|to",
            impressions="impressions",
            clicks="clicks|link clicks",
            conversions="conversions|leads|purchases|orders|sales",
            spend="spend|budget|cost",
            revenue="revenue",
            planner="planner|forecaster|owner",
        ),
        "de": table(
            campaign="kampagne|kampagnenname", period="monat|zeitraum|quartal|woche", date="beginn|von",
            date_end="ende|bis", impressions="impressionen|impressions", clicks="klicks|link-klicks",
            conversions="conversions|konversionen|käufe|bestellungen|verkäufe|abschlüsse|leads",
            spend="budget|kosten|ausgaben|werbebudget|mediabudget", revenue="umsatz",
        ),
        "fr": table(
            campaign="campagne|nom de la campagne", period="mois|période|trimestre|semaine", date="début",
            date_end="fin", impressions="impressions", clicks="clics", conversions="conversions|achats|ventes|leads",
            spend="budget|dépenses|dépense|coût|coûts|investissement", revenue="chiffre d'affaires|revenu|revenus",
        ),
        "es": table(
            campaign="campaña|nombre de la campaña", period="mes|período|periodo|trimestre|semana", date="inicio",
            date_end="fin", impressions="impresiones", clicks="clics", conversions="conversiones|compras|ventas|leads",
            spend="presupuesto|gasto|gastos|coste|costo|inversión", revenue="ingresos",
        ),
        "pt": table(
            campaign="campanha|nome da campanha", period="mês|período|trimestre|semana", date="início", date_end="fim",
            impressions="impressões", clicks="cliques", conversions="conversões|compras|vendas|leads",
            spend="orçamento|gasto|gastos|custo|investimento|verba", revenue="receita|faturamento",
        ),
        "words": {
            "period": WORDS["date"],
            **{name: WORDS[name] for name in ("campaign", "impressions", "clicks", "conversions", "spend", "revenue")},
        },
    },
)  # fmt: skip
_PLANNED = re.compile(
    r"(?:\b|^)(?:geplant|erwartet|plan|soll|ziel|planned|expected|forecast(?:ed)?|target|estimated|prévu|prévisionnel|"
    r"estimé|previst|planificad|esperad|estimad|planead|planejad)(?:e[rsnm]?|es|s|o|os|a|as|le|les|lles?|elle|elles)?(?:\b|$)"
    r"|\bplan-?(?=(?:kosten|budget|klicks|impressionen|umsatz|conversions|ausgaben)\b)",
    re.IGNORECASE,
)
"""Words that say of a header that its figures are planned."""


def without_planned(table: Table) -> Table:
    """A table whose headers are read without the words that say they are planned."""
    head = [(line, [_bare(cell) for cell in cells]) for line, cells in table.head]
    return replace(table, head=head)


def _bare(cell: str) -> str:
    """`Geplante Kosten (EUR)` as `Kosten (EUR)`; a cell of nothing else stays."""
    bare = re.sub(r"\(\s*\)|\s+(?=\s|$)", "", _PLANNED.sub("", cell)).strip(" -_:")
    return bare or cell
