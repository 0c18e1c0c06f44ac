"""Semantic memory: what `ports.Memory` promises, over rows, an embedder and an index.

Degradation is visible and never an error: without a model words are searched, also while memories wait with vectors of
another model; with a broken or lagging mirror the local index answers; `status` and every result say so. Nothing here
writes rows; `reindexing` does. Must not know SQL, files or settings.
"""

import math
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reflection.domain import signals
from reflection.domain.memory_search import MemoryFilters
from reflection.domain.memory_text import memory_id, why, words
from reflection.domain.ports import MemoryRecord, Vector
from reflection.domain.reciprocals import once_each
from reflection.domain.results import SimilarCampaign
from reflection.errors import Unavailable
from reflection.memory.embedders import Embedder, Space
from reflection.memory.index import Hit, VectorIndex, Where
from reflection.memory.local import LocalIndex
from reflection.memory.ranking import (
    EXACT_WEIGHT,
    Candidate,
    best_first,
    by_overlap,
    exactness,
    hybrid,
    weighted,
    worth,
)
from reflection.memory.rows import MemoryRows
from reflection.memory.server import ServerIndex

CANDIDATES = 50
MAX_TERMS = 16
"""Words that are searched where there is no vector: the longest, which tend to be rare."""

FEW_TERMS = 10
RARE = 20
"""Beside a vector, of the longest words those are searched that fewer memories have: names, and what is seldom said.

Ranking all memories with a common word is what made a search among 100,000 slow (138 ms), and it finds nothing that
the vector does not: MRR on headline tests .568 with these in full, .564 with BM25 over all words, .553 without any."""

MAX_QUERY = 2_000
MAX_NAMES = 8
LEARNING = memory_id("learning", "")
NO_WORDS = "similar in meaning, no words in common"
NO_MODEL, NO_VECTORS, NO_INDEX, LAGGING = "embedder", "embedding-lag", "index", "index-lag"


