"""Writing and taking back analyses, inside a transaction somebody else opened.

One path for one record and for a thousand: rows are gathered over the batch and written table by table. Must not know
transactions, files or learning.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Select, bindparam, delete, func, insert, literal, select
from sqlalchemy.engine import Connection

from reflection.domain.answers import FILES
from reflection.domain.ports import AnalysisRecord, StaleRevision, StoredCampaign
from reflection.errors import Conflict, NotFound
from reflection.store.campaigns_read import CurrentRevision, chunks, current
from reflection.store.database import dialect
from reflection.store.database.seals import SEAL, seal_in
from reflection.store.database.statements import insert_adding, insert_missing, insert_rows, key_of, upsert
from reflection.store.memories_write import last_number, remember, tombstone
from reflection.store.row_values import AnalysisRows, Row, outbox_row, packed, unpacked
from reflection.store.tables.campaigns import (
    acceptances,
    campaign_revisions,
    campaign_signals,
    campaigns,
    evidence,
    forecasts,
    idempotency,
    insights,
    memories,
    outbox,
    performance_logs,
    workspaces,
)
from reflection.store.tables.shares import shares

ARTIFACTS = "artifacts"
"""The outbox topic of files; other topics are told about every change of a memory."""


Before = Mapping[str, CurrentRevision]
"""What the store holds of the campaigns of a write, by their ids."""


def save(connection: Connection, batch: Sequence[AnalysisRows], topics: Sequence[str]) -> list[StoredCampaign]:
    """Store a batch of analyses of different campaigns of one workspace, in order.

    Raises:
        StaleRevision: a campaign has another revision than its analysis expected.
        Conflict: an idempotency key was used for another request.
    """
    if not batch:
        return []
    workspace = batch[0].record.workspace
    before = current(connection, workspace, [rows.record.campaign_id for rows in batch])
    repeated = _repeated(connection, workspace, [rows.record for rows in batch])
    results: list[StoredCampaign] = []
    changes: list[AnalysisRows] = []
    for rows in batch:
        record, present = rows.record, before[rows.record.campaign_id]
        stored = repeated.get(record.campaign_id) or _unchanged(connection, record, present)
        if stored is None:
            _check_revision(record, present)
            changes.append(rows)
            stored = _stored(record, present.next_revision)
        results.append(stored)
    if changes:
        _write(connection, changes, before, topics)
    return results


def accept(connection: Connection, rows: AnalysisRows, topics: Sequence[str], now: str) -> StoredCampaign:
    """Store a campaign's analysis as an accepted one: a new revision, unless it was accepted before.

    Raises:
        NotFound: there is no such campaign.
        StaleRevision: it has another revision than the analysis expected.
    """
    record = rows.record
    present, stored = _present(connection, record)
    if not connection.execute(insert_missing(acceptances), {**rows.key, "accepted_at": now}).rowcount:
        return stored
    return _revised(connection, rows, present, topics)


def unaccept(connection: Connection, rows: AnalysisRows, topics: Sequence[str]) -> StoredCampaign:
    """Store a campaign's analysis as one that nobody accepts: a new revision, unless nobody did before.

    Raises:
        NotFound: there is no such campaign.
        StaleRevision: it has another revision than the analysis expected.
    """
    record = rows.record
    present, stored = _present(connection, record)
    own = (acceptances.c.workspace == record.workspace, acceptances.c.campaign_id == record.campaign_id)
    if not connection.execute(delete(acceptances).where(*own)).rowcount:
        return stored
    return _revised(connection, rows, present, topics)


def _present(connection: Connection, record: AnalysisRecord) -> tuple[CurrentRevision, StoredCampaign]:
    present = current(connection, record.workspace, [record.campaign_id])[record.campaign_id]
    if present.stored is None:
        raise NotFound(f"there is no campaign {record.campaign_id!r}")
    return present, present.stored


def _revised(
    connection: Connection, rows: AnalysisRows, present: CurrentRevision, topics: Sequence[str]
) -> StoredCampaign:
    """Write an analysis as the next revision, although the campaign's content is the same."""
    record = rows.record
    _check_revision(record, present)
    _write(connection, [rows], {record.campaign_id: present}, topics)
    return _stored(record, present.next_revision)


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
    for table in (campaigns, performance_logs, insights, acceptances, shares):
        connection.execute(delete(table).where(table.c.workspace == workspace, table.c.campaign_id == campaign_id))
    tombstone(connection, workspace, [before.memory_id], last_number(connection, workspace))
    insert_rows(connection, _ADD_OUTBOX, notices)
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


