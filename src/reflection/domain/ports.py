"""What the engine needs from the outside, as protocols and the values that cross them.

Adapters (store, memory, explain's writers) implement these; the engine and the learner call them. This file knows
core values only, and no adapter.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import Bookable
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Comparison, Finding, Insights, PatternReport, SimilarCampaign, Statement

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One thing to be remembered: its meaning as text, its filters as columns, its vector if an embedder ran."""

    memory_id: str
    kind: str
    text: str
    platform_name: str
    objective_name: str
    timestamp: datetime
    summary: str
    metadata: dict[str, Any]
    embedder_id: str | None = None
    vector: Vector | None = None


class MemoryFilters(NamedTuple):
    """What a search of the memories is narrowed to; None does not narrow. Names are normalised, both ends inclusive.

    A memory of no platform or objective in particular speaks of all of them, and passes.
    """

    kind: str | None = None
    platform_name: str | None = None
    objective_name: str | None = None
    start: datetime | None = None
    end: datetime | None = None


EVERYTHING = MemoryFilters()


class Position(NamedTuple):
    """How far somebody has read: the number of a change, and a row that was there.

    Numbers begin anew after a purge, also by another process, so a number alone cannot tell an old history from a new
    one that has grown as long; the number of a row is never given twice.
    """

    seq: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class StoredCampaign:
    """A campaign as the store holds it; `answer` is the JSON that was served for this revision.

    `name` is what people call it, None where nobody said.

    `new` says of what a save returns that this very save wrote it; two saves at once may carry equal bytes.
    """

    workspace: str
    campaign_id: str
    revision: int
    content_hash: str
    campaign_json: str
    answer: bytes
    created_at: str
    name: str | None = None
    new: bool = field(default=False, compare=False)

    @property
    def display_name(self) -> str:
        """What people call it: its name, or its id where it has none."""
        return self.name or self.campaign_id


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """Everything one analysis writes, in one transaction.

    Attributes:
        expected_revision: the revision that was current when the analysis was computed (0 = new); another one in
            the store means somebody was faster, nothing is written and `StaleRevision` is raised.
        evidence: the ledger payload (+1); an earlier revision's payload is appended with sign -1.
        answer: the JSON that is served; its parts are published as files after the commit.
        forecasts: rows for the append-only forecast register.
    """

    workspace: str
    campaign_id: str
    expected_revision: int
    content_hash: str
    campaign_json: str
    platform: str
    objective: str
    timestamp: datetime
    created_at: str
    comparison: Comparison
    statements: Sequence[Statement]
    evidence: bytes
    signal_keys: Sequence[str]
    memory: MemoryRecord
    answer: bytes
    idempotency_key: str | None = None
    forecasts: Sequence["ForecastRow"] = ()
    name: str | None = None
    conversion_kind: str | None = None


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One forecast in the append-only register. `quantiles` maps "0.05" ... to values; money in `currency`."""

    issuer: str
    version: str
    issued_at: str
    metric: str
    point: float | None
    quantiles: dict[str, float] = field(default_factory=dict)
    campaign_id: str | None = None
    platform: str | None = None
    objective: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    currency: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the append-only evidence ledger; the fold of sign x payload over all entries is the truth."""

    seq: int
    campaign_id: str
    revision: int
    sign: int
    payload: bytes


class LearningSummary(NamedTuple):
    """A learning without its numbers."""

    learning_id: str
    signal_key: str
    context: str
    metric: str
    state: str


class StaleRevision(Exception):
    """Another writer stored this campaign since it was read; the engine computes again."""


