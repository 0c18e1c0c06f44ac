"""Events of every workspace as rows: added, listed by day, removed. Must not know what they are shown on."""

from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.engine import Connection

from reflection.domain.events import MOST_EVENTS, Event
from reflection.domain.validation import read
from reflection.errors import Conflict, NotFound
from reflection.store.book import Book
from reflection.store.campaigns_read import plain
from reflection.store.database.statements import insert_missing, key_of
from reflection.store.experiments import count_changes
from reflection.store.row_values import Row
from reflection.store.tables.campaigns import workspaces
from reflection.store.tables.events import events

_SHOWN = ("event_id", "day", "until", "scope", "kind", "text", "created_at")


class EventBook(Book):
    """Adds, lists and removes events; thread-safe."""

    def add(self, workspace: str, event: Event) -> tuple[Row, bool]:
        """Write an event down; the same again changes nothing. The stored event, and whether it is new.

        Raises:
            Conflict: the workspace has as many as it may have.
            Unavailable: the store is busy or full; nothing was written.
        """
        now = self._instant()
        row = {
            "workspace": workspace,
            "event_id": event.event_id,
            **event.model_dump(mode="json", include={"scope", "kind", "text"}),
            "day": event.day.isoformat(),
            "until": event.until.isoformat() if event.until else None,
            "created_at": now,
        }
        with self._database.write(workspace) as connection:
            if connection.execute(_COUNT, {"w": workspace}).scalar_one() >= MOST_EVENTS:
                raise Conflict(f"there are {MOST_EVENTS:,} events already", hint="remove some nobody needs")
            connection.execute(insert_missing(workspaces), {"workspace": workspace, "created_at": now})
            new = connection.execute(insert_missing(events), row).rowcount > 0
            count_changes(connection, workspace, int(new))
            stored = connection.execute(_ONE, {"w": workspace, "e": event.event_id}).mappings().one()
            return plain(stored), new

    def list(
        self,
        workspace: str,
        *,
        since: date | None = None,
        until: date | None = None,
        scope: str | None = None,
        kind: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Row], str | None]:
        """Events by day, the latest first, and the cursor of the next page (None at the end).

        Args:
            since, until: days; an event that reaches into the time between them is in it.
            scope: also those that concern everything are given.
            after: the last id of the page before.

        Raises:
            NotFound: `after` is no event of this workspace.
        """
        columns = events.c
        wheres: list[Any] = [columns.workspace == workspace]
        if since is not None:
            wheres.append(func.coalesce(columns.until, columns.day) >= since.isoformat())
        if until is not None:
            wheres.append(columns.day <= until.isoformat())
        if scope is not None:
            wheres.append(columns.scope.in_((scope, "all")))
        if kind is not None:
            wheres.append(columns.kind == kind)
        with self._database.read(workspace) as connection:
            if after is not None:
                last = connection.execute(_ONE, {"w": workspace, "e": after}).mappings().one_or_none()
                if last is None:
                    raise NotFound(f"there is no event '{after}'", hint="leave the cursor out to begin anew")
                earlier = columns.day < last["day"]
                wheres.append(or_(earlier, and_(columns.day == last["day"], columns.event_id > after)))
            statement = select(*(columns[name] for name in _SHOWN)).where(*wheres)
            ordered = statement.order_by(columns.day.desc(), columns.event_id).limit(limit + 1)
            rows = [plain(row) for row in connection.execute(ordered).mappings()]
        return rows[:limit], rows[limit - 1]["event_id"] if len(rows) > limit else None

    def remove(self, workspace: str, event_id: str) -> Row:
        """Take an event back, and say what it was: adding that again restores it.

        Raises:
            NotFound: there is no such event in this workspace.
        """
        with self._database.write(workspace) as connection:
            row = connection.execute(_ONE, {"w": workspace, "e": event_id}).mappings().one_or_none()
            if row is None:
                raise NotFound(f"there is no event '{event_id}'", hint="it may have been removed already")
            connection.execute(_REMOVE, {"w": workspace, "e": event_id})
            count_changes(connection, workspace, 1)
            return plain(row)


def every(connection: Connection, workspace: str) -> tuple[Event, ...]:
    """Every event of a workspace, by day."""
    rows = connection.execute(_EVERY, {"w": workspace}).mappings()
    return tuple(read(Event, dict(row)) for row in rows)


_OWN = key_of(events, workspace="w", event_id="e")
_ONE = select(*(events.c[name] for name in _SHOWN)).where(_OWN)
_EVERY = (
    select(*(events.c[name] for name in ("day", "until", "scope", "kind", "text")))
    .where(events.c.workspace == bindparam("w"))
    .order_by(events.c.day, events.c.event_id)
)
_REMOVE = delete(events).where(_OWN)
_COUNT = select(func.count()).select_from(events).where(events.c.workspace == bindparam("w"))
