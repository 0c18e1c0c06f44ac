"""What a list of insights is made of: sentences of single campaigns, and the campaigns behind what is known.

Functions on a connection somebody else opened. Must not write, nor know how a list is put together.
"""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.engine import Connection

from reflection.domain.list_query import ALL, ListQuery
from reflection.domain.results import TOLD_FROM_KNOWLEDGE
from reflection.store.campaigns_read import chunks, plain
from reflection.store.database.statements import same_key
from reflection.store.row_values import Row
from reflection.store.tables.campaigns import campaign_signals, campaigns, insights
from reflection.store.tables.learnings import learning_evidence

LOOKED_THROUGH = 20_000
"""Of a list that is narrowed to some campaigns, the most important sentences that are looked at."""

_COLUMNS = ("campaign_id", "kind", "content", "priority", "created_at", "evidence", "source")
_shown_id = func.coalesce(insights.c.number, insights.c.id)
"""What is shown as the id of a sentence."""

_AGED = or_(*(insights.c.evidence.contains(f'"{opening}', autoescape=True) for opening in TOLD_FROM_KNOWLEDGE))


def own_sentences(
    connection: Connection, workspace: str, limit: int, query: ListQuery = ALL, without: Collection[str] = ()
) -> list[Row]:
    """Sentences that campaigns say of themselves and that do not age, by priority, the newest first among equals."""
    conditions = [insights.c.workspace == workspace, ~_AGED]
    if query.kind is not None:
        conditions.append(insights.c.kind == query.kind)
    if query.since is not None:
        conditions.append(insights.c.created_at >= query.since_text)
    if without:
        conditions.append(insights.c.campaign_id.not_in(without))
    if query.after is not None:
        conditions.append(_later(query.after.rank, query.after.id))
    own = select(_shown_id.label("id"), *(insights.c[name] for name in _COLUMNS)).where(*conditions)
    statement = _best_first(own, insights.c.id)
    if query.signal_keys:
        looked_at = statement.limit(LOOKED_THROUGH).subquery()
        fits = (_carries(workspace, looked_at.c.campaign_id, key) for key in query.signal_keys)
        statement = _best_first(select(looked_at).where(*fits), looked_at.c.id)
    rows = connection.execute(statement.limit(limit)).mappings()
    return [{**plain(row), "evidence": orjson.loads(row["evidence"])} for row in rows]


def supporters(
    connection: Connection, workspace: str, learning_ids: Sequence[str], signal_keys: Sequence[str]
) -> dict[str, str]:
    """Of each learning the newest campaign for it that has these signals."""
    same = same_key(campaigns, learning_evidence, "workspace", "campaign_id")
    newest_campaigns: dict[str, tuple[str, str]] = {}
    for chunk in chunks(learning_ids):
        statement = (
            select(learning_evidence.c.learning_id, campaigns.c.timestamp, campaigns.c.campaign_id)
            .select_from(learning_evidence.join(campaigns, same))
            .where(
                learning_evidence.c.workspace == workspace,
                learning_evidence.c.learning_id.in_(chunk),
                learning_evidence.c.supports == 1,
                *(_carries(workspace, campaigns.c.campaign_id, key) for key in signal_keys),
            )
        )
        for learning_id, timestamp, campaign_id in connection.execute(statement):
            own = (timestamp, campaign_id)
            newest_campaigns[learning_id] = max(newest_campaigns.get(learning_id, own), own)
    return {learning_id: campaign_id for learning_id, (_, campaign_id) in newest_campaigns.items()}


def newest(
    connection: Connection, workspace: str, campaign_ids: Collection[str], signal_keys: Sequence[str]
) -> list[str]:
    """Those of the campaigns that are stored and have these signals, the newest first."""
    dated: list[tuple[str, str]] = []
    for chunk in chunks(sorted(campaign_ids)):
        statement = select(campaigns.c.timestamp, campaigns.c.campaign_id).where(
            campaigns.c.workspace == workspace,
            campaigns.c.campaign_id.in_(chunk),
            *(_carries(workspace, campaigns.c.campaign_id, key) for key in signal_keys),
        )
        dated += [(row.timestamp, row.campaign_id) for row in connection.execute(statement)]
    return [campaign_id for _, campaign_id in sorted(dated, reverse=True)]


def _later(rank: float, row_id: int | str) -> ColumnElement[bool]:
    """Rows after a place: of equal priority a stored sentence comes after what has a text as id."""
    if isinstance(row_id, str):
        return insights.c.priority <= rank
    return or_(insights.c.priority < rank, and_(insights.c.priority == rank, _shown_id < row_id))


def _best_first(statement: Select[Any], newness: ColumnElement[int]) -> Select[Any]:
    """`newness` is any number that grows with the rows of the workspace, as those of rows and of sentences do."""
    return statement.order_by(statement.selected_columns.priority.desc(), newness.desc())


def _carries(workspace: str, campaign_id: ColumnElement[str], signal_key: str) -> ColumnElement[bool]:
    """Whether a campaign has a signal."""
    return exists().where(
        campaign_signals.c.workspace == workspace,
        campaign_signals.c.signal_key == signal_key,
        campaign_signals.c.campaign_id == campaign_id,
    )
