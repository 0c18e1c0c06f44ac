"""The book of learnings: prepared from a fit before the write lock, written with the fit, read as of any instant.

Every revision that says something new is appended and none is changed, and what is served is always the newest one; so
"what did we believe on 1 March" is what was served then. Must not know how a state is found (core, `learnings`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Float, Integer, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from reflection.domain import signals
from reflection.domain.evidence import Evidence, decode
from reflection.domain.knowledge import Knowledge
from reflection.domain.memory_text import learning_text, memory_id
from reflection.domain.ports import LearningSummary, MemoryRecord
from reflection.errors import NotFound
from reflection.learnings.change_point import MetricView
from reflection.learnings.claims import CampaignEstimate, Claim, Learning, Reading
from reflection.learnings.lifecycle import assess, is_material, readings_of, worth
from reflection.store import learning_reviews, learnings_json, memories_write
from reflection.store import learnings as sql
from reflection.store.database import sqlite
from reflection.store.database.connections import Database
from reflection.store.row_values import Row, memory_row
from reflection.store.tables.campaigns import campaigns, evidence, instant_text
from reflection.store.tables.learnings import learning_evidence, learning_revisions, learnings

LOOKED_AT = 1_000
"""Newest campaigns that are read to see whether effects still hold."""

MAX_CLAIMS = 500
"""Claims looked at after one fit, the most certain first; known learnings come before new ones."""

MAX_LISTED = 500


@dataclass(frozen=True, slots=True)
class Revised:
    """A learning with a new revision; `before` None for one that is new."""

    learning: Learning
    before: int | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one fit changes in the book."""

    seq: int
    as_of: str | None
    revised: tuple[Revised, ...]
    aliases: Mapping[str, str]
    spelt: Mapping[str, str]


