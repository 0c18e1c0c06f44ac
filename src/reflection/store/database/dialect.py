"""What a database must be able to do in a way of its own: the names that `sqlite` and `postgres` both have.

Everything else of the store is SQLAlchemy Core, or stands in `statements`. A module is a dialect: there is no class.
Must not know a table's meaning.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeEngine

from reflection.store.database.statements import POSTGRES


class Dialect(Protocol):
    """One kind of database."""

    # A connection

    def make_engine(self, url: URL, *, writer: bool, busy_seconds: float) -> Engine:
        """Connections to one database, for one writer or for readers, which cannot write."""

    def begin(self, connection: Connection, workspaces: Collection[str], *, writer: bool, single: bool = False) -> None:
        """Begin a transaction on these workspaces; a writer of one waits until no other writes to it.

        `single`: a reader's one statement follows, which is a transaction of its own where that takes less.
        """

    def data_version(self, connection: PoolProxiedConnection) -> str:
        """What changes, on this connection, when any other has committed."""

    def translated_errors(self) -> AbstractContextManager[None]:
        """Raise SQLAlchemy's and the driver's errors as the engine's own."""

    def alone(self, engine: Engine, name: str) -> AbstractContextManager[bool]:
        """Whether nobody else, on any machine, is at what this name stands for; until the end of the block."""

    def rows_of(self, connection: Connection, statement: str, values: Mapping[str, Any]) -> list[Any]:
        """The rows of a small query with `:names`."""

    def together(self, connection: Connection) -> AbstractContextManager[None]:
        """Statements of the block need not be answered one by one; none of them may return rows.

        What one of them does wrong is raised by it, or by the end of the block.
        """

    # Tables

    def guard_ddl(self, table: str, verbs: Sequence[str]) -> list[str]:
        """Statements after which the database refuses to UPDATE or DELETE in an append-only table."""

    def drop_guard_ddl(self, table: str, verbs: Sequence[str]) -> list[str]:
        """Statements that take `guard_ddl` away again."""

    def lifted_guards(self, connection: Connection) -> AbstractContextManager[None]:
        """History may be removed or sealed in the block: what nothing needs any longer, what is older than seals."""

    def settle(self, connection: Connection) -> None:
        """What every table needs after the migrations, whoever wrote them."""

    def set_nullable(
        self, connection: Connection, table: str, column: str, kind: TypeEngine[Any], *, nullable: bool
    ) -> None:
        """Let a column be null, or no longer, and leave every row where it is.

        Raises:
            ConfigurationError: the table does not state the column so; nothing was changed.
            Conflict: a row has none (a server looks; a file says so when it is checked).
        """

    def take_tables(self, connection: Connection, tables: Sequence[str]) -> None:
        """Keep all others from these tables until the transaction ends.

        Raises:
            Unavailable: one of them is in use; who waits for it waits for nobody else.
        """

    # Full text

    def full_text_ddl(self) -> list[str]:
        """The index of the words of `memories`, kept by triggers: same transaction, never forgotten."""

    def drop_full_text_ddl(self) -> list[str]:
        """The statements that take `full_text_ddl` away again."""

    def full_text_search(
        self, connection: Connection, terms: Sequence[str], conditions: str, values: Mapping[str, Any]
    ) -> list[tuple[str, float]]:
        """(memory_id, score) of a workspace's memories with any of the terms, best first.

        `conditions` is SQL over `m` made by the caller, never user text; values: workspace, limit, theirs.
        """

    def rare_terms(
        self, connection: Connection, workspace: str, terms: Sequence[str], most: int
    ) -> list[tuple[int, int]]:
        """(number of the term, row number) of the first `most` memories with each of the terms."""

    def memories_among(
        self, connection: Connection, column: str, others: str, conditions: str, values: Mapping[str, Any]
    ) -> list[Any]:
        """`column` and others of a workspace's living memories whose `column` is in the JSON array `wanted`."""

    def rebuild_full_text(self, connection: Connection, after: int) -> int | None:
        """Make a portion of the full-text index again from the rows, from 0 on; after what to go on, None at the end.

        Between two portions everybody may search and write. `CLEARING`: only what an ended rebuild left goes.
        """

    def full_text_remains(self, connection: Connection) -> bool:
        """Whether something is left of a rebuild that was ended."""

    def full_text_is_sound(self, connection: Connection) -> bool:
        """Whether the full-text index says what the rows say."""

    # Maintenance

    def json_items(self, column: str) -> str:
        """SQL of a table of one column `value`: the texts in a JSON list."""

    def remarks(self, connection: Connection) -> list[str]:
        """What an operator should know of how the database is set up; empty when all is well."""

    def integrity_problems(self, connection: Connection) -> list[str]:
        """What the database itself finds wrong; empty when all is well."""

    def legible(self, connection: Connection) -> AbstractContextManager[None]:
        """In the block, texts that are damaged are read as far as they can be, so that their rows can be named."""

    def trigger_problems(self, connection: Connection, guards: Mapping[str, Sequence[str]]) -> list[str]:
        """What may change rows unasked and is none of ours, and what shall refuse it and is gone or another.

        Args:
            guards: table -> verbs that it refuses.
        """

    def scrub(self, engine: Engine, turns: Iterator[None], seconds: float) -> str | None:
        """As `Database.scrub`."""


CLEARING = -1
"""After what `rebuild_full_text` goes on where nothing is to be made."""


def of(connection: Connection | URL) -> Dialect:
    """The dialect of a connection, or of an address."""
    name = connection.dialect.name if isinstance(connection, Connection) else connection.get_backend_name()
    if name == POSTGRES:
        from reflection.store.database import postgres

        return postgres
    from reflection.store.database import sqlite

    return sqlite
