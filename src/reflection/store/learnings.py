"""The book of learnings: what stands is read before a fit is judged, what is new is written with the fit.

Every revision is appended and none is changed, and what is served is always the newest one; so "what did we believe on
1 March" is what was served then. Each is read as of any instant. Must not know how a state is found, nor what is news
(`learnings.revision`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, Integer, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from reflection.domain import signals
from reflection.domain.evidence import Evidence, decode
from reflection.domain.instants import instant_text
from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.memory_text import learning_text, memory_id
from reflection.domain.ports import MemoryRecord
from reflection.domain.reciprocals import TURNED, once_each
from reflection.errors import NotFound
from reflection.learnings.claims import CampaignEstimate, Claim, Learning
from reflection.learnings.lifecycle import worth
from reflection.store import learning_reviews, learnings_json, memories_write
from reflection.store.book import Book
from reflection.store.database.seals import SEAL, resealed, seal_in
from reflection.store.database.statements import insert_missing, key_of, same_key
from reflection.store.row_values import Row, memory_row
from reflection.store.tables.campaigns import campaigns, evidence
from reflection.store.tables.learnings import learning_evidence, learning_revisions, learnings

NEWEST_CAMPAIGNS = 1_000
"""Newest campaigns that are read to see whether effects still hold."""

MAX_LISTED = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The learnings of a workspace and its newest campaigns at one moment: what a fit is judged against.

    Attributes:
        learnings: claim -> the learning as its last revision says, the one worth most first.
        revisions: claim -> the number of that revision.
        evidence: the newest campaigns, the latest first.
    """

    learnings: Mapping[Claim, Learning]
    revisions: Mapping[Claim, int]
    evidence: Sequence[Evidence]


