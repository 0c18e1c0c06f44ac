"""The report on one campaign, from its stored answer and what is known today.

Every figure was computed before; this file picks, orders and labels. Must not know formats, stores or HTTP.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from reflection.domain import signals
from reflection.domain.basis import BASES, Basis
from reflection.domain.campaign import Campaign
from reflection.domain.held import held_reason, held_sentence
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.metrics import HEADLINES, KPIS, METRICS
from reflection.domain.results import Analysis, Decomposition, Delta, Driver, SimilarCampaign, Statement
from reflection.explain import formatting
from reflection.explain.evidence import INTERVAL_LEVEL, Evidence, EvidenceBook
from reflection.explain.evidence_of_facts import gather
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.explain.questions.evidence import facts_of
from reflection.explain.wording import basis_of
from reflection.reports.plot_data import RatioRow, Ratios, Waterfall, WaterfallEnd, WaterfallStep
from reflection.reports.sections.learnings import forest
from reflection.reports.sections.recommendations import cards_section
from reflection.reports.sections.track_record import record_section
from reflection.reports.view import Plot, ReportView, Section, Table, Tile

NONE = "-"
"""Stands in a table where nothing can be said."""

ORDER = (*HEADLINES, *(kpi for kpi in KPIS if kpi not in HEADLINES))
TONES = {"better": "good", "worse": "bad"}
CERTAINTY = {
    "beyond_noise": "beyond noise",
    "noise": "within noise",
    "unknown": "not told from noise",
    "stated": "",
}


def retrospective(
    analysis: Analysis,
    *,
    campaign: Campaign | None = None,
    knowledge: Knowledge = NOTHING,
    recommendations: Mapping[str, Any] | None = None,
    track_record: Mapping[str, Any] | None = None,
) -> ReportView:
    """The view of one campaign's report.

    Args:
        analysis: the stored answer.
        campaign: what was posted, for the head of the report and the counts.
        knowledge: what is known today; gives effects that are not findings yet.
        recommendations: the answer of `ranking.recommend`; its cards become recommendation cards.
        track_record: the scoreboard (`track_record.scoreboard`); without it there is no such section.
    """
    book = gather(facts_of(analysis))
    comparison = analysis.comparison_report
    labels = signals.labels_of(campaign) if campaign is not None else {}
    sections = [
        _against_forecast(analysis, book, campaign),
        *_why(analysis),
        forest(analysis, knowledge, labels),
        _gaps(analysis),
        cards_section(analysis, recommendations, labels),
        *_similar(analysis),
        *record_section(track_record),
    ]
    return ReportView(
        kind="Campaign retrospective",
        title=formatting.plain_name(comparison.campaign_name or comparison.campaign_id, 120),
        subtitle=_subtitle(comparison.currency, campaign),
        verdict=_verdict(analysis, knowledge),
        tiles=tuple(_tiles(book)),
        sections=tuple(section for section in sections if section is not None),
        notes=tuple(_notes(analysis)),
        generated_at=comparison.generated_at,
        as_of=analysis.as_of,
        pending=analysis.pending,
        facts=tuple(_facts(analysis, campaign)),
        summary=tuple((line.label, line.text) for line in analysis.insights.summary),
    )


def _subtitle(currency: str | None, campaign: Campaign | None) -> str:
    parts = []
    if campaign is not None:
        parts = [formatting.plain_name(campaign.platform), formatting.plain_name(campaign.objective)]
        parts.append(campaign.timestamp.date().isoformat())
        parts += [formatting.plain_name(campaign.campaign_id)] if campaign.name else []
    return " · ".join([*parts, f"amounts in {currency}" if currency else "currency not stated"])


def _verdict(analysis: Analysis, knowledge: Knowledge | None) -> str:
    if knowledge is not None and (reason := held_reason(analysis, knowledge)) is not None:
        return held_sentence(reason)
    first = next((item.text for item in analysis.insights.statements if item.kind == "key_learning"), "")
    return first or analysis.insights.narrative_summary


def _facts(analysis: Analysis, campaign: Campaign | None) -> Iterator[tuple[str, str]]:
    score, reason = analysis.comparison_report.performance_score, analysis.comparison_report.score_reason
    yield "Performance score", f"none: {reason}" if score is None else formatting.ratio(score)
    if campaign is not None and campaign.planner:
        forecast = BASES[analysis.comparison_report.basis].forecast
        yield "Forecast by" if forecast else "Expected figures", formatting.plain_name(campaign.planner)
    if analysis.comparison_report.breakdown_coverage is not None:
        yield "Breakdown covers", formatting.percent(100 * analysis.comparison_report.breakdown_coverage)
    yield "Revision", str(analysis.stored_memory.revision)
    yield "Learnt as of", formatting.as_of(analysis.as_of and analysis.as_of[:10], analysis.pending)
    yield "Sentences by", analysis.insights.source


def _tiles(book: EvidenceBook) -> Iterator[Tile]:
    for kpi in HEADLINES:
        item = book.find(f"delta:{kpi}")
        if item is None or "actual" not in item.figures:
            continue
        label = ENGLISH.kpi(kpi)
        if "change" not in item.figures:
            yield Tile(label, item.text("actual"), "no forecast to compare with", "", "noise")
            continue
        detail = f"{item.text('change')} against {basis_of(item).figure.format(item.text('expected'))}"
        if (band := _band(item)) != NONE:
            detail += f"; {INTERVAL_LEVEL} interval {band}"
        sure = item.certainty == "beyond_noise"
        verdict = f"{item.detail['direction']}, {CERTAINTY[item.certainty]}" if sure else CERTAINTY[item.certainty]
        tone = TONES.get(item.detail["direction"], "noise") if sure else "noise"
        yield Tile(label, item.text("actual"), detail, verdict, tone)


def _against_forecast(analysis: Analysis, book: EvidenceBook, campaign: Campaign | None) -> Section:
    deltas, basis = analysis.comparison_report.deltas, BASES[analysis.comparison_report.basis]
    items = [item for kpi in ORDER if (item := book.find(f"delta:{kpi}")) is not None]
    rows = [_ratio_row(item, deltas[f"{item.label}_diff"]) for item in items if "change" in item.figures]
    title, head = _against(basis), formatting.capital(basis.title)
    table = Table(
        f"{title}, with {INTERVAL_LEVEL} intervals",
        ("KPI", head, "Actual", f"{INTERVAL_LEVEL} interval", "Change", "Reading"),
        tuple(_delta_row(item) for item in items),
        (1, 2, 3, 4),
    )
    points = tuple(_oddities(analysis, basis))
    if not rows:
        return Section("forecast", title, points=points, tables=(table, *_counts(campaign, basis)))
    description = "; ".join(f"{row.label} {row.words}" for row in rows)
    heading = f"Actual against {basis.noun.removeprefix('the ') if basis.forecast else basis.phrase}"
    legend = (
        f"Dot: actual relative to {basis.noun.removeprefix('the ') if basis.forecast else basis.phrase}. "
        "Bar: 90 % interval. Hollow and dashed: within noise, the bar holds the line."
    )
    plot = Plot("forecast", heading, description, Ratios(basis.title, tuple(rows)), table, legend)
    return Section("forecast", title, points=points, plots=(plot,), tables=_counts(campaign, basis))


def _against(basis: Basis) -> str:
    """What the section on a comparison is called."""
    if not basis.comparable:
        return "What happened"
    return "Forecast against fact" if basis.forecast else f"Against {basis.phrase}"


def _ratio_row(item: Evidence, delta: Delta) -> RatioRow:
    expected = delta.expected or 1.0
    low, high = (bound / expected for bound in delta.interval) if delta.interval else (None, None)
    return RatioRow(
        subject=item.label,
        label=formatting.capital(ENGLISH.kpi(item.label)),
        note=f"{item.text('expected')} → {item.text('actual')}",
        ratio=(delta.actual or 0.0) / expected,
        low=low,
        high=high,
        value=item.text("change"),
        remark=CERTAINTY[item.certainty],
        certain=item.certainty == "beyond_noise",
        favorable=delta.favorable,
    )


def _delta_row(item: Evidence) -> tuple[str, ...]:
    values = [item.figures[name].text if name in item.figures else NONE for name in ("expected", "actual")]
    change = item.text("change") if "change" in item.figures else NONE
    reading = CERTAINTY[item.certainty] if "change" in item.figures else item.detail.get("reason", "")
    if item.certainty == "beyond_noise" and item.detail["direction"] != "neither":
        reading = f"{item.detail['direction']}, {reading}"
    return (formatting.capital(ENGLISH.kpi(item.label)), *values, _band(item), change, reading)


def _band(item: Evidence) -> str:
    """The interval that decides."""
    if "low" not in item.figures:
        return NONE
    exact = item.text("low") == item.text("high")
    return "exact" if exact else f"{item.text('low')} to {item.text('high')}"


def _counts(campaign: Campaign | None, basis: Basis) -> tuple[Table, ...]:
    """The counts everything is computed from."""
    if campaign is None:
        return ()
    rows = []
    for name in ("impressions", "clicks", "conversions", "spend", "revenue"):
        expected = getattr(campaign.expected_metrics, name) if basis.comparable else None
        pair = (expected, getattr(campaign.actual_metrics, name))
        money = name in ("spend", "revenue")
        amounts = [
            NONE if value is None else formatting.money(value, campaign.currency) if money else formatting.count(value)
            for value in pair
        ]
        rows.append((formatting.capital(name), *amounts))
    return (Table("The counts behind it", ("Count", formatting.capital(basis.title), "Actual"), tuple(rows), (1, 2)),)


def _why(analysis: Analysis) -> Iterator[Section]:
    comparison = analysis.comparison_report
    plots = [_waterfall(part, comparison.currency, BASES[comparison.basis]) for part in comparison.drivers]
    if plots:
        lead = "An exact division of the change among its factors. It is accounting, not proof of a cause."
        yield Section("why", "Why it differs", lead=lead, plots=tuple(plots))


def _waterfall(part: Decomposition, currency: str | None, basis: Basis) -> Plot:
    kpi = formatting.capital(ENGLISH.kpi(part.kpi))
    value = partial(formatting.kpi_value, part.kpi, currency=currency)
    steps = [
        WaterfallStep(
            subject=driver.factor,
            label=formatting.capital(ENGLISH.kpi(driver.factor)),
            part=driver.contribution,
            text=value(driver.displayed, signed=True),
            interval=driver.interval,
            certain=driver.beyond_noise,
            favorable=(driver.contribution < 0) == METRICS[part.kpi].lower_is_better,
        )
        for driver in part.drivers
    ]
    description = f"{kpi} from {value(part.expected)} to {value(part.actual)}: " + ", ".join(
        f"{step.label} {step.text}{'' if step.certain else ' (within noise)'}" for step in steps
    )
    title = f"From the {kpi} that was forecast to the one that came"
    if not basis.forecast:
        title = f"From the {kpi} of {basis.phrase} to the one that came"
    before = formatting.capital(basis.title)
    start = WaterfallEnd(before, part.expected, value(part.expected))
    data = Waterfall(start, WaterfallEnd("Actual", part.actual, value(part.actual)), tuple(steps))
    legend = "Bars add up exactly. Whisker: 90 % interval of the part. White and dashed: within noise."
    table = _division(part, steps, currency, before)
    return Plot(f"why-{part.kpi}", title, description, data, table, part.note or legend)


def _division(part: Decomposition, steps: Sequence[WaterfallStep], currency: str | None, before: str) -> Table:
    """The steps of a waterfall as a table, each with the values of its factor."""
    kpi = formatting.capital(ENGLISH.kpi(part.kpi))
    signed = partial(formatting.kpi_value, part.kpi, currency=currency, signed=True)
    rows = tuple(
        (
            step.label,
            formatting.kpi_value(driver.factor, driver.expected, currency),
            formatting.kpi_value(driver.factor, driver.actual, currency),
            step.text,
            _part_band(driver, signed),
            "beyond noise" if step.certain else "within noise",
        )
        for step, driver in zip(steps, part.drivers, strict=True)
    )
    head = ("Factor", before, "Actual", f"Part of the change in {kpi}", f"{INTERVAL_LEVEL} interval", "Reading")
    return Table(f"What the change in {kpi} divides into", head, rows, (1, 2, 3, 4))


def _part_band(driver: Driver, form: Callable[..., str]) -> str:
    """The interval of a factor's part; it reads as holding 0 where the factor is noise."""
    if driver.interval is None:
        return NONE
    extra = formatting.telling_decimals(form, 0.0, driver.interval, driver.beyond_noise)
    low, high = (form(bound, extra=extra) for bound in driver.interval)
    return "exact" if low == high else f"{low} to {high}"


