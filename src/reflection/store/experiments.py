"""Randomised experiments of every workspace as rows: written many at once, listed, removed.

An experiment of the same id replaces the one before, the same content changes nothing. Every change is counted, so that
the learner sees that there is something new. Must not know what experiments teach.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.engine import Connection

from reflection.domain.experiment import MOST_EXPERIMENTS, Experiment, StoredExperiments
from reflection.errors import Conflict, NotFound
from reflection.store.book import Book
from reflection.store.database.statements import insert_missing, key_of
from reflection.store.row_values import Row
from reflection.store.tables.campaigns import workspaces
from reflection.store.tables.experiments import experiment_changes, experiments


class Outcome(NamedTuple):
    """What came of writing one: ``added``, ``replaced``, or ``unchanged`` where it was there already."""

    experiment_id: str
    outcome: str


class ExperimentBook(Book):
    """Adds, lists and removes experiments; thread-safe."""

    def add(self, workspace: str, items: Sequence[Experiment]) -> list[Outcome]:
        """Write experiments down in one transaction, all or none; of one id given twice the last stays.

        Raises:
            Conflict: the workspace has as many as it may have.
            Unavailable: the store is busy or full; nothing was written.
        """
        now = self._instant()
        with self._database.write(workspace) as connection:
            connection.execute(insert_missing(workspaces), {"workspace": workspace, "created_at": now})
            outcomes = [self._put(connection, workspace, item, now) for item in items]
            if connection.execute(_COUNT, {"w": workspace}).scalar_one() > MOST_EXPERIMENTS:
                raise Conflict(f"there are {MOST_EXPERIMENTS:,} experiments already", hint="remove some of the oldest")
            count_changes(connection, workspace, sum(item.outcome != "unchanged" for item in outcomes))
        return outcomes

    def list(self, workspace: str, *, after: str = "", limit: int = 100) -> tuple[list[Row], str | None]:
        """Experiments in the order of their ids, each {experiment_id, body, created_at, updated_at}, and the cursor of
        the next page (None at the end)."""
        values = {"w": workspace, "after": after, "limit": limit + 1}
        with self._database.read(workspace) as connection:
            rows = [dict(row) for row in connection.execute(_PAGE, values).mappings()]
        return rows[:limit], rows[limit - 1]["experiment_id"] if len(rows) > limit else None

    def get(self, workspace: str, experiment_id: str) -> Row:
        """One experiment, as `list` gives it.

        Raises:
            NotFound: there is no such experiment in this workspace.
        """
        with self._database.read(workspace) as connection:
            return _one(connection, workspace, experiment_id)

    def remove(self, workspace: str, experiment_id: str) -> Row:
        """Take an experiment back, and say what it was; what it taught goes with the next fit.

        Raises:
            NotFound: there is no such experiment in this workspace.
        """
        with self._database.write(workspace) as connection:
            row = _one(connection, workspace, experiment_id)
            connection.execute(_REMOVE, {"w": workspace, "e": experiment_id})
            count_changes(connection, workspace, 1)
            return row

    def _put(self, connection: Connection, workspace: str, item: Experiment, now: str) -> Outcome:
        content, values = item.content(), {"w": workspace, "e": item.id}
        stored = connection.execute(_ONE, values).mappings().one_or_none()
        if stored is not None and stored["content_hash"] == content.hash:
            return Outcome(item.id, "unchanged")
        if stored is not None:
            connection.execute(_REPLACE, {**values, "body": content.json, "hash": content.hash, "now": now})
            return Outcome(item.id, "replaced")
        row = {"workspace": workspace, "experiment_id": item.id, "content_hash": content.hash, "body": content.json}
        connection.execute(experiments.insert(), {**row, "created_at": now, "updated_at": now})
        return Outcome(item.id, "added")


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


def _one(connection: Connection, workspace: str, experiment_id: str) -> Row:
    row = connection.execute(_ONE, {"w": workspace, "e": experiment_id}).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no experiment '{experiment_id}'", hint="it may have been removed already")
    return {name: value for name, value in row.items() if name != "content_hash"}


BEHIND = select(experiment_changes.c.workspace).where(experiment_changes.c.changes > experiment_changes.c.learnt)
"""Workspaces with changes that no fit has taken in."""

_OWN = key_of(experiments, workspace="w", experiment_id="e")
_SHOWN = ("experiment_id", "body", "created_at", "updated_at")
_ONE = select(*(experiments.c[name] for name in (*_SHOWN, "content_hash"))).where(_OWN)
_PAGE = (
    select(*(experiments.c[name] for name in _SHOWN))
    .where(experiments.c.workspace == bindparam("w"), experiments.c.experiment_id > bindparam("after"))
    .order_by(experiments.c.experiment_id)
    .limit(bindparam("limit"))
)
_BODIES = (
    select(experiments.c.body).where(experiments.c.workspace == bindparam("w")).order_by(experiments.c.experiment_id)
)
_REMOVE = delete(experiments).where(_OWN)
_REPLACE = (
    update(experiments)
    .where(_OWN)
    .values(body=bindparam("body"), content_hash=bindparam("hash"), updated_at=bindparam("now"))
)
_COUNT = select(func.count()).select_from(experiments).where(experiments.c.workspace == bindparam("w"))
_OF_WORKSPACE = experiment_changes.c.workspace == bindparam("w")
_CHANGES = select(experiment_changes.c.changes).where(_OF_WORKSPACE)
_MORE = (
    update(experiment_changes).where(_OF_WORKSPACE).values(changes=experiment_changes.c.changes + bindparam("count"))
)
_LEARNT = update(experiment_changes).where(_OF_WORKSPACE).values(learnt=bindparam("count"))
