"""The outbox of alerts: events become messages, messages are tried until they arrive or are given up, and the log.

A try is counted, and the next one dated, before anything is sent: a process that is killed in the middle has tried, and
the message is sent again under the same id. Must not know how anything is sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.engine import Connection, RowMapping

from reflection.alerts.alert import TEST, Alert
from reflection.alerts.items import Item
from reflection.alerts.messages import MOST_ITEMS, Message
from reflection.domain.instants import instant_text
from reflection.store.alert_items import item_of, row_of
from reflection.store.attention_read import last_arrival
from reflection.store.database.connections import Database
from reflection.store.database.seals import resealed
from reflection.store.database.statements import delete_some, insert_missing, key_of
from reflection.store.database.turns import delete_in_turns
from reflection.store.row_values import Row, packed, unpacked
from reflection.store.tables.alerts import DEAD, DELIVERED, PENDING, alert_items, alert_messages, alerts

REMEMBERED = timedelta(days=730)
"""How long an event that was told is not told again; its row is a few bytes."""

MOST_LISTED = 200
_SHOWN = ("alert_id", "message_id", "kind", "title", "state", "tries", "reason", "created_at", "settled_at")


@dataclass(frozen=True, slots=True)
class WaitingEvents:
    """Events of one kind for one alert that are no message yet; `oldest` and `newest` are when they came."""

    workspace: str
    alert_id: str
    kind: str
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message that is to be sent now; `tries` were made before."""

    workspace: str
    alert_id: str
    message: Message
    tries: int


