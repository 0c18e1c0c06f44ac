"""The report on all campaigns of a period: totals per currency, campaigns against their forecasts, what was
learnt.

KPIs of several campaigns are ratios of sums; amounts of different currencies are never added. Must not know
formats, stores or HTTP.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reflection.domain import signals
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import ratio
from reflection.domain.results import Analysis, Delta
from reflection.explain import formatting
from reflection.explain.phrases_en import ENGLISH
from reflection.reports.plots import RatioRow, ratio_plot
from reflection.reports.retrospective import method_notes
from reflection.reports.sections.learnings import workspace_forest
from reflection.reports.sections.recommendations import cards_section
from reflection.reports.sections.track_record import record_section
from reflection.reports.view import Plot, ReportView, Section, Table, Tile

MOST_DRAWN = 20
NONE = "-"


@dataclass(frozen=True, slots=True)
class Told:
    """One campaign and the answer that was given on it."""

    campaign: Campaign
    analysis: Analysis


@dataclass(slots=True)
class _Sums:
    """Counts and amounts of several campaigns, forecast and fact."""

    campaigns: int = 0
    spend: float = 0.0
    conversions: float = 0.0
    clicks: float = 0.0
    impressions: float = 0.0
    revenue: float | None = 0.0

    def add(self, metrics: Metrics) -> None:
        """Add one campaign; revenue is known only while every campaign states it."""
        self.campaigns += 1
        for name in ("spend", "conversions", "clicks", "impressions"):
            setattr(self, name, getattr(self, name) + getattr(metrics, name))
        known = self.revenue is not None and metrics.revenue is not None
        self.revenue = (self.revenue or 0.0) + (metrics.revenue or 0.0) if known else None


def portfolio(
    told: Sequence[Told],
    *,
    start: date,
    end: date,
    knowledge: Knowledge,
    recommendations: Mapping[str, Any] | None = None,
    track_record: Mapping[str, Any] | None = None,
    generated_at: str,
) -> ReportView:
    """The view of the report on campaigns whose timestamp lies in the period (both days included)."""
    chosen = sorted(
        (one for one in told if start <= one.campaign.timestamp.date() <= end),
        key=lambda one: (-one.campaign.actual_metrics.spend, one.campaign.campaign_id),
    )
    tallied = _tally(chosen)
    newest_last = sorted(chosen, key=lambda one: (one.campaign.timestamp, one.campaign.campaign_id))
    spelt = {key: label for one in newest_last for key, label in signals.labels_of(one.campaign).items()}
    sections = [
        Section("totals", "Totals", tables=(_totals(tallied),)),
        _against_forecast(chosen),
        workspace_forest(knowledge, spelt),
        cards_section(None, recommendations, spelt),
        *record_section(track_record),
    ]
    return ReportView(
        kind="Portfolio",
        title=f"{start.isoformat()} to {end.isoformat()}",
        subtitle=_campaigns(len(chosen)),
        verdict=_verdict(chosen),
        tiles=tuple(_tiles(tallied)),
        sections=tuple(sections if chosen else sections[2:]),
        notes=tuple(method_notes()),
        generated_at=generated_at,
        facts=(("Learnt as of", (knowledge.as_of or "nothing learnt yet")[:10]),),
    )


def _tally(told: Iterable[Told]) -> dict[str, tuple[_Sums, _Sums]]:
    """Sums of forecast and fact per currency."""
    sums: dict[str, tuple[_Sums, _Sums]] = defaultdict(lambda: (_Sums(), _Sums()))
    for one in told:
        expected, actual = sums[one.campaign.currency or ""]
        expected.add(one.campaign.expected_metrics)
        actual.add(one.campaign.actual_metrics)
    return dict(sorted(sums.items()))


def _verdict(told: Sequence[Told]) -> str:
    if not told:
        return "No campaign of this period is stored."
    readings = [_reading(one.analysis) for one in told]
    parts = [
        f"{formatting.count(readings.count(reading))} {words}"
        for reading, words in (
            ("better", "did better than forecast beyond noise"),
            ("worse", "did worse"),
            ("noise", "cannot be told from noise"),
        )
        if readings.count(reading)
    ]
    return f"Of {_campaigns(len(told))}, {', '.join(parts)}."


def _campaigns(number: int) -> str:
    return ENGLISH.counted("campaign", number, formatting.count(number))


def _reading(analysis: Analysis) -> str:
    """Better or worse beyond noise on CPA (ROAS where there is no CPA), else noise."""
    delta = _headline(analysis)
    if delta is None or not delta.beyond_noise or delta.favorable is None:
        return "noise"
    return "better" if delta.favorable else "worse"


def _headline(analysis: Analysis) -> Delta | None:
    deltas = analysis.comparison_report.deltas
    found = (deltas.get(f"{kpi}_diff") for kpi in ("cpa", "roas"))
    return next((delta for delta in found if delta is not None and delta.pct_diff is not None), None)


def _tiles(tallied: Mapping[str, tuple[_Sums, _Sums]]) -> Iterator[Tile]:
    for currency, (expected, actual) in list(tallied.items())[:2]:
        money = currency or None
        plan, fact = ratio(expected.spend, expected.conversions), ratio(actual.spend, actual.conversions)
        label = f"CPA, {currency}" if currency else "CPA"
        if fact is not None:
            detail = f"against {formatting.money(plan, money)} forecast" if plan is not None else "no forecast"
            yield Tile(label, formatting.money(fact, money), detail, "", "noise")
        yield Tile(
            "Spend",
            formatting.money(actual.spend, money, whole=True),
            _of(actual.spend, expected.spend),
            "",
            "noise",
        )


def _of(actual: float, expected: float) -> str:
    if not expected:
        return ""
    change = 100 * (actual / expected - 1)
    return f"{formatting.percent(change, signed=True)} against the plan" if abs(change) >= 0.05 else "as planned"


def _totals(tallied: Mapping[str, tuple[_Sums, _Sums]]) -> Table:
    head = ("Currency", "Campaigns", "Spend", "Forecast spend", "Conversions", "CPA", "Forecast CPA", "ROAS")
    rows = []
    for currency, (expected, actual) in tallied.items():
        money = currency or None
        cpa, plan = ratio(actual.spend, actual.conversions), ratio(expected.spend, expected.conversions)
        roas = ratio(actual.revenue, actual.spend)
        rows.append(
            (
                currency or "not stated",
                formatting.count(actual.campaigns),
                formatting.money(actual.spend, money, whole=True),
                formatting.money(expected.spend, money, whole=True),
                formatting.count(round(actual.conversions, 1)),
                NONE if cpa is None else formatting.money(cpa, money),
                NONE if plan is None else formatting.money(plan, money),
                NONE if roas is None else formatting.ratio(roas),
            )
        )
    return Table("Totals per currency; KPIs are ratios of sums", head, tuple(rows), tuple(range(1, len(head))))


def _against_forecast(told: Sequence[Told]) -> Section:
    rows = [row for one in told if (row := _row(one)) is not None]
    head = ("Campaign", "Platform", "Spend", "CPA", "Forecast CPA", "Change", "Reading")
    table = Table(
        "Campaigns of the period, largest spend first", head, tuple(_cells(one) for one in told), (2, 3, 4, 5)
    )
    if not rows:
        return Section("campaigns", "Campaigns against their forecasts", tables=(table,))
    drawn = rows[:MOST_DRAWN]
    description = "; ".join(f"{row.label} {row.value.replace(' | ', ', ')}" for row in drawn)
    title = "CPA of each campaign against its forecast"
    svg = ratio_plot("campaigns", drawn, title=title, description=description, origin="forecast")
    more = f" The {MOST_DRAWN} largest of {len(rows)} are drawn." if len(rows) > MOST_DRAWN else ""
    legend = f"Left of the line: cheaper than forecast. Hollow and dashed: within noise.{more}"
    plot = Plot("campaigns", title, description, svg, table, legend)
    return Section("campaigns", "Campaigns against their forecasts", plots=(plot,))


def _row(one: Told) -> RatioRow | None:
    delta = one.analysis.comparison_report.deltas.get("cpa_diff")
    if delta is None or delta.pct_diff is None or not delta.expected or delta.actual is None:
        return None
    low, high = (bound / delta.expected for bound in delta.interval) if delta.interval else (None, None)
    sure = bool(delta.beyond_noise)
    change = formatting.percent(delta.pct_diff, signed=True)
    return RatioRow(
        label=formatting.plain_name(one.campaign.campaign_id),
        note=f"{formatting.plain_name(one.campaign.platform)}, {one.campaign.timestamp.date().isoformat()}",
        ratio=delta.actual / delta.expected,
        low=low,
        high=high,
        value=f"{change} | {'beyond noise' if sure else 'within noise'}",
        certain=sure,
        favorable=delta.favorable,
    )


def _cells(one: Told) -> tuple[str, ...]:
    delta, currency = one.analysis.comparison_report.deltas.get("cpa_diff"), one.campaign.currency
    values = (delta.actual, delta.expected) if delta else (None, None)
    shown = [NONE if value is None else formatting.money(value, currency) for value in values]
    change = NONE if delta is None or delta.pct_diff is None else formatting.percent(delta.pct_diff, signed=True)
    return (
        formatting.plain_name(one.campaign.campaign_id),
        formatting.plain_name(one.campaign.platform),
        formatting.money(one.campaign.actual_metrics.spend, currency, whole=True),
        *shown,
        change,
        _reading(one.analysis),
    )
