"""The report on a period: totals per currency, campaigns against their forecasts, what was learnt.

KPIs of several campaigns are ratios of sums; amounts of different currencies are never added. Must not know formats,
stores or HTTP.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from reflection.domain import signals
from reflection.domain.basis import BASES, basis_of
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import COUNTS, ratio
from reflection.domain.results import Analysis, Delta
from reflection.explain import formatting
from reflection.explain.evidence_of_comparison import kpi_form
from reflection.explain.period import Period
from reflection.explain.phrases_en import ENGLISH
from reflection.explain.sentences import Sentences
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
    period = Period()
    for reported in selection:
        period.add(reported.analysis.comparison_report)
        if reported.campaign.campaign_id in knowledge.held:
            period.hold(reported.analysis.comparison_report)
    lines = period.lines(knowledge, (recommendations or {}).get("cards", ()))
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
        verdict=period.verdict(Sentences()),
        tiles=tuple(_tiles(sums)),
        sections=tuple(sections if selection else sections[2:]),
        notes=tuple(method_notes()),
        generated_at=generated_at,
        facts=(("Learnt as of", (knowledge.as_of or "nothing learnt yet")[:10]),),
        summary=tuple((line.label, line.text) for line in lines) if selection else (),
    )


def _tally(campaigns: Iterable[ReportedCampaign]) -> dict[str, tuple[_Sums, _Sums]]:
    """Sums of forecast and fact per currency; only what somebody forecast is a forecast."""
    sums: dict[str, tuple[_Sums, _Sums]] = defaultdict(lambda: (_Sums(), _Sums()))
    for reported in campaigns:
        expected, actual = sums[reported.campaign.currency or ""]
        if basis_of(reported.campaign).forecast:
            expected.add(reported.campaign.expected_metrics)
        actual.add(reported.campaign.actual_metrics)
    return dict(sorted(sums.items()))


def _campaigns(number: int) -> str:
    return ENGLISH.counted("campaign", number, formatting.count(number))


def _reading(delta: Delta | None) -> str:
    """What a KPI's own interval says."""
    if delta is None or delta.pct_diff is None:
        return NONE
    if not delta.beyond_noise or delta.favorable is None:
        return "noise" if delta.beyond_noise is False else "not told from noise"
    return "better" if delta.favorable else "worse"


def _tiles(sums: Mapping[str, tuple[_Sums, _Sums]]) -> Iterator[Tile]:
    for currency, (expected, actual) in list(sums.items())[:2]:
        money = currency or None
        plan, fact = ratio(expected.spend, expected.conversions), ratio(actual.spend, actual.conversions)
        label = f"CPA, {currency}" if currency else "CPA"
        if fact is not None:
            complete = plan is not None and expected.campaigns == actual.campaigns
            detail = (
                f"against {formatting.money(plan or 0.0, money)} forecast" if complete else _forecasts(sums[currency])
            )
            yield Tile(label, formatting.money(fact, money), detail, "", "noise")
        planned = expected.spend if expected.campaigns == actual.campaigns else 0.0
        yield Tile(
            "Spend",
            _amount(actual.spend, money),
            _of(actual.spend, planned),
            "",
            "noise",
        )


def _forecasts(sides: tuple[_Sums, _Sums]) -> str:
    """How many of the campaigns somebody forecast, where that is not all."""
    expected, actual = sides
    if not expected.campaigns:
        return "no forecast"
    return f"{formatting.count(expected.campaigns)} of {_campaigns(actual.campaigns)} had a forecast"


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
        complete = expected.campaigns == actual.campaigns
        rows.append(
            (
                currency or "not stated",
                formatting.count(actual.campaigns),
                _amount(actual.spend, money),
                _amount(expected.spend, money) if complete else _forecasts(sums[currency]),
                NONE if actual.conversions is None else formatting.count(round(actual.conversions, 1)),
                NONE if cpa is None else formatting.money(cpa, money),
                NONE if plan is None or not complete else formatting.money(plan, money),
                NONE if roas is None else formatting.ratio(roas),
            )
        )
    return Table("Totals per currency; KPIs are ratios of sums", head, tuple(rows), tuple(range(1, len(head))))


def _against_forecast(campaigns: Sequence[ReportedCampaign]) -> Section:
    rows = [row for reported in campaigns if (row := _row(reported)) is not None]
    forecasts = all(BASES[reported.analysis.comparison_report.basis].forecast for reported in campaigns)
    head = (
        "Campaign",
        "Platform",
        "Spend",
        "CPA",
        "Forecast CPA" if forecasts else "Compared with",
        "Change",
        "Reading",
    )
    table = Table(
        "Campaigns of the period, largest spend first",
        head,
        tuple(_cells(reported, forecasts) for reported in campaigns),
        (2, 3, 4, 5),
    )
    heading = "Campaigns against their forecasts" if forecasts else "Campaigns against what they are compared with"
    if not rows:
        return Section("campaigns", heading, tables=(table,))
    largest = rows[:MOST_DRAWN]
    description = "; ".join(f"{row.label} {row.value.replace(' | ', ', ')}" for row in largest)
    title = f"CPA of each campaign against {'its forecast' if forecasts else 'what it is compared with'}"
    origin = "forecast" if forecasts else "compared"
    svg = ratio_plot("campaigns", largest, title=title, description=description, origin=origin)
    more = f" The {MOST_DRAWN} largest of {len(rows)} are drawn." if len(rows) > MOST_DRAWN else ""
    cheaper = "cheaper than forecast" if forecasts else "cheaper"
    legend = f"Left of the line: {cheaper}. Bar: 90 % interval. Hollow and dashed: within noise.{more}"
    plot = Plot("campaigns", title, description, svg, table, legend)
    return Section("campaigns", heading, plots=(plot,))


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


def _cells(reported: ReportedCampaign, forecasts: bool) -> tuple[str, ...]:
    comparison, currency = reported.analysis.comparison_report, reported.campaign.currency
    delta = comparison.deltas.get("cpa_diff")
    form = partial(formatting.money, currency=currency) if delta is None else kpi_form("cpa", delta, currency)
    values = (delta.actual, delta.expected) if delta else (None, None)
    amounts = [NONE if value is None else form(value) for value in values]
    if not forecasts and values[1] is not None:
        amounts[1] = BASES[comparison.basis].figure.format(amounts[1])
    change = NONE if delta is None or delta.pct_diff is None else formatting.percent(delta.pct_diff, signed=True)
    return (
        formatting.plain_name(reported.campaign.campaign_id),
        formatting.plain_name(reported.campaign.platform),
        _amount(reported.campaign.actual_metrics.spend, currency),
        *amounts,
        change,
        _reading(delta),
    )
