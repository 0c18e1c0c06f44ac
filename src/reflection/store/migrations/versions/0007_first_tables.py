"""The first tables: campaigns, evidence, what was learnt, advice, memory, imports, keys and delivery.

The number is that of the last of seven steps taken before the first release, which this one stands for. Frozen: a
later change of a table is a migration of its own. Each row belongs to a workspace.
"""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import ddl, dialect

revision = "0007"
down_revision = None
branch_labels = None
depends_on = None

GUARDED = ("campaign_revisions", "evidence", "forecasts")
NO_UPDATE = ("learning_revisions", "advice_shown", "advice_feedback", "advice_assignments")
TABLES = (
    "recall_outcomes", "recalled", "recalls", "learning_reviews", "learning_evidence", "learning_revisions",
    "learnings", "advice_shown", "advice_feedback", "advice_assignments", "import_days", "import_claims", "imports",
    "api_keys", "evidence", "campaign_revisions", "campaigns", "performance_logs", "insights", "campaign_signals",
    "fits", "patterns", "weights", "acceptances", "forecasts", "memories", "artifacts", "outbox", "idempotency",
    "workspaces",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, the guards of append-only history, and the full-text index."""
    _campaigns()
    _analyses()
    _evidence()
    _knowledge()
    _forecasts()
    _memories()
    _delivery()
    _learnings()
    _learning_evidence()
    _recalls()
    _advice()
    _imports()
    _api_keys()
    for statement in dialect.of(op.get_bind()).full_text_ddl():
        ddl.run(statement)
    for table in GUARDED:
        ddl.guard(table, "UPDATE", "DELETE")
    for table in NO_UPDATE:
        ddl.guard(table, "UPDATE")


def downgrade() -> None:
    """Take everything away again."""
    for table in NO_UPDATE:
        ddl.unguard(table, "UPDATE")
    for statement in dialect.of(op.get_bind()).drop_full_text_ddl():
        ddl.run(statement)
    for table in GUARDED:
        ddl.unguard(table, "UPDATE", "DELETE")
    for table in TABLES:
        op.drop_table(table)


def _campaigns() -> None:
    op.create_table("workspaces", *ddl.texts("workspace", "created_at"), ddl.key("workspaces", "workspace"))
    op.create_table(
        "campaigns",
        *ddl.texts("workspace", "campaign_id"),
        ddl.integer("revision"),
        *ddl.texts(
            "content_hash", "body", "platform", "objective", "timestamp", "created_at", "memory_id", "signal_keys"
        ),
        ddl.binary("answer"),
        ddl.key("campaigns", "workspace", "campaign_id"),
    )
    ddl.index("campaigns", "workspace", "timestamp")
    op.create_table(
        "campaign_revisions",
        *ddl.texts("workspace", "campaign_id"),
        ddl.integer("revision"),
        *ddl.texts("content_hash", "body", "created_at"),
        ddl.check("campaign_revisions", "counted_from_one", "revision >= 1"),
        ddl.key("campaign_revisions", "workspace", "campaign_id", "revision"),
    )
    op.create_table(
        "campaign_signals",
        *ddl.texts("workspace", "signal_key", "campaign_id"),
        ddl.key("campaign_signals", "workspace", "signal_key", "campaign_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "acceptances",
        *ddl.texts("workspace", "campaign_id", "accepted_at"),
        ddl.key("acceptances", "workspace", "campaign_id"),
    )


def _analyses() -> None:
    op.create_table(
        "performance_logs",
        *ddl.texts("workspace", "campaign_id", "generated_at"),
        ddl.text("currency", nullable=True),
        *ddl.texts("expected", "actual", "deltas", "flags"),
        ddl.floating("score"),
        ddl.key("performance_logs", "workspace", "campaign_id"),
    )
    op.create_table(
        "insights",
        ddl.row_number(),
        *ddl.texts("workspace", "campaign_id", "kind", "content"),
        ddl.floating("priority"),
        *ddl.texts("evidence", "source", "created_at"),
        ddl.key("insights", "id"),
        sqlite_autoincrement=True,
    )
    ddl.index("insights", "workspace", "campaign_id")
    ddl.index("insights", "workspace", "priority", "id")


def _evidence() -> None:
    op.create_table(
        "evidence",
        ddl.row_number("seq"),
        *ddl.texts("workspace", "campaign_id"),
        ddl.integer("revision"),
        ddl.integer("sign"),
        ddl.binary("payload"),
        ddl.check("evidence", "sign", "sign IN (-1, 1)"),
        ddl.refers("evidence", "campaign_revisions", "campaign_id", "revision"),
        ddl.key("evidence", "seq"),
        ddl.unique("evidence", "workspace", "campaign_id", "revision", "sign"),
        sqlite_autoincrement=True,
    )
    ddl.index("evidence", "workspace", "seq")


def _knowledge() -> None:
    op.create_table(
        "fits",
        ddl.row_number(),
        ddl.text("workspace"),
        ddl.integer("epoch"),
        ddl.number("seq"),
        ddl.text("as_of", nullable=True),
        ddl.text("format"),
        ddl.binary("body"),
        ddl.binary("draws"),
        ddl.key("fits", "id"),
        sqlite_autoincrement=True,
    )
    ddl.index("fits", "workspace", "id")
    op.create_table(
        "patterns",
        *ddl.texts("workspace", "finding_id", "campaign_id", "category", "signal_key", "summary"),
        ddl.floating("impact_score"),
        *ddl.texts("body", "created_at"),
        ddl.key("patterns", "workspace", "finding_id"),
    )
    ddl.index("patterns", "workspace", "impact_score")
    op.create_table(
        "weights",
        *ddl.texts("workspace", "signal_key"),
        ddl.floating("weight"),
        ddl.integer("successes"),
        ddl.integer("failures"),
        *ddl.texts("last_updated", "body"),
        ddl.key("weights", "workspace", "signal_key"),
    )


def _forecasts() -> None:
    absent = ("campaign_id", "platform", "objective", "period_start", "period_end", "currency")
    op.create_table(
        "forecasts",
        ddl.row_number(),
        *ddl.texts("workspace", "content_hash", "issuer", "version", "issued_at", "metric"),
        sa.Column("point", sa.Float(), nullable=True),
        ddl.text("quantiles"),
        *(ddl.text(name, nullable=True) for name in absent),
        ddl.text("detail"),
        ddl.key("forecasts", "id"),
        ddl.unique("forecasts", "workspace", "content_hash"),
        sqlite_autoincrement=True,
    )
    ddl.index("forecasts", "workspace", "campaign_id")


def _memories() -> None:
    op.create_table(
        "memories",
        ddl.row_number(),
        ddl.text("workspace"),
        ddl.number("seq"),
        *ddl.texts("memory_id", "kind"),
        ddl.text("campaign_id", nullable=True),
        *ddl.texts("text", "summary", "platform", "objective", "timestamp", "metadata"),
        ddl.text("embedder_id", nullable=True),
        ddl.binary("vector", nullable=True),
        sa.Column("deleted", sa.Integer(), server_default="0", nullable=False),
        ddl.key("memories", "id"),
        ddl.unique("memories", "workspace", "memory_id"),
        ddl.unique("memories", "workspace", "seq"),
        sqlite_autoincrement=True,
    )
    ddl.index("memories", "workspace", "deleted", "embedder_id")


def _delivery() -> None:
    op.create_table(
        "artifacts",
        *ddl.texts("workspace", "name"),
        ddl.binary("body"),
        ddl.key("artifacts", "workspace", "name"),
    )
    op.create_table(
        "outbox",
        ddl.row_number(),
        *ddl.texts("workspace", "topic", "key", "detail", "created_at"),
        ddl.key("outbox", "id"),
        sqlite_autoincrement=True,
    )
    ddl.index("outbox", "topic", "id")
    op.create_table(
        "idempotency",
        *ddl.texts("workspace", "key", "request_hash", "campaign_id"),
        ddl.integer("revision"),
        ddl.binary("answer"),
        ddl.text("created_at"),
        ddl.key("idempotency", "workspace", "key"),
    )
    ddl.index("idempotency", "created_at")


def _learnings() -> None:
    op.create_table(
        "learnings",
        *ddl.texts("workspace", "learning_id", "signal_key", "context", "metric"),
        ddl.integer("revision"),
        ddl.text("state"),
        ddl.floating("worth"),
        ddl.text("created_at"),
        ddl.key("learnings", "workspace", "learning_id"),
    )
    ddl.index("learnings", "workspace", "worth", "learning_id")
    op.create_table(
        "learning_revisions",
        *ddl.texts("workspace", "learning_id"),
        ddl.integer("revision"),
        *ddl.texts("recorded_at", "state"),
        ddl.floating("worth"),
        ddl.number("seq"),
        ddl.text("as_of", nullable=True),
        ddl.text("body"),
        ddl.key("learning_revisions", "workspace", "learning_id", "revision"),
        ddl.refers("learning_revisions", "learnings", "learning_id"),
    )
    ddl.index("learning_revisions", "workspace", "recorded_at")
    op.create_table(
        "learning_reviews",
        ddl.row_number(),
        *ddl.texts("workspace", "learning_id"),
        ddl.integer("revision"),
        *ddl.texts("verdict", "note", "author", "created_at"),
        ddl.key("learning_reviews", "id"),
        ddl.check("learning_reviews", "verdict", "verdict IN ('approve', 'reject', 'note')"),
        ddl.refers("learning_reviews", "learnings", "learning_id"),
        sqlite_autoincrement=True,
    )
    ddl.index("learning_reviews", "workspace", "learning_id")


def _learning_evidence() -> None:
    op.create_table(
        "learning_evidence",
        *ddl.texts("workspace", "learning_id", "campaign_id"),
        ddl.floating("estimate"),
        ddl.floating("sd"),
        ddl.integer("supports"),
        ddl.key("learning_evidence", "workspace", "learning_id", "campaign_id"),
        ddl.check("learning_evidence", "supports", "supports IN (0, 1)"),
        ddl.refers("learning_evidence", "learnings", "learning_id"),
        ddl.refers("learning_evidence", "campaigns", "campaign_id", ondelete="CASCADE"),
    )
    ddl.index("learning_evidence", "workspace", "campaign_id")


def _recalls() -> None:
    op.create_table(
        "recalls",
        *ddl.texts("workspace", "recall_id", "purpose", "question", "recalled_at"),
        ddl.key("recalls", "workspace", "recall_id"),
    )
    ddl.index("recalls", "workspace", "recalled_at")
    op.create_table(
        "recalled",
        *ddl.texts("workspace", "recall_id", "learning_id"),
        ddl.integer("rank"),
        ddl.floating("score"),
        ddl.key("recalled", "workspace", "recall_id", "learning_id"),
        ddl.refers("recalled", "recalls", "recall_id", ondelete="CASCADE"),
    )
    ddl.index("recalled", "workspace", "learning_id")
    op.create_table(
        "recall_outcomes",
        *ddl.texts("workspace", "recall_id", "campaign_id", "outcome", "created_at"),
        ddl.key("recall_outcomes", "workspace", "recall_id", "campaign_id"),
        ddl.refers("recall_outcomes", "recalls", "recall_id", ondelete="CASCADE"),
    )


def _advice() -> None:
    op.create_table(
        "advice_shown",
        sa.Column("id", ddl.ROW_ID, primary_key=True, autoincrement=True),
        *ddl.texts("workspace", "recommendation_id", "unit"),
        ddl.number("seq"),
        *ddl.texts("shown_at", "claim"),
        ddl.unique("advice_shown", "workspace", "recommendation_id", "unit", "seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "advice_feedback",
        sa.Column("id", ddl.ROW_ID, primary_key=True, autoincrement=True),
        *ddl.texts("workspace", "recommendation_id"),
        ddl.integer("accepted"),
        *ddl.texts("note", "created_at"),
        sqlite_autoincrement=True,
    )
    ddl.index("advice_feedback", "workspace", "recommendation_id")
    op.create_table(
        "advice_assignments",
        *ddl.texts("workspace", "unit"),
        ddl.integer("treated"),
        ddl.floating("probability"),
        ddl.text("assigned_at"),
        ddl.key("advice_assignments", "workspace", "unit"),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", ddl.ROW_ID, primary_key=True, autoincrement=True),
        *ddl.texts("workspace", "import_id", "state"),
        ddl.binary("verdict"),
        *ddl.texts("created_at", "updated_at"),
        ddl.unique("imports", "workspace", "import_id"),
        sqlite_autoincrement=True,
    )
    ddl.index("imports", "state")
    op.create_table(
        "import_claims",
        *ddl.texts("workspace", "import_id", "campaign_id"),
        ddl.integer("position"),
        ddl.text("content_hash"),
        ddl.binary("body", nullable=True),
        ddl.text("before", nullable=True),
        *ddl.texts("change", "undone", "detail"),
        ddl.key("import_claims", "workspace", "import_id", "campaign_id"),
    )
    ddl.index("import_claims", "workspace", "campaign_id")
    op.create_table(
        "import_days",
        *ddl.texts("workspace", "import_id", "dialect", "platform"),
        ddl.binary("body"),
        ddl.key("import_days", "workspace", "import_id", "dialect", "platform"),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        *ddl.texts("workspace", "key_id", "name", "scope"),
        ddl.binary("salt"),
        ddl.binary("digest"),
        ddl.text("created_at"),
        ddl.text("revoked_at", nullable=True),
        ddl.key("api_keys", "workspace", "key_id"),
        ddl.unique("api_keys", "key_id"),
    )
