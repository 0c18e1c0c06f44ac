"""What the memory reads the rows through: changes since a number, full text, records, vectors to be made.

Must not know embedders or ranking: it hands over rows, and takes vectors back.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.engine import Connection

from reflection.domain.instants import instant_text
from reflection.domain.memory_search import (
    EVERYTHING,
    MemoryChange,
    MemoryFilters,
    NewVector,
    Position,
    TextToEmbed,
)
from reflection.domain.ports import MemoryRecord
from reflection.store import memories_write
from reflection.store.database import dialect
from reflection.store.database.connections import Database
from reflection.store.database.statements import key_of
from reflection.store.database.turns import turns
from reflection.store.row_values import memory_row, vector_of
from reflection.store.tables.campaigns import memories

_PAGE = 2_000
_MAX_TERMS = 64
_WORD = re.compile(r"\w+")


class MemoryRows:
    """The rows of `memories`, one workspace at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def data_version(self) -> tuple[int, str]:
        """Changes when anybody committed anything; compare for equality only. Ask before `changes`."""
        return self._database.data_version()

    def position(self, workspace: str) -> Position:
        """Number and row of the last change in the workspace; (0, 0) when there was none."""
        return self._database.ask(workspace, lambda connection: memories_write.position(connection, workspace))

    def changes(self, workspace: str, after: int = 0) -> Iterator[MemoryChange]:
        """Every memory that changed after number `after`, in the order of change, deletions included."""
        while page := self._changes(workspace, after):
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def changes_since(self, workspace: str, position: Position) -> Iterator[MemoryChange] | None:
        """Every memory that changed after a position, or None where that is none of the present history.

        Rows leave only when the workspace is purged; then numbers begin anew, and only the row can tell. One question.
        """
        if position.seq == 0:
            return self.changes(workspace)
        values = {"w": workspace, "after": position.seq - 1, "limit": _PAGE, "row": position.row}
        page = self._database.ask(workspace, lambda own: own.execute(_SINCE, values).all())
        if not (page and page[0].there):
            return None
        further = self.changes(workspace, page[-1].seq) if len(page) == _PAGE else ()
        return chain((_change(row) for row in page if row.seq > position.seq), further)

    def fetch(self, workspace: str, memory_ids: Sequence[str], *, vectors: bool = True) -> dict[str, MemoryRecord]:
        """Memories by id; what is unknown or deleted is left out. Without `vectors` they read as not made yet."""
        values = {"workspace": workspace, "wanted": orjson.dumps(list(memory_ids)).decode()}
        others = f"{_TEXTS}, m.embedder_id, m.vector" if vectors else _TEXTS
        return {row[0]: _record(*row) for row in self._among(workspace, "memory_id", others, "", values)}

    def named(
        self,
        workspace: str,
        memory_ids: Sequence[str],
        filters: MemoryFilters = EVERYTHING,
    ) -> list[str]:
        """Which of these ids there are among what passes the filters, in the order given."""
        conditions, values = filter_conditions(filters)
        values |= {"workspace": workspace, "wanted": orjson.dumps(list(memory_ids)).decode()}
        present = {row[0] for row in self._among(workspace, "memory_id", "1", conditions, values)}
        return [name for name in memory_ids if name in present]

    def count(self, workspace: str) -> int:
        """How many memories there are."""
        with self._database.read(workspace) as connection:
            return connection.execute(
                select(func.count())
                .select_from(memories)
                .where(memories.c.workspace == workspace, memories.c.deleted == 0)
            ).scalar_one()

    def lexical(
        self,
        workspace: str,
        query: str,
        filters: MemoryFilters = EVERYTHING,
        *,
        limit: int = 10,
    ) -> list[tuple[str, float]]:
        """Memory ids by BM25 over id, text and summary, best first; the score is higher for better ones.

        Args:
            query: plain text: no character of it is syntax.
        """
        terms = search_terms(query)
        if not terms or limit < 1:
            return []
        conditions, values = filter_conditions(filters)
        values |= {"workspace": workspace, "limit": limit}
        with self._database.read(workspace) as connection:
            return dialect.of(connection).full_text_search(connection, terms, conditions, values)

    def rare(
        self,
        workspace: str,
        query: str,
        filters: MemoryFilters = EVERYTHING,
        *,
        limit: int = 10,
        most: int = 20,
    ) -> list[tuple[str, float]]:
        """Memory ids by the rare words of a query, best first: those that fewer than `most` memories have.

        Each word counts ln(1 + most / n) where n memories of the workspace have it; how often one has it does not
        count. That takes one look at the beginning of each word's list, and found as well as BM25 on headline tests.
        Arguments as of `lexical`.
        """
        terms = search_terms(query)
        if not terms or limit < 1:
            return []
        conditions, values = filter_conditions(filters)
        hits: list[tuple[str, float]] = []
        with self._database.read(workspace) as connection:
            scores = _rare(connection, workspace, terms, most)
            left = sorted(scores.values(), reverse=True)
            while left and len(hits) < limit:  # with all that score like the last one: their ids decide
                lowest = left[min(limit, len(left)) - 1]
                numbers = [number for number, score in scores.items() if lowest <= score <= left[0]]
                values |= {"workspace": workspace, "wanted": orjson.dumps(numbers).decode()}
                rows = dialect.of(connection).memories_among(connection, "id", "m.memory_id", conditions, values)
                hits += [(name, scores[number]) for number, name in rows]
                left = left[len(numbers) :]
        return sorted(hits, key=lambda item: (-item[1], item[0]))[:limit]

    def missing(self, workspace: str, embedder_id: str, *, limit: int = 256) -> list[TextToEmbed]:
        """Memories without a vector of this embedder: those without any first, in the order in which they came."""
        with self._database.read(workspace) as connection:
            rows = connection.execute(
                select(memories.c.memory_id, memories.c.seq, memories.c.text)
                .where(
                    memories.c.workspace == workspace,
                    memories.c.deleted == 0,
                    or_(memories.c.embedder_id.is_(None), memories.c.embedder_id != embedder_id),
                )
                .order_by(memories.c.embedder_id.nulls_first(), memories.c.id)  # the index's order: no more is read
                .limit(limit)
            )
            return [TextToEmbed(*row) for row in rows]

    def lacking(self, embedder_id: str) -> dict[str, int]:
        """Workspaces with memories that have no vector of this embedder (``""``: none), and how many; one statement."""
        with self._database.read() as connection:
            return memories_write.lacking(connection, embedder_id)

    def has_other_vectors(self, workspace: str, embedder_id: str) -> bool:
        """Whether a memory has a vector of another embedder; two looks at an index, however many memories there are."""
        values = {"workspace": workspace, "embedder": embedder_id}
        own = self._database.dialect
        return bool(self._database.ask(workspace, lambda connection: own.rows_of(connection, _OTHER_VECTORS, values)))

    def set_vectors(self, workspace: str, embedder_id: str, vectors: Sequence[NewVector]) -> int:
        """Store vectors in one transaction, but where the text changed since `seq`; how many were set."""
        with self._database.write(workspace) as connection:
            return memories_write.set_vectors(connection, workspace, embedder_id, vectors)

    def save(self, workspace: str, records: Sequence[MemoryRecord]) -> None:
        """Store memories that do not come from an analysis; one with the same id is replaced."""
        rows = [memory_row(workspace, record, None) for record in records]
        with self._database.write(workspace) as connection:
            memories_write.remember(connection, rows, memories_write.last_number(connection, workspace))

    def delete(self, workspace: str, memory_ids: Sequence[str]) -> None:
        """Delete memories; unknown ids are no error."""
        with self._database.write(workspace) as connection:
            last = memories_write.last_number(connection, workspace)
            memories_write.tombstone(connection, workspace, memory_ids, last)

    def rebuild_full_text(self) -> None:
        """Make the full-text index again from the rows where it says something else, portion by portion.

        Stopped at any moment, the old index is asked until the next call has made the new one.
        """
        place: int | None = 0
        with self._database.read() as connection:
            if self._database.dialect.full_text_is_sound(connection):
                place = dialect.CLEARING if self._database.dialect.full_text_remains(connection) else None
        for _ in turns():
            if place is None:
                return
            with self._database.write() as connection:
                place = self._database.dialect.rebuild_full_text(connection, place)

    def _changes(self, workspace: str, after: int) -> list[MemoryChange]:
        values = {"w": workspace, "after": after, "limit": _PAGE}
        return [_change(row) for row in self._database.ask(workspace, lambda own: own.execute(_CHANGES, values).all())]

    def _among(self, workspace: str, column: str, others: str, conditions: str, values: Mapping[str, Any]) -> list[Any]:
        """One question of `memories_among`."""
        own = self._database.dialect
        return self._database.ask(
            workspace, lambda connection: own.memories_among(connection, column, others, conditions, values)
        )


