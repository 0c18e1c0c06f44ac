"""The outbox: what a transaction promised to publish, by topic, until somebody says it is published.

An entry names a key, not a content: a publisher reads the rows as they are when it publishes, so that
publishing twice, late or in another order ends in the same state. Must not know what the topics mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import delete, func, insert, select

from reflection.store.database.connections import Database
from reflection.store.row_values import outbox_row
from reflection.store.tables.campaigns import outbox

_PAGE = 500


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One thing to publish. `names` are files that an earlier state of the key had published."""

    entry_id: int
    workspace: str
    topic: str
    key: str
    names: tuple[str, ...]
    created_at: str


class Outbox:
    """Pending entries of all workspaces: each entry names its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, topic: str, limit: int = _PAGE) -> list[OutboxEntry]:
        """The oldest unpublished entries of a topic."""
        with self._database.read() as connection:
            rows = connection.execute(select(outbox).where(outbox.c.topic == topic).order_by(outbox.c.id).limit(limit))
            return [
                OutboxEntry(row.id, row.workspace, row.topic, row.key, tuple(orjson.loads(row.detail)), row.created_at)
                for row in rows
            ]

    def mark_published(self, entries: Sequence[OutboxEntry]) -> None:
        """Forget entries; doing it twice is no error."""
        if entries:
            with self._database.write() as connection:
                connection.execute(delete(outbox).where(outbox.c.id.in_([entry.entry_id for entry in entries])))

    def add(self, workspace: str, topic: str, keys: Sequence[str], created_at: str) -> None:
        """Ask for keys to be published (again)."""
        if keys:
            with self._database.write(workspace) as connection:
                connection.execute(insert(outbox), [outbox_row(workspace, topic, key, created_at) for key in keys])

    def lag(self) -> dict[str, int]:
        """How many entries are unpublished, by topic."""
        with self._database.read() as connection:
            rows = connection.execute(select(outbox.c.topic, func.count()).group_by(outbox.c.topic))
            return {row[0]: row[1] for row in rows}
