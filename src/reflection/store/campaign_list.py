"""Lists of campaigns, the newest first: filters, search, pages. Functions on a connection somebody else opened."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Connection

from reflection.domain import signals
from reflection.domain.campaign_list import MOST_CHARACTERS, CampaignQuery, ListPlace
from reflection.domain.instants import instant_text
from reflection.domain.ports import StoredCampaign
from reflection.store.campaigns_read import stored_campaign
from reflection.store.database.statements import Position
from reflection.store.tables.campaigns import campaign_signals, campaigns, evidence


def campaign_list(
    connection: Connection, workspace: str, query: CampaignQuery
) -> list[tuple[ListPlace, StoredCampaign]]:
    """Campaigns with their places, the newest first, those of one instant by id; of large ones fewer than asked for."""
    statement = (
        select(campaigns)
        .where(campaigns.c.workspace == workspace, *_filters(workspace, query))
        .order_by(campaigns.c.timestamp.desc(), campaigns.c.campaign_id)
        .limit(query.limit)
    )
    listed, characters = list[tuple[ListPlace, StoredCampaign]](), 0
    with connection.execute(statement.execution_options(yield_per=20)) as rows:  # closed where the rest is not read
        for row in rows.mappings():
            stored = stored_campaign(dict(row))
            listed.append((ListPlace(row["timestamp"], row["campaign_id"]), stored))
            characters += len(stored.campaign_json) + len(stored.answer)
            if characters > MOST_CHARACTERS:
                break
    return listed


def objective_keys(connection: Connection, workspace: str) -> list[str]:
    """Every objective's signal key, sorted."""
    key = campaign_signals.c.signal_key
    prefix = f"{signals.OBJECTIVE}:"
    own = select(key).where(campaign_signals.c.workspace == workspace, key >= prefix, key < f"{signals.OBJECTIVE};")
    return list(connection.execute(own.distinct().order_by(key)).scalars())


def unlearnt(connection: Connection, workspace: str, after: int, limit: int) -> list[str]:
    """Campaigns that the ledger names after an entry, sorted, at most `limit` entries looked at."""
    newer = select(evidence.c.campaign_id).where(evidence.c.workspace == workspace, evidence.c.seq > after)
    return sorted(set(connection.execute(newer.order_by(evidence.c.seq.desc()).limit(limit)).scalars()))


def _filters(workspace: str, query: CampaignQuery) -> list[ColumnElement[bool]]:
    columns, conditions = campaigns.c, list[ColumnElement[bool]]()
    if query.platform is not None:
        conditions.append(_has(workspace, [signals.of_platform(query.platform).key]))
    if query.objective is not None:
        conditions.append(_has(workspace, [signals.of_objective(query.objective).key]))
    if query.kinds is not None:
        unsaid = and_(columns.conversion_kind.is_(None), _has(workspace, query.objectives))
        conditions.append(or_(columns.conversion_kind.in_(query.kinds), unsaid))
    if query.search is not None:
        conditions += [_contains(part) for part in query.search.split()]
    if query.since is not None:
        conditions.append(columns.timestamp >= instant_text(query.since))
    if query.until is not None:
        conditions.append(columns.timestamp <= instant_text(query.until))
    if query.among is not None:
        conditions.append(columns.campaign_id.in_(query.among))
    if query.not_among:
        conditions.append(columns.campaign_id.not_in(query.not_among))
    if query.after is not None:
        timestamp, campaign_id = query.after
        earlier = columns.timestamp < timestamp
        conditions.append(or_(earlier, and_(columns.timestamp == timestamp, columns.campaign_id > campaign_id)))
    return conditions


def _has(workspace: str, keys: tuple[str, ...] | list[str]) -> ColumnElement[bool]:
    """Whether a campaign has one of these signals."""
    having = select(campaign_signals.c.campaign_id).where(
        campaign_signals.c.workspace == workspace, campaign_signals.c.signal_key.in_(keys)
    )
    return campaigns.c.campaign_id.in_(having)


def _contains(part: str) -> ColumnElement[bool]:
    """Whether name or id contain a text; the database folds the case of ASCII letters only."""
    columns = (func.coalesce(campaigns.c.name, ""), campaigns.c.campaign_id)
    return or_(
        *(Position(func.lower(column), part.lower()) > 0 for column in columns),
        *(Position(column, part) > 0 for column in columns),
    )
