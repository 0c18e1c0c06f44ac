"""The history of a workspace replayed from the store, in this process or in parts on the cluster; and that of all.

Fits are of partitions, forecasts of portions of days: the same bits however many workers there are, and a worker that
is lost costs what it was at. Must not know how anything is learnt or forecast.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any, Protocol

from reflection.cluster.tasks import Place, database_of, partition_evidence
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.evaluation import backtest_stages
from reflection.evaluation.backtest import Lesson, Memory
from reflection.evaluation.backtest_stages import Portion, Stage
from reflection.evaluation.backtest_sums import Tally
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.evidence.partitions import InMemory, Partitions
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn_partitions
from reflection.settings import Settings
from reflection.store import history_read
from reflection.store.database.connections import Database
from reflection.wiring import Application
from reflection.worker.relearning import of_each_workspace

CLUSTER_FROM = 10_000
"""Campaigns from which a history is worth the cluster."""

Progress = Callable[[int, int], object]


def _silent(done: int, total: int) -> None:
    """A progress that nobody watches."""


class Hands(Protocol):
    """Who does the work: what is submitted may be an argument of what is submitted later."""

    @property
    def place(self) -> Place:
        """The database, as its functions find it."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function, importable by name, says of arguments; or a promise of it."""

    def results(self, tasks: Sequence[Any], progress: Progress) -> list[Any]:
        """What became of tasks, in their order; `progress` is told how many are done, and how many there are."""

    def read(
        self, workspace: str, upto: int, request: FitRequest, progress: Progress, campaigns: int, before: str = ""
    ) -> Partitions[PartitionEvidence]:
        """The evidence of days before one."""


class Alone:
    """This process, which does everything at once.

    Args:
        place: the open database.
    """

    def __init__(self, place: Database) -> None:
        self.place = place

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function says."""
        return function(*arguments)

    def results(self, tasks: Sequence[Any], progress: Progress) -> list[Any]:
        """The tasks, which are done."""
        progress(len(tasks), len(tasks))
        return list(tasks)

    def read(
        self, workspace: str, upto: int, request: FitRequest, progress: Progress, campaigns: int, before: str = ""
    ) -> Partitions[PartitionEvidence]:
        """One partition."""
        return InMemory([partition_evidence(self.place, workspace, upto, request, 0, 1, before)])


def backtest(application: Application, workspace: str, progress: Progress = _silent) -> dict[str, Any]:
    """The report of a stored history (`Tally.summary`), with `changed`: ledger entries that came meanwhile.

    Args:
        progress: told how many campaigns are forecast, and how many there are.
    """
    days = history_read.days(application.database, workspace)
    campaigns, upto = sum(count for _, count in days), application.store.last_seq(workspace)
    large = application.cluster is not None and campaigns >= CLUSTER_FROM
    hands: Hands = application.cluster if large and application.cluster is not None else Alone(application.database)
    total, memory, done = Tally(), hands.submit(Memory), 0
    for stage in backtest_stages.stages(days):
        knowledge = hands.submit(_same, _fit(hands, workspace, upto, stage))
        tallies = []
        for portion in stage.portions:
            tallies.append(hands.submit(_tally, hands.place, workspace, portion, knowledge, memory))
            memory = hands.submit(
                backtest_stages.taught, memory, hands.submit(_lessons, hands.place, workspace, portion)
            )
        of_stage = sum(portion.campaigns for portion in stage.portions)

        def report(part: int, parts: int, done: int = done, of_stage: int = of_stage) -> None:
            progress(done + of_stage * part // parts, campaigns)

        total = reduce(add, hands.results(tallies, report), total)
        done += of_stage
    changed = application.store.last_seq(workspace) - upto
    return {**total.summary(campaigns), "changed": changed}


def backtest_every(application: Application, progress: Progress = _silent) -> dict[str, dict[str, Any]]:
    """The reports of all workspaces, each a task of its own on the cluster, or one after the other.

    Args:
        progress: told how many workspaces are done, and how many there are.
    """
    return of_each_workspace(application, lambda name: backtest(application, name), backtest_alone, progress)


def backtest_alone(workspace: str, settings: Settings | None) -> dict[str, Any]:
    """The report of one workspace, made in this process.

    Args:
        settings: None for those of this process: a worker of another machine has its own.
    """
    with Application(settings or Settings(cluster="")) as application:
        return backtest(application, workspace)


def _fit(hands: Hands, workspace: str, upto: int, stage: Stage) -> Knowledge:
    """What is known before a stage."""
    if not stage.fitted:
        return NOTHING
    request = FitRequest(seq=stage.fitted)
    return learn_partitions(hands.read(workspace, upto, request, _silent, stage.fitted, stage.until), request)


def _same(knowledge: Knowledge) -> Knowledge:
    """So that it is a task's: sent once, and again where a worker that had it is lost."""
    return knowledge


def _lessons(place: Place, workspace: str, portion: Portion) -> list[Lesson]:
    return backtest_stages.lessons(_campaigns(place, workspace, portion.first, portion.end))


def _tally(place: Place, workspace: str, portion: Portion, knowledge: Knowledge, memory: Memory) -> Tally:
    return backtest_stages.tally(_campaigns(place, workspace, portion.warm, portion.end), portion, knowledge, memory)


def _campaigns(place: Place, workspace: str, first: str, end: str) -> Iterator[Campaign]:
    for body in history_read.bodies(database_of(place), workspace, first, end):
        yield Campaign.model_validate_json(body)