def _gaps(analysis: Analysis) -> Section | None:
    """Gaps and noise: what the data does not hold."""
    gaps = [item for item in analysis.insights.statements if _is_gap(item)]
    if not gaps:
        return None
    return Section("gaps", "What we cannot tell", points=tuple(item.text for item in gaps))


def _is_gap(item: Statement) -> bool:
    if item.kind != "key_learning" or not item.evidence:
        return False
    first = item.evidence[0]
    return first.startswith("flag:") or (first.startswith("delta:") and "cannot" in item.text)


def _similar(analysis: Analysis) -> Iterator[Section]:
    rows = tuple(
        (
            formatting.plain_name(item.campaign_id),
            formatting.ratio(item.score),
            formatting.plain_name(_reasons(item.metadata.get("why")), 160),
            _outcome(item),
        )
        for item in analysis.similar_campaigns
    )
    if rows:
        table = Table("Campaigns like this one", ("Campaign", "Similarity", "Why similar", "How it did"), rows, (1,))
        yield Section("similar", "Similar campaigns", tables=(table,))


def _outcome(item: SimilarCampaign) -> str:
    """Its verdict and its headline KPI against the forecast."""
    outcome = item.metadata.get("outcome")
    outcome = outcome if isinstance(outcome, dict) else {}
    verdict, against = outcome.get("verdict"), outcome.get("against_forecast") or {}
    if not verdict:
        return formatting.plain_name(item.summary, 240)
    parts = [formatting.capital(formatting.plain_name(str(verdict), 120))]
    currency = outcome.get("currency")
    for kpi in ("roas", "cpa"):
        if kpi in against:
            fact, plan = (formatting.kpi_value(kpi, against[kpi][side], currency) for side in ("actual", "expected"))
            change = formatting.percent(against[kpi]["pct_diff"], signed=True)
            parts.append(f"{ENGLISH.kpi(kpi)} {fact} against {plan} ({change})")
    return "; ".join(parts)