class Snapshot(Protocol):
    """One state of one workspace: all that a request reads, whatever is written meanwhile.

    Short-lived: nobody waits for a model or for another process while one is open.
    """

    @property
    def workspace(self) -> str:
        """Whose state it is."""

    def campaign(self, campaign_id: str) -> StoredCampaign | None:
        """The campaign as last stored, or None."""

    def campaigns_named(self, campaign_ids: Sequence[str]) -> dict[str, StoredCampaign]:
        """Those of the named campaigns that are stored."""

    def idempotent_answer(self, key: str) -> tuple[str, bytes] | None:
        """Content hash and answer that an idempotency key has had."""

    def accepted_campaigns(self) -> frozenset[str]:
        """Campaigns that a person accepted although they look like tracking faults."""

    def accepted_advice(self) -> list[dict[str, Any]]:
        """The last recommendations whose latest feedback accepted them: {recommendation_id, unit, seq, claim, ...}."""

    def knowledge(self) -> Knowledge:
        """What was learnt last."""

    def insights(self, limit: int) -> list[dict[str, Any]]:
        """Insights by priority, the newest first among equals."""

    def patterns(self, limit: int) -> list[dict[str, Any]]:
        """Patterns of the last fit by impact."""

    def evidence_of_signal(self, signal_key: str, limit: int) -> list[tuple[str, bytes]]:
        """Campaign id and evidence of campaigns that carry a signal."""

    def learning_summaries(self) -> Sequence[LearningSummary]:
        """Every learning without its numbers, the one worth most first."""

    def learning_facts(self, learning_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The present numbers of learnings, by id."""


class Store(Protocol):
    """The structured truth: one workspace at a time, every call names it."""

    def snapshot(self, workspace: str) -> AbstractContextManager[Snapshot]:
        """One state of a workspace, for several questions that belong together."""

    def campaign(self, workspace: str, campaign_id: str) -> StoredCampaign | None:
        """The campaign as last stored, or None."""

    def campaigns_named(self, workspace: str, campaign_ids: Sequence[str]) -> dict[str, StoredCampaign]:
        """Those of the named campaigns that are stored."""

    def save_analysis(self, record: AnalysisRecord) -> StoredCampaign:
        """Everything an analysis changes, in one transaction; raises `StaleRevision` where another writer was first."""

    def save_many(self, records: Sequence[AnalysisRecord]) -> list[StoredCampaign]:
        """The same for many analyses in one transaction."""

    def delete_campaign(self, workspace: str, campaign_id: str) -> bool:
        """Forget a campaign and take back its evidence; whether it was there."""

    def knowledge(self, workspace: str) -> Knowledge:
        """What was learnt last."""

    def save_knowledge(self, workspace: str, knowledge: Knowledge, artifacts: dict[str, bytes]) -> bool:
        """Publish newly learnt knowledge; False where newer knowledge is already there."""

    def last_seq(self, workspace: str) -> int:
        """Number of the newest ledger entry."""

    def ledger(self, workspace: str, after: int = 0, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Ledger entries in order, those after a number."""

    def live_evidence(self, workspace: str, upto: int | None = None) -> Iterator[tuple[str, bytes]]:
        """Campaign id and evidence of everything not taken back."""

    def newest_campaigns(self, workspace: str, limit: int) -> list[str]:
        """The campaigns with the latest timestamps as JSON, ties by id."""

    def accepted(self, workspace: str) -> frozenset[str]:
        """Campaigns that a person accepted although they look like tracking faults."""

    def accept(self, record: AnalysisRecord) -> StoredCampaign:
        """Store that a person accepts a campaign."""

    def workspaces(self) -> list[str]:
        """Names of all workspaces."""


class Memory(Protocol):
    """Similar things from before. `embed` runs before the write transaction, `similar` never writes."""

    def embed(self, text: str) -> tuple[str | None, Vector | None]:
        """Embedder id and vector; (None, None) where there is no embedder."""

    def similar(
        self, workspace: str, text: str, vector: Vector | None, *, limit: int, exclude: str | None = None
    ) -> list[SimilarCampaign]:
        """Neighbours, the nearest first."""

    def status(self) -> dict[str, Any]:
        """Which index answers and whether it is degraded."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a writer may speak about: numbers with ids, nothing else; `advice` is what of it is recommended."""

    comparison: Comparison
    patterns: PatternReport
    findings: tuple[Finding, ...]
    similar: tuple[SimilarCampaign, ...]
    platform: str
    objective: str
    notes: tuple[str, ...] = ()
    advice: tuple[Bookable, ...] = ()


class InsightWriter(Protocol):
    """Turns facts into sentences; the deterministic writer is one, a language model behind the gate another."""

    def write(self, facts: Facts, *, workspace: str = "default") -> Insights:
        """The insights these facts carry."""
