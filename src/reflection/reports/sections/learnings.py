"""The section on what was learnt: a forest plot of findings and of effects that are none yet, raw and shrunk.

Must not know formats or where knowledge is kept.
"""

from collections.abc import Mapping, Sequence

from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.results import Analysis, Finding
from reflection.explain import formatting
from reflection.explain.evidence import INTERVAL_LEVEL
from reflection.explain.evidence_of_facts import subject
from reflection.explain.phrases_en import ENGLISH
from reflection.reports.plots import RatioRow, ratio_plot
from reflection.reports.view import Plot, Section, Table

Labels = Mapping[str, str]
"""Signals as campaigns spell them, by key (`signals.labels_of`)."""

MAX_FINDINGS = 8
MAX_EFFECTS = 4
VARIED = 1.001
"""Ratio of an interval's ends below which a signal never varied: every campaign had it, so nothing can be said."""


def forest(analysis: Analysis, knowledge: Knowledge, spelt: Labels) -> Section:
    """What was learnt about this campaign's signals, and what is still open; `spelt` has their names as given."""
    tags = set(analysis.pattern_report.auto_tags)
    points = tuple(
        item.text
        for item in analysis.insights.statements
        if item.kind == "key_learning" and item.evidence and item.evidence[0].startswith("finding:")
    )
    effects = [one for one in knowledge.effects if one.signal in tags]
    patterns = analysis.pattern_report
    return _section(patterns.pattern_report, effects, knowledge, points, patterns.reason, spelt)


def workspace_forest(knowledge: Knowledge, spelt: Labels) -> Section:
    """What was learnt in a whole workspace."""
    ranked = sorted(knowledge.findings, key=lambda one: (-one.impact_score, one.finding_id))
    return _section(ranked, knowledge.effects, knowledge, (), knowledge.reason, spelt)


def _section(
    findings: Sequence[Finding],
    effects: Sequence[Effect],
    knowledge: Knowledge,
    points: tuple[str, ...],
    reason: str | None,
    spelt: Labels,
) -> Section:
    shown = [one for one in findings if one.effect and one.interval and not one.descriptive][:MAX_FINDINGS]
    found = {(one.signal_key, one.metric) for one in shown}
    # a signal that always came together with a shown one has the same effect, which is told already
    still_open = [
        one
        for one in effects
        if one.metric == knowledge.goal_metric
        and not one.finding
        and (one.signal, one.metric) not in found
        and (knowledge.aliases.get(one.signal, one.signal), one.metric) not in found
        and one.interval[1] / one.interval[0] > VARIED
    ]
    ranked = sorted(still_open, key=lambda one: (-one.campaigns, one.signal))[:MAX_EFFECTS]
    rows = [_finding_row(one, spelt) for one in shown] + [_effect_row(one, spelt) for one in ranked]
    lead = f"Nothing can be called a finding yet: {formatting.plain_name(reason, 300)}." if reason else ""
    plots = (_plot(rows, shown, ranked, spelt),) if rows else ()
    groups = [one for one in findings if one.descriptive][:MAX_FINDINGS]
    tables = (_groups(groups, spelt),) if groups else ()
    return Section("learnt", "What was learnt", lead=lead, points=points, plots=plots, tables=tables)


def _groups(groups: Sequence[Finding], spelt: Labels) -> Table:
    """Campaigns that look alike: a description, told apart from what was learnt."""
    return Table(
        "Campaigns that look alike: a description of the past, no finding; nothing follows from it",
        ("Group", "Metric", "Was, against the others", "Campaigns"),
        tuple(
            (
                _capital(subject(one.signal_key, spelt.get(one.signal_key) or _given(one))),
                ENGLISH.kpi(one.metric),
                "-" if one.effect is None else formatting.signed_lift(one.effect),
                formatting.count(one.evidence_count),
            )
            for one in groups
        ),
        (2, 3),
    )


def _plot(rows: list[RatioRow], findings: list[Finding], effects: list[Effect], spelt: Labels) -> Plot:
    table = Table(
        f"Effects against the average, shrunk and raw, with {INTERVAL_LEVEL} intervals",
        ("Signal", "Metric", "Effect", f"{INTERVAL_LEVEL} interval", "Raw", "Campaigns", "Reading"),
        tuple([_finding_cells(one, spelt) for one in findings] + [_effect_cells(one, spelt) for one in effects]),
        (2, 3, 4, 5),
    )
    title = "What goes together with better or worse results"
    description = "; ".join(f"{row.label} on {row.note}: {row.value.replace(' | ', ', ')}" for row in rows)
    svg = ratio_plot("learnt", rows, title=title, description=description, origin="average")
    legend = (
        "Dot and bar: the effect after weighing all campaigns, with its 90 % interval. "
        "Diamond: the raw difference, before weighing. Hollow and dashed: not enough evidence."
    )
    return Plot("learnt", title, description, svg, table, legend)


def _finding_row(one: Finding, spelt: Labels) -> RatioRow:
    effect, interval = one.effect or 1.0, one.interval or (1.0, 1.0)
    return RatioRow(
        label=_capital(subject(one.signal_key, spelt.get(one.signal_key) or _given(one))),
        note=ENGLISH.kpi(one.metric),
        ratio=effect,
        low=interval[0],
        high=interval[1],
        value=f"{formatting.signed_lift(effect)} | {_band(interval)}",
        certain=True,
        favorable=one.direction == "favorable",
        raw=one.raw_lift,
    )


def _effect_row(one: Effect, spelt: Labels) -> RatioRow:
    return RatioRow(
        label=_capital(subject(one.signal, spelt.get(one.signal))),
        note=ENGLISH.kpi(one.metric),
        ratio=one.effect,
        low=one.interval[0],
        high=one.interval[1],
        value=f"{formatting.signed_lift(one.effect)} | {_band(one.interval)}",
        certain=False,
        raw=one.raw_lift,
    )


def _finding_cells(one: Finding, spelt: Labels) -> tuple[str, ...]:
    tested = "tested at random" if one.grade == "randomised" else "observed"
    against = f", {len(one.contradicting)} against" if one.contradicting else ""
    return (
        _capital(subject(one.signal_key, spelt.get(one.signal_key) or _given(one))),
        ENGLISH.kpi(one.metric),
        formatting.signed_lift(one.effect or 1.0),
        _band(one.interval or (1.0, 1.0)),
        "-" if one.raw_lift is None else formatting.signed_lift(one.raw_lift),
        f"{one.evidence_count}{against}",
        f"finding, {tested}",
    )


def _effect_cells(one: Effect, spelt: Labels) -> tuple[str, ...]:
    return (
        _capital(subject(one.signal, spelt.get(one.signal))),
        ENGLISH.kpi(one.metric),
        formatting.signed_lift(one.effect),
        _band(one.interval),
        "-" if one.raw_lift is None else formatting.signed_lift(one.raw_lift),
        formatting.count(round(one.campaigns, 1)),
        "not enough evidence",
    )


def _band(interval: tuple[float, float]) -> str:
    return f"{formatting.signed_lift(interval[0])} to {formatting.signed_lift(interval[1])}"


def _given(one: Finding) -> str | None:
    label = one.metadata.get("label")
    return label if isinstance(label, str) else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
