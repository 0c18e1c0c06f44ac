"""Taking a whole workspace out of the database: the one way by which history is removed.

Every table that names a workspace is emptied of it, whoever added the table. Must not know what the tables hold.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import MetaData, Select, Table, bindparam, delete, func, inspect, select
from sqlalchemy.engine import Connection

from reflection.domain.answers import FILES
from reflection.domain.number_of import number_of
from reflection.errors import Conflict
from reflection.store.database.connections import Database
from reflection.store.database.statements import insert_rows
from reflection.store.database.turns import turns
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.publisher import OutboxPublisher
from reflection.store.row_values import outbox_row
from reflection.store.tables.campaigns import APPEND_ONLY, WORKSPACE_LEVEL, artifacts, campaigns, outbox, workspaces
from reflection.store.tables.dead_letters import dead_letters

PORTION = 1_000
"""Rows that one transaction of a purge removes, at most."""

_PASSES = 3
"""So often every table is emptied at most: who goes on sending is told, and not waited for."""

READERS_SECONDS = 30.0
"""How long a purge waits for readers of an older state, whose copy is in the log."""


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """How many rows were removed, and what is left of a workspace, one phrase each; nothing when it is done."""

    rows: int
    left: tuple[str, ...]


class Vectors(Protocol):
    """Where vectors are, too."""

    def purge(self, workspace: str) -> None:
        """Remove all of a workspace."""


class Purge:
    """Takes a whole workspace out: rows, vectors, files, and the bytes they were. It may be done again at any time."""

    def __init__(self, database: Database, vectors: Vectors, publisher: OutboxPublisher, files: ArtifactFolder) -> None:
        self._database, self._vectors, self._publisher, self._files = database, vectors, publisher, files

    def all_of(self, workspace: str, now: str, *, scrubbed: bool) -> PurgeResult:
        """Remove everything of a workspace.

        Args:
            now: instant of the entries in the outbox.
            scrubbed: also leave no byte of it in the database's files.

        Raises:
            Unavailable: the store refused, a mirror is down, or there is no room: the next purge goes on.
        """
        removed = purge_workspace(self._database, workspace, now)
        self._vectors.purge(workspace)
        self._publisher.publish_and_say()
        left = self._files.clear(workspace)
        if rows := remaining(self._database, workspace):
            left.append(f"{number_of(sum(rows.values()), 'row')} written meanwhile: somebody still sends to it")
        if scrubbed and (rest := self._database.scrub(turns(), READERS_SECONDS)):
            left.append(rest)
        return PurgeResult(removed, tuple(left))


def purge_workspace(database: Database, workspace: str, now: str) -> int:
    """Remove every row of a workspace, a portion a transaction, and let its published files be removed.

    Others write between two portions. Killed in the middle the workspace is there in part, and still listed: the next
    purge goes on. The guards of the append-only tables are lifted inside each transaction only. What remains until
    the next publishing is the outbox, which names the files to remove.

    Args:
        now: instant of the entries in the outbox.

    Returns:
        How many rows were removed.
    """
    with database.read(workspace) as connection:
        tables = _tables(connection)
    removed = sum(_emptied(database, workspace, table, now) for table in _NEWS.values())
    for _ in range(_PASSES):  # what was under way when a table was emptied is stored after it
        again = sum(_emptied(database, workspace, table, now) for table in tables)
        if not again:
            break
        removed += again
    return removed


def _emptied(database: Database, workspace: str, table: Table, now: str) -> int:
    """Remove the rows of a workspace from one table, portion by portion; how many went.

    A row stays that somebody refers to meanwhile: what refers to it goes first, in the next pass.
    """
    guards = database.dialect.lifted_guards if table.name in APPEND_ONLY else nullcontext
    keys = list(table.primary_key.columns)
    some = select(*keys).where(table.c.workspace == workspace).limit(PORTION)
    one = delete(table).where(*(key == bindparam(f"own_{key.name}") for key in keys))

    def remove(rows: Sequence[tuple[Any, ...]]) -> int:
        files = [outbox_row(workspace, "artifacts", key, now, names) for key, names in _published(table, rows).items()]
        # One by one, by the key: SQLite looks for a list of keys of several columns in the whole table.
        named = [{f"own_{key.name}": value for key, value in zip(keys, row, strict=True)} for row in rows]
        try:
            with database.write(workspace) as connection, guards(connection):
                count = connection.execute(one, named).rowcount
                insert_rows(connection, _TELL, files)
                return count
        except Conflict:
            half = len(rows) // 2
            return remove(rows[:half]) + remove(rows[half:]) if half else 0

    with database.read(workspace) as connection:
        there = connection.execute(_count(table, workspace)).scalar_one()
    removed = 0
    for _ in turns():
        if removed >= there:  # what comes meanwhile is not waited for
            break
        with database.read(workspace) as connection:
            rows = [tuple(row) for row in connection.execute(some)]
        if not rows or not (count := remove(rows)):
            break
        removed += count
    return removed


def _count(table: Table, workspace: str) -> Select[Any]:
    return select(func.count()).select_from(table).where(table.c.workspace == workspace)


def remaining(database: Database, workspace: str) -> dict[str, int]:
    """Rows of a workspace by table, tables without any left out: empty after purging and publishing."""
    with database.read(workspace) as connection:
        counts = {
            table.name: connection.execute(_count(table, workspace)).scalar_one()
            for table in (*_tables(connection), *_NEWS.values())
        }
    return {name: count for name, count in counts.items() if count}


def _published(table: Table, rows: Sequence[Sequence[Any]]) -> dict[str, list[str]]:
    """The files that go with rows of a table, by what they belong to; the workspace's folder goes with its last row."""
    if table.name == campaigns.name:
        return {row[-1]: list(FILES) for row in rows}
    if table.name == artifacts.name:
        return {WORKSPACE_LEVEL: sorted(row[-1] for row in rows)}
    return {WORKSPACE_LEVEL: []} if table.name == workspaces.name else {}


def _tables(connection: Connection) -> list[Table]:
    """Tables with a workspace, those that refer to others first, so that no reference ever leads nowhere.

    The list of workspaces is last, and shows what is there in part; without those that tell the publisher.
    """
    reflected = MetaData()
    names = [
        name
        for name in inspect(connection).get_table_names()
        if any(column["name"] == "workspace" for column in inspect(connection).get_columns(name))
    ]
    for name in names:
        Table(name, reflected, autoload_with=connection)
    own = [table for table in reversed(reflected.sorted_tables) if table.name in names and table.name not in _NEWS]
    return sorted(own, key=lambda table: table.name == workspaces.name)


_TELL = outbox.insert()
_NEWS = {table.name: table for table in (outbox, dead_letters)}
"""What tells the publisher what to do: of the purged workspace it is forgotten first, for the purge tells it more."""
