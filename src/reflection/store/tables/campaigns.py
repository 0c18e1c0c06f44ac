"""The tables of the store, as SQLAlchemy Core metadata. The migrations create them; nothing else does.

Every row belongs to a workspace: the column is the first of every key, and every statement names it. Instants
are UTC text of one width (`instant_text`), so that text order is time order. Append-only tables
(`campaign_revisions`, `evidence`, `forecasts`) are guarded by triggers in the database. Must not know any
dialect beyond its table options.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

WORKSPACE_LEVEL = ""
"""What the outbox calls the whole workspace; a campaign's id is never empty."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows on its own only for a column called INTEGER."""


def instant_text(instant: datetime) -> str:
    """UTC with microseconds: one width, so that comparing texts compares instants."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _row_id(name: str) -> Column[int]:
    return Column(name, RowId, primary_key=True, autoincrement=True)


workspaces = Table("workspaces", metadata, Column("workspace", Text, primary_key=True), _text("created_at"))

campaigns = Table(
    "campaigns",
    metadata,
    _text("workspace"),
    _text("campaign_id"),
    Column("revision", Integer, nullable=False),
    _text("content_hash"),
    _text("body"),
    _text("platform"),
    _text("objective"),
    _text("timestamp"),
    _text("created_at"),
    _text("memory_id"),
    _text("signal_keys"),  # JSON list: what to take out of `campaign_signals` again, without a second index there
    Column("answer", LargeBinary, nullable=False),  # zlib
    _text("name", nullable=True),
    _text("conversion_kind", nullable=True),
    PrimaryKeyConstraint("workspace", "campaign_id"),
    Index(None, "workspace", "timestamp"),
)

campaign_revisions = Table(
    "campaign_revisions",
    metadata,
    _text("workspace"),
    _text("campaign_id"),
    Column("revision", Integer, nullable=False),
    _text("content_hash"),
    _text("body"),
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "campaign_id", "revision"),
    CheckConstraint("revision >= 1", name="counted_from_one"),
)

performance_logs = Table(
    "performance_logs",
    metadata,
    _text("workspace"),
    _text("campaign_id"),
    _text("generated_at"),
    _text("currency", nullable=True),
    _text("expected"),
    _text("actual"),
    _text("deltas"),
    _text("flags"),
    Column("score", Float, nullable=True),  # none where a count is not known; never none before 0010
    PrimaryKeyConstraint("workspace", "campaign_id"),
)

insights = Table(
    "insights",
    metadata,
    _row_id("id"),
    _text("workspace"),
    _text("campaign_id"),
    _text("kind"),
    _text("content"),
    Column("priority", Float, nullable=False),
    _text("evidence"),
    _text("source"),
    _text("created_at"),
    Index(None, "workspace", "priority", "id"),
    Index(None, "workspace", "campaign_id"),
    sqlite_autoincrement=True,
)

patterns = Table(
    "patterns",
    metadata,
    _text("workspace"),
    _text("finding_id"),
    _text("campaign_id"),
    _text("category"),
    _text("signal_key"),
    _text("summary"),
    Column("impact_score", Float, nullable=False),
    _text("body"),
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "finding_id"),
    Index(None, "workspace", "impact_score"),
)

weights = Table(
    "weights",
    metadata,
    _text("workspace"),
    _text("signal_key"),
    Column("weight", Float, nullable=False),
    Column("successes", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    _text("last_updated"),
    _text("body"),
    PrimaryKeyConstraint("workspace", "signal_key"),
)

evidence = Table(
    "evidence",
    metadata,
    _row_id("seq"),
    _text("workspace"),
    _text("campaign_id"),
    Column("revision", Integer, nullable=False),
    Column("sign", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
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
    _text("workspace"),
    _text("signal_key"),
    _text("campaign_id"),
    PrimaryKeyConstraint("workspace", "signal_key", "campaign_id"),
    sqlite_with_rowid=False,
)

memories = Table(
    "memories",
    metadata,
    _row_id("id"),  # what the full-text index refers to; never changes
    _text("workspace"),
    Column("seq", RowId, nullable=False),  # number of the row's last change within the workspace
    _text("memory_id"),
    _text("kind"),
    _text("campaign_id", nullable=True),
    _text("text"),
    _text("summary"),
    _text("platform"),
    _text("objective"),
    _text("timestamp"),
    _text("metadata"),
    _text("embedder_id", nullable=True),
    Column("vector", LargeBinary, nullable=True),  # float32, little endian
    Column("deleted", Integer, nullable=False, server_default="0"),  # a tombstone, so that readers see deletions
    UniqueConstraint("workspace", "memory_id"),
    UniqueConstraint("workspace", "seq"),
    Index(None, "workspace", "deleted", "embedder_id"),  # counts, and finds what has no vector, without reading texts
    sqlite_autoincrement=True,
)

fits = Table(
    "fits",
    metadata,
    _row_id("id"),
    _text("workspace"),
    Column("epoch", Integer, nullable=False),
    Column("seq", RowId, nullable=False),
    _text("as_of", nullable=True),
    _text("format"),
    Column("body", LargeBinary, nullable=False),
    Column("draws", LargeBinary, nullable=False),
    Column("calibration", LargeBinary, nullable=True),  # empty before anything was calibrated; none before 0008
    Index(None, "workspace", "id"),
    sqlite_autoincrement=True,
)

artifacts = Table(  # the workspace's own files; a campaign's are parts of its answer
    "artifacts",
    metadata,
    _text("workspace"),
    _text("name"),
    Column("body", LargeBinary, nullable=False),  # zlib
    PrimaryKeyConstraint("workspace", "name"),
)

outbox = Table(
    "outbox",
    metadata,
    _row_id("id"),
    _text("workspace"),
    _text("topic"),
    _text("key"),
    _text("detail"),
    _text("created_at"),
    Index(None, "topic", "id"),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    _text("workspace"),
    _text("key"),
    _text("request_hash"),
    _text("campaign_id"),
    Column("revision", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),  # zlib
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "key"),
    Index(None, "created_at"),
)

acceptances = Table(
    "acceptances",
    metadata,
    _text("workspace"),
    _text("campaign_id"),
    _text("accepted_at"),
    PrimaryKeyConstraint("workspace", "campaign_id"),
)

forecasts = Table(
    "forecasts",
    metadata,
    _row_id("id"),
    _text("workspace"),
    _text("content_hash"),
    _text("issuer"),
    _text("version"),
    _text("issued_at"),
    _text("metric"),
    Column("point", Float, nullable=True),
    _text("quantiles"),
    _text("campaign_id", nullable=True),
    _text("platform", nullable=True),
    _text("objective", nullable=True),
    _text("period_start", nullable=True),
    _text("period_end", nullable=True),
    _text("currency", nullable=True),
    _text("detail"),
    UniqueConstraint("workspace", "content_hash"),
    Index(None, "workspace", "campaign_id"),
    sqlite_autoincrement=True,
)
