"""Tables of alerts: where messages go, the events to be told, and the messages made of them, each with its deliveries.

An event stands here once for each alert, however often it is said; what has become a message is sent until it arrives
or is given up. Must not know what an event is.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from reflection.store.tables.columns import binary, integer, metadata, seal, text

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
"""States of a message: still to be sent, arrived, given up."""


alerts = Table(
    "alerts",
    metadata,
    text("workspace"),
    text("alert_id"),
    text("channel"),
    text("name"),
    text("address"),
    text("secret"),  # signs, so it cannot be a digest; empty where nothing is signed
    text("kinds"),  # JSON list
    integer("silence_days"),
    text("report", nullable=True),  # JSON
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "alert_id"),
)

alert_items = Table(
    "alert_items",
    metadata,
    text("workspace"),
    text("alert_id"),
    text("item_id"),
    text("kind"),
    text("body", nullable=True),  # JSON; NULL once it is part of a message
    text("message_id", nullable=True),
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "alert_id", "item_id"),
    Index(None, "message_id", "created_at"),
)

alert_messages = Table(
    "alert_messages",
    metadata,
    text("workspace"),
    text("alert_id"),
    text("message_id"),
    text("kind"),
    text("title"),
    binary("body", nullable=True),  # zlib JSON; NULL once it arrived
    text("state"),
    integer("tries"),
    text("next_at"),
    text("reason"),  # of the last failure, "" without one
    text("created_at"),
    text("settled_at", nullable=True),
    seal(),
    PrimaryKeyConstraint("workspace", "alert_id", "message_id"),
    Index(None, "state", "next_at"),
)
