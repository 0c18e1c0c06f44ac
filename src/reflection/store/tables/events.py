"""The table of events: what happened beside the campaigns. Must not know what an event does."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from reflection.store.tables.columns import metadata, seal, text

events = Table(
    "events",
    metadata,
    text("workspace"),
    text("event_id"),
    text("day"),
    text("until", nullable=True),
    text("scope"),
    text("kind"),
    text("text"),
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "event_id"),
    Index(None, "workspace", "day", "event_id"),
)
