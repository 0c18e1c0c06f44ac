"""Vectors that the database server searches, by its extension `vector` (pgvector): for workspaces too large for memory.

The rows of `memories` stay the truth. Of a workspace that has a space here, `vector_copies` holds the vectors as of one
number of its changes (`vector_spaces.seq`), and a worker carries on from there; an answer is what the index finds among
copies of rows that have not changed since, together with everything that has, so it is never behind. Only candidates
come from the index: vectors are handed over as the rows have them, for exact cosines. No migration makes the tables:
they are made where the extension is, when the first workspace needs them, and may be dropped at any time. Postgres
only. Must not know ranking, nor when a workspace is too large.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
import orjson
from sqlalchemy.engine import Connection

from reflection.domain.memory_search import MemoryFilters
from reflection.domain.ports import Vector
from reflection.errors import Unavailable
from reflection.store.database import postgres_vectors as sql
from reflection.store.database.connections import Database
from reflection.store.database.postgres_tables import wall_in
from reflection.store.memories import filter_conditions
from reflection.store.row_values import vector_of

OLDEST = (0, 8)
"""pgvector's first version that goes on searching where a filter left too few."""

BATCH = 500
"""Changes that are copied in one transaction."""

TAIL = 5_000
"""Changed memories that an answer reads beside the index: 8 MB; where more wait, no worker runs."""

SCANNED = 20_000
"""Vectors that the index visits for one question before all that pass the filter are compared."""

SPARE = 500
"""Of what has changed, so many may be the nearest by their old vectors: so many more are asked of the index."""

VISITED = 200
"""How many of the nearest the index keeps in sight while it looks: recall for time."""


class ServerSpace(NamedTuple):
    """The vectors of one workspace by one embedder, on the server."""

    number: int
    workspace: str
    embedder_id: str
    dimensions: int
    seq: int
    made: bool