class LearningBook:
    """Learnings of every workspace; thread-safe.

    Args:
        database: an open, migrated database.
        now: the clock that dates revisions.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def prepare(self, workspace: str, knowledge: Knowledge) -> Prepared:
        """What a fit changes; reads the newest campaigns' evidence, takes no write lock."""
        readings = readings_of(knowledge)
        with self._database.read() as connection:
            known = _known(connection, workspace)
            wanted = _wanted(known, readings)
            looked_at = _newest_evidence(connection, workspace) if wanted else []
        kept = [item for item in looked_at if item.campaign_id not in knowledge.held]
        views: dict[str, MetricView] = {}
        revised = []
        for claim in wanted:
            if claim.metric not in views:
                views[claim.metric] = MetricView(kept, knowledge, claim.metric)
            revision, before = known.get(claim, (None, None))
            after = assess(before, readings.get(claim), views[claim.metric].points(claim.signal_key, claim.context))
            if after is not None and after is not before and is_material(before, after):
                revised.append(Revised(after, revision))
        return Prepared(knowledge.seq, knowledge.as_of, tuple(revised), knowledge.aliases, knowledge.spelt)

    def write(self, connection: Connection, workspace: str, prepared: Prepared) -> None:
        """Append the revisions, inside the transaction that stores the fit.

        A learning that another process has revised since `prepare` is left as that one says.
        """
        now = instant_text(self._now())
        last = connection.execute(sql.LAST_RECORDED, {"w": workspace}).scalar_one_or_none()
        now = max(now, last or now)  # a clock set back must not reorder what was believed
        new = [item for item in prepared.revised if item.before is None]
        for item in prepared.revised:
            _append(connection, workspace, item, prepared, now)
        memories_write.remember(
            connection, workspace, [_memory(workspace, item.learning, prepared, now) for item in new]
        )

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

        Args:
            signal: a signal key, or a group such as ``audience.age``.
            as_of: what was believed at that instant; now when None.
            after: the last id of the page before.
        """
        with self._database.read() as connection:
            rows = _believed(connection, workspace, as_of)
            reviews = learning_reviews.newest_reviews(connection, workspace)
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
        items = [learnings_json.shown(row, reviews.get(row.learning_id)) for row in page]
        return items, page[-1].learning_id if more and page else None

    def get(self, workspace: str, learning_id: str, as_of: datetime | None = None) -> Row:
        """One learning with its history, its evidence, what people said, and when it was recalled to what end.

        Raises:
            NotFound: there is none of this id, or there was none at that instant.
        """
        with self._database.read() as connection:
            history = connection.execute(sql.HISTORY, {"w": workspace, "l": learning_id, "t": _until(as_of)}).all()
            if not history:
                raise NotFound(f"there is no learning {learning_id!r}" + (" at that time" if as_of else ""))
            stands_on = connection.execute(sql.EVIDENCE, {"w": workspace, "l": learning_id}).mappings().all()
            details = learning_reviews.remarks(connection, workspace, learning_id)
        reviews = details["reviews"]
        newest = learnings_json.shown(history[-1], reviews[-1] if reviews else None)
        return {
            **newest,
            "history": [learnings_json.shown(row) for row in history],
            "evidence": [_witness(row) for row in stands_on],
            **details,
        }

    def facts(self, workspace: str, learning_ids: Sequence[str]) -> dict[str, Row]:
        """The present numbers of learnings by id, for ranking and showing them."""
        with self._database.read() as connection:
            return facts(connection, workspace, learning_ids)


def summaries(connection: Connection, workspace: str) -> Sequence[LearningSummary]:
    """Every learning without its numbers, the one worth most first."""
    return [LearningSummary(*row) for row in connection.execute(sql.HEADS, {"w": workspace})]


def facts(connection: Connection, workspace: str, learning_ids: Sequence[str]) -> dict[str, Row]:
    """The present numbers of learnings by id, for ranking and showing them."""
    rows = connection.execute(sql.CURRENT_OF, {"w": workspace, "ids": list(learning_ids)}).all()
    return {row.learning_id: learnings_json.shown(row) for row in rows}


def _wanted(known: dict[Claim, tuple[int, Learning]], readings: dict[Claim, Reading]) -> list[Claim]:
    """Claims to look at: every learning there is, and what may become one, the most certain first."""
    new = [reading for claim, reading in readings.items() if reading.worth_a_look and claim not in known]
    new.sort(key=lambda reading: (reading.lfsr, reading.claim.learning_id))
    return [*known, *(reading.claim for reading in new)][: max(MAX_CLAIMS, len(known))]


def _known(connection: Connection, workspace: str) -> dict[Claim, tuple[int, Learning]]:
    rows = connection.execute(sql.CURRENT, {"w": workspace}).all()
    found = ((row.revision, learnings_json.decoded(row.body)) for row in rows)
    return {learning.claim: (revision, learning) for revision, learning in found}


def _newest_evidence(connection: Connection, workspace: str) -> list[Evidence]:
    rows = connection.execute(sql.NEWEST_EVIDENCE, {"w": workspace, "n": LOOKED_AT}).scalars()
    return [decode(payload) for payload in rows]


def _append(connection: Connection, workspace: str, item: Revised, prepared: Prepared, now: str) -> None:
    learning, claim = item.learning, item.learning.claim
    value = worth(learning)
    head = {"workspace": workspace, "learning_id": claim.learning_id}
    revision = (item.before or 0) + 1
    if item.before is None:
        changed = connection.execute(
            sql.ADD_HEAD,
            {
                **head,
                "signal_key": claim.signal_key,
                "context": claim.context,
                "metric": claim.metric,
                "revision": revision,
                "state": learning.state,
                "worth": value,
                "created_at": now,
            },
        ).rowcount
    else:
        moved = {"w": workspace, "l": claim.learning_id, "old": item.before, "new": revision}
        changed = connection.execute(sql.MOVE_HEAD, {**moved, "s": learning.state, "v": value}).rowcount
    if not changed:
        return
    body = {"revision": revision, "recorded_at": now, "state": learning.state, "worth": value}
    origin = {"seq": prepared.seq, "as_of": prepared.as_of, "body": learnings_json.encoded(learning, prepared.spelt)}
    connection.execute(insert(learning_revisions), {**head, **body, **origin})
    connection.execute(sql.CLEAR_EVIDENCE, {"w": workspace, "l": claim.learning_id})
    witnesses = [_witness_row(head, witness) for witness in learning.witnesses]
    if witnesses:
        connection.execute(sql.ADD_EVIDENCE, witnesses)


def _witness_row(head: Row, witness: CampaignEstimate) -> Row:
    """Inserted by way of `campaigns`: a campaign deleted meanwhile adds nothing, and nothing else can be evidence."""
    numbers = {"e": witness.estimate, "sd": witness.sd, "s": int(witness.supports)}
    return {"w": head["workspace"], "l": head["learning_id"], "c": witness.campaign_id, **numbers}


def _witness(row: Any) -> Row:
    shown = {name: row[name] for name in ("campaign_id", "estimate", "sd")}
    return {**shown, "supports": bool(row["supports"])}


def _memory(workspace: str, learning: Learning, prepared: Prepared, now: str) -> Row:
    """The learning's memory: what it is about. Its numbers are looked up, so it is written once."""
    claim = learning.claim
    parts = {signal.group: signal.level for signal in _signals_of(claim)}
    aliases = sorted(alias for alias, key in prepared.aliases.items() if key == claim.signal_key)
    record = MemoryRecord(
        memory_id=memory_id("learning", claim.learning_id),
        kind="learning",
        text=learning_text(claim.signal_key, claim.context, claim.metric, aliases, prepared.spelt),
        platform=parts.get(signals.PLATFORM, ""),
        objective=parts.get(signals.OBJECTIVE, ""),
        timestamp=datetime.fromisoformat(now),
        summary="",
        metadata={"learning_id": claim.learning_id},
    )
    return memory_row(workspace, record, None)


