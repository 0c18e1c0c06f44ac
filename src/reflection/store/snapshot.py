"""`SqlSnapshot`: one state of one workspace, read through one connection in one read transaction.

What a request asks for together is answered from the same state, whatever is committed meanwhile. Must not write, nor
know what the answers are for.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.engine import Connection

from reflection.domain.freshness import Freshness
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import StoredCampaign
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
from reflection.store.database.statements import key_of, same_key
from reflection.store.fits import FitHead
from reflection.store.row_values import Row, unpacked
from reflection.store.tables.campaigns import campaign_signals, campaigns, evidence, idempotency, patterns

KnowledgeReader = Callable[[Connection, str, FitHead | None], Knowledge]
"""Reads what a workspace's newest fit says in the transaction of a connection."""

Values = ParamSpec("Values")
Answer = TypeVar("Answer")


def _question(
    function: Callable[Concatenate[Connection, str, Values], Answer],
) -> Callable[Concatenate["SqlSnapshot", Values], Answer]:
    """What a function reads of a workspace through a connection, as a method that reads it of the snapshot."""

    @wraps(function)
    def method(snapshot: "SqlSnapshot", /, *values: Values.args, **named: Values.kwargs) -> Answer:
        return function(snapshot._connection, snapshot._workspace, *values, **named)

    return method


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

    campaign = _question(campaigns_read.campaign)
    campaign_names = _question(campaigns_read.campaign_names)
    accepted_campaigns = _question(campaigns_read.accepted)
    campaigns_with = _question(campaigns_read.campaigns_with)
    ledger = _question(campaigns_read.ledger_entries)
    objective_keys = _question(campaign_list.objective_keys)
    unlearnt = _question(campaign_list.unlearnt)
    campaign_list = _question(campaign_list.campaign_list)
    accepted_advice = _question(recommendations.accepted)
    insights = _question(insights_read.own_sentences)
    supporters = _question(insights_read.supporters)
    newest = _question(insights_read.newest)
    learning_summaries = _question(learnings.summaries)
    learning_facts = _question(learnings.facts)
    ended_learnings = _question(attention_read.ended_learnings)
    last_arrival = _question(attention_read.last_arrival)
    newest_day = _question(months_read.newest_day)
    month_sums = _question(months_read.month_sums)
    ratio_sums = _question(months_read.ratio_sums)

    def campaigns_named(self, campaign_ids: Sequence[str]) -> dict[str, StoredCampaign]:
        """The current revisions of those campaigns that are there."""
        states = campaigns_read.current(self._connection, self._workspace, campaign_ids)
        return {name: state.stored for name, state in states.items() if state.stored is not None}

    def idempotent_answer(self, key: str) -> tuple[str, bytes] | None:
        """Content hash and answer given under an idempotency key; None when it was never used."""
        row = self._connection.execute(_ANSWER, {"w": self._workspace, "k": key}).one_or_none()
        return (row.request_hash, unpacked(row.answer)) if row else None

    def knowledge(self) -> Knowledge:
        """What the workspace knows; `NOTHING` before the first fit."""
        return self._read_knowledge(self._connection, self._workspace, self._newest_fit_and_pending[0])

    def pending(self, beside: str = "") -> int:
        """How many campaigns, `beside` left out, have changes that `knowledge` has not taken in yet."""
        head, pending = self._newest_fit_and_pending
        if not beside or not pending:
            return pending
        return campaigns_read.pending(self._connection, self._workspace, head.seq if head else 0, beside)

    @cached_property
    def _newest_fit_and_pending(self) -> tuple[FitHead | None, int]:
        return fits.newest_and_pending(self._connection, self._workspace)

    def freshness(self) -> Freshness:
        """What an answer from this state says of itself: {as_of, pending}."""
        return {"as_of": self.knowledge().as_of, "pending": self.pending()}

    def patterns(self, limit: int) -> list[Row]:
        """Patterns by impact; `id` is the finding's."""
        rows = self._connection.execute(_PATTERNS, {"w": self._workspace, "limit": limit}).mappings()
        return [campaigns_read.plain(row) for row in rows]

    def evidence_of_signal(self, signal_key: str, limit: int, after: str = "") -> list[tuple[str, bytes]]:
        """Campaign ids and current payloads of the campaigns that have a signal, in the order of campaign ids, from
        the one `after` an id on."""
        values = {"w": self._workspace, "s": signal_key, "after": after, "limit": limit}
        return [(row.campaign_id, row.payload) for row in self._connection.execute(_OF_SIGNAL, values)]


def _of_signal() -> Select[tuple[str, bytes]]:
    current = same_key(campaigns, campaign_signals, "workspace", "campaign_id")
    its_evidence = and_(
        same_key(evidence, campaigns, "workspace", "campaign_id", "revision"),
        evidence.c.sign == 1,
    )
    return (
        select(evidence.c.campaign_id, evidence.c.payload)
        .select_from(campaign_signals.join(campaigns, current).join(evidence, its_evidence))
        .where(key_of(campaign_signals, workspace="w", signal_key="s"))
        .where(campaign_signals.c.campaign_id > bindparam("after"))
        .order_by(campaign_signals.c.campaign_id)
        .limit(bindparam("limit"))
    )


_ANSWER = select(idempotency.c.request_hash, idempotency.c.answer).where(key_of(idempotency, workspace="w", key="k"))
_PATTERN = ("campaign_id", "category", "signal_key", "summary", "impact_score", "created_at")
_PATTERNS = (
    select(patterns.c.finding_id.label("id"), *(patterns.c[name] for name in _PATTERN))
    .where(patterns.c.workspace == bindparam("w"))
    .order_by(patterns.c.impact_score.desc(), patterns.c.finding_id)
    .limit(bindparam("limit"))
)
_OF_SIGNAL = _of_signal()
