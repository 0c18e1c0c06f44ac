"""What books of rows have in common: a database, a clock that dates what is written, and things kept under keys.

Must not know any table: a book says which is its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import ColumnElement, Table, delete, func, select, update
from sqlalchemy.engine import Connection

from reflection.domain.canonical_json import Content
from reflection.domain.instants import instant_text
from reflection.errors import Conflict, NotFound
from reflection.store.database.connections import Database
from reflection.store.database.seals import resealed
from reflection.store.row_values import Row


class Book:
    """Rows of one subject, of every workspace; thread-safe."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def _instant(self) -> str:
        return instant_text(self._now())


class KeyedBook(Book):
    """Things that people write down under a key, which replace the one before; the same content again changes nothing.

    Attributes:
        table: has workspace, the key, content_hash, body, created_at and updated_at.
        columns: those of what is listed, the key first.
        absent: says that there is none under a key.
        several, most: what they are called, and how many a workspace may have.
    """

    table: ClassVar[Table]
    columns: ClassVar[tuple[str, ...]]
    absent: ClassVar[str]
    several: ClassVar[str]
    most: ClassVar[int]

    def list(self, workspace: str, *, after: str = "", limit: int = 100) -> tuple[list[Row], str | None]:
        """Rows of `columns` in the order of their keys, and the cursor of the next page (None at the end)."""
        key = self.table.c[self.columns[0]]
        page = select(*(self.table.c[name] for name in self.columns)).order_by(key).limit(limit + 1)
        page = page.where(self.table.c.workspace == workspace, key > after)
        with self._database.read(workspace) as connection:
            rows = [dict(row) for row in connection.execute(page).mappings()]
        return rows[:limit], rows[limit - 1][key.name] if len(rows) > limit else None

    def get(self, workspace: str, key: str) -> Row:
        """One of them, as `list` gives it.

        Raises:
            NotFound: there is none under this key in this workspace.
        """
        with self._database.read(workspace) as connection:
            return self._one(connection, workspace, key)

    def remove(self, workspace: str, key: str) -> Row:
        """Take one back, and say what it was.

        Raises:
            NotFound: there is none under this key in this workspace.
        """
        with self._database.write(workspace) as connection:
            row = self._one(connection, workspace, key)
            connection.execute(delete(self.table).where(*self._own(workspace, key)))
            self._after_removal(connection, workspace)
            return row

    def _after_removal(self, connection: Connection, workspace: str) -> None:
        """What follows when one was taken back: nothing, unless a book says more."""

    def _put(self, connection: Connection, workspace: str, key: str, content: Content, more: Row, now: str) -> str:
        """Write one with `more` columns: ``added``, ``replaced``, or ``unchanged`` where it was there already."""
        own = self._own(workspace, key)
        stored = connection.execute(select(self.table.c.content_hash).where(*own)).scalar_one_or_none()
        if stored == content.hash:
            return "unchanged"
        row = {**more, "content_hash": content.hash, "body": content.json, "updated_at": now}
        if stored is not None:
            connection.execute(update(self.table).where(*own).values(resealed(self.table, **row)))
            return "replaced"
        place = {"workspace": workspace, self.columns[0]: key, "created_at": now}
        connection.execute(self.table.insert(), {**place, **row})
        return "added"

    def _check_most(self, connection: Connection, workspace: str) -> None:
        """Refuse more than a workspace may have, and all that was written with them."""
        count = select(func.count()).select_from(self.table).where(self.table.c.workspace == workspace)
        if connection.execute(count).scalar_one() > self.most:
            raise Conflict(f"there are {self.most:,} {self.several} already", hint="remove some of the oldest")

    def _one(self, connection: Connection, workspace: str, key: str) -> Row:
        statement = select(*(self.table.c[name] for name in self.columns)).where(*self._own(workspace, key))
        row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise NotFound(self.absent.format(key=key), hint="it may have been removed already")
        return dict(row)

    def _own(self, workspace: str, key: str) -> tuple[ColumnElement[bool], ...]:
        return self.table.c.workspace == workspace, self.table.c[self.columns[0]] == key
