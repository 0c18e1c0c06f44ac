"""Taking a whole workspace out of the database: the one way by which history is removed.

Every table that names a workspace is emptied of it, whoever added the table. Must not know what the tables hold.
"""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import MetaData, Table, delete, func, inspect, select
from sqlalchemy.engine import Connection

from reflection.domain.answers import FILES
from reflection.domain.number_of import number_of
from reflection.store.database.connections import Database
from reflection.store.database.statements import insert_rows
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.publisher import OutboxPublisher
from reflection.store.row_values import outbox_row
from reflection.store.tables.campaigns import WORKSPACE_LEVEL, artifacts, campaigns, outbox

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
            scrubbed: also leave no byte of it in the database's files, which are written anew.

        Raises:
            Unavailable: the store refused (nothing was removed), or the rows are gone and a mirror is down, or there is
                no room for a second copy: the next purge goes on.
        """
        removed = purge_workspace(self._database, workspace, now)
        self._vectors.purge(workspace)
        self._publisher.publish_and_say()
        left = self._files.clear(workspace)
        if rows := remaining(self._database, workspace):
            left.append(f"{number_of(sum(rows.values()), 'row')} written meanwhile: somebody still sends to it")
        dialect = self._database.dialect
        with dialect.translated_errors():
            if scrubbed and (rest := dialect.scrub(self._database.writer, READERS_SECONDS)):
                left.append(rest)
        return PurgeResult(removed, tuple(left))


def purge_workspace(database: Database, workspace: str, now: str) -> int:
    """Remove every row of a workspace in one transaction, and let its published files be removed.

    The guards of the append-only tables are lifted inside the transaction only. What remains until the next
    publishing is the outbox, which names the files to remove.

    Args:
        now: instant of the entries in the outbox.

    Returns:
        How many rows were removed.
    """
    with database.write(workspace) as connection:
        files = _published(connection, workspace)
        with database.dialect.removing_history(connection):
            removed = sum(
                connection.execute(delete(table).where(table.c.workspace == workspace)).rowcount
                for table in _tables(connection)
            )
        news = [outbox_row(workspace, "artifacts", key, now, names) for key, names in files.items()]
        insert_rows(connection, _TELL, news)
    return removed


def remaining(database: Database, workspace: str) -> dict[str, int]:
    """Rows of a workspace by table, tables without any left out: empty after purging and publishing."""
    with database.read(workspace) as connection:
        counts = {
            table.name: connection.execute(
                select(func.count()).select_from(table).where(table.c.workspace == workspace)
            ).scalar_one()
            for table in _tables(connection)
        }
    return {name: count for name, count in counts.items() if count}


def _published(connection: Connection, workspace: str) -> dict[str, list[str]]:
    """The files of a workspace by what they belong to; its own last, because they stand in the folder of the others."""
    named = select(campaigns.c.campaign_id).where(campaigns.c.workspace == workspace)
    own = select(artifacts.c.name).where(artifacts.c.workspace == workspace)
    names = {campaign_id: list(FILES) for campaign_id in connection.execute(named).scalars()}
    return {**names, WORKSPACE_LEVEL: sorted(connection.execute(own).scalars())}


def _tables(connection: Connection) -> list[Table]:
    """Tables with a workspace, those that refer to others first, so that no reference ever leads nowhere."""
    reflected = MetaData()
    names = [
        name
        for name in inspect(connection).get_table_names()
        if any(column["name"] == "workspace" for column in inspect(connection).get_columns(name))
    ]
    for name in names:
        Table(name, reflected, autoload_with=connection)
    return [table for table in reversed(reflected.sorted_tables) if table.name in names]


_TELL = outbox.insert()
