"""Writing and taking back analyses, inside a transaction somebody else opened.

One path for one record and for a thousand: rows are gathered over the batch and written table by table. Must not know
transactions, files or learning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, bindparam, delete, insert, literal, select
from sqlalchemy.engine import Connection

from reflection.domain.answers import FILES
from reflection.domain.ports import AnalysisRecord, StaleRevision, StoredCampaign
from reflection.errors import Conflict, NotFound
from reflection.store.campaigns_read import Current, chunks, current
from reflection.store.database import sqlite
from reflection.store.memories_write import remember, tombstone
from reflection.store.row_values import Prepared, Row, outbox_row, packed, unpacked
from reflection.store.tables.campaigns import (
    acceptances,
    campaign_revisions,
    campaign_signals,
    campaigns,
    evidence,
    forecasts,
    idempotency,
    insights,
    outbox,
    performance_logs,
    workspaces,
)

ARTIFACTS = "artifacts"
"""The outbox topic of files; other topics are told about every change of a memory."""


@dataclass(frozen=True, slots=True)
class _Change:
    prepared: Prepared
    before: Current
    revision: int

    @property
    def key(self) -> Row:
        return {"workspace": self.prepared.record.workspace, "campaign_id": self.prepared.record.campaign_id}


def save(connection: Connection, batch: Sequence[Prepared], topics: Sequence[str]) -> list[StoredCampaign]:
    """Store a batch of analyses of different campaigns of one workspace, in order.

    Raises:
        StaleRevision: a campaign has another revision than its analysis expected.
        Conflict: an idempotency key was used for another request.
    """
    if not batch:
        return []
    workspace = batch[0].record.workspace
    current_of = current(connection, workspace, [item.record.campaign_id for item in batch])
    repeated = _repeated(connection, workspace, [item.record for item in batch])
    results: list[StoredCampaign] = []
    changes: list[_Change] = []
    for item in batch:
        record, before = item.record, current_of[item.record.campaign_id]
        stored = repeated.get(record.campaign_id) or _unchanged(connection, record, before)
        if stored is None:
            _check_revision(record, before)
            changes.append(_Change(item, before, before.last + 1))
            stored = _stored(record, before.last + 1)
        results.append(stored)
    if changes:
        _write(connection, workspace, changes, topics)
    return results


def accept(connection: Connection, item: Prepared, topics: Sequence[str], now: str) -> StoredCampaign:
    """Store a campaign's analysis as an accepted one: a new revision, unless it was accepted before.

    Raises:
        NotFound: there is no such campaign.
        StaleRevision: it has another revision than the analysis expected.
    """
    record = item.record
    before, stored = _present(connection, record)
    key = {"workspace": record.workspace, "campaign_id": record.campaign_id}
    if not connection.execute(sqlite.insert_missing(acceptances), {**key, "accepted_at": now}).rowcount:
        return stored
    return _revised(connection, item, before, topics)


def unaccept(connection: Connection, item: Prepared, topics: Sequence[str]) -> StoredCampaign:
    """Store a campaign's analysis as one that nobody accepts: a new revision, unless nobody did before.

    Raises:
        NotFound: there is no such campaign.
        StaleRevision: it has another revision than the analysis expected.
    """
    record = item.record
    before, stored = _present(connection, record)
    own = (acceptances.c.workspace == record.workspace, acceptances.c.campaign_id == record.campaign_id)
    if not connection.execute(delete(acceptances).where(*own)).rowcount:
        return stored
    return _revised(connection, item, before, topics)


def _present(connection: Connection, record: AnalysisRecord) -> tuple[Current, StoredCampaign]:
    before = current(connection, record.workspace, [record.campaign_id])[record.campaign_id]
    if before.stored is None:
        raise NotFound(f"there is no campaign {record.campaign_id!r}")
    return before, before.stored


def _revised(connection: Connection, item: Prepared, before: Current, topics: Sequence[str]) -> StoredCampaign:
    """Write an analysis as the next revision, although the campaign's content is the same."""
    record = item.record
    _check_revision(record, before)
    change = _Change(item, before, before.last + 1)
    _write(connection, record.workspace, [change], topics)
    return _stored(record, change.revision)


def take_back(connection: Connection, workspace: str, campaign_id: str, now: str, topics: Sequence[str]) -> bool:
    """Retract a campaign's evidence and remove its projections; its history and its ledger stay.

    Returns:
        Whether the campaign was there.
    """
    before = current(connection, workspace, [campaign_id])[campaign_id]
    if before.stored is None:
        return False
    key = {"workspace": workspace, "campaign_id": campaign_id}
    notices = [outbox_row(workspace, ARTIFACTS, campaign_id, now, list(FILES))]
    notices += [outbox_row(workspace, topic, before.memory_id, now) for topic in topics if topic != ARTIFACTS]
    _retract(connection, [{**key, "revision": before.stored.revision}])
    _forget_signals(connection, workspace, [(campaign_id, before.signal_keys)])
    for table in (campaigns, performance_logs, insights, acceptances):
        connection.execute(delete(table).where(table.c.workspace == workspace, table.c.campaign_id == campaign_id))
    tombstone(connection, workspace, [before.memory_id])
    sqlite.insert_rows(connection, _ADD_OUTBOX, notices)
    return True