def _reasons(why: Any) -> str:
    """One reason or several, as one line."""
    return "; ".join(str(reason) for reason in why) if isinstance(why, (list, tuple)) else str(why or "")


def _oddities(analysis: Analysis, basis: Basis) -> Iterator[str]:
    """What is odd apart from the KPIs themselves, which the plot shows; those get one line together."""
    odd = [item for item in analysis.insights.statements if item.kind == "anomaly"]
    far = [item for item in odd if item.evidence and item.evidence[0].startswith("delta:")]
    yield from (item.text for item in odd if item not in far)
    if far:
        kpis = [ENGLISH.kpi(item.evidence[0].removeprefix("delta:")) for item in far]
        check = "Check forecast and tracking before planning with it." if basis.forecast else "Check the tracking."
        yield f"Far from {basis.noun}: {ENGLISH.listed(kpis)}. {check}"


def method_notes() -> Iterator[str]:
    """How to read any report."""
    yield (
        f"Intervals are {INTERVAL_LEVEL} credible intervals: chance and, once it is learnt, the usual scatter between "
        "campaigns. Beyond noise means that what was expected lies outside. Everything else is called noise."
    )
    yield (
        "Findings are selected so that at most one in ten is expected to be false. Observed effects are "
        "associations: platforms choose who sees an ad."
    )


def _notes(analysis: Analysis) -> Iterator[str]:
    yield from method_notes()
    if analysis.insights.source != "deterministic":
        yield "A language model phrased some sentences; every figure in them was set from the data."
    yield from (formatting.plain_name(note, 300) for note in analysis.notes)
