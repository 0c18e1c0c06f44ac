"""The first tables: campaigns, evidence, what was learnt, memory and delivery, each row in a workspace.

Frozen: a later change of a table is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "evidence",
    "campaign_revisions",
    "campaigns",
    "performance_logs",
    "insights",
    "campaign_signals",
    "fits",
    "patterns",
    "weights",
    "acceptances",
    "forecasts",
    "memories",
    "artifacts",
    "outbox",
    "idempotency",
    "workspaces",
)


def upgrade() -> None:
    """Make the tables, the guards of append-only history, and the full-text index."""
    _campaign_tables()
    _learning_tables()
    _memory_tables()
    _delivery_tables()
    for statement in (*sqlite.guards_ddl(), *sqlite.full_text_ddl()):
        op.execute(statement)


def downgrade() -> None:
    """Take everything away again."""
    for statement in (*sqlite.drop_full_text_ddl(), *sqlite.drop_guards_ddl()):
        op.execute(statement)
    for table in TABLES:
        op.drop_table(table)


def _campaign_tables() -> None:
    op.create_table(
        "workspaces",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_workspaces")),
    )
    op.create_table(
        "campaigns",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("memory_id", sa.Text(), nullable=False),
        sa.Column("signal_keys", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "campaign_id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_workspace_timestamp"), "campaigns", ["workspace", "timestamp"], unique=False)
    op.create_table(
        "campaign_revisions",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_campaign_revisions_counted_from_one")),
        sa.PrimaryKeyConstraint("workspace", "campaign_id", "revision", name=op.f("pk_campaign_revisions")),
    )
    op.create_table(
        "performance_logs",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("generated_at", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("actual", sa.Text(), nullable=False),
        sa.Column("deltas", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "campaign_id", name=op.f("pk_performance_logs")),
    )
    op.create_table(
        "insights",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insights")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_insights_workspace_campaign_id"), "insights", ["workspace", "campaign_id"], unique=False)
    op.create_index(
        op.f("ix_insights_workspace_priority_id"), "insights", ["workspace", "priority", "id"], unique=False
    )
    op.create_table(
        "campaign_signals",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("signal_key", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "signal_key", "campaign_id", name=op.f("pk_campaign_signals")),
        sqlite_with_rowid=False,
    )


def _learning_tables() -> None:
    op.create_table(
        "evidence",
        sa.Column("seq", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sign", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sign IN (-1, 1)", name=op.f("ck_evidence_sign")),
        sa.ForeignKeyConstraint(
            ["workspace", "campaign_id", "revision"],
            ["campaign_revisions.workspace", "campaign_revisions.campaign_id", "campaign_revisions.revision"],
            name=op.f("fk_evidence_campaign_revisions"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "workspace",
            "campaign_id",
            "revision",
            "sign",
            name=op.f("uq_evidence_workspace_campaign_id_revision_sign"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_evidence_workspace_seq"), "evidence", ["workspace", "seq"], unique=False)
    op.create_table(
        "fits",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("as_of", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("draws", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fits")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_fits_workspace_id"), "fits", ["workspace", "id"], unique=False)
    op.create_table(
        "patterns",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("signal_key", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("impact_score", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "finding_id", name=op.f("pk_patterns")),
    )
    op.create_index(op.f("ix_patterns_workspace_impact_score"), "patterns", ["workspace", "impact_score"], unique=False)
    op.create_table(
        "weights",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("signal_key", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("successes", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_updated", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "signal_key", name=op.f("pk_weights")),
    )
    op.create_table(
        "acceptances",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "campaign_id", name=op.f("pk_acceptances")),
    )
    op.create_table(
        "forecasts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("point", sa.Float(), nullable=True),
        sa.Column("quantiles", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("objective", sa.Text(), nullable=True),
        sa.Column("period_start", sa.Text(), nullable=True),
        sa.Column("period_end", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
        sa.UniqueConstraint("workspace", "content_hash", name=op.f("uq_forecasts_workspace_content_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_forecasts_workspace_campaign_id"), "forecasts", ["workspace", "campaign_id"], unique=False)


def _memory_tables() -> None:
    op.create_table(
        "memories",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("memory_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("embedder_id", sa.Text(), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("deleted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memories")),
        sa.UniqueConstraint("workspace", "memory_id", name=op.f("uq_memories_workspace_memory_id")),
        sa.UniqueConstraint("workspace", "seq", name=op.f("uq_memories_workspace_seq")),
        sqlite_autoincrement=True,
    )


def _delivery_tables() -> None:
    op.create_table(
        "artifacts",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "campaign_id", "name", name=op.f("pk_artifacts")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_topic_id"), "outbox", ["topic", "id"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
