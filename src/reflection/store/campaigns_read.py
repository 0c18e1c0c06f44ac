"""What the store reads: campaigns as they stand, the ledger, live evidence, forecasts.

Functions on a connection somebody else opened: a reader's, or a writer's that looks at what is there (`current`) before
it writes. Long answers are given in pages, so that no reader holds a snapshot for long. Must not write.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Executable, FromClause, Select, and_, bindparam, exists, func, select
from sqlalchemy.engine import Connection, RowMapping

from reflection.domain.ports import ForecastRow, LedgerEntry, StoredCampaign
from reflection.store.database.statements import JsonText, key_of, same_key
from reflection.store.row_values import Row, unpacked
from reflection.store.tables.campaigns import (
    acceptances,
    campaign_revisions,
    campaign_signals,
    campaigns,
    evidence,
    forecasts,
)

PAGE = 1_000
"""Rows that are given at once where nobody says how many."""

_FORECAST = tuple(ForecastRow.__dataclass_fields__)
_later = evidence.alias("later")
_CHUNK = 500
"""Ids in one statement; databases limit the number of its parameters."""

_TAKEN = 50
"""Rows that are taken from the database at a time."""

_COUNTED = 100_000
"""Ledger entries that are looked at to count those who wait."""


def plain(row: Mapping[Any, Any]) -> Row:
    """A row under plain text keys: SQLAlchemy's are a subclass of `str`, which JSON encoders refuse."""
    return {str(key): value for key, value in row.items()}


def campaign(connection: Connection, workspace: str, campaign_id: str) -> StoredCampaign | None:
    """The current revision of a campaign."""
    row = connection.execute(_CAMPAIGN, {"w": workspace, "c": campaign_id}).mappings().one_or_none()
    return stored_campaign(dict(row)) if row else None


def campaign_page(
    connection: Connection, workspace: str, *, after: str = "", limit: int = PAGE
) -> list[StoredCampaign]:
    """Campaigns in the order of their ids, after one of them."""
    rows = connection.execute(_CAMPAIGNS, {"w": workspace, "after": after, "limit": limit}).mappings()
    return [stored_campaign(dict(row)) for row in rows]


def revisions(connection: Connection, workspace: str, campaign_id: str) -> list[Row]:
    """Every content a campaign ever had, oldest first; deleted ones included."""
    columns = [campaign_revisions.c[name] for name in ("revision", "content_hash", "body", "created_at")]
    rows = connection.execute(
        select(*columns)
        .where(campaign_revisions.c.workspace == workspace, campaign_revisions.c.campaign_id == campaign_id)
        .order_by(campaign_revisions.c.revision)
    )
    return [plain(row) for row in rows.mappings()]


def last_seq(connection: Connection, workspace: str) -> int:
    """Number of the workspace's last ledger entry; 0 for an empty ledger."""
    return connection.execute(_LAST_SEQ, {"w": workspace}).scalar_one() or 0


def pending(connection: Connection, workspace: str, after: int, beside: str) -> int:
    """Campaigns, `beside` left out, with ledger entries after a number; of very many entries the first are counted."""
    values = {"w": workspace, "after": after, **WAITING_FOR_ANY, "beside": beside}
    return int(connection.execute(_PENDING, values).scalar_one())


def campaigns_with(connection: Connection, workspace: str, signal_keys: Sequence[str]) -> dict[str, int]:
    """How many campaigns carry each of these signals; those that none carries are left out."""
    counts: dict[str, int] = {}
    for chunk in chunks(signal_keys):
        counts |= {row[0]: row[1] for row in connection.execute(_CARRIED, {"w": workspace, "keys": chunk})}
    return counts


def ledger_page(connection: Connection, workspace: str, after: int, limit: int) -> list[LedgerEntry]:
    """Ledger entries after a number, in order; of large ones fewer than asked for."""
    values = {"w": workspace, "after": after, "limit": limit}
    return [LedgerEntry(*row) for row in _page(connection, _LEDGER, values)]


def ledger_entries(connection: Connection, workspace: str, after: int, limit: int) -> list[LedgerEntry]:
    """The same, a few and whole: a server is asked once, and not for each part of a page."""
    rows = connection.execute(_LEDGER, {"w": workspace, "after": after, "limit": limit})
    return [LedgerEntry(*row) for row in rows]


