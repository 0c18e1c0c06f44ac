"""Tables of alerts: where messages go, the events to be told, and the messages made of them, each with its deliveries.

An event stands here once for each alert, however often it is said; what has become a message is sent until it arrives
or is given up. Must not know what an event is.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from reflection.store.tables.campaigns import metadata

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
"""States of a message: still to be sent, arrived, given up."""


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


alerts = Table(
    "alerts",
    metadata,
    _text("workspace"),
    _text("alert_id"),
    _text("channel"),
    _text("name"),
    _text("address"),
    _text("secret"),  # signs, so it cannot be a digest; empty where nothing is signed
    _text("kinds"),  # JSON list
    Column("silence_days", Integer, nullable=False),
    _text("report", nullable=True),  # JSON
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "alert_id"),
)

alert_items = Table(
    "alert_items",
    metadata,
    _text("workspace"),
    _text("alert_id"),
    _text("item_id"),
    _text("kind"),
    _text("body", nullable=True),  # JSON; NULL once it is part of a message
    _text("message_id", nullable=True),
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "alert_id", "item_id"),
    Index(None, "message_id", "created_at"),
)

alert_messages = Table(
    "alert_messages",
    metadata,
    _text("workspace"),
    _text("alert_id"),
    _text("message_id"),
    _text("kind"),
    _text("title"),
    Column("body", LargeBinary, nullable=True),  # zlib JSON; NULL once it arrived
    _text("state"),
    Column("tries", Integer, nullable=False),
    _text("next_at"),
    _text("reason"),  # of the last failure, "" without one
    _text("created_at"),
    _text("settled_at", nullable=True),
    PrimaryKeyConstraint("workspace", "alert_id", "message_id"),
    Index(None, "state", "next_at"),
)
