"""Learning: from the set of evidence to what is known. A pure function, the same for every order of arrival.

    evidence -> faults kept out -> table -> fits -> effects -> findings, weights, next test

Knows the core only; the learner (learner.py) decides when to call it and where the result goes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import add, attrgetter, methodcaller, or_

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import Definition, EvidenceFloor
from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.events import Event
from reflection.domain.evidence import Evidence
from reflection.domain.experiment import Experiment
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.number_of import number_of
from reflection.domain.results import Finding
from reflection.inference.bookables import with_bookables
from reflection.inference.confirmation import trust_in_attribution
from reflection.inference.creative_cells import CreativeCells
from reflection.inference.creative_effects import learn_texts
from reflection.inference.dataset import Dataset, DatasetBuilder
from reflection.inference.delivery import marked
from reflection.inference.diagnostics import diagnostics_of
from reflection.inference.effects import effect_rows
from reflection.inference.experiments import memberships, trials_of
from reflection.inference.faults_in_time import MonthlySums, judged, times_of
from reflection.inference.findings.budget import budget_findings
from reflection.inference.findings.clusters import cluster_findings
from reflection.inference.findings.common_months import CommonMonths
from reflection.inference.findings.events import EventEffects
from reflection.inference.findings.for_campaign import with_label
from reflection.inference.findings.lasting_changes import LastingChanges
from reflection.inference.findings.planners import planner_findings
from reflection.inference.findings.recurring_times import RecurringTimes
from reflection.inference.findings.signals import signal_findings
from reflection.inference.findings.slow_trends import slow_trend_findings
from reflection.inference.findings.trends import trend_findings, with_trends
from reflection.inference.findings.wear_out import monthly_wear, wear_out_findings
from reflection.inference.fit import FittedMetrics, fit_metrics
from reflection.inference.fit_budget import LeftOut, level_of
from reflection.inference.goal_tables import GoalTables
from reflection.inference.goals import Spending, goals_of, labelled
from reflection.inference.identification import Identification
from reflection.inference.next_test import pace_of
from reflection.inference.partition_evidence import PartitionEvidence
from reflection.inference.partitions import InMemory, Partitions, sample_bits
from reflection.inference.support import SupportIndex
from reflection.inference.too_few import FEWEST_CAMPAIGNS, LEARNT_FROM, too_few
from reflection.inference.tracking_faults import Surroundings, as_diagnostics, faults, joined, questions, suspicions_of
from reflection.inference.weights import signal_weights

MANY = 30
"""Campaigns from which on finding nothing is no longer a matter of their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """What is asked of one fit, beside the evidence.

    Attributes:
        accepted: ids of campaigns that somebody accepted although they look like tracking faults.
        goal: ``roas``, ``conversions_per_spend``, or ``auto``: ROAS where most campaigns give revenue.
        seq, epoch: what the result is labelled with.
        as_of: the instant of the fit, RFC 3339: conversions of campaigns that are not complete by then wait
            (`maturity`); without one nothing waits.
        spelt: how campaigns spell their signals (`signals.usual_among`), for every sentence.
        definitions: what campaigns booked (`bookable.definitions`); without any nothing can be recommended.
        floor: evidence that a finding or an advice needs at least.
        experiments: every randomised experiment, in any order.
        texts: of creatives, and the scores these were given before they ran.
        events: what people wrote down, in any order.
    """

    accepted: Collection[str] = ()
    goal: str = "auto"
    seq: int = 0
    epoch: int = 1
    as_of: str | None = None
    spelt: Mapping[str, str] = field(default_factory=dict)
    definitions: Sequence[Definition] = ()
    floor: EvidenceFloor = field(default_factory=EvidenceFloor)
    experiments: Sequence[Experiment] = ()
    texts: CreativeTexts = field(default_factory=CreativeTexts)
    events: Sequence[Event] = ()


DEFAULT = FitRequest()


def learn(
    evidence: Iterable[Evidence],
    request: FitRequest = DEFAULT,
    *,
    progress: Callable[[float], object] = lambda share: None,
) -> Knowledge:
    """Learn from the live evidence of one workspace.

    Args:
        evidence: one campaign's after the other; read once, or twice where it has too many names (`name_counts`); what
            can be read only once is held meanwhile.
        progress: told which share of the metrics has been fitted.
    """
    readable = list(evidence) if isinstance(evidence, Iterator) else evidence
    return learn_partitions(
        InMemory([PartitionEvidence.of(readable, request.as_of, request.texts)]), request, progress=progress
    )


