"""The report on a period: totals per currency and goal, campaigns against their forecasts, what was learnt.

KPIs of several campaigns are ratios of sums; amounts of different currencies and conversions of different kinds are
never added, campaigns that are held as likely faults of tracking count nowhere, and those whose conversions still come
in are in no total yet. Must not know formats, stores or HTTP.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from reflection.domain import signals
from reflection.domain.basis import BASES
from reflection.domain.campaign import Campaign
from reflection.domain.held import held_reason
from reflection.domain.knowledge import Knowledge
from reflection.domain.maturity import is_late
from reflection.domain.money import currency_order
from reflection.domain.real_campaign import key_of
from reflection.domain.results import Analysis, Delta
from reflection.explain import formatting
from reflection.explain.evidence_of_comparison import kpi_form
from reflection.explain.sentences import Sentences
from reflection.reports.period import Period
from reflection.reports.plot_data import RatioRow, Ratios
from reflection.reports.retrospective import method_notes
from reflection.reports.sections.learnings import workspace_forest
from reflection.reports.sections.recommendations import cards_section
from reflection.reports.sections.totals import (
    amount,
    held_points,
    late_points,
    results_in_words,
    tally,
    tiles,
    totals,
)
from reflection.reports.sections.track_record import record_section
from reflection.reports.view import Plot, ReportView, Section, Table

MOST_DRAWN = 20
NONE = "-"


@dataclass(frozen=True, slots=True)
class ReportedCampaign:
    """One campaign of a report and its analysis, judged by what is known today."""

    campaign: Campaign
    analysis: Analysis


def portfolio(
    campaigns: Sequence[ReportedCampaign],
    *,
    start: date,
    end: date,
    knowledge: Knowledge,
    recommendations: Mapping[str, Any] | None = None,
    track_record: Mapping[str, Any] | None = None,
    generated_at: str,
    pending: int = 0,
) -> ReportView:
    """The view of the report on campaigns whose timestamp lies in the period (both days included).

    Args:
        pending: campaigns of the workspace that `knowledge` has not taken in yet.
    """
    selection = _ordered([one for one in campaigns if start <= one.campaign.timestamp.date() <= end], knowledge)
    held = {
        reported.campaign.campaign_id: reason
        for reported in selection
        if (reason := held_reason(reported.analysis, knowledge)) is not None
    }
    counted = [reported for reported in selection if reported.campaign.campaign_id not in held]
    complete = [reported for reported in counted if not is_late(reported.analysis.comparison_report.flags)]
    sums = tally((reported.campaign for reported in complete), knowledge)
    real, out = _real(selection), _real(one for one in selection if one.campaign.campaign_id in held)
    late = _real(counted) - _real(complete)
    by_age = sorted(selection, key=lambda reported: (reported.campaign.timestamp, reported.campaign.campaign_id))
    labels = {key: label for reported in by_age for key, label in signals.labels_of(reported.campaign).items()}
    period = Period()
    for reported in selection:
        if reported.campaign.campaign_id in held:
            period.hold(reported.analysis.comparison_report)
        else:
            period.add(reported.analysis.comparison_report)
    advice = recommendations or {}
    lines = period.lines(knowledge, advice.get("cards", ()), advice.get("tests", ()))
    sections = [
        Section("totals", "Totals", points=(*held_points(held, out), *late_points(late)), tables=(totals(sums),)),
        _against_forecast(counted),
        workspace_forest(knowledge, labels),
        cards_section(None, recommendations, labels),
        *record_section(track_record),
    ]
    return ReportView(
        kind="Portfolio",
        title=f"{start.isoformat()} to {end.isoformat()}",
        subtitle=results_in_words(real),
        verdict=period.verdict(Sentences()) + _beside(out),
        tiles=tuple(tiles(sums)),
        sections=tuple(sections if selection else sections[2:]),
        notes=tuple(method_notes()),
        generated_at=generated_at,
        as_of=knowledge.as_of,
        pending=pending,
        facts=(("Learnt as of", formatting.as_of(knowledge.as_of and knowledge.as_of[:10], pending)),),
        summary=tuple((line.label, line.text) for line in lines) if selection else (),
    )


def _ordered(campaigns: Sequence[ReportedCampaign], knowledge: Knowledge) -> list[ReportedCampaign]:
    """By currency, within one the largest spend first: amounts of two currencies have no order."""
    place = currency_order(Counter(one.campaign.currency or "" for one in campaigns), knowledge.currency)

    def rank(one: ReportedCampaign) -> tuple[int, float, str]:
        campaign = one.campaign
        return place[campaign.currency or ""], -(campaign.actual_metrics.spend or 0.0), campaign.campaign_id

    return sorted(campaigns, key=rank)


def _real(campaigns: Iterable[ReportedCampaign]) -> Counter[str]:
    """Rows of each real campaign."""
    return Counter(key_of(one.campaign) for one in campaigns)


def _beside(held: Counter[str]) -> str:
    """What is said of held campaigns, rows by real campaign, beside a verdict on the others."""
    return f" {results_in_words(held)} held out: likely a tracking fault." if held else ""


def _reading(delta: Delta | None) -> str:
    """What a KPI's own interval says."""
    if delta is None or delta.pct_diff is None:
        return NONE
    if not delta.beyond_noise or delta.favorable is None:
        return "noise" if delta.beyond_noise is False else "not told from noise"
    return "better" if delta.favorable else "worse"


