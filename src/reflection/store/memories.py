"""What the memory reads the rows through: changes since a number, full text, records, vectors to be made.

Must not know embedders or ranking: it hands over rows, and takes vectors back.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.engine import Connection, RowMapping

from reflection.ports import MemoryRecord, Vector
from reflection.store import memory_rows, sqlite
from reflection.store.database import Database
from reflection.store.memory_rows import NewVector
from reflection.store.rows import memory_row, vector_of
from reflection.store.schema import instant_text, memories

_PAGE = 2_000
_MAX_TERMS = 64
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """The newest state of one memory: what an index needs, without its text. A deleted one has no vector.

    `timestamp` is UTC text of one width, so that comparing texts compares instants.
    """

    seq: int
    memory_id: str
    kind: str
    campaign_id: str | None
    platform: str
    objective: str
    timestamp: str
    embedder_id: str | None
    vector: Vector | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class TextToEmbed:
    """A memory that has no vector of the embedder asked for."""

    memory_id: str
    seq: int
    text: str


class MemoryRows:
    """The rows of `memories`, one workspace at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def data_version(self) -> tuple[int, int]:
        """Changes when anybody committed anything; compare for equality only. Ask before `last_seq`."""
        return self._database.data_version()

    def last_seq(self, workspace: str) -> int:
        """Number of the last change in the workspace."""
        with self._database.read() as connection:
            return memory_rows.last_number(connection, workspace)

    def changes(self, workspace: str, after: int = 0) -> Iterator[MemoryChange]:
        """Every memory that changed after number `after`, in the order of change, deletions included."""
        while page := self._changes(workspace, after):
            yield from page
            after = page[-1].seq

    def fetch(self, workspace: str, memory_ids: Sequence[str]) -> dict[str, MemoryRecord]:
        """Memories by id; what is unknown or deleted is left out."""
        with self._database.read() as connection:
            found = connection.execute(_FETCH, {"w": workspace, "ids": list(memory_ids)}).mappings()
            return {row["memory_id"]: _record(row) for row in found}

    def count(self, workspace: str) -> int:
        """How many memories there are."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count())
                .select_from(memories)
                .where(memories.c.workspace == workspace, memories.c.deleted == 0)
            ).scalar_one()

    def lexical(
        self,
        workspace: str,
        query: str,
        *,
        kind: str | None = None,
        platform: str | None = None,
        objective: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 10,
        rare: int | None = None,
    ) -> list[tuple[str, float]]:
        """Memory ids by BM25 over id, text and summary, best first; the score is higher for better ones.

        Args:
            query: plain text: no character of it is syntax.
            platform, objective: of this one, or of none in particular.
            start, end: inclusive.
            rare: leave out the words that so many memories have, or more: they say little and cost most.
        """
        terms = search_terms(query)
        if not terms or limit < 1:
            return []
        wanted = {
            "kind = :kind": kind,
            "platform IN ('', :platform)": platform,
            "objective IN ('', :objective)": objective,
            "timestamp >= :start": instant_text(start) if start else None,
            "timestamp <= :end": instant_text(end) if end else None,
        }
        used = {condition: value for condition, value in wanted.items() if value is not None}
        statement = sqlite.full_text_search("".join(f" AND m.{condition}" for condition in used))
        values = {
            **{condition.rpartition(":")[2].rstrip(")"): value for condition, value in used.items()},
            "workspace": workspace,
            "limit": limit,
        }
        with self._database.read() as connection:
            if rare is not None:
                terms = _rare(connection, terms, rare)
            if not terms:
                return []
            values["query"] = sqlite.full_text_query(terms)
            return [(row.memory_id, row.score) for row in connection.execute(statement, values)]

    def missing(self, workspace: str, embedder_id: str, *, limit: int = 256) -> list[TextToEmbed]:
        """Memories without a vector of this embedder, oldest change first."""
        with self._database.read() as connection:
            found = connection.execute(
                select(memories.c.memory_id, memories.c.seq, memories.c.text)
                .where(
                    memories.c.workspace == workspace,
                    memories.c.deleted == 0,
                    or_(memories.c.embedder_id.is_(None), memories.c.embedder_id != embedder_id),
                )
                .order_by(memories.c.seq)
                .limit(limit)
            )
            return [TextToEmbed(*row) for row in found]

    def set_vectors(self, workspace: str, embedder_id: str, vectors: Sequence[NewVector]) -> int:
        """Store vectors in one transaction, but where the text changed since `seq`; how many were set."""
        with self._database.write() as connection:
            return memory_rows.set_vectors(connection, workspace, embedder_id, vectors)

    def save(self, workspace: str, records: Sequence[MemoryRecord]) -> None:
        """Store memories that do not come from an analysis; one with the same id is replaced."""
        rows = [memory_row(workspace, record, None) for record in records]
        with self._database.write() as connection:
            memory_rows.remember(connection, workspace, rows)

    def delete(self, workspace: str, memory_ids: Sequence[str]) -> None:
        """Delete memories; unknown ids are no error."""
        with self._database.write() as connection:
            memory_rows.bury(connection, workspace, memory_ids)

    def rebuild_full_text(self) -> None:
        """Make the full-text index again from the rows."""
        with self._database.write() as connection:
            sqlite.rebuild_full_text(connection)

    def _changes(self, workspace: str, after: int) -> list[MemoryChange]:
        columns = [memories.c[name] for name in _CHANGE_COLUMNS]
        with self._database.read() as connection:
            found = connection.execute(
                select(*columns)
                .where(memories.c.workspace == workspace, memories.c.seq > after)
                .order_by(memories.c.seq)
                .limit(_PAGE)
            ).mappings()
            return [
                MemoryChange(**{**row, "vector": vector_of(row["vector"]), "deleted": bool(row["deleted"])})
                for row in found
            ]


def search_terms(query: str) -> list[str]:
    """The words of a query, and its compounds ("cmp_007", "18-25") as phrases; each once, at most 64."""
    words = _WORD.findall(query)
    compounds = [chunk for chunk in query.replace("\0", " ").split() if len(_WORD.findall(chunk)) > 1 or "_" in chunk]
    useful = [term for term in [*compounds, *words] if len(term) > 1 or term.isdigit()]
    return list(dict.fromkeys(term.casefold() for term in useful))[:_MAX_TERMS]


def _rare(connection: Connection, terms: Sequence[str], most: int) -> list[str]:
    """The terms that fewer than `most` memories have, and any have at all."""
    values = {f"t{number}": sqlite.full_text_query([term]) for number, term in enumerate(terms)}
    counts = connection.execute(sqlite.full_text_counts(len(terms), most), values).one()
    return [term for term, count in zip(terms, counts, strict=True) if 0 < count < most]


_FETCH = select(memories).where(
    memories.c.workspace == bindparam("w"),
    memories.c.memory_id.in_(bindparam("ids", expanding=True)),
    memories.c.deleted == 0,
)
_CHANGE_COLUMNS = tuple(MemoryChange.__dataclass_fields__)


def _record(row: RowMapping) -> MemoryRecord:
    return MemoryRecord(
        memory_id=row["memory_id"],
        kind=row["kind"],
        text=row["text"],
        platform=row["platform"],
        objective=row["objective"],
        timestamp=datetime.fromisoformat(row["timestamp"]),
        summary=row["summary"],
        metadata=orjson.loads(row["metadata"]),
        embedder_id=row["embedder_id"],
        vector=vector_of(row["vector"]),
    )