def learn_partitions(
    parts: Partitions[PartitionEvidence],
    request: FitRequest = DEFAULT,
    *,
    progress: Callable[[float], object] = lambda share: None,
) -> Knowledge:
    """Learn from the live evidence of one workspace, in partitions; their number leaves no trace in the result."""
    defined = {definition.key: definition for definition in request.definitions}
    arms = memberships(request.experiments, defined)
    common = parts.total(attrgetter("names"), add).common(arms)
    builders, waiting = parts.map(methodcaller("builder", common)), parts.total(attrgetter("waiting"), add)
    cells = CreativeCells((), request.texts, parts.total(attrgetter("creatives"), or_))
    bits = sample_bits(builders.total(len, add))
    sample = builders.total(methodcaller("sampled", bits), DatasetBuilder.joined)
    around = Surroundings.of(sample)
    money = builders.total(partial(Spending.of, of_objective=around.of_objective), add).by_currency()
    suspicions = builders.total(
        partial(suspicions_of, accepted=frozenset(request.accepted), around=around, money=money), or_
    )
    sums = builders.total(partial(MonthlySums.of, around=around), add)
    times = builders.total(partial(times_of, accepted=frozenset(request.accepted), around=around, sums=sums), or_)
    suspicions = joined(suspicions, judged(times, sums))
    held = faults(suspicions)
    level = level_of(builders.total(attrgetter("contrasts"), add))
    goals, of_objective, further = goals_of(builders, sample.campaigns, held)
    tables = [GoalTables.of(goal, builders, sample, bits, level, arms, len(goals)) for goal in goals]
    del builders, sample, parts  # what they hold is in the tables; of a million campaigns, half a gigabyte
    unread = LeftOut(signals=common.others if common else 0, goals=further)
    left_out = sum((table.sample.left_out for table in tables), unread)
    request = _within(request, tables) if left_out.signals else request
    largest, *others = [
        _of_goal(table, request, cells, partial(_part, progress, number, len(tables)))
        for number, table in enumerate(tables)
    ]
    if others:
        largest, others = labelled(largest), [labelled(goal) for goal in others]
    return replace(
        largest,
        campaigns=sum(table.campaigns for table in tables),
        held=held,
        diagnostics={
            **largest.diagnostics,
            "neighbours": as_diagnostics(around.neighbours),
            "asked": questions(suspicions),
            "period_spend": money,
            "spend_by_month": sums.as_diagnostics(),
            "goal_of_objective": dict(of_objective),
            "goal": request.goal,
            "waiting": waiting.as_diagnostics(),
            "left_out": left_out.as_counts(),
            "real_campaigns": sum(table.real_campaigns for table in tables),
            **_told_of(request.experiments, [largest, *others]),
        },
        goals=tuple(others),
    )


def _within(request: FitRequest, tables: Sequence[GoalTables]) -> FitRequest:
    """What is asked of a fit that leaves signals out: their spellings and what they book are not kept either."""
    kept = {key for table in tables for key in (*map(str, table.sample.features), *table.sample.aliases)}
    return replace(
        request,
        spelt={key: text for key, text in request.spelt.items() if key in kept},
        definitions=[definition for definition in request.definitions if definition.key in kept],
    )


def _told_of(experiments: Sequence[Experiment], goals: Sequence[Knowledge]) -> dict[str, object]:
    """What the fits make of experiments: why one is learnt from by no goal, and what studies say of attribution."""
    if not experiments:
        return {}
    reasons: dict[str, str] = {}
    for goal in goals:
        for name, reason in goal.experiments.reasons.items():
            reasons[name] = reason and reasons.get(name, reason)
    return {"experiment_reasons": reasons, "attribution": trust_in_attribution(experiments)}


def _part(progress: Callable[[float], object], number: int, count: int, share: float) -> None:
    """Tell how far all goals are, from how far one is."""
    progress((number + share) / count)


