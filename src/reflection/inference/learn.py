"""Learning: from the set of evidence to what is known. A pure function, the same for every order of arrival.

    evidence -> faults kept out -> table -> fits -> effects -> findings, weights, next test

Knows the core only; the learner (learner.py) decides when to call it and where the result goes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import add, attrgetter, methodcaller, or_

from reflection.domain.evidence import Evidence
from reflection.domain.experiment import Experiment
from reflection.domain.knowledge import Knowledge
from reflection.inference.evidence.creative_cells import CreativeCells
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.fit_budget import LeftOut, level_of
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.evidence.partitions import InMemory, Partitions, sample_bits
from reflection.inference.faults.faults_in_time import MonthlySums, judged, times_of
from reflection.inference.faults.neighbours import Surroundings, as_diagnostics
from reflection.inference.faults.tracking_faults import faults, joined, questions, suspicions_of
from reflection.inference.fit_request import FitRequest
from reflection.inference.goal_knowledge import knowledge_of
from reflection.inference.goal_tables import GoalTables
from reflection.inference.goals import Spending, goals_of, labelled
from reflection.inference.trials.confirmation import trust_in_attribution
from reflection.inference.trials.experiments import memberships

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
        knowledge_of(table, request, cells, partial(_part, progress, number, len(tables)))
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
            **_remarks_on(request.experiments, [largest, *others]),
        },
        goals=tuple(others),
    )


def _within(request: FitRequest, tables: Sequence[GoalTables]) -> FitRequest:
    """What is asked of a fit that leaves signals out: their spellings and what they book are not kept either."""
    keys = {key for table in tables for key in (*map(str, table.sample.features), *table.sample.aliases)}
    return replace(
        request,
        spellings={key: text for key, text in request.spellings.items() if key in keys},
        definitions=[definition for definition in request.definitions if definition.key in keys],
    )


def _remarks_on(experiments: Sequence[Experiment], goals: Sequence[Knowledge]) -> dict[str, object]:
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