def _stored(record: AnalysisRecord, revision: int) -> StoredCampaign:
    return StoredCampaign(
        workspace=record.workspace,
        campaign_id=record.campaign_id,
        revision=revision,
        content_hash=record.content_hash,
        campaign_json=record.campaign_json,
        answer=record.answer,
        created_at=record.created_at,
        name=record.name,
        new=True,
    )


def _repeated(connection: Connection, workspace: str, records: Sequence[AnalysisRecord]) -> dict[str, StoredCampaign]:
    """The campaigns whose idempotency key was used before: they get the answer that was given then."""
    keyed = {record.idempotency_key: record for record in records if record.idempotency_key is not None}
    repeated: dict[str, StoredCampaign] = {}
    for chunk in chunks(list(keyed)):
        for row in connection.execute(_USED_KEYS, {"workspace": workspace, "keys": chunk}).mappings():
            record = keyed[row["key"]]
            if row["request_hash"] != record.content_hash:
                raise Conflict(
                    "this Idempotency-Key was used for another request",
                    hint="use a new key for every new request",
                )
            repeated[record.campaign_id] = replace(
                _stored(record, row["revision"]),
                answer=unpacked(row["answer"]),
                created_at=row["created_at"],
                new=False,
            )
    return repeated


def _unchanged(connection: Connection, record: AnalysisRecord, before: Current) -> StoredCampaign | None:
    """The stored campaign, if this content is already current; only an idempotency key is still noted."""
    if before.stored is None or before.stored.content_hash != record.content_hash:
        return None
    if record.idempotency_key is not None:
        sqlite.insert_rows(connection, _ADD_KEY, [_idempotency_row(record, before.stored)])
    return before.stored


def _check_revision(record: AnalysisRecord, before: Current) -> None:
    now = before.stored.revision if before.stored else 0
    if record.expected_revision != now and not (before.stored is None and record.expected_revision == before.last):
        raise StaleRevision(
            f"campaign {record.campaign_id!r} is at revision {now}, not {record.expected_revision} as expected"
        )


def _write(connection: Connection, workspace: str, changes: Sequence[_Change], topics: Sequence[str]) -> None:
    """Write new revisions, table by table, in the order of their references."""
    replaced = [change for change in changes if change.before.stored is not None]
    _write_history(connection, workspace, changes, replaced)
    _clear_replaced(connection, workspace, replaced)
    _write_statements(connection, [change.prepared for change in changes])
    remember(connection, workspace, [change.prepared.memory for change in changes])
    _write_delivery(connection, changes, topics)


def _write_history(
    connection: Connection, workspace: str, changes: Sequence[_Change], replaced: Sequence[_Change]
) -> None:
    """The campaigns with their revisions, and the ledger: what was replaced is retracted before the new one counts."""
    created_at = changes[0].prepared.record.created_at
    campaign_rows = [{**change.prepared.campaign, "revision": change.revision} for change in changes]
    sqlite.insert_rows(connection, _ADD_WORKSPACE, [{"workspace": workspace, "created_at": created_at}])
    sqlite.insert_rows(connection, _ADD_REVISION, [_revision_row(change) for change in changes])
    sqlite.insert_rows(connection, _PUT_CAMPAIGN, campaign_rows)
    _retract(connection, [{**change.key, "revision": change.before.last} for change in replaced])
    sqlite.insert_rows(connection, _ADD_EVIDENCE, [_evidence_row(change) for change in changes])


def _write_statements(connection: Connection, analyses: Sequence[Prepared]) -> None:
    """What an analysis says of its campaign: figures, sentences, signals and forecasts."""
    sqlite.insert_rows(connection, _PUT_PERFORMANCE, [analysis.performance for analysis in analyses])
    sqlite.insert_rows(connection, _ADD_INSIGHT, [row for analysis in analyses for row in analysis.insights])
    sqlite.insert_rows(connection, _ADD_SIGNAL, [row for analysis in analyses for row in analysis.signals])
    sqlite.insert_rows(connection, _ADD_FORECAST, [row for analysis in analyses for row in analysis.forecasts])


def _write_delivery(connection: Connection, changes: Sequence[_Change], topics: Sequence[str]) -> None:
    """The answers to requests that may come again, and what is to be published."""
    sqlite.insert_rows(connection, _ADD_KEY, [row for change in changes for row in _idempotency_rows(change)])
    sqlite.insert_rows(connection, _ADD_OUTBOX, [row for change in changes for row in _outbox_rows(change, topics)])


