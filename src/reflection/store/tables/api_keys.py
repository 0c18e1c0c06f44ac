"""The table of API keys, as salted digests. Must not know who may do what."""

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from reflection.store.tables.columns import binary, metadata, seal, text

api_keys = Table(
    "api_keys",
    metadata,
    text("workspace"),
    text("key_id"),
    text("name"),
    text("scope"),
    binary("salt"),
    binary("digest"),
    text("created_at"),
    text("revoked_at", nullable=True),
    seal(),
    PrimaryKeyConstraint("workspace", "key_id"),
    UniqueConstraint("key_id"),
)
