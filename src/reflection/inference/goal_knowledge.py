"""What the campaigns of one goal say: from their tables to effects, findings, weights and what can be booked.

Must not know how evidence is partitioned, nor which goals there are.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.number_of import number_of
from reflection.domain.results import Finding
from reflection.inference.diagnostics import diagnostics_of
from reflection.inference.doubt.identification import Identification
from reflection.inference.effects import effect_rows
from reflection.inference.evidence.creative_cells import CreativeCells
from reflection.inference.evidence.dataset import Dataset
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
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits.delivery import marked
from reflection.inference.fits.fit import FittedMetrics, fit_metrics
from reflection.inference.goal_tables import GoalTables
from reflection.inference.support import SupportIndex
from reflection.inference.texts.creative_effects import learn_texts
from reflection.inference.too_few import FEWEST_CAMPAIGNS, LEARNT_FROM, too_few
from reflection.inference.totals.bookables import with_bookables
from reflection.inference.totals.next_test import pace_of
from reflection.inference.trials.experiments import trials_of
from reflection.inference.weights import signal_weights

MANY = 30
"""Campaigns from which on finding nothing is no longer a matter of their number."""


def knowledge_of(
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
        diagnostics={"aliases": {}, "spelt": dict(request.spellings)},
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
    knowledge = with_bookables(knowledge, table, request.definitions, support, favoured=favoured)
    advised = knowledge.reason is not None and any(one.advised for one in knowledge.bookables)
    return replace(knowledge, reason=_advice_only(table)) if advised else knowledge


def _with_fits(knowledge: Knowledge, fits: FittedMetrics, support: SupportIndex) -> Knowledge:
    """The knowledge of a table, with what its fits say."""
    goal, spellings, floor = knowledge.goal_metric, knowledge.spellings, knowledge.floor
    changes = LastingChanges(fits, floor, spellings)
    identification = Identification(fits, support, goal, changes.confounded)
    effects = marked(identification.judged(effect_rows(fits, floor)), fits.tilt)
    cycles = (fits.design.calendar, fits.design.week)
    seasons, weekdays = (RecurringTimes(fits, support, cycle, floor) for cycle in cycles)
    events = EventEffects(fits, floor, spellings)
    months = CommonMonths(fits, support, changes, floor, spellings)
    of_time = [*seasons.findings(), *weekdays.findings(), *events.findings(), *months.findings(), *changes.findings()]
    of_time += changes.not_theirs(trend_findings(fits, floor))
    of_time += planner_findings(fits.table, floor, changes.likely)
    findings = tuple(
        with_label(finding, signals.label_of(finding.signal_key, spellings) if "label" in finding.metadata else None)
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
            "spelt": dict(spellings),
            "wear": monthly_wear(fits),
            "season": seasons.as_diagnostics(),
            "season_outlook": fits.design.calendar.outlook,
            "weekdays": weekdays.as_diagnostics(),
            "events": events.as_diagnostics(),
            "level_shifts": identification.shifts.as_diagnostics(),
            "unrecorded": identification.unrecorded,
            "unidentified": {
                key: {"reason": doubt.reason, "others": list(doubt.others), "testable": doubt.testable}
                for key, doubt in identification.doubts.items()
            },
        },
    )


def _goal(goal: str, table: Dataset) -> str:
    if goal != "auto":
        return goal
    has_revenue = table.campaigns.has_revenue
    # Others wait for their results, or do not count any.
    telling = int((has_revenue | ~np.isnan(table.campaigns.conversions)).sum()) or len(table)
    return "roas" if len(table) and 2 * int(has_revenue.sum()) >= telling else "conversions_per_spend"


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
    if goal in fitted.names():
        findings += cluster_findings(fitted, goal, floor)
    return tuple(sorted(findings, key=lambda item: (-item.impact_score, item.finding_id)))


def _advice_only(table: Dataset) -> str:
    """Why there are no findings where something is advised: a finding has to hold whenever one looks."""
    real = number_of(len(set(table.campaigns.real.tolist())), *LEARNT_FROM)
    return f"{real} and no single effect is sure enough yet; what is advised is right in nine of ten such cases"


def _no_findings(table: Dataset) -> str:
    """Why there are none; a breakdown is missed only where campaigns came without one."""
    real, without = len(set(table.campaigns.real.tolist())), len(table.campaign) == len(table)
    few = "that is normal for few campaigns" if real < MANY else "whatever differs is too small for so many to show"
    rows = f" in {number_of(len(table), 'row')}" * (real < len(table))
    return (
        f"{number_of(real, *LEARNT_FROM)}{rows} and no effect is beyond noise; {few}{' without a breakdown' * without}"
    )