def search_terms(query: str) -> list[str]:
    """The words of a query, and its compounds ("cmp_007", "18-25") as phrases; each once, at most 64."""
    words = _WORD.findall(query)
    compounds = [chunk for chunk in query.replace("\0", " ").split() if len(_WORD.findall(chunk)) > 1 or "_" in chunk]
    useful = [term for term in [*compounds, *words] if len(term) > 1 or term.isdigit()]
    return list(dict.fromkeys(term.casefold() for term in useful))[:_MAX_TERMS]


def filter_conditions(filters: MemoryFilters) -> tuple[str, dict[str, Any]]:
    """The conditions on `m` that are asked for, as SQL, and their values."""
    possible = {
        "kind": ("kind = :kind", filters.kind),
        "platform": ("platform IN ('', :platform)", filters.platform_name),
        "objective": ("objective IN ('', :objective)", filters.objective_name),
        "start": ("timestamp >= :start", instant_text(filters.start) if filters.start else None),
        "end": ("timestamp <= :end", instant_text(filters.end) if filters.end else None),
    }
    used = {name: (condition, value) for name, (condition, value) in possible.items() if value is not None}
    conditions = "".join(f" AND m.{condition}" for condition, _ in used.values())
    return conditions, {name: value for name, (_, value) in used.items()}


