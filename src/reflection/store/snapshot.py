"""`SqlSnapshot`: one state of one workspace, read through one connection in one read transaction.

What a request asks for together is answered from the same state, whatever is committed meanwhile. Must not write, nor
know what the answers are for.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.engine import Connection

from reflection.domain.campaign_list import CampaignQuery, ListPlace
from reflection.domain.freshness import Freshness
from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ALL, ListQuery
from reflection.domain.ports import LedgerEntry, StoredCampaign
from reflection.store import (
    attention_read,
    campaign_list,
    campaigns_read,
    fits,
    insights_read,
    learnings,
    months_read,
    recommendations,
)
from reflection.store.fits import FitHead
from reflection.store.row_values import Row, unpacked
from reflection.store.tables.campaigns import campaign_signals, campaigns, evidence, idempotency, patterns

KnowledgeReader = Callable[[Connection, str, FitHead | None], Knowledge]
"""Reads what a workspace's newest fit says in the transaction of a connection."""


class SqlSnapshot:
    """Answers questions about one workspace as long as its transaction is open; implements `ports.Snapshot`.

    Args:
        connection: in a read transaction that somebody else opened and ends.
        read_knowledge: the store's, which decodes each fit only once in a process.
    """

    def __init__(self, connection: Connection, workspace: str, read_knowledge: KnowledgeReader) -> None:
        self._connection = connection
        self._workspace = workspace
        self._read_knowledge = read_knowledge

    @property
    def workspace(self) -> str:
        """Whose state it is."""
        return self._workspace

    def campaign(self, campaign_id: str) -> StoredCampaign | None:
        """The current revision of a campaign; None when it is not there."""
        return campaigns_read.campaign(self._connection, self._workspace, campaign_id)

    def campaigns_named(self, campaign_ids: Sequence[str]) -> dict[str, StoredCampaign]:
        """The current revisions of those campaigns that are there."""
        states = campaigns_read.current(self._connection, self._workspace, campaign_ids)
        return {name: state.stored for name, state in states.items() if state.stored is not None}

    def campaign_names(self, limit: int) -> dict[str, str | None]:
        """Ids of stored campaigns with their display names, the newest first."""
        return campaigns_read.campaign_names(self._connection, self._workspace, limit)

    def idempotent_answer(self, key: str) -> tuple[str, bytes] | None:
        """Content hash and answer given under an idempotency key; None when it was never used."""
        row = self._connection.execute(_ANSWER, {"w": self._workspace, "k": key}).one_or_none()
        return (row.request_hash, unpacked(row.answer)) if row else None

    def accepted_campaigns(self) -> frozenset[str]:
        """Campaigns that count although their tracking looked faulty."""
        return campaigns_read.accepted(self._connection, self._workspace)

    def accepted_advice(self) -> list[dict[str, Any]]:
        """The last claims shown whose latest feedback accepted them: what a campaign may be following."""
        return recommendations.accepted(self._connection, self._workspace)

    def campaign_list(self, query: CampaignQuery) -> list[tuple[ListPlace, StoredCampaign]]:
        """Campaigns with their places in the list, the newest first."""
        return campaign_list.campaign_list(self._connection, self._workspace, query)

    def objective_keys(self) -> list[str]:
        """Every objective's signal key, sorted."""
        return campaign_list.objective_keys(self._connection, self._workspace)

    def unlearnt(self, after: int, limit: int) -> list[str]:
        """Campaigns that the ledger names after an entry, sorted; at most `limit` entries are looked at."""
        return campaign_list.unlearnt(self._connection, self._workspace, after, limit)

    def knowledge(self) -> Knowledge:
        """What the workspace knows; `NOTHING` before the first fit."""
        return self._read_knowledge(self._connection, self._workspace, self._newest_fit)

    def pending(self, beside: str = "") -> int:
        """How many campaigns, `beside` left out, have changes that `knowledge` has not taken in yet."""
        head = self._newest_fit
        return campaigns_read.pending(self._connection, self._workspace, head.seq if head else 0, beside)

    @cached_property
    def _newest_fit(self) -> FitHead | None:
        return fits.newest(self._connection, self._workspace)

    def freshness(self) -> Freshness:
        """What an answer from this state says of itself: {as_of, pending}."""
        return {"as_of": self.knowledge().as_of, "pending": self.pending()}

    def ledger(self, after: int, limit: int) -> list[LedgerEntry]:
        """Ledger entries after a number, in order."""
        return campaigns_read.ledger_entries(self._connection, self._workspace, after, limit)

    def campaigns_with(self, signal_keys: Sequence[str]) -> dict[str, int]:
        """How many stored campaigns carry each of these signals; those that none carries are left out."""
        return campaigns_read.campaigns_with(self._connection, self._workspace, signal_keys)

    def insights(self, limit: int, query: ListQuery = ALL, without: Collection[str] = ()) -> list[Row]:
        """What campaigns say of themselves, by priority, the newest first among equals; none of those `without`."""
        return insights_read.own_sentences(self._connection, self._workspace, limit, query, without)

    def supporters(self, learning_ids: Sequence[str], signal_keys: Sequence[str]) -> dict[str, str]:
        """Of each learning the newest campaign for it that has these signals."""
        return insights_read.supporters(self._connection, self._workspace, learning_ids, signal_keys)

    def newest(self, campaign_ids: Collection[str], signal_keys: Sequence[str]) -> list[str]:
        """Those of the campaigns that are stored and have these signals, the newest first."""
        return insights_read.newest(self._connection, self._workspace, campaign_ids, signal_keys)

    def patterns(self, limit: int) -> list[Row]:
        """Patterns by impact; `id` is the finding's."""
        rows = self._connection.execute(_PATTERNS, {"w": self._workspace, "limit": limit}).mappings()
        return [campaigns_read.plain(row) for row in rows]

    def evidence_of_signal(self, signal_key: str, limit: int) -> list[tuple[str, bytes]]:
        """Campaign ids and current payloads of the campaigns that have a signal, in the order of campaign ids."""
        values = {"w": self._workspace, "s": signal_key, "limit": limit}
        return [(row.campaign_id, row.payload) for row in self._connection.execute(_OF_SIGNAL, values)]

    def learning_summaries(self) -> Sequence[LearningSummary]:
        """Every learning without its numbers, the one worth most first."""
        return learnings.summaries(self._connection, self._workspace)

    def learning_facts(self, learning_ids: Sequence[str]) -> dict[str, Row]:
        """The present numbers of learnings, by id."""
        return learnings.facts(self._connection, self._workspace, learning_ids)

    def ended_learnings(self, states: tuple[str, ...], since: datetime, limit: int) -> dict[str, str]:
        """Learnings that came into one of these states since an instant: id -> when, the latest first."""
        return attention_read.ended_learnings(self._connection, self._workspace, states, since, limit)

    def newest_day(self) -> str | None:
        """Day of the newest campaign's timestamp; None where there is none."""
        return months_read.newest_day(self._connection, self._workspace)

    def month_sums(self, since: str, without: Collection[str]) -> list[Row]:
        """Sums of campaigns by month, currency, kind and objective, from a day on."""
        return months_read.month_sums(self._connection, self._workspace, since, without)

    def ratio_sums(self, counts: tuple[str, ...], without: Collection[str]) -> list[Row]:
        """Sums of two counts of campaigns by month, currency, kind, objective and platform, where both are given."""
        return months_read.ratio_sums(self._connection, self._workspace, counts, without)

    def last_arrival(self) -> str | None:
        """When the last campaign came; None where none ever did."""
        return attention_read.last_arrival(self._connection, self._workspace)


