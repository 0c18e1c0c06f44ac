"""Tables of creatives: what was registered of them before they ran, and the places of texts among meanings.

Must not know what a text foretells.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from reflection.store.tables.columns import binary, floating, integer, metadata, seal, text

creatives = Table(
    "creatives",
    metadata,
    text("workspace"),
    text("creative_key"),  # of its signal, as campaigns' creatives have it
    text("creative_id"),
    text("content_hash"),
    text("body"),
    floating("own_score", nullable=True),  # when it was registered; none where nothing could be foretold
    integer("day"),  # of the registration, since 1970-01-01 UTC
    text("created_at"),
    text("updated_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "creative_key"),
    Index("ix_creatives_newest", "workspace", "updated_at", "creative_key"),
)

text_places = Table(
    "text_places",
    metadata,
    text("workspace"),
    text("text_key"),  # start of the SHA-256 of headline and text
    text("space"),  # of which model and directions
    binary("axes"),  # int32, little endian
    seal(),
    PrimaryKeyConstraint("workspace", "text_key", "space"),
)