def _unchanged(connection: Connection, record: AnalysisRecord, before: CurrentRevision) -> StoredCampaign | None:
    """The stored campaign, if this content is already current; only an idempotency key is still noted."""
    if before.stored is None or before.stored.content_hash != record.content_hash:
        return None
    if record.idempotency_key is not None:
        insert_rows(connection, _ADD_KEY, [_idempotency_row(record, before.stored)])
    return before.stored


def _check_revision(record: AnalysisRecord, before: CurrentRevision) -> None:
    now = before.stored.revision if before.stored else 0
    if record.expected_revision != now and not (before.stored is None and record.expected_revision == before.last):
        raise StaleRevision(
            f"campaign {record.campaign_id!r} is at revision {now}, not {record.expected_revision} as expected"
        )


def _write(connection: Connection, changes: Sequence[AnalysisRows], before: Before, topics: Sequence[str]) -> None:
    """Write new revisions, table by table, in the order of their references."""
    replaced = [rows for rows in changes if before[rows.record.campaign_id].stored is not None]
    last, sentences = connection.execute(_NUMBERS, {"w": changes[0].record.workspace}).one()
    with dialect.of(connection).together(connection):
        _write_history(connection, changes, replaced, before)
        last += _clear_replaced(connection, replaced, before, last)
        _write_statements(connection, changes, sentences)
        remember(connection, [rows.memory for rows in changes], last)
        _write_delivery(connection, changes, before, topics)


def _write_history(
    connection: Connection, changes: Sequence[AnalysisRows], replaced: Sequence[AnalysisRows], before: Before
) -> None:
    """The campaigns with their revisions, and the ledger: what was replaced is retracted before the new one counts."""
    first = changes[0].record
    revisions = [{**rows.key, "revision": before[rows.record.campaign_id].next_revision} for rows in changes]
    own = {"workspace": first.workspace, "created_at": first.created_at}
    insert_rows(connection, _COUNT_SENTENCES, [{**own, "sentences": sum(len(rows.insights) for rows in changes)}])
    insert_rows(
        connection, _ADD_REVISION, [_revision_row(row, rows) for row, rows in zip(revisions, changes, strict=True)]
    )
    insert_rows(
        connection, _PUT_CAMPAIGN, [{**rows.campaign, **row} for row, rows in zip(revisions, changes, strict=True)]
    )
    _retract(connection, [{**rows.key, "revision": before[rows.record.campaign_id].last} for rows in replaced])
    insert_rows(
        connection, _ADD_EVIDENCE, [_evidence_row(row, rows) for row, rows in zip(revisions, changes, strict=True)]
    )


def _write_statements(connection: Connection, changes: Sequence[AnalysisRows], sentences: int) -> None:
    """What an analysis says of its campaign: figures, sentences, signals and forecasts.

    Args:
        sentences: the last number that a sentence of the workspace was given.
    """
    insert_rows(connection, _PUT_PERFORMANCE, [rows.performance for rows in changes])
    insights = enumerate((row for rows in changes for row in rows.insights), start=sentences + 1)
    insert_rows(connection, _ADD_INSIGHT, [{**row, "number": number} for number, row in insights])
    insert_rows(connection, _ADD_SIGNAL, [row for rows in changes for row in rows.signals])
    insert_rows(connection, _ADD_FORECAST, [row for rows in changes for row in rows.forecasts])


def _write_delivery(
    connection: Connection, changes: Sequence[AnalysisRows], before: Before, topics: Sequence[str]
) -> None:
    """The answers to requests that may come again, and what is to be published."""
    keys: list[Row] = []
    notices: list[Row] = []
    for rows in changes:
        record, present = rows.record, before[rows.record.campaign_id]
        if record.idempotency_key is not None:
            keys.append(_idempotency_row(record, _stored(record, present.next_revision)))
        notices += _outbox_rows(record, present, topics)
    insert_rows(connection, _ADD_KEY, keys)
    insert_rows(connection, _ADD_OUTBOX, notices)


