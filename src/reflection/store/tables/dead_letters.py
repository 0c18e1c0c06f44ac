"""The table of what could not be published: one row a key, however often it was tried. Must not know any topic."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from reflection.store.tables.columns import integer, metadata, seal, text

dead_letters = Table(
    "dead_letters",
    metadata,
    text("workspace"),
    text("topic"),
    text("key"),
    text("detail"),  # JSON list: files that earlier states of the key had published
    text("reason"),
    integer("attempts"),
    text("created_at"),
    text("due_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "topic", "key"),
    Index(None, "topic", "due_at"),
)
