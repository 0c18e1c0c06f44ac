"""Tables of creatives: what was registered of them before they ran, and the places of texts among meanings.

Must not know what a text foretells.
"""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from reflection.store.tables.campaigns import metadata

creatives = Table(
    "creatives",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("creative_key", Text, nullable=False),  # of its signal, as campaigns' creatives have it
    Column("creative_id", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("own_score", Float, nullable=True),  # when it was registered; none where nothing could be foretold
    Column("day", Integer, nullable=False),  # of the registration, since 1970-01-01 UTC
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    PrimaryKeyConstraint("workspace", "creative_key"),
    Index("ix_creatives_newest", "workspace", "updated_at", "creative_key"),
)

text_places = Table(
    "text_places",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("text_key", Text, nullable=False),  # start of the SHA-256 of headline and text
    Column("space", Text, nullable=False),  # of which model and directions
    Column("axes", LargeBinary, nullable=False),  # int32, little endian
    PrimaryKeyConstraint("workspace", "text_key", "space"),
)