def _clear_replaced(connection: Connection, replaced: Sequence[AnalysisRows], before: Before, last: int) -> int:
    """Take away what an earlier revision left, so that no second set stands beside the new one.

    Returns:
        How many numbers of memories after the `last` are taken.
    """
    if not replaced:
        return 0
    workspace = replaced[0].record.workspace
    pairs = [(rows, before[rows.record.campaign_id]) for rows in replaced]
    connection.execute(_CLEAR_INSIGHTS, [{"w": workspace, "c": rows.record.campaign_id} for rows in replaced])
    _forget_signals(connection, workspace, [(rows.record.campaign_id, present.signal_keys) for rows, present in pairs])
    moved = [present.memory_id for rows, present in pairs if present.memory_id != rows.memory["memory_id"]]
    tombstone(connection, workspace, moved, last)
    return len(moved)


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


def _revision_row(revision: Row, rows: AnalysisRows) -> Row:
    return {**revision, **{name: rows.campaign[name] for name in ("content_hash", "body", "created_at")}}


def _evidence_row(revision: Row, rows: AnalysisRows) -> Row:
    return {**revision, "sign": 1, "payload": rows.record.evidence}


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


def _outbox_rows(record: AnalysisRecord, present: CurrentRevision, topics: Sequence[str]) -> list[Row]:
    keys = dict.fromkeys(topics, record.memory.memory_id)
    keys[ARTIFACTS] = record.campaign_id
    rows = [outbox_row(record.workspace, topic, key, record.created_at) for topic, key in keys.items()]
    if present.memory_id not in ("", record.memory.memory_id):
        rows += [
            outbox_row(record.workspace, topic, present.memory_id, record.created_at)
            for topic in topics
            if topic != ARTIFACTS
        ]
    return rows


def _retraction() -> Select[tuple[str, str, int, int, bytes, bytes]]:
    return select(
        evidence.c.workspace,
        evidence.c.campaign_id,
        evidence.c.revision,
        literal(-1),
        evidence.c.payload,
        seal_in(evidence, {"sign": literal(-1)}),
    ).where(key_of(evidence, workspace="w", campaign_id="c", revision="r"), evidence.c.sign == 1)


_USED_KEYS = select(idempotency).where(
    idempotency.c.workspace == bindparam("workspace"),
    idempotency.c.key.in_(bindparam("keys", expanding=True)),
)
_NUMBERS = select(
    func.coalesce(select(func.max(memories.c.seq)).where(key_of(memories, workspace="w")).scalar_subquery(), 0),
    func.coalesce(select(workspaces.c.sentences).where(key_of(workspaces, workspace="w")).scalar_subquery(), 0),
)
"""The last numbers that a memory and a sentence of the workspace were given, asked together: a server answers once."""

_COUNT_SENTENCES = insert_adding(workspaces, "sentences")
_ADD_REVISION = insert(campaign_revisions)
_ADD_EVIDENCE = insert(evidence)
_ADD_INSIGHT = insert(insights)
_ADD_SIGNAL = insert_missing(campaign_signals)  # a purge under way may have left some of them
_ADD_FORECAST = insert_missing(forecasts)
_ADD_KEY = insert(idempotency)
_ADD_OUTBOX = insert(outbox)
_PUT_CAMPAIGN = upsert(campaigns, ["workspace", "campaign_id"])
_PUT_PERFORMANCE = upsert(performance_logs, ["workspace", "campaign_id"])
_RETRACT = insert(evidence).from_select(
    ["workspace", "campaign_id", "revision", "sign", "payload", SEAL], _retraction()
)
_CLEAR_INSIGHTS = delete(insights).where(key_of(insights, workspace="w", campaign_id="c"))
_CLEAR_SIGNALS = delete(campaign_signals).where(
    key_of(campaign_signals, workspace="w", campaign_id="c", signal_key="s")
)