def evidence_page(connection: Connection, workspace: str, upto: int, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Campaign ids and payloads that counted when the ledger ended at `upto`, by campaign id; of large ones fewer."""
    values = {"w": workspace, "upto": upto, "after": after, "limit": limit}
    return [(row.campaign_id, row.payload) for row in _page(connection, _LIVE, values)]


PAGE_SIZE = 32_000_000
"""Bytes or characters of the rows that are read together: of large ones fewer; a thousand would be gigabytes."""


def _page(connection: Connection, statement: Executable, values: Mapping[str, object]) -> Iterator[Any]:
    """Rows in order until their last columns are a `PAGE_SIZE` together; at least one where there is any."""
    size = 0
    with connection.execute(statement.execution_options(yield_per=_TAKEN), values) as rows:  # the rest is not read
        for row in rows:
            yield row
            size += len(row[-1])
            if size > PAGE_SIZE:
                return


def newest_campaigns(connection: Connection, workspace: str, limit: int) -> list[str]:
    """The campaigns with the latest timestamps as JSON, ties by id; of large ones fewer than asked for."""
    order = (campaigns.c.timestamp.desc(), campaigns.c.campaign_id)
    own = campaigns.c.workspace == workspace
    newest = select(campaigns.c.campaign_id).where(own).order_by(*order).limit(limit).cte("newest")
    joined = newest.join(campaigns, (campaigns.c.campaign_id == newest.c.campaign_id) & own)  # reads no other bodies
    bodies = select(campaigns.c.body).select_from(joined).order_by(*order)
    return [row.body for row in _page(connection, bodies, {})]


def campaign_names(connection: Connection, workspace: str, limit: int) -> dict[str, str | None]:
    """Ids of the campaigns with the latest timestamps, each with its display name where it has one."""
    name = JsonText(campaigns.c.body, "$.name")
    order = (campaigns.c.timestamp.desc(), campaigns.c.campaign_id)
    own = campaigns.c.workspace == workspace
    rows = connection.execute(select(campaigns.c.campaign_id, name).where(own).order_by(*order).limit(limit))
    return {row[0]: row[1] for row in rows}


def accepted(connection: Connection, workspace: str) -> frozenset[str]:
    """Campaigns that count although their tracking looked faulty."""
    return frozenset(connection.execute(_ACCEPTED, {"w": workspace}).scalars())


def forecast_list(
    connection: Connection, workspace: str, campaign_id: str | None = None, limit: int = PAGE
) -> list[ForecastRow]:
    """The forecast register, in the order of entry."""
    statement = select(*(forecasts.c[name] for name in _FORECAST)).where(forecasts.c.workspace == workspace)
    if campaign_id is not None:
        statement = statement.where(forecasts.c.campaign_id == campaign_id)
    rows = connection.execute(statement.order_by(forecasts.c.id).limit(limit)).mappings()
    return [
        ForecastRow(**{**row, "quantiles": orjson.loads(row["quantiles"]), "detail": orjson.loads(row["detail"])})
        for row in rows
    ]


def _live() -> Select[tuple[str, bytes]]:
    taken_back = exists().where(
        same_key(_later, evidence, "workspace", "campaign_id", "revision"),
        _later.c.sign == -1,
        _later.c.seq <= bindparam("upto"),
    )
    return (
        select(evidence.c.campaign_id, evidence.c.payload)
        .where(
            evidence.c.workspace == bindparam("w"),
            evidence.c.campaign_id > bindparam("after"),
            evidence.c.sign == 1,
            evidence.c.seq <= bindparam("upto"),
            ~taken_back,
        )
        .order_by(evidence.c.campaign_id)
        .limit(bindparam("limit"))
    )


_CAMPAIGN = select(campaigns).where(key_of(campaigns, workspace="w", campaign_id="c"))
_CAMPAIGNS = (
    select(campaigns)
    .where(campaigns.c.workspace == bindparam("w"), campaigns.c.campaign_id > bindparam("after"))
    .order_by(campaigns.c.campaign_id)
    .limit(bindparam("limit"))
)
_LAST_SEQ = select(func.max(evidence.c.seq)).where(evidence.c.workspace == bindparam("w"))
_ACCEPTED = select(acceptances.c.campaign_id).where(acceptances.c.workspace == bindparam("w"))
_LEDGER = (
    select(evidence.c.seq, evidence.c.campaign_id, evidence.c.revision, evidence.c.sign, evidence.c.payload)
    .where(evidence.c.workspace == bindparam("w"), evidence.c.seq > bindparam("after"))
    .order_by(evidence.c.seq)
    .limit(bindparam("limit"))
)


def campaigns_waiting(after: ColumnElement[int], *beside: FromClause) -> Select[int]:
    """How many campaigns, one of them left out, have ledger entries after a number, which may stand `beside`."""
    waiting = (
        select(evidence.c.campaign_id)
        .where(evidence.c.workspace == bindparam("w"), evidence.c.seq > after)
        .limit(bindparam("limit"))
        .correlate(*beside)
        .subquery()
    )
    count = func.count(func.distinct(waiting.c.campaign_id))
    return select(count).where(waiting.c.campaign_id != bindparam("beside"))


WAITING_FOR_ANY = {"limit": _COUNTED, "beside": ""}
"""The values of `campaigns_waiting` where none is left out."""

_PENDING = campaigns_waiting(bindparam("after"))
_CARRIED = (
    select(campaign_signals.c.signal_key, func.count())
    .where(
        campaign_signals.c.workspace == bindparam("w"),
        campaign_signals.c.signal_key.in_(bindparam("keys", expanding=True)),
    )
    .group_by(campaign_signals.c.signal_key)
)
_LIVE = _live()


@dataclass(frozen=True, slots=True)
class CurrentRevision:
    """What the store holds of a campaign at the moment; `last` counts revisions that were deleted too."""

    stored: StoredCampaign | None
    last: int
    memory_id: str = ""
    signal_keys: tuple[str, ...] = ()

    @property
    def next_revision(self) -> int:
        """The number that a new revision of the campaign gets."""
        return self.last + 1


def current(connection: Connection, workspace: str, campaign_ids: Sequence[str]) -> dict[str, CurrentRevision]:
    """What the store holds of each campaign; one question, since an analysis asks it while others wait to write."""
    holdings = {campaign_id: CurrentRevision(None, 0) for campaign_id in campaign_ids}
    for chunk in chunks(campaign_ids):
        for row in connection.execute(_CURRENT, {"workspace": workspace, "ids": chunk}).mappings():
            holdings[row["of"]] = CurrentRevision(None, row["last"]) if row["campaign_id"] is None else _holding(row)
    return holdings


def _holding(row: RowMapping) -> CurrentRevision:
    return CurrentRevision(
        stored=stored_campaign(dict(row)),
        last=row["revision"],
        memory_id=row["memory_id"],
        signal_keys=tuple(orjson.loads(row["signal_keys"])),
    )


def stored_campaign(row: Row) -> StoredCampaign:
    """A row of `campaigns` as a value."""
    return StoredCampaign(
        workspace=row["workspace"],
        campaign_id=row["campaign_id"],
        revision=row["revision"],
        content_hash=row["content_hash"],
        campaign_json=row["body"],
        answer=unpacked(row["answer"]),
        created_at=row["created_at"],
        name=row["name"],
    )


def chunks(items: Sequence[str]) -> list[list[str]]:
    """Ids in portions of the size that one statement takes."""
    return [list(items[start : start + _CHUNK]) for start in range(0, len(items), _CHUNK)]


_LAST = (
    select(campaign_revisions.c.campaign_id.label("of"), func.max(campaign_revisions.c.revision).label("last"))
    .where(
        campaign_revisions.c.workspace == bindparam("workspace"),
        campaign_revisions.c.campaign_id.in_(bindparam("ids", expanding=True)),
    )
    .group_by(campaign_revisions.c.campaign_id)
    .subquery()
)
_CURRENT = select(_LAST, campaigns).outerjoin_from(
    _LAST, campaigns, and_(key_of(campaigns, workspace="workspace"), campaigns.c.campaign_id == _LAST.c.of)
)