def _of_goal(
    tables: GoalTables, request: FitRequest, cells: CreativeCells, progress: Callable[[float], object]
) -> Knowledge:
    """What the campaigns of one goal say."""
    kind, table = tables.kind, tables.sample
    knowledge = Knowledge(
        epoch=request.epoch,
        seq=request.seq,
        as_of=request.as_of,
        campaigns=tables.campaigns,
        goal_metric=_goal(request.goal, table),
        currency=table.currency,
        reason=too_few(tables.campaigns),
        diagnostics={"aliases": {}, "spelt": dict(request.spelt)},
        kind=kind,
        floor=request.floor,
    )
    if tables.campaigns < FEWEST_CAMPAIGNS:
        return knowledge
    defined = {definition.key: definition for definition in request.definitions}
    foreign = {item.id for item in request.experiments if item.conversion_kind not in (None, kind)}
    trials = trials_of(request.experiments, defined, table, foreign)
    fits = fit_metrics(table, progress, trials, tables.parts, request.events)
    support, favoured = SupportIndex(fits), fits.favours_effects(knowledge.goal_metric)
    knowledge = _with_fits(knowledge, fits, support)
    knowledge = replace(knowledge, creatives=learn_texts(fits, cells, request.floor))
    knowledge = replace(knowledge, pace=pace_of(table))
    return with_bookables(knowledge, table, request.definitions, support, favoured=favoured)


def _with_fits(knowledge: Knowledge, fits: FittedMetrics, support: SupportIndex) -> Knowledge:
    """The knowledge of a table, with what its fits say."""
    goal, spelt, floor = knowledge.goal_metric, knowledge.spelt, knowledge.floor
    identification = Identification(fits, support, goal)
    effects = marked(identification.judged(effect_rows(fits, floor)), fits.tilt)
    cycles = (fits.design.calendar, fits.design.week)
    seasons, weekdays = (RecurringTimes(fits, support, cycle, floor) for cycle in cycles)
    events, changes = EventEffects(fits, floor, spelt), LastingChanges(fits, floor)
    months = CommonMonths(fits, support, changes, floor, spelt)
    of_time = [*seasons.findings(), *weekdays.findings(), *events.findings(), *months.findings(), *changes.findings()]
    of_time += changes.not_theirs(trend_findings(fits, floor))
    findings = tuple(
        with_label(finding, signals.label_of(finding.signal_key, spelt) if "label" in finding.metadata else None)
        for finding in _findings(fits, effects, support, goal, floor, of_time)
    )
    return replace(
        knowledge,
        effects=with_trends(effects, findings),
        findings=findings,
        weights=tuple(signal_weights(effects, fits, support, goal)),
        posteriors={name: metric.posterior(fits.effects(name)) for name, metric in fits.metrics.items()},
        reason=None if any(not finding.descriptive for finding in findings) else _no_findings(fits.table),
        diagnostics={
            **diagnostics_of(fits),
            "spelt": dict(spelt),
            "wear": monthly_wear(fits),
            "season": seasons.as_diagnostics(),
            "season_outlook": fits.design.calendar.outlook,
            "weekdays": weekdays.as_diagnostics(),
            "events": events.as_diagnostics(),
            "level_shifts": identification.shifts.as_diagnostics(),
            "unrecorded": identification.unrecorded,
            "unidentified": {
                key: {"reason": doubt.reason, "others": list(doubt.others)}
                for key, doubt in identification.doubts.items()
            },
        },
    )


def _goal(goal: str, table: Dataset) -> str:
    if goal != "auto":
        return goal
    given = table.campaigns.has_revenue
    telling = int((given | ~np.isnan(table.campaigns.conversions)).sum()) or len(table)  # others wait, or do not count
    return "roas" if len(table) and 2 * int(given.sum()) >= telling else "conversions_per_spend"


def _findings(
    fitted: FittedMetrics,
    effects: tuple[Effect, ...],
    support: SupportIndex,
    goal: str,
    floor: EvidenceFloor,
    of_time: list[Finding],
) -> tuple[Finding, ...]:
    findings = signal_findings(effects, fitted.table, support, goal) + budget_findings(fitted)
    findings += slow_trend_findings(fitted, floor) + wear_out_findings(fitted, floor) + of_time
    findings += planner_findings(fitted.table, floor)
    if goal in fitted.names():
        findings += cluster_findings(fitted, goal, floor)
    return tuple(sorted(findings, key=lambda item: (-item.impact_score, item.finding_id)))


def _no_findings(table: Dataset) -> str:
    """Why there are none; a breakdown is missed only where campaigns came without one."""
    real, without = len(set(table.campaigns.real.tolist())), len(table.campaign) == len(table)
    few = "that is normal for few campaigns" if real < MANY else "whatever differs is too small for so many to show"
    rows = f" in {number_of(len(table), 'row')}" * (real < len(table))
    return (
        f"{number_of(real, *LEARNT_FROM)}{rows} and no effect is beyond noise; {few}{' without a breakdown' * without}"
    )
