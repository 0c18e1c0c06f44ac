"""The outbox: what a transaction promised to publish, by topic, until somebody says it is published.

An entry names a key, not a content: a publisher reads the rows as they are when it publishes, so that
publishing twice, late or in another order ends in the same state. What cannot be published is set aside with its
reason, as a dead letter, and tried again at ever longer intervals: it holds up nothing else, and one key is one dead
letter however often it fails. Must not know what the topics mean.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, Table, Text, bindparam, delete, func, insert, or_, select, true, tuple_
from sqlalchemy.engine import Connection, Row

from reflection.domain.instants import instant_text
from reflection.store.book import Book
from reflection.store.database.statements import key_of, upsert
from reflection.store.row_values import json_text, outbox_row
from reflection.store.tables.campaigns import outbox
from reflection.store.tables.dead_letters import dead_letters

_PAGE = 500
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=10)
"""How long a dead letter waits until it is tried again: twice as long after each time, up to the longest."""

_DOUBLINGS = 10
Key = tuple[str, str]
"""A workspace, and what is to be published of it."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One thing to publish. `names` are files that an earlier state of the key had published."""

    entry_id: int
    workspace: str
    topic: str
    key: str
    names: tuple[str, ...]
    created_at: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One thing that could not be published, why, how often it was tried, and when it is tried again."""

    workspace: str
    topic: str
    key: str
    names: tuple[str, ...]
    reason: str
    attempts: int
    created_at: str
    due_at: str

    @property
    def entry(self) -> OutboxEntry:
        """As it was in the outbox; its number there is gone."""
        return OutboxEntry(0, self.workspace, self.topic, self.key, self.names, self.created_at)


class Outbox(Book):
    """Pending entries of all workspaces: each entry names its own."""

    def pending(self, topic: str, limit: int = _PAGE) -> list[OutboxEntry]:
        """The oldest unpublished entries of a topic."""
        with self._database.read() as connection:
            rows = connection.execute(_PENDING, {"topic": topic, "limit": limit})
            return [
                OutboxEntry(row.id, row.workspace, row.topic, row.key, tuple(orjson.loads(row.detail)), row.created_at)
                for row in rows
            ]

    def settle(self, entries: Sequence[OutboxEntry], failures: Mapping[Key, str]) -> None:
        """Forget entries that are published, and set aside those that are not; doing it twice is no error.

        Args:
            failures: why, by key of the entries that could not be published.
        """
        if not entries:
            return
        with self._database.write() as connection:
            connection.execute(delete(outbox).where(outbox.c.id.in_([entry.entry_id for entry in entries])))
            before = _letters_of(connection, entries)
            news = {(entry.workspace, entry.key): entry for entry in entries}
            published = [key for key in news.keys() - failures.keys() if key in before]
            _forget(connection, entries[0].topic, published)
            rows = [
                self._letter(entry, failures[key], before.get(key)) for key, entry in news.items() if key in failures
            ]
            if rows:
                connection.execute(upsert(dead_letters, ("workspace", "topic", "key")), rows)

    def dead(
        self,
        topic: str,
        *,
        due_only: bool = True,
        after: Key = ("", ""),
        limit: int = _PAGE,
        workspace: str | None = None,
    ) -> list[DeadLetter]:
        """Dead letters of a topic by workspace and key; those whose time has come, or all."""
        now = self._now()
        values: dict[str, Any] = {"topic": topic, "after_workspace": after[0], "after_key": after[1], "limit": limit}
        values |= {"soon": instant_text(now), "never": instant_text(now + LONGEST_PAUSE)} if due_only else {}
        values |= {"workspace": workspace} if workspace is not None else {}
        statement = _letters(due_only=due_only, of_one=workspace is not None)
        with self._database.read() as connection:
            return [_letter_of(row) for row in connection.execute(statement, values)]

    def some_dead(self, limit: int, workspace: str | None = None) -> list[DeadLetter]:
        """The first few dead letters of each topic, of one workspace or all."""
        topics = sorted(self.dead_counts(workspace))
        return [
            letter for topic in topics for letter in self.dead(topic, due_only=False, limit=limit, workspace=workspace)
        ]

    def dead_counts(self, workspace: str | None = None) -> dict[str, int]:
        """How many dead letters each topic has, of one workspace or all."""
        return self._counts(dead_letters, workspace)

    def add(self, workspace: str, topic: str, keys: Sequence[str], created_at: str) -> None:
        """Ask for keys to be published (again)."""
        if keys:
            with self._database.write(workspace) as connection:
                connection.execute(insert(outbox), [outbox_row(workspace, topic, key, created_at) for key in keys])

    def lag(self, workspace: str | None = None) -> dict[str, int]:
        """How many things are unpublished, by topic, those set aside among them, of one workspace or all."""
        return dict(Counter(self.dead_counts(workspace)) + Counter(self._counts(outbox, workspace)))

    def _counts(self, table: Table, workspace: str | None) -> dict[str, int]:
        statement = select(table.c.topic, func.count()).where(_of(table, workspace)).group_by(table.c.topic)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def _letter(self, entry: OutboxEntry, reason: str, before: DeadLetter | None) -> dict[str, str | int]:
        attempts = before.attempts + 1 if before else 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, _DOUBLINGS))
        return {
            "workspace": entry.workspace,
            "topic": entry.topic,
            "key": entry.key,
            "detail": json_text(sorted({*entry.names, *(before.names if before else ())})),
            "reason": reason,
            "attempts": attempts,
            "created_at": before.created_at if before else entry.created_at,
            "due_at": instant_text(self._now() + pause),
        }


_PENDING = select(outbox).where(outbox.c.topic == bindparam("topic")).order_by(outbox.c.id).limit(bindparam("limit"))
"""Made once, as those of letters are: a worker asks them all the time, and making one costs as long as asking it."""


@cache
def _letters(*, due_only: bool, of_one: bool) -> Select[Any]:
    """Dead letters of a topic behind one, those whose time has come or all, of one workspace or all."""
    after = tuple_(bindparam("after_workspace", type_=Text), bindparam("after_key", type_=Text))
    statement = (
        select(dead_letters)
        .where(dead_letters.c.topic == bindparam("topic"))
        .where(tuple_(dead_letters.c.workspace, dead_letters.c.key) > after)
        .order_by(dead_letters.c.workspace, dead_letters.c.key)
        .limit(bindparam("limit"))
    )
    if due_only:  # what is due in a far future was set aside by a clock that has been set back since
        due = dead_letters.c.due_at
        statement = statement.where(or_(due <= bindparam("soon"), due > bindparam("never")))
    return statement.where(dead_letters.c.workspace == bindparam("workspace")) if of_one else statement


def _letters_of(connection: Connection, entries: Sequence[OutboxEntry]) -> dict[Key, DeadLetter]:
    """The dead letters there are of the entries' keys."""
    keys = {(entry.workspace, entry.key) for entry in entries}
    statement = select(dead_letters).where(
        dead_letters.c.topic == entries[0].topic,
        dead_letters.c.workspace.in_({workspace for workspace, _ in keys}),
        dead_letters.c.key.in_({key for _, key in keys}),
    )
    letters = {(row.workspace, row.key): _letter_of(row) for row in connection.execute(statement)}
    return {key: letter for key, letter in letters.items() if key in keys}


def _forget(connection: Connection, topic: str, keys: Sequence[Key]) -> None:
    if keys:
        statement = delete(dead_letters).where(
            dead_letters.c.topic == topic,
            key_of(dead_letters, workspace="of_workspace", key="of_key"),
        )
        connection.execute(statement, [{"of_workspace": workspace, "of_key": key} for workspace, key in keys])


def _of(table: Table, workspace: str | None) -> ColumnElement[bool]:
    """The rows of one workspace, or of all."""
    return true() if workspace is None else table.c.workspace == workspace


def _letter_of(row: Row[Any]) -> DeadLetter:
    names = tuple(orjson.loads(row.detail))
    return DeadLetter(row.workspace, row.topic, row.key, names, row.reason, row.attempts, row.created_at, row.due_at)