def _against_forecast(campaigns: Sequence[ReportedCampaign]) -> Section:
    rows = [row for reported in campaigns if (row := _row(reported)) is not None]
    forecasts = all(BASES[reported.analysis.comparison_report.basis].forecast for reported in campaigns)
    several = len({reported.campaign.currency for reported in campaigns}) > 1
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
        f"Campaigns of the period, {'by currency, ' if several else ''}largest spend first",
        head,
        tuple(_cells(reported, forecasts) for reported in campaigns),
        (2, 3, 4, 5),
    )
    heading = "Campaigns against their forecasts" if forecasts else "Campaigns against what they are compared with"
    if not rows:
        return Section("campaigns", heading, tables=(table,))
    largest = rows[:MOST_DRAWN]
    description = "; ".join(f"{row.label} {row.words}" for row in largest)
    title = f"CPA of each campaign against {'its forecast' if forecasts else 'what it is compared with'}"
    origin = "forecast" if forecasts else "compared"
    more = f" The {MOST_DRAWN} largest of {len(rows)} are drawn." if len(rows) > MOST_DRAWN else ""
    cheaper = "cheaper than forecast" if forecasts else "cheaper"
    legend = f"Left of the line: {cheaper}. Bar: 90 % interval. Hollow and dashed: within noise.{more}"
    plot = Plot("campaigns", title, description, Ratios(origin, tuple(largest)), table, legend)
    return Section("campaigns", heading, plots=(plot,))


def _row(reported: ReportedCampaign) -> RatioRow | None:
    delta = reported.analysis.comparison_report.deltas.get("cpa_diff")
    if delta is None or delta.pct_diff is None or not delta.expected or delta.actual is None:
        return None
    low, high = (bound / delta.expected for bound in delta.interval) if delta.interval else (None, None)
    sure = bool(delta.beyond_noise)
    change = formatting.percent(delta.pct_diff, signed=True)
    return RatioRow(
        subject=reported.campaign.campaign_id,
        label=formatting.plain_name(reported.campaign.display_name),
        note=f"{formatting.plain_name(reported.campaign.platform)}, {reported.campaign.timestamp.date().isoformat()}",
        ratio=delta.actual / delta.expected,
        low=low,
        high=high,
        value=change,
        remark="beyond noise" if sure else "within noise",
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
        _campaign_label(reported.campaign),
        formatting.plain_name(reported.campaign.platform),
        amount(reported.campaign.actual_metrics.spend, currency),
        *amounts,
        change,
        _reading(delta),
    )


def _campaign_label(campaign: Campaign) -> str:
    """What people call it, with its id where that is another."""
    name, identity = formatting.plain_name(campaign.display_name), formatting.plain_name(campaign.campaign_id)
    return name if name == identity else f"{name} ({identity})"
