"""Tables of campaigns: their revisions, what learning takes and makes of them, and what is published of it.

Must not know any dialect beyond its table options.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from reflection.store.tables.columns import binary, floating, integer, metadata, number, row_number, seal, text

WORKSPACE_LEVEL = ""
"""What the outbox calls the whole workspace; a campaign's id is never empty."""

APPEND_ONLY = ("campaign_revisions", "evidence", "forecasts")
"""Neither changed nor deleted, but with the whole workspace: triggers of the database guard them."""

workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace", Text, primary_key=True),
    text("created_at"),
    number("sentences", default="0"),  # the last number that was given to a row of `insights`
    seal(),
)

campaigns = Table(
    "campaigns",
    metadata,
    text("workspace"),
    text("campaign_id"),
    integer("revision"),
    text("content_hash"),
    text("body"),
    text("platform"),
    text("objective"),
    text("timestamp"),
    text("created_at"),
    text("memory_id"),
    text("signal_keys"),  # JSON list: what to take out of `campaign_signals` again, without a second index there
    binary("answer"),  # zlib
    text("name", nullable=True),
    text("conversion_kind", nullable=True),
    seal(),
    PrimaryKeyConstraint("workspace", "campaign_id"),
    Index(None, "workspace", "timestamp"),
)

campaign_revisions = Table(
    "campaign_revisions",
    metadata,
    text("workspace"),
    text("campaign_id"),
    integer("revision"),
    text("content_hash"),
    text("body"),
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "campaign_id", "revision"),
    CheckConstraint("revision >= 1", name="counted_from_one"),
)

performance_logs = Table(
    "performance_logs",
    metadata,
    text("workspace"),
    text("campaign_id"),
    text("generated_at"),
    text("currency", nullable=True),
    text("expected"),
    text("actual"),
    text("deltas"),
    text("flags"),
    floating("score", nullable=True),  # none where a count is not known; never none before 0010
    seal(),
    PrimaryKeyConstraint("workspace", "campaign_id"),
)

insights = Table(
    "insights",
    metadata,
    row_number("id"),
    text("workspace"),
    text("campaign_id"),
    text("kind"),
    text("content"),
    floating("priority"),
    text("evidence"),
    text("source"),
    text("created_at"),
    number("number", nullable=True),  # within the workspace; of rows before 0019 the id, which was shown then
    seal(),
    Index(None, "workspace", "priority", "id"),
    Index(None, "workspace", "campaign_id"),
    sqlite_autoincrement=True,
)

patterns = Table(
    "patterns",
    metadata,
    text("workspace"),
    text("finding_id"),
    text("campaign_id"),
    text("category"),
    text("signal_key"),
    text("summary"),
    floating("impact_score"),
    text("body"),
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "finding_id"),
    Index(None, "workspace", "impact_score"),
)

weights = Table(
    "weights",
    metadata,
    text("workspace"),
    text("signal_key"),
    floating("weight"),
    integer("successes"),
    integer("failures"),
    text("last_updated"),
    text("body"),
    seal(),
    PrimaryKeyConstraint("workspace", "signal_key"),
)

evidence = Table(
    "evidence",
    metadata,
    row_number("seq"),
    text("workspace"),
    text("campaign_id"),
    integer("revision"),
    integer("sign"),
    binary("payload"),
    seal(),
    # What makes learning twice impossible: a revision is added at most once, and taken back at most once.
    UniqueConstraint("workspace", "campaign_id", "revision", "sign"),
    CheckConstraint("sign IN (-1, 1)", name="sign"),
    # Evidence stands on a campaign somebody sent; text made by the engine or a model has no revision to refer
    # to.
    ForeignKeyConstraint(
        ["workspace", "campaign_id", "revision"],
        ["campaign_revisions.workspace", "campaign_revisions.campaign_id", "campaign_revisions.revision"],
    ),
    Index(None, "workspace", "seq"),
    sqlite_autoincrement=True,
)

campaign_signals = Table(
    "campaign_signals",
    metadata,
    text("workspace"),
    text("signal_key"),
    text("campaign_id"),
    PrimaryKeyConstraint("workspace", "signal_key", "campaign_id"),
    sqlite_with_rowid=False,
)

memories = Table(
    "memories",
    metadata,
    row_number("id"),  # what the full-text index refers to; never changes
    text("workspace"),
    number("seq"),  # number of the row's last change within the workspace
    text("memory_id"),
    text("kind"),
    text("campaign_id", nullable=True),
    text("text"),
    text("summary"),
    text("platform"),
    text("objective"),
    text("timestamp"),
    text("metadata"),
    text("embedder_id", nullable=True),
    binary("vector", nullable=True),  # float32, little endian
    Column("deleted", Integer, nullable=False, server_default="0"),  # a tombstone, so that readers see deletions
    seal(),
    UniqueConstraint("workspace", "memory_id"),
    UniqueConstraint("workspace", "seq"),
    Index(None, "workspace", "deleted", "embedder_id"),  # counts, and finds what has no vector, without reading texts
    sqlite_autoincrement=True,
)

fits = Table(
    "fits",
    metadata,
    row_number("id"),
    text("workspace"),
    integer("epoch"),
    number("seq"),
    text("as_of", nullable=True),
    text("format"),
    binary("body"),
    binary("draws"),
    binary("calibration", nullable=True),  # empty before anything was calibrated; none before 0008
    seal(),
    Index(None, "workspace", "id"),
    sqlite_autoincrement=True,
)

artifacts = Table(  # the workspace's own files; a campaign's are parts of its answer
    "artifacts",
    metadata,
    text("workspace"),
    text("name"),
    binary("body"),  # zlib
    seal(),
    PrimaryKeyConstraint("workspace", "name"),
)

outbox = Table(
    "outbox",
    metadata,
    row_number("id"),
    text("workspace"),
    text("topic"),
    text("key"),
    text("detail"),
    text("created_at"),
    Index(None, "topic", "id"),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    text("workspace"),
    text("key"),
    text("request_hash"),
    text("campaign_id"),
    integer("revision"),
    binary("answer"),  # zlib
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "key"),
    Index(None, "created_at"),
)

acceptances = Table(
    "acceptances",
    metadata,
    text("workspace"),
    text("campaign_id"),
    text("accepted_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "campaign_id"),
)

forecasts = Table(
    "forecasts",
    metadata,
    row_number("id"),
    text("workspace"),
    text("content_hash"),
    text("issuer"),
    text("version"),
    text("issued_at"),
    text("metric"),
    floating("point", nullable=True),
    text("quantiles"),
    text("campaign_id", nullable=True),
    text("platform", nullable=True),
    text("objective", nullable=True),
    text("period_start", nullable=True),
    text("period_end", nullable=True),
    text("currency", nullable=True),
    text("detail"),
    seal(),
    UniqueConstraint("workspace", "content_hash"),
    Index(None, "workspace", "campaign_id"),
    sqlite_autoincrement=True,
)
