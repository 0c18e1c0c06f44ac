"""Events to be told, written inside the transaction that makes them true: with it they are there, without it they are
not.

Where nobody in the workspace wants to be told, one short look at the alerts is all that it costs. Must not know how an
event is put into words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import orjson
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.engine import Connection

from reflection.alerts import items
from reflection.alerts.alert import Alert
from reflection.alerts.items import Item
from reflection.domain.instants import instant_text
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord
from reflection.learnings.claims import Learning
from reflection.store.alerts import alerts_of
from reflection.store.campaigns_read import campaign
from reflection.store.database.statements import insert_missing, insert_rows
from reflection.store.tables.alerts import alert_items
from reflection.store.tables.campaigns import campaigns

RECENT = timedelta(days=90)
"""Before the newest campaign of the workspace: what an older one did is history, and no news."""

FRESH = timedelta(days=7)
"""Age up to which a held campaign is news where there is no earlier fit to compare with."""

News = Sequence[tuple[Learning, int, str | None]]
"""Learnings, the numbers of their new revisions, and their states before."""


def add(connection: Connection, workspace: str, kind_items: Callable[[], Iterable[Item]], now: str) -> None:
    """Write events for every alert that is about their kind; one that is there already is left as it is.

    Args:
        kind_items: makes them; asked only where there is an alert.
    """
    alerts = alerts_of(connection, workspace)
    if not alerts:
        return
    rows = [row_of(alert, item, now) for item in kind_items() for alert in alerts if item.kind in alert.kinds]
    insert_rows(connection, _ADD, rows)


def add_campaigns(connection: Connection, records: Sequence[AnalysisRecord], now: str) -> None:
    """What analyses that were just written say: campaigns that are held, or came out other than forecast."""
    if records:
        workspace = records[0].workspace
        add(connection, workspace, lambda: _of_campaigns(connection, workspace, records), now)


def add_fit(
    connection: Connection, workspace: str, before: Knowledge, knowledge: Knowledge, news: News, now: datetime
) -> None:
    """What a fit that was just written says: learnings that changed, campaigns it holds, intervals that do not hold."""

    def news_items() -> Iterator[Item]:
        yield from items.of_learnings(news, knowledge)
        yield from items.of_intervals(before, knowledge)
        oldest = "" if before.as_of is not None else instant_text(now - FRESH)
        for campaign_id in sorted(knowledge.held.keys() - before.held.keys()):
            stored = campaign(connection, workspace, campaign_id)
            if stored is not None and stored.created_at >= oldest:
                _take_back(connection, workspace, items.missed_ids(campaign_id))
                yield items.of_newly_held(stored, knowledge)

    add(connection, workspace, news_items, instant_text(now))


def take_back_campaign(connection: Connection, workspace: str, campaign_id: str) -> None:
    """A campaign goes: what was to be told of it and is no part of a message yet goes with it."""
    _take_back(connection, workspace, [*items.missed_ids(campaign_id), items.held_id(campaign_id)])


def item_of(body: str) -> Item:
    """The inverse of what is stored of an event."""
    return Item(**orjson.loads(body))


def row_of(alert: Alert, item: Item, now: str) -> Mapping[str, str | None]:
    """The row of an event for one alert."""
    return {
        "workspace": alert.workspace,
        "alert_id": alert.alert_id,
        "item_id": item.item_id,
        "kind": item.kind,
        "body": orjson.dumps(asdict(item)).decode(),
        "message_id": None,
        "created_at": now,
    }


def _take_back(connection: Connection, workspace: str, item_ids: Sequence[str]) -> None:
    """Events that are no part of a message yet and turned out otherwise."""
    connection.execute(_TAKE_BACK, {"w": workspace, "ids": list(item_ids)})


def _of_campaigns(connection: Connection, workspace: str, records: Sequence[AnalysisRecord]) -> Iterator[Item]:
    newest = connection.execute(_NEWEST, {"w": workspace}).scalar_one()
    oldest = instant_text(datetime.fromisoformat(newest) - RECENT)
    for record in records:
        if instant_text(record.timestamp) >= oldest:
            item = items.of_campaign(record.answer, record.name or record.campaign_id)
            if item is not None:
                yield item


_TAKE_BACK = delete(alert_items).where(
    alert_items.c.workspace == bindparam("w"),
    alert_items.c.item_id.in_(bindparam("ids", expanding=True)),
    alert_items.c.message_id.is_(None),
)
_ADD = insert_missing(alert_items)
_NEWEST = select(func.max(campaigns.c.timestamp)).where(campaigns.c.workspace == bindparam("w"))