def _clear_replaced(connection: Connection, workspace: str, replaced: Sequence[_Change]) -> None:
    """Take away what an earlier revision left, so that no second set stands beside the new one."""
    if not replaced:
        return
    keys = [{"w": workspace, "c": change.prepared.record.campaign_id} for change in replaced]
    connection.execute(_CLEAR_INSIGHTS, keys)
    _forget_signals(
        connection,
        workspace,
        [(change.prepared.record.campaign_id, change.before.signal_keys) for change in replaced],
    )
    moved = [item for item in replaced if item.before.memory_id != item.prepared.memory["memory_id"]]
    tombstone(connection, workspace, [change.before.memory_id for change in moved])


def _retract(connection: Connection, revisions: Sequence[Row]) -> None:
    """Append, for each revision, its old payload with sign -1."""
    for row in revisions:
        connection.execute(_RETRACT, {"w": row["workspace"], "c": row["campaign_id"], "r": row["revision"]})


def _forget_signals(
    connection: Connection, workspace: str, campaigns_signals: Iterable[tuple[str, tuple[str, ...]]]
) -> None:
    rows = [{"w": workspace, "c": campaign, "s": key} for campaign, keys in campaigns_signals for key in keys]
    if rows:
        connection.execute(_CLEAR_SIGNALS, rows)


def _revision_row(change: _Change) -> Row:
    campaign = change.prepared.campaign
    kept = ("content_hash", "body", "created_at")
    return {**change.key, "revision": change.revision, **{name: campaign[name] for name in kept}}


def _evidence_row(change: _Change) -> Row:
    return {
        **change.key,
        "revision": change.revision,
        "sign": 1,
        "payload": change.prepared.record.evidence,
    }


def _idempotency_rows(change: _Change) -> list[Row]:
    record = change.prepared.record
    if record.idempotency_key is None:
        return []
    return [_idempotency_row(record, _stored(record, change.revision))]


def _idempotency_row(record: AnalysisRecord, stored: StoredCampaign) -> Row:
    return {
        "workspace": record.workspace,
        "key": record.idempotency_key,
        "request_hash": record.content_hash,
        "campaign_id": record.campaign_id,
        "revision": stored.revision,
        "answer": packed(stored.answer),
        "created_at": record.created_at,
    }


def _outbox_rows(change: _Change, topics: Sequence[str]) -> list[Row]:
    record = change.prepared.record
    keys = dict.fromkeys(topics, record.memory.memory_id)
    keys[ARTIFACTS] = record.campaign_id
    rows = [outbox_row(record.workspace, topic, key, record.created_at) for topic, key in keys.items()]
    if change.before.memory_id not in ("", record.memory.memory_id):
        rows += [
            outbox_row(record.workspace, topic, change.before.memory_id, record.created_at)
            for topic in topics
            if topic != ARTIFACTS
        ]
    return rows


def _retraction() -> Select[tuple[str, str, int, int, bytes]]:
    return select(
        evidence.c.workspace, evidence.c.campaign_id, evidence.c.revision, literal(-1), evidence.c.payload
    ).where(
        evidence.c.workspace == bindparam("w"),
        evidence.c.campaign_id == bindparam("c"),
        evidence.c.revision == bindparam("r"),
        evidence.c.sign == 1,
    )


_USED_KEYS = select(idempotency).where(
    idempotency.c.workspace == bindparam("workspace"),
    idempotency.c.key.in_(bindparam("keys", expanding=True)),
)
_ADD_WORKSPACE = sqlite.insert_missing(workspaces)
_ADD_REVISION = insert(campaign_revisions)
_ADD_EVIDENCE = insert(evidence)
_ADD_INSIGHT = insert(insights)
_ADD_SIGNAL = insert(campaign_signals)
_ADD_FORECAST = sqlite.insert_missing(forecasts)
_ADD_KEY = insert(idempotency)
_ADD_OUTBOX = insert(outbox)
_PUT_CAMPAIGN = sqlite.upsert(campaigns, ["workspace", "campaign_id"])
_PUT_PERFORMANCE = sqlite.upsert(performance_logs, ["workspace", "campaign_id"])
_RETRACT = insert(evidence).from_select(["workspace", "campaign_id", "revision", "sign", "payload"], _retraction())
_CLEAR_INSIGHTS = delete(insights).where(
    insights.c.workspace == bindparam("w"), insights.c.campaign_id == bindparam("c")
)
_CLEAR_SIGNALS = delete(campaign_signals).where(
    campaign_signals.c.workspace == bindparam("w"),
    campaign_signals.c.campaign_id == bindparam("c"),
    campaign_signals.c.signal_key == bindparam("s"),
)