class LearningBook(Book):
    """Learnings of every workspace; thread-safe."""

    def snapshot(self, workspace: str) -> Snapshot:
        """What stands now; takes no write lock."""
        with self._database.read(workspace) as connection:
            rows = connection.execute(_CURRENT, {"w": workspace}).all()
            newest = {"w": workspace, "n": NEWEST_CAMPAIGNS}
            payloads = list(connection.execute(_NEWEST_EVIDENCE, newest).scalars())
        pairs = [(learnings_json.decoded(row.body), row.revision) for row in rows]
        return Snapshot(
            learnings={learning.claim: learning for learning, _ in pairs},
            revisions={learning.claim: revision for learning, revision in pairs},
            evidence=[decode(payload) for payload in payloads],
        )

    def write(
        self,
        connection: Connection,
        workspace: str,
        knowledge: Knowledge,
        revised: Sequence[Learning],
        snapshot: Snapshot,
    ) -> list[tuple[Learning, int, str | None]]:
        """Append what a fit says anew, inside the transaction that stores the fit.

        A learning that another process has revised since the snapshot is left as that one says.

        Args:
            revised: new learnings, and learnings of the snapshot that say something else now.

        Returns:
            What was appended: learnings, the numbers of their revisions, and their states before (None of a new one).
        """
        last = connection.execute(_LAST_RECORDED, {"w": workspace}).scalar_one_or_none()
        now = max(self._instant(), last or "")  # a clock set back must not reorder what was believed
        news: list[tuple[Learning, int, str | None]] = []
        for learning in revised:
            number = snapshot.revisions.get(learning.claim)
            if _append(connection, workspace, learning, number, knowledge, now):
                before = snapshot.learnings.get(learning.claim)
                news.append((learning, (number or 0) + 1, None if before is None else before.state))
        new = [learning for learning in revised if learning.claim not in snapshot.revisions]
        if new:
            rows = [_memory(workspace, learning, knowledge, now) for learning in new]
            memories_write.remember(connection, rows, memories_write.last_number(connection, workspace))
        return news

    def list(
        self,
        workspace: str,
        *,
        state: str | None = None,
        metric: str | None = None,
        signal: str | None = None,
        context: str | None = None,
        as_of: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> tuple[list[Row], str | None]:
        """Learnings by worth, the best first, and the cursor of the next page (None at the end).

        Conversions for the money are told as CPA, and once: beside a learning on CPA only where `metric` asks for them.

        Args:
            signal: a signal key, or a group such as ``audience.age``.
            as_of: what was believed at that instant; now when None.
            after: the last id of the page before.
        """
        with self._database.read(workspace) as connection:
            rows = _newest_revisions(connection, workspace, as_of)
            reviews = learning_reviews.newest_reviews(connection, workspace)
        if metric != TURNED:
            rows = once_each(rows, lambda row: ((row.signal_key, row.context), row.metric))
        rows = [
            row
            for row in rows
            if state in (None, row.state)
            and metric in (None, row.metric)
            and signal in (None, row.signal_key, signals.parse(row.signal_key).group)
            and context in (None, row.context)
        ]
        position = next((i + 1 for i, row in enumerate(rows) if row.learning_id == after), 0)
        page = rows[position : position + min(limit, MAX_LISTED)]
        more = position + len(page) < len(rows)
        items = [learnings_json.answer_of(row, reviews.get(row.learning_id)) for row in page]
        return items, page[-1].learning_id if more and page else None

    def get(self, workspace: str, learning_id: str, as_of: datetime | None = None) -> Row:
        """One learning with its history, its evidence, what people said, and when it was recalled to what end.

        Raises:
            NotFound: there is none of this id, or there was none at that instant.
        """
        with self._database.read(workspace) as connection:
            history = connection.execute(_HISTORY, {"w": workspace, "l": learning_id, "t": _until(as_of)}).all()
            if not history:
                raise NotFound(f"there is no learning {learning_id!r}" + (" at that time" if as_of else ""))
            stands_on = connection.execute(_EVIDENCE, {"w": workspace, "l": learning_id}).mappings().all()
            details = learning_reviews.remarks(connection, workspace, learning_id)
        reviews = details["reviews"]
        newest = learnings_json.answer_of(history[-1], reviews[-1] if reviews else None)
        return {
            **newest,
            "history": [learnings_json.answer_of(row) for row in history],
            "evidence": [_witness(row) for row in stands_on],
            **details,
        }

    def facts(self, workspace: str, learning_ids: Sequence[str]) -> dict[str, Row]:
        """The present numbers of learnings by id, for ranking and showing them."""
        with self._database.read(workspace) as connection:
            return facts(connection, workspace, learning_ids)


def summaries(connection: Connection, workspace: str) -> Sequence[LearningSummary]:
    """Every learning without its numbers, the one worth most first."""
    return [LearningSummary(*row) for row in connection.execute(_HEADS, {"w": workspace})]


def facts(connection: Connection, workspace: str, learning_ids: Sequence[str]) -> dict[str, Row]:
    """The present numbers of learnings by id, for ranking and showing them."""
    rows = connection.execute(_CURRENT_OF, {"w": workspace, "ids": list(learning_ids)}).all()
    return {row.learning_id: learnings_json.answer_of(row) for row in rows}


def _append(
    connection: Connection, workspace: str, learning: Learning, before: int | None, knowledge: Knowledge, now: str
) -> bool:
    """A revision after `before` with its evidence; nothing, and False, where that is no longer the last one."""
    key = {"workspace": workspace, "learning_id": learning.claim.learning_id}
    row: Row = {"revision": (before or 0) + 1, "state": learning.state, "worth": worth(learning)}
    if not _move_head(connection, {**key, **row}, learning.claim, before, now):
        return False
    body = learnings_json.encoded(learning, knowledge.spellings)
    origin = {"recorded_at": now, "seq": knowledge.seq, "as_of": knowledge.as_of, "body": body}
    connection.execute(insert(learning_revisions), {**key, **row, **origin})
    connection.execute(_CLEAR_EVIDENCE, {"w": workspace, "l": learning.claim.learning_id})
    witnesses = [_witness_row(key, witness) for witness in learning.witnesses]
    if witnesses:
        connection.execute(_ADD_EVIDENCE, witnesses)
    return True


def _move_head(connection: Connection, row: Row, claim: Claim, before: int | None, now: str) -> bool:
    """Let a learning's head say what its new revision says; False where another process was quicker."""
    if before is None:
        about = {"signal_key": claim.signal_key, "context": claim.context, "metric": claim.metric}
        return connection.execute(_ADD_HEAD, {**row, **about, "created_at": now}).rowcount > 0
    moved = {"w": row["workspace"], "l": row["learning_id"], "old": before, "new": row["revision"]}
    return connection.execute(_MOVE_HEAD, {**moved, "s": row["state"], "v": row["worth"]}).rowcount > 0


def _witness_row(key: Row, witness: CampaignEstimate) -> Row:
    """Inserted by way of `campaigns`: a campaign deleted meanwhile adds nothing, and nothing else can be evidence."""
    numbers = {"e": witness.estimate, "sd": witness.sd, "s": int(witness.supports)}
    return {"w": key["workspace"], "l": key["learning_id"], "c": witness.campaign_id, **numbers}


def _witness(row: Any) -> Row:
    numbers = {name: row[name] for name in ("campaign_id", "estimate", "sd")}
    return {**numbers, "supports": bool(row["supports"])}


def _memory(workspace: str, learning: Learning, knowledge: Knowledge, now: str) -> Row:
    """The learning's memory: what it is about. Its numbers are looked up, so it is written once."""
    claim = learning.claim
    parts = {signal.group: signal.level for signal in _signals_of(claim)}
    aliases = sorted(alias for alias, key in knowledge.aliases.items() if key == claim.signal_key)
    record = MemoryRecord(
        memory_id=memory_id("learning", claim.learning_id),
        kind="learning",
        text=learning_text(claim.signal_key, claim.context, claim.metric, aliases, knowledge.spellings),
        platform_name=parts.get(signals.PLATFORM, ""),
        objective_name=parts.get(signals.OBJECTIVE, ""),
        timestamp=datetime.fromisoformat(now),
        summary="",
        metadata={"learning_id": claim.learning_id},
    )
    return memory_row(workspace, record, None)


def _signals_of(claim: Claim) -> Iterable[signals.Signal]:
    return [signals.parse(key) for key in (claim.signal_key, claim.context) if key]


def _newest_revisions(connection: Connection, workspace: str, as_of: datetime | None) -> list[Any]:
    """The last revision of every learning at an instant, the one worth most first."""
    if as_of is None:
        return list(connection.execute(_CURRENT, {"w": workspace}).all())
    return list(connection.execute(_AS_OF, {"w": workspace, "t": _until(as_of)}).all())


def _until(as_of: datetime | None) -> str:
    return instant_text(as_of) if as_of is not None else "9999"


_HEAD = (learnings.c.learning_id, learnings.c.signal_key, learnings.c.context, learnings.c.metric)
_BODY = (
    learning_revisions.c.revision,
    learning_revisions.c.recorded_at,
    learning_revisions.c.state,
    learning_revisions.c.worth,
    learning_revisions.c.as_of,
    learning_revisions.c.body,
)
_SAME = (learnings.c.workspace == learning_revisions.c.workspace) & (
    learnings.c.learning_id == learning_revisions.c.learning_id
)
_ALL = select(*_HEAD, *_BODY).join_from(learnings, learning_revisions, _SAME)
_ALL = _ALL.where(learnings.c.workspace == bindparam("w"))
_BEST_FIRST = (learning_revisions.c.worth.desc(), learnings.c.learning_id)
_NEWEST_REVISION = learning_revisions.c.revision == learnings.c.revision
_CURRENT = _ALL.where(_NEWEST_REVISION).order_by(*_BEST_FIRST)
_CURRENT_OF = _ALL.where(_NEWEST_REVISION, learnings.c.learning_id.in_(bindparam("ids", expanding=True)))
_HEADS = (
    select(*_HEAD, learnings.c.state, learnings.c.worth)
    .where(learnings.c.workspace == bindparam("w"))
    .order_by(learnings.c.worth.desc(), learnings.c.learning_id)
)
_earlier = learning_revisions.alias("earlier")
_AS_OF = _ALL.where(
    learning_revisions.c.revision
    == select(func.max(_earlier.c.revision))
    .where(
        same_key(_earlier, learnings, "workspace", "learning_id"),
        _earlier.c.recorded_at <= bindparam("t"),
    )
    .scalar_subquery()
).order_by(*_BEST_FIRST)
_HISTORY = _ALL.where(
    learnings.c.learning_id == bindparam("l"), learning_revisions.c.recorded_at <= bindparam("t")
).order_by(learning_revisions.c.revision)
_EVIDENCE = (
    select(*(learning_evidence.c[name] for name in ("campaign_id", "estimate", "sd", "supports")))
    .where(key_of(learning_evidence, workspace="w", learning_id="l"))
    .order_by(learning_evidence.c.sd, learning_evidence.c.campaign_id)
)
_LAST_RECORDED = select(func.max(learning_revisions.c.recorded_at)).where(
    learning_revisions.c.workspace == bindparam("w")
)
_NEWEST_EVIDENCE = (
    select(evidence.c.payload)
    .join(
        campaigns,
        same_key(campaigns, evidence, "workspace", "campaign_id", "revision"),
    )
    .where(campaigns.c.workspace == bindparam("w"), evidence.c.sign == 1)
    .order_by(campaigns.c.timestamp.desc(), campaigns.c.campaign_id)
    .limit(bindparam("n"))
)
_ADD_HEAD = insert_missing(learnings)
_MOVE_HEAD = (
    update(learnings)
    .where(key_of(learnings, workspace="w", learning_id="l", revision="old"))
    .values(resealed(learnings, revision=bindparam("new"), state=bindparam("s"), worth=bindparam("v")))
)
_CLEAR_EVIDENCE = delete(learning_evidence).where(key_of(learning_evidence, workspace="w", learning_id="l"))
_WITNESS = {
    "workspace": campaigns.c.workspace,
    "learning_id": bindparam("l", type_=Text),
    "campaign_id": campaigns.c.campaign_id,
    "estimate": bindparam("e", type_=Float),
    "sd": bindparam("sd", type_=Float),
    "supports": bindparam("s", type_=Integer),
}
_ADD_EVIDENCE = insert(learning_evidence).from_select(
    [*_WITNESS, SEAL],
    select(*_WITNESS.values(), seal_in(learning_evidence, _WITNESS)).where(
        key_of(campaigns, workspace="w", campaign_id="c")
    ),
)
