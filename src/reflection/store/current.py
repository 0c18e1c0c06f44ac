"""What the store holds of campaigns at the moment a write looks at them.

On a connection somebody else opened. Must not write.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from reflection.domain.ports import StoredCampaign
from reflection.store.rows import Row, unpacked
from reflection.store.schema import campaign_revisions, campaigns

_CHUNK = 500
"""Ids in one statement; databases limit the number of its parameters."""


@dataclass(frozen=True, slots=True)
class Current:
    """What the store holds of a campaign at the moment; `last` counts revisions that were deleted too."""

    stored: StoredCampaign | None
    last: int
    memory_id: str = ""
    signal_keys: tuple[str, ...] = ()


def current(connection: Connection, workspace: str, campaign_ids: Sequence[str]) -> dict[str, Current]:
    """What the store holds of each campaign."""
    found: dict[str, Current] = {}
    for chunk in chunks(campaign_ids):
        for row in connection.execute(_CURRENT, {"workspace": workspace, "ids": chunk}).mappings():
            found[row["campaign_id"]] = Current(
                stored=stored_campaign(dict(row)),
                last=row["revision"],
                memory_id=row["memory_id"],
                signal_keys=tuple(orjson.loads(row["signal_keys"])),
            )
        missing = [campaign_id for campaign_id in chunk if campaign_id not in found]
        if missing:
            rows = connection.execute(_LAST, {"workspace": workspace, "ids": missing})
            last = {row[0]: row[1] for row in rows}
            found |= {campaign_id: Current(None, last.get(campaign_id, 0)) for campaign_id in missing}
    return found


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
    )


def chunks(items: Sequence[str]) -> list[list[str]]:
    """Ids in portions of the size that one statement takes."""
    return [list(items[start : start + _CHUNK]) for start in range(0, len(items), _CHUNK)]


_CURRENT = select(campaigns).where(
    campaigns.c.workspace == bindparam("workspace"),
    campaigns.c.campaign_id.in_(bindparam("ids", expanding=True)),
)
_LAST = (
    select(campaign_revisions.c.campaign_id, func.max(campaign_revisions.c.revision))
    .where(
        campaign_revisions.c.workspace == bindparam("workspace"),
        campaign_revisions.c.campaign_id.in_(bindparam("ids", expanding=True)),
    )
    .group_by(campaign_revisions.c.campaign_id)
)
