"""A workspace's campaigns in the order of their days, for replaying its history. Must not know what is replayed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select, tuple_

from reflection.store.database.connections import Database
from reflection.store.tables.campaigns import campaigns

_PAGE = 500
_AFTER_ALL = "~"
"""Behind every instant's text."""


def days(database: Database, workspace: str) -> list[tuple[str, int]]:
    """Each UTC day that campaigns are dated on, in order, and how many: ``("2026-03-29", 4)``."""
    return database.ask(workspace, lambda connection: [(*row,) for row in connection.execute(_DAYS, {"w": workspace})])


def bodies(database: Database, workspace: str, first: str, end: str) -> Iterator[str]:
    """Stored campaigns as JSON, of a day and later, before another (``""``: all that follow), by instant and id.

    Read in pages, each of a state of its own: a campaign that is corrected meanwhile is read once or not at all.
    """
    values = {"w": workspace, "end": end or _AFTER_ALL, "timestamp": first, "campaign": ""}
    while True:
        page = _page(database, workspace, values)
        for row in page:
            yield row.body
        if len(page) < _PAGE:
            return
        values = {**values, "timestamp": page[-1].timestamp, "campaign": page[-1].campaign_id}


def _page(database: Database, workspace: str, values: Mapping[str, str]) -> Sequence[Any]:
    return database.ask(workspace, lambda connection: connection.execute(_BODIES, values).all())


_DAY = func.substr(campaigns.c.timestamp, 1, 10)
_DAYS = select(_DAY, func.count()).where(campaigns.c.workspace == bindparam("w")).group_by(_DAY).order_by(_DAY)
_BODIES = (
    select(campaigns.c.timestamp, campaigns.c.campaign_id, campaigns.c.body)
    .where(
        campaigns.c.workspace == bindparam("w"),
        campaigns.c.timestamp >= bindparam("timestamp"),
        campaigns.c.timestamp < bindparam("end"),
        tuple_(campaigns.c.timestamp, campaigns.c.campaign_id) > tuple_(bindparam("timestamp"), bindparam("campaign")),
    )
    .order_by(campaigns.c.timestamp, campaigns.c.campaign_id)
    .limit(_PAGE)
)
