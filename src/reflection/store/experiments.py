"""Randomised experiments of every workspace as rows: written many at once, listed, removed.

An experiment of the same id replaces the one before, the same content changes nothing. Every change is counted, so that
the learner sees that there is something new. Must not know what experiments teach.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from reflection.domain.experiment import MOST_EXPERIMENTS, Experiment, StoredExperiments
from reflection.store.book import KeyedBook
from reflection.store.database.seals import resealed
from reflection.store.database.statements import insert_missing
from reflection.store.tables.campaigns import workspaces
from reflection.store.tables.experiments import experiment_changes, experiments


class Outcome(NamedTuple):
    """What came of writing one: ``added``, ``replaced``, or ``unchanged`` where it was there already."""

    experiment_id: str
    outcome: str


class ExperimentBook(KeyedBook):
    """Adds, lists and removes experiments; thread-safe."""

    table = experiments
    columns = ("experiment_id", "body", "created_at", "updated_at")
    absent = "there is no experiment '{key}'"
    several, most = "experiments", MOST_EXPERIMENTS

    def add(self, workspace: str, items: Sequence[Experiment]) -> list[Outcome]:
        """Write experiments down in one transaction, all or none; of one id given twice the last stays.

        Raises:
            Conflict: the workspace has as many as it may have.
            Unavailable: the store is busy or full; nothing was written.
        """
        now = self._instant()
        with self._database.write(workspace) as connection:
            connection.execute(insert_missing(workspaces), {"workspace": workspace, "created_at": now})
            outcomes = [
                Outcome(item.id, self._put(connection, workspace, item.id, item.content(), {}, now)) for item in items
            ]
            self._check_most(connection, workspace)
            count_changes(connection, workspace, sum(item.outcome != "unchanged" for item in outcomes))
        return outcomes

    def _after_removal(self, connection: Connection, workspace: str) -> None:
        """What it taught goes with the next fit."""
        count_changes(connection, workspace, 1)


def stored(connection: Connection, workspace: str) -> StoredExperiments:
    """Every experiment of a workspace, in the order of ids."""
    bodies = connection.execute(_BODIES, {"w": workspace}).scalars()
    return StoredExperiments(tuple(bodies), changes(connection, workspace))


def changes(connection: Connection, workspace: str) -> int:
    """How often experiments of a workspace were changed."""
    return connection.execute(_CHANGES, {"w": workspace}).scalar_one_or_none() or 0


def mark_learnt(connection: Connection, workspace: str, count: int) -> None:
    """Remember how many changes the newest fit has taken in."""
    if count:
        connection.execute(_LEARNT, {"w": workspace, "count": count})


def count_changes(connection: Connection, workspace: str, count: int) -> None:
    """Count changes of what people wrote down, which the next fit takes in."""
    if count:
        row = {"workspace": workspace, "changes": 0, "learnt": 0}
        connection.execute(insert_missing(experiment_changes), row)
        connection.execute(_MORE, {"w": workspace, "count": count})


BEHIND = select(experiment_changes.c.workspace).where(experiment_changes.c.changes > experiment_changes.c.learnt)
"""Workspaces with changes that no fit has taken in."""

_BODIES = (
    select(experiments.c.body).where(experiments.c.workspace == bindparam("w")).order_by(experiments.c.experiment_id)
)
_OF_WORKSPACE = experiment_changes.c.workspace == bindparam("w")
_CHANGES = select(experiment_changes.c.changes).where(_OF_WORKSPACE)
_MORE = (
    update(experiment_changes)
    .where(_OF_WORKSPACE)
    .values(resealed(experiment_changes, changes=experiment_changes.c.changes + bindparam("count")))
)
_LEARNT = (
    update(experiment_changes).where(_OF_WORKSPACE).values(resealed(experiment_changes, learnt=bindparam("count")))
)