class ServerVectors:
    """The copies of one database; every method raises `Unavailable` when the server is down."""

    def __init__(self, database: Database, *, tail: int = TAIL) -> None:
        self._database, self._tail = database, tail

    def version(self) -> str | None:
        """The version of the extension, where it is there and new enough."""
        row = self._database.ask("*", lambda connection: connection.execute(sql.EXTENSION).first())
        if row is None or tuple(int(part) for part in row.extversion.split(".")[:2]) < OLDEST:
            return None
        return str(row.extversion)

    def large(self, embedder_id: str, least: int) -> list[str]:
        """Workspaces with so many vectors of an embedder; no more of their rows are counted."""
        values = {"embedder": embedder_id, "before": least - 1}
        return self._database.ask("*", lambda connection: list(connection.execute(sql.LARGE, values).scalars()))

    def spaces(self) -> list[ServerSpace]:
        """All there are, also those not made yet."""
        if not self._database.ask("*", _tables_there):
            return []
        return self._database.ask("*", lambda connection: [_space(row) for row in connection.execute(sql.SPACES)])

    def space(self, workspace: str, embedder_id: str) -> int | None:
        """The number of the space that answers for a workspace."""
        return next(
            (
                one.number
                for one in self.spaces()
                if (one.workspace, one.embedder_id) == (workspace, embedder_id) and one.made
            ),
            None,
        )

    def nearest(
        self, number: int, workspace: str, embedder_id: str, vector: Vector, filters: MemoryFilters, wanted: int
    ) -> list[tuple[str, Vector]] | None:
        """Some of the nearest memories and everything that changed lately, in no order; None where the space is gone.

        Args:
            wanted: how many of the index's: some of them may have changed since.

        Raises:
            Unavailable: more has changed than an answer reads.
        """
        conditions, values = filter_conditions(filters)
        settings = {"number": number, "ef": str(min(1_000, max(wanted, VISITED))), "scanned": str(SCANNED)}
        with self._database.read(workspace) as connection:
            space = connection.execute(sql.AT, settings).one()
            if space.seq is None:
                return None
            values |= {"seq": space.seq, "workspace": workspace, "embedder": embedder_id, "most": self._tail + 1}
            changed = connection.execute(sql.changed(conditions), values).all()
            if len(changed) > self._tail:
                raise Unavailable(f"more than {self._tail:,} vectors wait for a worker to copy them")
            wanted += min(len(changed), SPARE)
            values |= {"vector": _written(vector), "limit": wanted}
            near = connection.execute(sql.nearest(number, len(vector), conditions, indexed=True), values).all()
            if len(near) < wanted:
                near = connection.execute(sql.nearest(number, len(vector), conditions, indexed=False), values).all()
        vectors = {row.memory_id: vector_of(row.vector) for row in (*near, *changed)}
        return [(name, own) for name, own in vectors.items() if own is not None and own.shape == vector.shape]

    def make_tables(self) -> None:
        """Make the tables where they are missing, or lost their vectors because the extension was dropped."""
        if self._database.ask("*", _tables_there):
            return
        with self._writing() as connection:
            for statement in sql.TABLES_DDL:
                connection.exec_driver_sql(statement)
            for table in sql.TABLES:
                wall_in(connection, table)

    def begin(self, workspace: str, embedder_id: str, dimensions: int) -> None:
        """A space for a workspace, which has one only: that of another embedder goes."""
        self.drop(workspace)
        values = {"workspace": workspace, "embedder": embedder_id, "dimensions": dimensions}
        with self._writing() as connection:
            connection.execute(sql.BEGIN, values)

    def take(self, number: int) -> int:
        """Copy what changed next; how many changes. None are left at 0, also where the space is gone."""
        with self._writing() as connection:
            row = connection.execute(sql.HELD, {"number": number}).first()
            if row is None:
                return 0
            space = _space(row)
            values = {"workspace": space.workspace, "seq": space.seq, "limit": BATCH}
            changes = connection.execute(sql.CHANGES, values).all()
            if not changes:
                return 0
            connection.execute(sql.FORGET, {"memories": [change.id for change in changes]})
            if own := [change for change in changes if _belongs(change, space)]:
                connection.execute(sql.COPY, {**_columns(own), "number": number, "workspace": space.workspace})
            connection.execute(sql.MOVE, {"number": number, "seq": changes[-1].seq})
        return len(changes)

    def make_index(self, number: int) -> None:
        """Index the copies of a space, after which it answers: minutes for 100,000, on one processor of the server."""
        with self._writing() as connection:
            row = connection.execute(sql.HELD, {"number": number}).first()
            if row is None:
                return
            dimensions = _space(row).dimensions
            count = connection.execute(sql.COUNT, {"number": number}).scalar_one()
            megabytes = min(2_000, 64 + count * (2 * dimensions + 500) // 1_000_000)
            for statement in (
                f"SET LOCAL maintenance_work_mem = '{megabytes}MB'",
                "SET LOCAL max_parallel_maintenance_workers = 0",
                sql.index_ddl(number, dimensions),
                "ANALYZE vector_copies",
            ):
                connection.exec_driver_sql(statement)
            connection.execute(sql.MADE, {"number": number})

    def count(self, number: int) -> int:
        """How many vectors a space holds."""
        values = {"number": number}
        return self._database.ask("*", lambda connection: int(connection.execute(sql.COUNT, values).scalar_one()))

    def ids(self, number: int) -> frozenset[str]:
        """The memories a space holds, as they are now."""
        return self._database.ask(
            "*", lambda connection: frozenset(connection.execute(sql.IDS, {"number": number}).scalars())
        )

    def drop(self, workspace: str | None = None) -> None:
        """Forget the copies of a workspace, of all where none is named: a worker makes them again."""
        if not self._database.ask("*", _tables_there):
            return
        with self._writing() as connection:
            connection.execute(sql.DROP, {"every": workspace is None, "workspace": workspace or ""})
            for name in connection.execute(sql.LEFT).scalars().all():
                connection.exec_driver_sql(sql.drop_index_ddl(name))

    def _writing(self) -> AbstractContextManager[Connection]:
        """A transaction of every workspace that no writer of one waits for: its locks are the tables' names."""
        return self._database.write(sql.TABLES)


def _tables_there(connection: Connection) -> bool:
    return connection.execute(sql.THERE).first() is not None


def _space(row: Any) -> ServerSpace:
    return ServerSpace(row.number, row.workspace, row.embedder_id, row.dimensions, row.seq, bool(row.made))


def _belongs(change: Any, space: ServerSpace) -> bool:
    """Whether a row has a whole vector of the space; another is damage, as for the index in memory."""
    return (
        not change.deleted
        and change.embedder_id == space.embedder_id
        and change.vector is not None
        and len(change.vector) == 4 * space.dimensions
    )


def _columns(changes: Sequence[Any]) -> dict[str, list[Any]]:
    names = ("id", "seq", "kind", "platform", "objective", "timestamp")
    columns: dict[str, list[Any]] = {f"{name}s": [getattr(change, name) for change in changes] for name in names}
    return columns | {"vectors": [_written(vector_of(change.vector)) for change in changes]}


def _written(vector: Vector | None) -> str:
    """A vector as pgvector reads it."""
    return orjson.dumps(np.ascontiguousarray(vector, dtype=np.float32), option=orjson.OPT_SERIALIZE_NUMPY).decode()
