"""What the engine needs from the outside, as protocols and the values that cross them.

Adapters (store, memory, writers) implement these, engine and learner call them. Knows core values, and no adapter.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reflection.domain.campaign_list import CampaignQuery, ListPlace
from reflection.domain.experiment import StoredExperiments
from reflection.domain.facts import Facts as Facts
from reflection.domain.freshness import Freshness
from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ALL, ListQuery
from reflection.domain.results import Comparison, Insights, SimilarCampaign, Statement

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


@dataclass(frozen=True, slots=True)
class StoredCampaign:
    """A campaign as the store holds it; `answer` is the JSON that was served for this revision, `name` what people call
    it.

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


class StaleRevision(Exception):
    """Another writer stored this campaign since it was read; the engine computes again."""


class Snapshot(Protocol):
    """One state of one workspace, whatever is written meanwhile; nobody waits for another process while it is open."""

    @property
    def workspace(self) -> str:
        """Whose state it is."""

    def campaign(self, campaign_id: str) -> StoredCampaign | None:
        """The campaign as last stored, or None."""

    def campaigns_named(self, campaign_ids: Sequence[str]) -> dict[str, StoredCampaign]:
        """Those of the named campaigns that are stored."""

    def campaign_names(self, limit: int) -> dict[str, str | None]:
        """Ids of stored campaigns with their display names, the newest first."""

    def idempotent_answer(self, key: str) -> tuple[str, bytes] | None:
        """Content hash and answer that an idempotency key has had."""

    def accepted_campaigns(self) -> frozenset[str]:
        """Campaigns that a person accepted although they look like tracking faults."""

    def accepted_advice(self) -> list[dict[str, Any]]:
        """The last recommendations whose latest feedback accepted them: {recommendation_id, unit, seq, claim, ...}."""

    def campaign_list(self, query: CampaignQuery) -> list[tuple[ListPlace, StoredCampaign]]:
        """Campaigns with their places in the list, the newest first."""

    def objective_keys(self) -> list[str]:
        """Every objective's signal key."""

    def unlearnt(self, after: int, limit: int) -> list[str]:
        """Campaigns that the ledger names after an entry; of so many entries."""

    def knowledge(self) -> Knowledge:
        """What was learnt last."""

    def pending(self, beside: str = "") -> int:
        """How many campaigns, `beside` left out, have changes that `knowledge` has not taken in yet."""

    def freshness(self) -> Freshness:
        """What an answer from this state says of itself: {as_of, pending}."""

    def ledger(self, after: int, limit: int) -> list[LedgerEntry]:
        """Ledger entries after a number, in order."""

    def campaigns_with(self, signal_keys: Sequence[str]) -> dict[str, int]:
        """How many stored campaigns carry each of these signals; those that none carries are left out."""

    def insights(self, limit: int, query: ListQuery = ALL, without: Collection[str] = ()) -> list[dict[str, Any]]:
        """What campaigns say of themselves, by priority, the newest first among equals; none of those `without`."""

    def supporters(self, learning_ids: Sequence[str], signal_keys: Sequence[str]) -> dict[str, str]:
        """Of each learning the newest campaign for it that has these signals."""

    def newest(self, campaign_ids: Collection[str], signal_keys: Sequence[str]) -> list[str]:
        """Those of the campaigns that are stored and have these signals, the newest first."""

    def patterns(self, limit: int) -> list[dict[str, Any]]:
        """Patterns of the last fit by impact."""

    def evidence_of_signal(self, signal_key: str, limit: int, after: str = "") -> list[tuple[str, bytes]]:
        """Campaign id and evidence of campaigns that carry a signal."""

    def learning_summaries(self) -> Sequence[LearningSummary]:
        """Every learning without its numbers, the one worth most first."""

    def learning_facts(self, learning_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The present numbers of learnings, by id."""

    def ended_learnings(self, states: tuple[str, ...], since: datetime, limit: int) -> dict[str, str]:
        """Learnings that came into one of these states since an instant: id -> when, the latest first."""

    def newest_day(self) -> str | None:
        """Day of the newest campaign's timestamp; None where there is none."""

    def month_sums(self, since: str, without: Collection[str]) -> list[dict[str, Any]]:
        """Sums of campaigns by month, currency, kind and objective, from a day on."""

    def ratio_sums(self, counts: tuple[str, ...], without: Collection[str]) -> list[dict[str, Any]]:
        """The same of two counts, where both are given, by platform, too."""

    def last_arrival(self) -> str | None:
        """When the last campaign came; None where none ever did."""


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

    def save_knowledge(self, workspace: str, knowledge: Knowledge, artifacts: dict[str, bytes], rests_on: int) -> bool:
        """Publish newly learnt knowledge; False where newer is there, or the entry that it rests on was purged."""

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

    def unaccept(self, record: AnalysisRecord) -> StoredCampaign:
        """Store that nobody accepts a campaign any longer."""

    def experiments(self, workspace: str) -> StoredExperiments:
        """Every randomised experiment, and every event."""

    def experiment_changes(self, workspace: str) -> int:
        """How often experiments or events were added, changed or removed so far."""

    def workspaces(self) -> list[str]:
        """Names of all workspaces."""

    def behind(self) -> list[str]:
        """Names of the workspaces whose ledger goes further than what was learnt of it, sorted."""


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


class InsightWriter(Protocol):
    """Turns facts into sentences; the deterministic writer is one, a language model behind the gate another."""

    def write(self, facts: Facts, *, workspace: str = "default") -> Insights:
        """The insights these facts carry."""
