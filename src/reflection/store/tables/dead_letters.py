"""The table of what could not be published: one row a key, however often it was tried. Must not know any topic."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from reflection.store.tables.campaigns import metadata

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON list: files that earlier states of the key had published
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    PrimaryKeyConstraint("workspace", "topic", "key"),
    Index(None, "topic", "due_at"),
)
