"""The table of what several processes note together for a while: one row a name. Must not know what it means."""

from sqlalchemy import Column, Float, PrimaryKeyConstraint, Table, Text

from reflection.store.tables.campaigns import metadata

board_notes = Table(
    "board_notes",
    metadata,
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON object of numbers
    Column("ends", Float, nullable=False),  # seconds since 1970, by the database's clock
    PrimaryKeyConstraint("name"),
)