class AlertOutbox:
    """Messages of all workspaces; thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> list[WaitingEvents]:
        """Events that are no message yet, by alert and kind."""
        with self._database.read() as connection:
            return [WaitingEvents(*row) for row in connection.execute(_WAITING)]

    def form(self, waiting: WaitingEvents, compose: Callable[[Sequence[Item]], Message]) -> None:
        """Make one message of the oldest events of an alert and kind, at most `MOST_ITEMS` of them."""
        key = {"w": waiting.workspace, "a": waiting.alert_id}
        with self._database.write() as connection:
            rows = connection.execute(_UNTOLD, {**key, "k": waiting.kind}).all()
            if not rows:
                return
            message = compose([item_of(row.body) for row in rows])
            connection.execute(_TOLD, [{**key, "i": row.item_id, "m": message.message_id} for row in rows])
            _add_message(connection, waiting.workspace, waiting.alert_id, message, message.created_at)

    def add(self, alert: Alert, item: Item, message: Message, *, reason: str = "", next_at: str | None = None) -> bool:
        """A message on one event, at once; whether it is new. With a `reason` it is given up before it is sent."""
        with self._database.write() as connection:
            row = {**row_of(alert, item, message.created_at), "body": None, "message_id": message.message_id}
            if not connection.execute(insert_missing(alert_items), row).rowcount:
                return False
            _add_message(connection, alert.workspace, alert.alert_id, message, next_at or message.created_at, reason)
            return True

    def has(self, alert: Alert, item: Item) -> bool:
        """Whether an alert was told of an event, or will be."""
        values = {"w": alert.workspace, "a": alert.alert_id, "i": item.item_id}
        with self._database.read() as connection:
            return connection.execute(_HAS, values).first() is not None

    def note(self, alert: Alert, item: Item, now: str) -> None:
        """Write an event that no transaction made true, but time."""
        with self._database.write() as connection:
            connection.execute(insert_missing(alert_items), row_of(alert, item, now))

    def last_arrival(self, workspace: str) -> str | None:
        """When the last campaign came."""
        with self._database.read(workspace) as connection:
            return last_arrival(connection, workspace)

    def due(self, now: str, beyond: str, limit: int) -> list[DueMessage]:
        """Messages due now or `beyond`, one an alert, those tried least first: who fails keeps no other waiting."""
        with self._database.read() as connection:
            rows = connection.execute(_DUE, {"t": now, "b": beyond, "limit": limit}).mappings()
            return [DueMessage(row["workspace"], row["alert_id"], _message(row), row["tries"]) for row in rows]

    def claim(self, due: DueMessage, next_at: str) -> bool:
        """Count a try before it is made; False where somebody else was faster or the alert is gone."""
        with self._database.write() as connection:
            return connection.execute(_CLAIM, {**_key(due), "n": due.tries, "t": next_at}).rowcount > 0

    def arrived(self, due: DueMessage, now: str) -> None:
        """A message arrived."""
        self._settle(due, {"state": DELIVERED, "body": None, "reason": "", "settled_at": now})

    def failed(self, due: DueMessage, reason: str, next_at: str | None, now: str) -> None:
        """A try failed; `next_at` is that of the next one, None where the message is given up."""
        if next_at is None:
            self._settle(due, {"state": DEAD, "reason": reason, "settled_at": now})
        else:
            self._settle(due, {"reason": reason, "next_at": next_at})

    def retry(self, workspace: str, alert_id: str, now: str) -> int:
        """Try the given-up messages of an alert again, now; how many."""
        values = {"state": PENDING, "tries": 0, "next_at": now, "settled_at": None}
        own = and_(alert_messages.c.workspace == workspace, alert_messages.c.alert_id == alert_id)
        lost = and_(own, _LOST, alert_messages.c.body.is_not(None))
        with self._database.write(workspace) as connection:
            return connection.execute(
                update(alert_messages).where(lost).values(resealed(alert_messages, **values))
            ).rowcount

    def deliveries(self, workspace: str, alert_id: str, limit: int) -> list[Row]:
        """The log of an alert, the newest message first."""
        statement = (
            select(*(alert_messages.c[name] for name in _SHOWN), alert_messages.c.next_at)
            .where(alert_messages.c.workspace == workspace, alert_messages.c.alert_id == alert_id)
            .order_by(alert_messages.c.created_at.desc(), alert_messages.c.message_id)
            .limit(min(limit, MOST_LISTED))
        )
        with self._database.read(workspace) as connection:
            return [_row_of(row) for row in connection.execute(statement).mappings()]

    def lag(self) -> dict[str, dict[str, int]]:
        """Messages by workspace: {waiting, given_up}; workspaces without alerts are left out."""
        with self._database.read() as connection:
            counts = {name: {"waiting": 0, "given_up": 0} for name in connection.execute(_WORKSPACES).scalars()}
            for workspace, waiting, given_up in connection.execute(_LAG):
                counts[workspace] = {"waiting": waiting or 0, "given_up": given_up or 0}
            for workspace, number in connection.execute(_LAG_OF_ITEMS):
                counts.setdefault(workspace, {"waiting": 0, "given_up": 0})["waiting"] += number
        return counts

    def given_up(self, limit: int) -> list[Row]:
        """The last messages that were given up, with the reason."""
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(_GIVEN_UP, {"limit": limit}).mappings()]

    def forget(self, workspace: str, log_before: datetime, events_before: datetime) -> int:
        """Drop what was settled before an instant from the log, and events told before another; how many rows."""
        old = {"w": workspace, "t": instant_text(log_before)}
        older = {"w": workspace, "t": instant_text(events_before)}
        return delete_in_turns(self._database, _FORGET_LOG, old) + delete_in_turns(self._database, _FORGET_ITEMS, older)

    def _settle(self, due: DueMessage, values: Row) -> None:
        statement = update(alert_messages).where(_OWN).values(resealed(alert_messages, **values))
        with self._database.write() as connection:
            connection.execute(statement, _key(due))


def _key(due: DueMessage) -> dict[str, str]:
    return {"w": due.workspace, "a": due.alert_id, "m": due.message.message_id}


def _add_message(
    connection: Connection, workspace: str, alert_id: str, message: Message, next_at: str, reason: str = ""
) -> None:
    body = {"lines": message.lines, "payload": message.payload.decode()}
    row = {
        "workspace": workspace,
        "alert_id": alert_id,
        "message_id": message.message_id,
        "kind": message.kind,
        "title": message.title,
        "body": None if reason else packed(orjson.dumps(body)),
        "state": DEAD if reason else PENDING,
        "tries": 0,
        "next_at": next_at,
        "reason": reason,
        "created_at": message.created_at,
        "settled_at": message.created_at if reason else None,
    }
    connection.execute(insert(alert_messages), row)


def _message(row: RowMapping) -> Message:
    body = orjson.loads(unpacked(row["body"]))
    lines, payload = tuple((text, link) for text, link in body["lines"]), body["payload"].encode()
    return Message(row["message_id"], row["kind"], row["title"], lines, payload, row["created_at"])


def _row_of(row: RowMapping) -> Row:
    """A row of the log; when it is tried next, where it is."""
    return {**{name: row[name] for name in _SHOWN}, "next_at": row["next_at"] if row["state"] == PENDING else None}


_OWN = key_of(alert_messages, workspace="w", alert_id="a", message_id="m")
_EVENT = key_of(alert_items, workspace="w", alert_id="a")
_WAITING = (
    select(
        alert_items.c.workspace,
        alert_items.c.alert_id,
        alert_items.c.kind,
        func.min(alert_items.c.created_at),
        func.max(alert_items.c.created_at),
    )
    .where(alert_items.c.message_id.is_(None))
    .group_by(alert_items.c.workspace, alert_items.c.alert_id, alert_items.c.kind)
)
_UNTOLD = (
    select(alert_items.c.item_id, alert_items.c.body)
    .where(_EVENT, alert_items.c.kind == bindparam("k"), alert_items.c.message_id.is_(None))
    .order_by(alert_items.c.created_at, alert_items.c.item_id)
    .limit(MOST_ITEMS)
)
_TOLD = update(alert_items).where(_EVENT, alert_items.c.item_id == bindparam("i")).values(
    resealed(alert_items, message_id=bindparam("m"), body=None)
)  # fmt: skip
_HAS = select(alert_items.c.item_id).where(_EVENT, alert_items.c.item_id == bindparam("i"))
_FIRST = (
    func.row_number()
    .over(
        partition_by=(alert_messages.c.workspace, alert_messages.c.alert_id),
        order_by=(alert_messages.c.tries, alert_messages.c.created_at, alert_messages.c.message_id),
    )
    .label("place")
)
_TO_SEND = (
    select(alert_messages, _FIRST)
    .where(alert_messages.c.state == PENDING)
    .where(or_(alert_messages.c.next_at <= bindparam("t"), alert_messages.c.next_at > bindparam("b")))
    .subquery()
)
_DUE = (
    select(_TO_SEND)
    .where(_TO_SEND.c.place == 1)
    .order_by(_TO_SEND.c.tries, _TO_SEND.c.next_at, _TO_SEND.c.message_id)
    .limit(bindparam("limit"))
)
_CLAIM = (
    update(alert_messages)
    .where(_OWN, alert_messages.c.state == PENDING, alert_messages.c.tries == bindparam("n"))
    .values(resealed(alert_messages, tries=alert_messages.c.tries + 1, next_at=bindparam("t")))
)
_LOST = and_(alert_messages.c.state == DEAD, alert_messages.c.kind != TEST)  # whoever made a trial knows already
_WORKSPACES = select(alerts.c.workspace).distinct()
_LAG = select(
    alert_messages.c.workspace,
    func.sum(case((alert_messages.c.state == PENDING, 1), else_=0)),
    func.sum(case((_LOST, 1), else_=0)),
).group_by(alert_messages.c.workspace)
_LAG_OF_ITEMS = (
    select(alert_items.c.workspace, func.count())
    .where(alert_items.c.message_id.is_(None))
    .group_by(alert_items.c.workspace)
)
_GIVEN_UP = (
    select(*(alert_messages.c[name] for name in ("workspace", *_SHOWN)))
    .where(_LOST)
    .order_by(alert_messages.c.settled_at.desc())
    .limit(bindparam("limit"))
)
_PORTION = 1_000
_FORGET_LOG = delete_some(
    alert_messages,
    key_of(alert_messages, workspace="w"),
    alert_messages.c.settled_at < bindparam("t"),
    limit=_PORTION,
)
_FORGET_ITEMS = delete_some(
    alert_items,
    key_of(alert_items, workspace="w"),
    alert_items.c.message_id.is_not(None),
    alert_items.c.created_at < bindparam("t"),
    limit=_PORTION,
)
