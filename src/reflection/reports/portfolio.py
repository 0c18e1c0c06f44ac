"""The report on a period: totals per currency, campaigns against their forecasts, what was learnt.

KPIs of several campaigns are ratios of sums; amounts of different currencies are never added. Must not know formats,
stores or HTTP.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reflection.domain import signals
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import COUNTS, ratio
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
class ReportedCampaign:
    """One campaign of a report and the stored answer to it."""

    campaign: Campaign
    analysis: Analysis


@dataclass(slots=True)
class _Sums:
    """Counts and amounts of several campaigns, forecast or fact; None where one of them does not say."""

    campaigns: int = 0
    impressions: float | None = 0.0
    clicks: float | None = 0.0
    conversions: float | None = 0.0
    spend: float | None = 0.0
    revenue: float | None = 0.0

    def add(self, metrics: Metrics) -> None:
        """Add one campaign."""
        self.campaigns += 1
        for name in COUNTS:
            total, count = getattr(self, name), getattr(metrics, name)
            setattr(self, name, None if total is None or count is None else total + count)


def portfolio(
    campaigns: Sequence[ReportedCampaign],
    *,
    start: date,
    end: date,
    knowledge: Knowledge,
    recommendations: Mapping[str, Any] | None = None,
    track_record: Mapping[str, Any] | None = None,
    generated_at: str,
) -> ReportView:
    """The view of the report on campaigns whose timestamp lies in the period (both days included)."""
    selection = sorted(
        (reported for reported in campaigns if start <= reported.campaign.timestamp.date() <= end),
        key=lambda reported: (-(reported.campaign.actual_metrics.spend or 0.0), reported.campaign.campaign_id),
    )
    sums = _tally(selection)
    by_age = sorted(selection, key=lambda reported: (reported.campaign.timestamp, reported.campaign.campaign_id))
    labels = {key: label for reported in by_age for key, label in signals.labels_of(reported.campaign).items()}
    sections = [
        Section("totals", "Totals", tables=(_totals(sums),)),
        _against_forecast(selection),
        workspace_forest(knowledge, labels),
        cards_section(None, recommendations, labels),
        *record_section(track_record),
    ]
    return ReportView(
        kind="Portfolio",
        title=f"{start.isoformat()} to {end.isoformat()}",
        subtitle=_campaigns(len(selection)),
        verdict=_verdict(selection),
        tiles=tuple(_tiles(sums)),
        sections=tuple(sections if selection else sections[2:]),
        notes=tuple(method_notes()),
        generated_at=generated_at,
        facts=(("Learnt as of", (knowledge.as_of or "nothing learnt yet")[:10]),),
    )


def _tally(campaigns: Iterable[ReportedCampaign]) -> dict[str, tuple[_Sums, _Sums]]:
    """Sums of forecast and fact per currency."""
    sums: dict[str, tuple[_Sums, _Sums]] = defaultdict(lambda: (_Sums(), _Sums()))
    for reported in campaigns:
        expected, actual = sums[reported.campaign.currency or ""]
        expected.add(reported.campaign.expected_metrics)
        actual.add(reported.campaign.actual_metrics)
    return dict(sorted(sums.items()))


def _verdict(campaigns: Sequence[ReportedCampaign]) -> str:
    if not campaigns:
        return "No campaign of this period is stored."
    readings = [_reading(reported.analysis) for reported in campaigns]
    parts = [
        f"{formatting.count(readings.count(reading))} {words}"
        for reading, words in (
            ("better", "did better than forecast beyond noise"),
            ("worse", "did worse"),
            ("noise", "cannot be told from noise"),
        )
        if readings.count(reading)
    ]
    return f"Of {_campaigns(len(campaigns))}, {', '.join(parts)}."


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
    candidates = (deltas.get(f"{kpi}_diff") for kpi in ("cpa", "roas"))
    return next((delta for delta in candidates if delta is not None and delta.pct_diff is not None), None)


def _tiles(sums: Mapping[str, tuple[_Sums, _Sums]]) -> Iterator[Tile]:
    for currency, (expected, actual) in list(sums.items())[:2]:
        money = currency or None
        plan, fact = ratio(expected.spend, expected.conversions), ratio(actual.spend, actual.conversions)
        label = f"CPA, {currency}" if currency else "CPA"
        if fact is not None:
            detail = f"against {formatting.money(plan, money)} forecast" if plan is not None else "no forecast"
            yield Tile(label, formatting.money(fact, money), detail, "", "noise")
        yield Tile(
            "Spend",
            _amount(actual.spend, money),
            _of(actual.spend, expected.spend),
            "",
            "noise",
        )


def _amount(value: float | None, currency: str | None) -> str:
    return NONE if value is None else formatting.money(value, currency, whole=True)


def _of(actual: float | None, expected: float | None) -> str:
    if not expected or actual is None:
        return ""
    change = 100 * (actual / expected - 1)
    return f"{formatting.percent(change, signed=True)} against the plan" if abs(change) >= 0.05 else "as planned"


def _totals(sums: Mapping[str, tuple[_Sums, _Sums]]) -> Table:
    head = ("Currency", "Campaigns", "Spend", "Forecast spend", "Conversions", "CPA", "Forecast CPA", "ROAS")
    rows = []
    for currency, (expected, actual) in sums.items():
        money = currency or None
        cpa, plan = ratio(actual.spend, actual.conversions), ratio(expected.spend, expected.conversions)
        roas = ratio(actual.revenue, actual.spend)
        rows.append(
            (
                currency or "not stated",
                formatting.count(actual.campaigns),
                _amount(actual.spend, money),
                _amount(expected.spend, money),
                NONE if actual.conversions is None else formatting.count(round(actual.conversions, 1)),
                NONE if cpa is None else formatting.money(cpa, money),
                NONE if plan is None else formatting.money(plan, money),
                NONE if roas is None else formatting.ratio(roas),
            )
        )
    return Table("Totals per currency; KPIs are ratios of sums", head, tuple(rows), tuple(range(1, len(head))))


def _against_forecast(campaigns: Sequence[ReportedCampaign]) -> Section:
    rows = [row for reported in campaigns if (row := _row(reported)) is not None]
    head = ("Campaign", "Platform", "Spend", "CPA", "Forecast CPA", "Change", "Reading")
    table = Table(
        "Campaigns of the period, largest spend first",
        head,
        tuple(_cells(reported) for reported in campaigns),
        (2, 3, 4, 5),
    )
    if not rows:
        return Section("campaigns", "Campaigns against their forecasts", tables=(table,))
    largest = rows[:MOST_DRAWN]
    description = "; ".join(f"{row.label} {row.value.replace(' | ', ', ')}" for row in largest)
    title = "CPA of each campaign against its forecast"
    svg = ratio_plot("campaigns", largest, title=title, description=description, origin="forecast")
    more = f" The {MOST_DRAWN} largest of {len(rows)} are drawn." if len(rows) > MOST_DRAWN else ""
    legend = f"Left of the line: cheaper than forecast. Hollow and dashed: within noise.{more}"
    plot = Plot("campaigns", title, description, svg, table, legend)
    return Section("campaigns", "Campaigns against their forecasts", plots=(plot,))


def _row(reported: ReportedCampaign) -> RatioRow | None:
    delta = reported.analysis.comparison_report.deltas.get("cpa_diff")
    if delta is None or delta.pct_diff is None or not delta.expected or delta.actual is None:
        return None
    low, high = (bound / delta.expected for bound in delta.interval) if delta.interval else (None, None)
    sure = bool(delta.beyond_noise)
    change = formatting.percent(delta.pct_diff, signed=True)
    return RatioRow(
        label=formatting.plain_name(reported.campaign.campaign_id),
        note=f"{formatting.plain_name(reported.campaign.platform)}, {reported.campaign.timestamp.date().isoformat()}",
        ratio=delta.actual / delta.expected,
        low=low,
        high=high,
        value=f"{change} | {'beyond noise' if sure else 'within noise'}",
        certain=sure,
        favorable=delta.favorable,
    )


def _cells(reported: ReportedCampaign) -> tuple[str, ...]:
    delta, currency = reported.analysis.comparison_report.deltas.get("cpa_diff"), reported.campaign.currency
    values = (delta.actual, delta.expected) if delta else (None, None)
    amounts = [NONE if value is None else formatting.money(value, currency) for value in values]
    change = NONE if delta is None or delta.pct_diff is None else formatting.percent(delta.pct_diff, signed=True)
    return (
        formatting.plain_name(reported.campaign.campaign_id),
        formatting.plain_name(reported.campaign.platform),
        _amount(reported.campaign.actual_metrics.spend, currency),
        *amounts,
        change,
        _reading(reported.analysis),
    )
