"""Rows of what was learnt: fits, and the patterns and weights that the newest fit says.

Inside a transaction somebody else opened. Must not know how anything was learnt.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, true
from sqlalchemy.engine import Connection

from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Finding
from reflection.domain.weights import SignalWeight
from reflection.store import experiments, knowledge_blob
from reflection.store.campaigns_read import WAITING_FOR_ANY, campaigns_waiting, chunks
from reflection.store.database.statements import insert_missing, key_of, upsert
from reflection.store.knowledge_blob import KnowledgeBlob
from reflection.store.row_values import Row, artifact_rows, json_text, outbox_row
from reflection.store.tables.campaigns import (
    WORKSPACE_LEVEL,
    artifacts,
    campaigns,
    evidence,
    fits,
    outbox,
    patterns,
    weights,
    workspaces,
)

KEPT_FITS = 3
_LOOKED_UP = 20_000
"""Supporting campaigns whose dates are looked up for one fit; beyond it a finding's first one stands."""


class FitHead(NamedTuple):
    """The newest fit without its content."""

    fit_id: int
    epoch: int
    seq: int


def newest(connection: Connection, workspace: str) -> FitHead | None:
    """The newest fit this version can read."""
    row = connection.execute(_NEWEST, {"w": workspace, "format": knowledge_blob.FORMAT}).one_or_none()
    return FitHead(*row) if row else None


def newest_and_pending(connection: Connection, workspace: str) -> tuple[FitHead | None, int]:
    """The newest fit, and how many campaigns have changes that it has not taken in; one question."""
    values = {"w": workspace, "format": knowledge_blob.FORMAT, **WAITING_FOR_ANY}
    *head, pending = connection.execute(_NEWEST_AND_PENDING, values).one()
    return (None if head[0] is None else FitHead(*head)), pending


def behind(connection: Connection) -> list[str]:
    """The workspaces whose ledger, or whose experiments, go further than their newest fit, by name."""
    return list(connection.execute(_BEHIND, {"format": knowledge_blob.FORMAT}).scalars())


def has_entry(connection: Connection, workspace: str, seq: int) -> bool:
    """Whether the ledger of a workspace has an entry; it loses none but by a purge."""
    entry = select(evidence.c.seq).where(evidence.c.workspace == workspace, evidence.c.seq == seq)
    return connection.execute(entry).one_or_none() is not None


def load(connection: Connection, workspace: str, fit_id: int) -> Knowledge:
    """The knowledge of one fit."""
    row = connection.execute(
        select(fits.c.body, fits.c.draws, fits.c.calibration).where(fits.c.workspace == workspace, fits.c.id == fit_id)
    ).one()
    return knowledge_blob.decode(*row)


def save(
    connection: Connection,
    workspace: str,
    knowledge: Knowledge,
    blob: KnowledgeBlob,
    files: dict[str, bytes],
    now: str,
) -> bool:
    """Store a fit if it is news: a newer epoch, or more of the ledger within the same epoch."""
    stored = newest(connection, workspace)
    if stored is not None and (knowledge.epoch, knowledge.seq) <= (stored.epoch, stored.seq):
        return False
    connection.execute(insert_missing(workspaces), {"workspace": workspace, "created_at": now})
    connection.execute(
        insert(fits),
        {
            "workspace": workspace,
            "epoch": knowledge.epoch,
            "seq": knowledge.seq,
            "as_of": knowledge.as_of,
            "format": knowledge_blob.FORMAT,
            **blob._asdict(),
        },
    )
    _drop_old_fits(connection, workspace)
    _replace_patterns(connection, workspace, knowledge, now)
    _replace_weights(connection, workspace, knowledge)
    _publish(connection, workspace, files, now)
    experiments.mark_learnt(connection, workspace, knowledge.experiments.changes)
    return True


def _drop_old_fits(connection: Connection, workspace: str) -> None:
    newest = select(fits.c.id).where(fits.c.workspace == workspace).order_by(fits.c.id.desc()).limit(KEPT_FITS)
    connection.execute(delete(fits).where(fits.c.workspace == workspace, fits.c.id.not_in(newest.scalar_subquery())))


