"""The table of shared pages, each behind its link. Must not know what is in a page."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from reflection.store.tables.columns import binary, metadata, seal, text

shares = Table(
    "shares",
    metadata,
    text("workspace"),
    text("share_id"),
    text("kind"),
    text("campaign_id", nullable=True),
    text("learning_id", nullable=True),
    text("title"),
    binary("salt"),
    binary("digest"),
    binary("body"),  # zlib
    text("created_at"),
    text("expires_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "share_id"),
    UniqueConstraint("share_id"),
    Index(None, "expires_at"),
)
