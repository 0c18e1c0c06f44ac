"""The section on what was learnt: a forest plot of findings and of effects that are none, before and after weighing.

Must not know formats or where knowledge is kept.
"""

from collections.abc import Mapping, Sequence

from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.results import Analysis, Finding
from reflection.explain import formatting
from reflection.explain.as_people_read import as_people_read
from reflection.explain.evidence import INTERVAL_LEVEL, subject
from reflection.explain.evidence_of_facts import spread_of
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.explain.sentences import Sentences
from reflection.reports.plot_data import RatioRow, Ratios
from reflection.reports.view import Plot, Section, Table

Labels = Mapping[str, str]
"""Signals as campaigns spell them, by key (`signals.labels_of`)."""

MAX_FINDINGS = 8
MAX_EFFECTS = 4
VARIED = 1.001
"""Ratio of an interval's ends below which a signal never varied: every campaign had it, so nothing can be said."""


def forest(analysis: Analysis, knowledge: Knowledge, labels: Labels) -> Section:
    """What was learnt about this campaign's signals, and what is still open; `labels` has their names as given."""
    tags = set(analysis.pattern_report.auto_tags)
    points = tuple(
        item.text
        for item in analysis.insights.statements
        if item.kind == "key_learning" and item.evidence and item.evidence[0].startswith("finding:")
    )
    effects = [effect for effect in knowledge.effects if effect.signal in tags]
    patterns = analysis.pattern_report
    return _section(patterns.pattern_report, effects, knowledge, points, patterns.reason, labels)


def workspace_forest(knowledge: Knowledge, labels: Labels) -> Section:
    """What was learnt in a whole workspace."""
    ranked = sorted(knowledge.findings, key=lambda finding: (-finding.impact_score, finding.finding_id))
    spread = spread_of(knowledge)
    points = () if spread is None else (Sentences().spread(spread),)
    return _section(ranked, knowledge.effects, knowledge, points, knowledge.reason, labels)


def _section(
    findings: Sequence[Finding],
    effects: Sequence[Effect],
    knowledge: Knowledge,
    points: tuple[str, ...],
    reason: str | None,
    labels: Labels,
) -> Section:
    significant = [item for item in findings if item.effect and item.interval and not item.descriptive][:MAX_FINDINGS]
    pairs = {(item.signal_key, item.metric) for item in significant}
    # a signal that always came together with another has the same effect, which is told of that one
    unsettled = [
        effect
        for effect in effects
        if effect.metric == knowledge.goal_metric
        and not effect.finding
        and effect.identified  # of the others no interval is an estimate
        and (effect.signal, effect.metric) not in pairs
        and effect.signal not in knowledge.aliases
        and effect.interval[1] / effect.interval[0] > VARIED
    ]
    ranked = sorted(unsettled, key=lambda effect: (-effect.campaigns, effect.signal))[:MAX_EFFECTS]
    significant, ranked = [as_people_read(item) for item in significant], [as_people_read(effect) for effect in ranked]
    rows = [_finding_row(item, labels) for item in significant] + [_effect_row(effect, labels) for effect in ranked]
    lead = f"Nothing can be called a finding yet: {formatting.plain_name(reason, 300)}." if reason else ""
    plots = (_plot(rows, significant, ranked, labels),) if rows else ()
    described = [as_people_read(item) for item in findings if item.descriptive]
    alone = [item for item in described if "within" in item.metadata][:MAX_FINDINGS]
    groups = [item for item in described if "within" not in item.metadata][:MAX_FINDINGS]
    tables = tuple(_groups(items, title, labels) for items, title in ((alone, WITHIN), (groups, ALIKE)) if items)
    return Section("learnt", "What was learnt", lead=lead, points=points, plots=plots, tables=tables)


WITHIN = "Within one campaign only: no finding, nothing is said of other campaigns"
ALIKE = "Campaigns that look alike: a description of the past, no finding; nothing follows from it"


