"""The table of what several processes note together for a while: one row a name. Must not know what it means."""

from sqlalchemy import PrimaryKeyConstraint, Table

from reflection.store.tables.columns import floating, metadata, text

board_notes = Table(
    "board_notes",
    metadata,
    text("name"),
    text("body"),  # JSON object of numbers
    floating("ends"),  # seconds since 1970, by the database's clock
    PrimaryKeyConstraint("name"),
)