def _of_signal() -> Select[tuple[str, bytes]]:
    current = and_(
        campaigns.c.workspace == campaign_signals.c.workspace,
        campaigns.c.campaign_id == campaign_signals.c.campaign_id,
    )
    its_evidence = and_(
        evidence.c.workspace == campaigns.c.workspace,
        evidence.c.campaign_id == campaigns.c.campaign_id,
        evidence.c.revision == campaigns.c.revision,
        evidence.c.sign == 1,
    )
    return (
        select(evidence.c.campaign_id, evidence.c.payload)
        .select_from(campaign_signals.join(campaigns, current).join(evidence, its_evidence))
        .where(campaign_signals.c.workspace == bindparam("w"), campaign_signals.c.signal_key == bindparam("s"))
        .order_by(campaign_signals.c.campaign_id)
        .limit(bindparam("limit"))
    )


_ANSWER = select(idempotency.c.request_hash, idempotency.c.answer).where(
    idempotency.c.workspace == bindparam("w"), idempotency.c.key == bindparam("k")
)
_PATTERN = ("campaign_id", "category", "signal_key", "summary", "impact_score", "created_at")
_PATTERNS = (
    select(patterns.c.finding_id.label("id"), *(patterns.c[name] for name in _PATTERN))
    .where(patterns.c.workspace == bindparam("w"))
    .order_by(patterns.c.impact_score.desc(), patterns.c.finding_id)
    .limit(bindparam("limit"))
)
_OF_SIGNAL = _of_signal()