def _signals_of(claim: Claim) -> Iterable[signals.Signal]:
    return [signals.parse(key) for key in (claim.signal_key, claim.context) if key]


def _believed(connection: Connection, workspace: str, as_of: datetime | None) -> list[Any]:
    if as_of is None:
        return list(connection.execute(sql.CURRENT, {"w": workspace}).all())
    return list(connection.execute(sql.AS_OF, {"w": workspace, "t": _until(as_of)}).all())


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
CURRENT = _ALL.where(_NEWEST_REVISION).order_by(*_BEST_FIRST)
CURRENT_OF = _ALL.where(_NEWEST_REVISION, learnings.c.learning_id.in_(bindparam("ids", expanding=True)))
HEADS = (
    select(*_HEAD, learnings.c.state)
    .where(learnings.c.workspace == bindparam("w"))
    .order_by(learnings.c.worth.desc(), learnings.c.learning_id)
)
_earlier = learning_revisions.alias("earlier")
AS_OF = _ALL.where(
    learning_revisions.c.revision
    == select(func.max(_earlier.c.revision))
    .where(
        _earlier.c.workspace == learnings.c.workspace,
        _earlier.c.learning_id == learnings.c.learning_id,
        _earlier.c.recorded_at <= bindparam("t"),
    )
    .scalar_subquery()
).order_by(*_BEST_FIRST)
HISTORY = _ALL.where(
    learnings.c.learning_id == bindparam("l"), learning_revisions.c.recorded_at <= bindparam("t")
).order_by(learning_revisions.c.revision)
EVIDENCE = (
    select(*(learning_evidence.c[name] for name in ("campaign_id", "estimate", "sd", "supports")))
    .where(learning_evidence.c.workspace == bindparam("w"), learning_evidence.c.learning_id == bindparam("l"))
    .order_by(learning_evidence.c.sd, learning_evidence.c.campaign_id)
)
LAST_RECORDED = select(func.max(learning_revisions.c.recorded_at)).where(
    learning_revisions.c.workspace == bindparam("w")
)
NEWEST_EVIDENCE = (
    select(evidence.c.payload)
    .join(
        campaigns,
        (campaigns.c.workspace == evidence.c.workspace)
        & (campaigns.c.campaign_id == evidence.c.campaign_id)
        & (campaigns.c.revision == evidence.c.revision),
    )
    .where(campaigns.c.workspace == bindparam("w"), evidence.c.sign == 1)
    .order_by(campaigns.c.timestamp.desc(), campaigns.c.campaign_id)
    .limit(bindparam("n"))
)
ADD_HEAD = sqlite.insert_missing(learnings)
MOVE_HEAD = (
    update(learnings)
    .where(
        learnings.c.workspace == bindparam("w"),
        learnings.c.learning_id == bindparam("l"),
        learnings.c.revision == bindparam("old"),
    )
    .values(revision=bindparam("new"), state=bindparam("s"), worth=bindparam("v"))
)
CLEAR_EVIDENCE = delete(learning_evidence).where(
    learning_evidence.c.workspace == bindparam("w"), learning_evidence.c.learning_id == bindparam("l")
)
ADD_EVIDENCE = insert(learning_evidence).from_select(
    ["workspace", "learning_id", "campaign_id", "estimate", "sd", "supports"],
    select(
        campaigns.c.workspace,
        bindparam("l", type_=Text),
        campaigns.c.campaign_id,
        bindparam("e", type_=Float),
        bindparam("sd", type_=Float),
        bindparam("s", type_=Integer),
    ).where(campaigns.c.workspace == bindparam("w"), campaigns.c.campaign_id == bindparam("c")),
)