def _groups(groups: Sequence[Finding], title: str, labels: Labels) -> Table:
    """Campaigns that look alike, or what one campaign alone shows: a description, told apart from what was learnt."""
    return Table(
        title,
        ("What", "Metric", "Was, against the others", "Campaigns"),
        tuple(
            (
                formatting.capital(subject(group.signal_key, labels.get(group.signal_key) or _own_label(group))),
                ENGLISH.kpi(group.metric),
                "-" if group.effect is None else formatting.signed_lift(group.effect),
                formatting.count(group.evidence_count),
            )
            for group in groups
        ),
        (2, 3),
    )


def _plot(rows: list[RatioRow], findings: list[Finding], effects: list[Effect], labels: Labels) -> Plot:
    table = Table(
        f"Effects against the average, after weighing all campaigns and before, with {INTERVAL_LEVEL} intervals",
        ("Signal", "Metric", "Effect", f"{INTERVAL_LEVEL} interval", "Before weighing", "Campaigns", "Reading"),
        tuple(
            [_finding_cells(finding, labels) for finding in findings]
            + [_effect_cells(effect, labels) for effect in effects]
        ),
        (2, 3, 4, 5),
    )
    title = "What goes together with better or worse results"
    description = "; ".join(f"{row.label} on {row.note}: {row.words}" for row in rows)
    legend = (
        "Dot and bar: the effect after weighing all campaigns, with its 90 % interval. "
        "Diamond: the raw difference, before weighing. Hollow and dashed: not enough evidence."
    )
    return Plot("learnt", title, description, Ratios("average", tuple(rows)), table, legend)


def _finding_row(finding: Finding, labels: Labels) -> RatioRow:
    effect, interval = finding.effect or 1.0, finding.interval or (1.0, 1.0)
    return RatioRow(
        subject=finding.signal_key,
        label=formatting.capital(subject(finding.signal_key, labels.get(finding.signal_key) or _own_label(finding))),
        note=ENGLISH.kpi(finding.metric),
        ratio=effect,
        low=interval[0],
        high=interval[1],
        value=formatting.signed_lift(effect),
        remark=_band(interval),
        certain=True,
        favorable=finding.direction == "favorable",
        raw=finding.raw_lift,
    )


def _effect_row(effect: Effect, labels: Labels) -> RatioRow:
    return RatioRow(
        subject=effect.signal,
        label=formatting.capital(subject(effect.signal, labels.get(effect.signal))),
        note=ENGLISH.kpi(effect.metric),
        ratio=effect.effect,
        low=effect.interval[0],
        high=effect.interval[1],
        value=formatting.signed_lift(effect.effect),
        remark=_band(effect.interval),
        certain=False,
        raw=effect.raw_lift,
    )


def _finding_cells(finding: Finding, labels: Labels) -> tuple[str, ...]:
    grade = "tested at random" if finding.grade == "randomised" else "observed"
    against = f", {finding.against} against" if finding.against else ""
    return (
        formatting.capital(subject(finding.signal_key, labels.get(finding.signal_key) or _own_label(finding))),
        ENGLISH.kpi(finding.metric),
        formatting.signed_lift(finding.effect or 1.0),
        _band(finding.interval or (1.0, 1.0)),
        "-" if finding.raw_lift is None else formatting.signed_lift(finding.raw_lift),
        f"{finding.evidence_count}{against}",
        f"finding, {grade}",
    )


def _effect_cells(effect: Effect, labels: Labels) -> tuple[str, ...]:
    return (
        formatting.capital(subject(effect.signal, labels.get(effect.signal))),
        ENGLISH.kpi(effect.metric),
        formatting.signed_lift(effect.effect),
        _band(effect.interval),
        "-" if effect.raw_lift is None else formatting.signed_lift(effect.raw_lift),
        formatting.count(effect.real_campaigns or round(effect.campaigns, 1)),
        "not enough evidence",
    )


def _band(interval: tuple[float, float]) -> str:
    return f"{formatting.signed_lift(interval[0])} to {formatting.signed_lift(interval[1])}"


def _own_label(finding: Finding) -> str | None:
    label = finding.metadata.get("label")
    return label if isinstance(label, str) else None