def _change(row: Sequence[Any]) -> MemoryChange:
    return MemoryChange(*(*row[:8], vector_of(row[8]), bool(row[9])))


def _rare(connection: Connection, workspace: str, terms: Sequence[str], most: int) -> dict[int, float]:
    """Row number -> score, of the memories with any of the terms that fewer than `most` have."""
    having: dict[int, list[int]] = {}
    for term, number in dialect.of(connection).rare_terms(connection, workspace, terms, most):
        having.setdefault(term, []).append(number)
    scores: dict[int, float] = {}
    for _, numbers in sorted(having.items()):
        if len(numbers) < most:
            weight = math.log1p(most / len(numbers))
            for number in numbers:
                scores[number] = scores.get(number, 0.0) + weight
    return scores


_CHANGE_COLUMNS = (
    "seq", "memory_id", "kind", "campaign_id", "platform", "objective", "timestamp", "embedder_id", "vector", "deleted",
)  # fmt: skip
"""In the order of `MemoryChange`'s fields."""
_anchor = memories.alias("anchor")
_CHANGES = (
    select(*[memories.c[name] for name in _CHANGE_COLUMNS])
    .where(memories.c.workspace == bindparam("w"), memories.c.seq > bindparam("after"))
    .order_by(memories.c.seq)
    .limit(bindparam("limit"))
)
_SINCE = _CHANGES.add_columns(exists().where(key_of(_anchor, id="row", workspace="w")).label("there"))
_OTHER_VECTORS = """
SELECT 1 FROM memories WHERE workspace = :workspace AND deleted = 0 AND embedder_id < :embedder UNION ALL
SELECT 1 FROM memories WHERE workspace = :workspace AND deleted = 0 AND embedder_id > :embedder LIMIT 1
"""
_TEXTS = "m.kind, m.text, m.platform, m.objective, m.timestamp, m.summary, m.metadata"


def _record(
    memory_id: str,
    kind: str,
    text: str,
    platform: str,
    objective: str,
    timestamp: str,
    summary: str,
    metadata: str,
    embedder_id: str | None = None,
    vector: bytes | None = None,
) -> MemoryRecord:
    when, details = datetime.fromisoformat(timestamp), orjson.loads(metadata)
    return MemoryRecord(
        memory_id, kind, text, platform, objective, when, summary, details, embedder_id, vector_of(vector)
    )