class LearningFacts(Protocol):
    """Where a learning's present numbers come from: its memory holds only what it is about."""

    def facts(self, workspace: str, learning_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """By learning id: what is believed now, and `worth`, what it counts when ranked."""


@dataclass(frozen=True, slots=True)
class MemoryItem:
    """One memory of a search's answer: why it is there, and how it turned out."""

    id: str
    kind: str
    score: float
    rank: int
    why: list[str]
    outcome: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search answers: `index` that was really used, and what is degraded (empty when nothing is)."""

    items: list[MemoryItem]
    index: str
    degraded: list[str]


class SemanticMemory:
    """Implements `ports.Memory`; thread-safe.

    Args:
        rows: the store's memories.
        embedder: makes vectors of questions.
        index: where vectors are searched; a mirror is only believed while it holds as many as the rows do.
        learnings: present numbers of learnings, for ranking them.
    """

    def __init__(
        self,
        rows: MemoryRows,
        embedder: Embedder,
        index: VectorIndex,
        *,
        learnings: LearningFacts | None = None,
    ) -> None:
        self._rows, self._embedder, self._index, self._learnings = rows, embedder, index, learnings
        self._of_rows = index if isinstance(index, LocalIndex | ServerIndex) else LocalIndex(rows)
        self._local = self._of_rows.local if isinstance(self._of_rows, ServerIndex) else self._of_rows
        self._wrong: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def rows(self) -> MemoryRows:
        """The store's memories."""
        return self._rows

    @property
    def index(self) -> VectorIndex:
        """The configured index."""
        return self._index

    @property
    def embedder(self) -> Embedder:
        """The configured embedder."""
        return self._embedder

    def embed(self, text: str) -> tuple[str | None, Vector | None]:
        """The embedder id and the vector of a text; (None, None) when there is no model now."""
        try:
            vector = self._embedder.embed([text])[0]
        except Unavailable as error:
            self._note(NO_MODEL, error.message)
            return None, None
        self._note(NO_MODEL, None)
        return (self._embedder.space.id if self._embedder.space else None), vector

    def similar(
        self, workspace: str, text: str, vector: Vector | None, *, limit: int, exclude: str | None = None
    ) -> list[SimilarCampaign]:
        """Campaigns like this text, best first, each with why and how it did; `exclude` is a campaign id."""
        where = Where(kind="campaign")
        count = max(limit + 1, CANDIDATES // 2)
        hits = self._hits(workspace, vector, count, where)
        if hits is None:
            campaigns = MemoryFilters(kind="campaign")
            lexical = self._rows.lexical(workspace, _terms(text, MAX_TERMS), campaigns, limit=count)
            candidates = hybrid((), None, lexical)
            rows = self._rows.fetch(workspace, [item.memory_id for item in candidates], vectors=False)
        else:
            rows = self._rows.fetch(workspace, [hit.memory_id for hit in hits], vectors=False)
            candidates = by_overlap(text, hits, {name: row.text for name, row in rows.items()})
        others = [
            item for item in candidates if item.memory_id in rows and _campaign_id(rows[item.memory_id]) != exclude
        ]
        return [_similar(item, rank, rows[item.memory_id], text) for rank, item in enumerate(others[:limit], 1)]

    def search(
        self,
        workspace: str,
        q: str,
        *,
        platform: str | None = None,
        objective: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        kind: str | None = None,
        limit: int = 10,
    ) -> SearchResult:
        """Find campaigns and learnings by a question in plain words, or by name.

        Args:
            start: campaigns of this instant or later; learnings believed since.
            kind: ``campaign`` or ``learning``; both when None.
        """
        question = q[:MAX_QUERY].strip()
        filters = MemoryFilters(kind, _normal(platform), _normal(objective), start, end)
        _, vector = self.embed(question) if question else (None, None)
        hits = self._hits(workspace, vector, max(limit, CANDIDATES), _where(filters))
        names = self._named(workspace, question, filters)
        lexical = self._lexical(workspace, question, filters, beside_vector=hits is not None)
        cosines = self._cosines(workspace, vector, hits, [*names, *(name for name, _ in lexical)])
        if hits is None:
            candidates = hybrid(names, cosines, lexical)
        else:
            exact = exactness(lexical, len(words(question)) * math.log(1 + RARE))
            candidates = hybrid(names, cosines, exact, EXACT_WEIGHT, exact_words=True)
        facts = self._facts(workspace, [item.memory_id for item in candidates])
        candidates = once_each(candidates, lambda item: _subject_of(item, facts))
        ranked = (
            best_first(_valued(item, facts, filters) for item in candidates)[:limit] if facts else candidates[:limit]
        )
        rows = self._rows.fetch(workspace, [item.memory_id for item in ranked], vectors=False) if ranked else {}
        ranked = [item for item in ranked if item.memory_id in rows]  # one may have been deleted meanwhile
        items = [_item(item, rank, rows[item.memory_id], question, facts) for rank, item in enumerate(ranked, 1)]
        status = self.status()
        return SearchResult(items, status["index"] if hits is not None else "lexical", status["degraded"])

    def is_level(self, workspace: str) -> bool:
        """Whether the vectors are this model's and in the index; looks now, and `status` says so afterwards."""
        space = self._embedder.space
        if space is None:
            return True
        return self._is_embedded(workspace, space) and (
            not self._index.mirrors or self._mirror_is_level(workspace, space)
        )

    def status(self) -> dict[str, Any]:
        """What answers, as of the last question: {index, embedder, degraded[], reasons{}}."""
        with self._lock:
            wrong = dict(self._wrong)
        distant = self._index is not self._local and (NO_INDEX in wrong or LAGGING in wrong)
        by_words = NO_MODEL in wrong or NO_VECTORS in wrong or not self._embedder.space
        index = "lexical" if by_words else self._index.name
        return {
            "index": self._local.name if index != "lexical" and distant else index,
            "embedder": self._embedder.space.id if self._embedder.space else None,
            "degraded": sorted(wrong if self._embedder.space else {*wrong, NO_MODEL}),
            "reasons": wrong,
        }

    def _hits(self, workspace: str, vector: Vector | None, limit: int, where: Where) -> list[Hit] | None:
        space = self._embedder.space
        if vector is None or space is None or not self._is_embedded(workspace, space):
            return None
        if self._index is not self._local and (not self._index.mirrors or self._mirror_is_level(workspace, space)):
            try:
                hits = self._index.search(workspace, space, vector, limit, where)
            except Unavailable as error:
                self._note(NO_INDEX, error.message)
            else:
                self._note(NO_INDEX, None)
                return hits
        return self._local.search(workspace, space, vector, limit, where)

    def _is_embedded(self, workspace: str, space: Space) -> bool:
        """Whether no memory waits with another model's vector: until then the nearest few would not be the nearest."""
        waiting = self._rows.has_other_vectors(workspace, space.id)
        reason = "memories have vectors of another model: a server, or 'reflection reindex', embeds them anew"
        self._note(NO_VECTORS, reason if waiting else None)
        return not waiting

    def _mirror_is_level(self, workspace: str, space: Space) -> bool:
        """Whether the mirror can be read and holds as many as the rows: a stale client answers without an error."""
        try:
            behind = self._local.count(workspace, space) - self._index.count(workspace, space)
        except Unavailable as error:
            self._note(NO_INDEX, error.message)
            return False
        self._note(NO_INDEX, None)
        self._note(LAGGING, f"the {self._index.name} mirror is {abs(behind)} memories off" if behind else None)
        return behind == 0

    def _lexical(
        self,
        workspace: str,
        question: str,
        filters: MemoryFilters,
        *,
        beside_vector: bool,
    ) -> list[tuple[str, float]]:
        """By words: beside a vector by rare ones, else by any, campaigns and learnings apart, so that both come up."""
        terms = _terms(question, FEW_TERMS if beside_vector else MAX_TERMS)
        if not terms:
            return []
        if beside_vector:
            return self._rows.rare(workspace, terms, filters, limit=CANDIDATES, most=RARE)
        kinds = [filters.kind] if filters.kind else ["campaign", "learning"]
        return [
            hit
            for kind in kinds
            for hit in self._rows.lexical(workspace, terms, filters._replace(kind=kind), limit=CANDIDATES)
        ]

    def _cosines(
        self, workspace: str, vector: Vector | None, hits: list[Hit] | None, others: Sequence[str]
    ) -> dict[str, float] | None:
        """Exact cosines of all candidates, by whichever way; None where there is no vector.

        What the local index found has its exact cosine; a mirror's are computed again, so that all answer alike.
        """
        space = self._embedder.space
        if hits is None or vector is None or space is None:
            return None
        cosines = {hit.memory_id: hit.cosine for hit in hits if not self._index.mirrors}
        rest = {*others, *(hit.memory_id for hit in hits)} - cosines.keys()
        return cosines | (self._of_rows.cosines(workspace, space, vector, sorted(rest)) if rest else {})

    def _named(self, workspace: str, question: str, filters: MemoryFilters) -> list[str]:
        """Memories asked for by name: the whole question, or a word of it that looks like an identifier."""
        candidates = [
            question,
            *(word for word in question.split() if any(c.isdigit() or c in "_-:" for c in word)),
        ]
        names = list(dict.fromkeys(stripped for name in candidates if (stripped := name.strip("\"'.,;?!()"))))
        memory_ids = [memory_id(kind, name) for name in names[:MAX_NAMES] for kind in ("campaign", "learning")]
        return self._rows.named(workspace, memory_ids, filters) if memory_ids else []

    def _facts(self, workspace: str, memory_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        learning_ids = {name: _bare(name) for name in memory_ids if name.startswith(LEARNING)}
        if not learning_ids or self._learnings is None:
            return {}
        facts = self._learnings.facts(workspace, list(learning_ids.values()))
        return {name: facts.get(learning_id, {}) for name, learning_id in learning_ids.items()}

    def _note(self, part: str, reason: str | None) -> None:
        with self._lock:
            if reason is None:
                self._wrong.pop(part, None)
            else:
                self._wrong[part] = reason


def _where(filters: MemoryFilters) -> Where:
    """The same filters as an index takes them."""
    start, end = _seconds(filters.start), _seconds(filters.end)
    return Where(filters.kind, filters.platform_name, filters.objective_name, start, end)


def _subject_of(candidate: Candidate, facts: dict[str, dict[str, Any]]) -> tuple[Hashable, str | None]:
    """What a learning speaks of, and on which metric; one that is asked for by name stands for itself."""
    fact = {} if candidate.exact else facts.get(candidate.memory_id, {})
    return (fact.get("signal_key"), fact.get("context")), fact.get("metric")


def _valued(candidate: Candidate, facts: dict[str, dict[str, Any]], filters: MemoryFilters) -> Candidate:
    if not candidate.memory_id.startswith(LEARNING):
        return candidate
    return weighted(candidate, worth(facts.get(candidate.memory_id, {}), filters.platform_name, filters.objective_name))


def _item(
    candidate: Candidate, rank: int, row: MemoryRecord, question: str, facts: dict[str, dict[str, Any]]
) -> MemoryItem:
    name = _bare(row.memory_id)
    reasons = [f"named: {name}"] if candidate.exact else []
    reasons += why(question, row.text)
    outcome = facts.get(row.memory_id) or row.metadata.get("outcome") or {}
    return MemoryItem(name, row.kind, round(candidate.score, 6), rank, reasons or [NO_WORDS], outcome, row.text)


def _similar(candidate: Candidate, rank: int, row: MemoryRecord, question: str) -> SimilarCampaign:
    metadata = {**row.metadata, "rank": rank, "why": why(question, row.text) or [NO_WORDS]}
    metadata.setdefault("outcome", {})
    return SimilarCampaign(row.memory_id, _campaign_id(row), round(candidate.score, 6), row.summary, metadata)


def _terms(text: str, most: int) -> str:
    """The longest words of a text, at most so many."""
    return " ".join(sorted(words(text), key=lambda word: (-len(word), word))[:most])


def _campaign_id(row: MemoryRecord) -> str:
    return str(row.metadata.get("campaign_id") or _bare(row.memory_id))


def _bare(name: str) -> str:
    """A memory's id without its kind."""
    return name.partition(":")[2]


def _normal(text: str | None) -> str | None:
    return None if text is None else signals.normalise(text)


def _seconds(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