def _replace_patterns(connection: Connection, workspace: str, knowledge: Knowledge, now: str) -> None:
    connection.execute(delete(patterns).where(patterns.c.workspace == workspace))
    dates = _dates(connection, workspace, knowledge.every_finding)
    rows = [
        {
            "workspace": workspace,
            **pattern_row(finding),
            "campaign_id": _latest_supporting(finding, dates),
            "created_at": finding.first_seen or knowledge.as_of or now,
        }
        for finding in knowledge.every_finding
    ]
    if rows:
        connection.execute(insert(patterns), rows)


def _replace_weights(connection: Connection, workspace: str, knowledge: Knowledge) -> None:
    connection.execute(delete(weights).where(weights.c.workspace == workspace))
    rows = [{"workspace": workspace, **weight_row(weight)} for weight in knowledge.weights]
    if rows:
        connection.execute(insert(weights), rows)


def pattern_row(finding: Finding) -> Row:
    """What a row of `patterns` says of a finding, whenever it was written."""
    return {
        "finding_id": finding.finding_id,
        "category": finding.category,
        "signal_key": finding.signal_key,
        "summary": finding.description,
        "impact_score": finding.impact_score,
        "body": json_text(finding),
    }


def weight_row(weight: SignalWeight) -> Row:
    """What a row of `weights` says."""
    return {
        "signal_key": weight.signal_key,
        "weight": weight.weight,
        "successes": weight.successes,
        "failures": weight.failures,
        "last_updated": weight.last_updated,
        "body": json_text(weight),
    }


def _publish(connection: Connection, workspace: str, files: dict[str, bytes], now: str) -> None:
    rows = artifact_rows(workspace, files)
    if rows:
        connection.execute(upsert(artifacts, ["workspace", "name"]), rows)
        connection.execute(insert(outbox), [outbox_row(workspace, "artifacts", WORKSPACE_LEVEL, now)])


def _latest_supporting(finding: Finding, dates: dict[str, str]) -> str:
    if not finding.supporting:
        return WORKSPACE_LEVEL
    dated = [(dates[campaign], campaign) for campaign in finding.supporting if campaign in dates]
    return max(dated)[1] if dated else finding.supporting[0]


def _dates(connection: Connection, workspace: str, findings: Sequence[Finding]) -> dict[str, str]:
    campaign_ids = sorted({campaign for finding in findings for campaign in finding.supporting})
    if len(campaign_ids) > _LOOKED_UP:
        return {}
    dates: dict[str, str] = {}
    for chunk in chunks(campaign_ids):
        rows = connection.execute(_DATES, {"w": workspace, "ids": chunk})
        dates |= {row[0]: row[1] for row in rows}
    return dates


_NEWEST = (
    select(fits.c.id, fits.c.epoch, fits.c.seq)
    .where(key_of(fits, workspace="w", format="format"))
    .order_by(fits.c.id.desc())
    .limit(1)
)
_FIT, _ANYHOW = _NEWEST.subquery(), select(literal(1).label("row")).subquery()
_NEWEST_AND_PENDING = select(
    _FIT, campaigns_waiting(func.coalesce(_FIT.c.seq, 0), _FIT).scalar_subquery()
).outerjoin_from(_ANYHOW, _FIT, true())
_LEDGER_END = select(func.max(evidence.c.seq)).where(evidence.c.workspace == workspaces.c.workspace).scalar_subquery()
_LEARNT_END = (
    select(fits.c.seq)
    .where(fits.c.workspace == workspaces.c.workspace, fits.c.format == bindparam("format"))
    .order_by(fits.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_BEHIND = (
    select(workspaces.c.workspace)
    .where(or_(func.coalesce(_LEARNT_END, 0) < _LEDGER_END, workspaces.c.workspace.in_(experiments.BEHIND)))
    .order_by(workspaces.c.workspace)
)
_DATES = select(campaigns.c.campaign_id, campaigns.c.timestamp).where(
    campaigns.c.workspace == bindparam("w"),
    campaigns.c.campaign_id.in_(bindparam("ids", expanding=True)),
)
