"""The first tables: campaigns, evidence, what was learnt, advice, memory, imports, keys and delivery.

The number is that of the last of seven steps taken before the first release, which this one stands for. Frozen: a
later change of a table is a migration of its own. Each row belongs to a workspace.
"""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import sqlite

revision = "0007"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NO_UPDATE = ("learning_revisions", "advice_shown", "advice_feedback", "advice_assignments")
TABLES = (
    "recall_outcomes",
    "recalled",
    "recalls",
    "learning_reviews",
    "learning_evidence",
    "learning_revisions",
    "learnings",
    "advice_shown",
    "advice_feedback",
    "advice_assignments",
    "import_days",
    "import_claims",
    "imports",
    "api_keys",
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
    for statement in (*sqlite.guards_ddl(), *sqlite.full_text_ddl()):
        op.execute(statement)
    for table in NO_UPDATE:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    """Take everything away again."""
    for table in NO_UPDATE:
        op.execute(f"DROP TRIGGER {table}_no_update")
    for statement in (*sqlite.drop_full_text_ddl(), *sqlite.drop_guards_ddl()):
        op.execute(statement)
    for table in TABLES:
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [_text(name) for name in names]


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _float(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    """A ledger's or a workspace's count, as wide as a row number."""
    return sa.Column(name, ROW_ID, nullable=False)


def _row_number(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, ROW_ID, autoincrement=True, nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _refers(table: str, target: str, *columns: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    own = ["workspace", *columns]
    name = op.f(f"fk_{table}_{target}")
    return sa.ForeignKeyConstraint(own, [f"{target}.{column}" for column in own], name=name, ondelete=ondelete)


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def _campaigns() -> None:
    op.create_table("workspaces", *_texts("workspace", "created_at"), _key("workspaces", "workspace"))
    op.create_table(
        "campaigns",
        *_texts("workspace", "campaign_id"),
        _integer("revision"),
        *_texts("content_hash", "body", "platform", "objective", "timestamp", "created_at", "memory_id", "signal_keys"),
        _bytes("answer"),
        _key("campaigns", "workspace", "campaign_id"),
    )
    _index("campaigns", "workspace", "timestamp")
    op.create_table(
        "campaign_revisions",
        *_texts("workspace", "campaign_id"),
        _integer("revision"),
        *_texts("content_hash", "body", "created_at"),
        _check("campaign_revisions", "counted_from_one", "revision >= 1"),
        _key("campaign_revisions", "workspace", "campaign_id", "revision"),
    )
    op.create_table(
        "campaign_signals",
        *_texts("workspace", "signal_key", "campaign_id"),
        _key("campaign_signals", "workspace", "signal_key", "campaign_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "acceptances",
        *_texts("workspace", "campaign_id", "accepted_at"),
        _key("acceptances", "workspace", "campaign_id"),
    )


def _analyses() -> None:
    op.create_table(
        "performance_logs",
        *_texts("workspace", "campaign_id", "generated_at"),
        _text("currency", nullable=True),
        *_texts("expected", "actual", "deltas", "flags"),
        _float("score"),
        _key("performance_logs", "workspace", "campaign_id"),
    )
    op.create_table(
        "insights",
        _row_number(),
        *_texts("workspace", "campaign_id", "kind", "content"),
        _float("priority"),
        *_texts("evidence", "source", "created_at"),
        _key("insights", "id"),
        sqlite_autoincrement=True,
    )
    _index("insights", "workspace", "campaign_id")
    _index("insights", "workspace", "priority", "id")


def _evidence() -> None:
    op.create_table(
        "evidence",
        _row_number("seq"),
        *_texts("workspace", "campaign_id"),
        _integer("revision"),
        _integer("sign"),
        _bytes("payload"),
        _check("evidence", "sign", "sign IN (-1, 1)"),
        _refers("evidence", "campaign_revisions", "campaign_id", "revision"),
        _key("evidence", "seq"),
        _unique("evidence", "workspace", "campaign_id", "revision", "sign"),
        sqlite_autoincrement=True,
    )
    _index("evidence", "workspace", "seq")


def _knowledge() -> None:
    op.create_table(
        "fits",
        _row_number(),
        _text("workspace"),
        _integer("epoch"),
        _number("seq"),
        _text("as_of", nullable=True),
        _text("format"),
        _bytes("body"),
        _bytes("draws"),
        _key("fits", "id"),
        sqlite_autoincrement=True,
    )
    _index("fits", "workspace", "id")
    op.create_table(
        "patterns",
        *_texts("workspace", "finding_id", "campaign_id", "category", "signal_key", "summary"),
        _float("impact_score"),
        *_texts("body", "created_at"),
        _key("patterns", "workspace", "finding_id"),
    )
    _index("patterns", "workspace", "impact_score")
    op.create_table(
        "weights",
        *_texts("workspace", "signal_key"),
        _float("weight"),
        _integer("successes"),
        _integer("failures"),
        *_texts("last_updated", "body"),
        _key("weights", "workspace", "signal_key"),
    )


def _forecasts() -> None:
    absent = ("campaign_id", "platform", "objective", "period_start", "period_end", "currency")
    op.create_table(
        "forecasts",
        _row_number(),
        *_texts("workspace", "content_hash", "issuer", "version", "issued_at", "metric"),
        sa.Column("point", sa.Float(), nullable=True),
        _text("quantiles"),
        *(_text(name, nullable=True) for name in absent),
        _text("detail"),
        _key("forecasts", "id"),
        _unique("forecasts", "workspace", "content_hash"),
        sqlite_autoincrement=True,
    )
    _index("forecasts", "workspace", "campaign_id")


def _memories() -> None:
    op.create_table(
        "memories",
        _row_number(),
        _text("workspace"),
        _number("seq"),
        *_texts("memory_id", "kind"),
        _text("campaign_id", nullable=True),
        *_texts("text", "summary", "platform", "objective", "timestamp", "metadata"),
        _text("embedder_id", nullable=True),
        _bytes("vector", nullable=True),
        sa.Column("deleted", sa.Integer(), server_default="0", nullable=False),
        _key("memories", "id"),
        _unique("memories", "workspace", "memory_id"),
        _unique("memories", "workspace", "seq"),
        sqlite_autoincrement=True,
    )
    _index("memories", "workspace", "deleted", "embedder_id")


def _delivery() -> None:
    op.create_table(
        "artifacts",
        *_texts("workspace", "name"),
        _bytes("body"),
        _key("artifacts", "workspace", "name"),
    )
    op.create_table(
        "outbox",
        _row_number(),
        *_texts("workspace", "topic", "key", "detail", "created_at"),
        _key("outbox", "id"),
        sqlite_autoincrement=True,
    )
    _index("outbox", "topic", "id")
    op.create_table(
        "idempotency",
        *_texts("workspace", "key", "request_hash", "campaign_id"),
        _integer("revision"),
        _bytes("answer"),
        _text("created_at"),
        _key("idempotency", "workspace", "key"),
    )
    _index("idempotency", "created_at")


def _learnings() -> None:
    op.create_table(
        "learnings",
        *_texts("workspace", "learning_id", "signal_key", "context", "metric"),
        _integer("revision"),
        _text("state"),
        _float("worth"),
        _text("created_at"),
        _key("learnings", "workspace", "learning_id"),
    )
    _index("learnings", "workspace", "worth", "learning_id")
    op.create_table(
        "learning_revisions",
        *_texts("workspace", "learning_id"),
        _integer("revision"),
        *_texts("recorded_at", "state"),
        _float("worth"),
        _number("seq"),
        _text("as_of", nullable=True),
        _text("body"),
        _key("learning_revisions", "workspace", "learning_id", "revision"),
        _refers("learning_revisions", "learnings", "learning_id"),
    )
    _index("learning_revisions", "workspace", "recorded_at")
    op.create_table(
        "learning_reviews",
        _row_number(),
        *_texts("workspace", "learning_id"),
        _integer("revision"),
        *_texts("verdict", "note", "author", "created_at"),
        _key("learning_reviews", "id"),
        _check("learning_reviews", "verdict", "verdict IN ('approve', 'reject', 'note')"),
        _refers("learning_reviews", "learnings", "learning_id"),
        sqlite_autoincrement=True,
    )
    _index("learning_reviews", "workspace", "learning_id")


def _learning_evidence() -> None:
    op.create_table(
        "learning_evidence",
        *_texts("workspace", "learning_id", "campaign_id"),
        _float("estimate"),
        _float("sd"),
        _integer("supports"),
        _key("learning_evidence", "workspace", "learning_id", "campaign_id"),
        _check("learning_evidence", "supports", "supports IN (0, 1)"),
        _refers("learning_evidence", "learnings", "learning_id"),
        _refers("learning_evidence", "campaigns", "campaign_id", ondelete="CASCADE"),
    )
    _index("learning_evidence", "workspace", "campaign_id")


def _recalls() -> None:
    op.create_table(
        "recalls",
        *_texts("workspace", "recall_id", "purpose", "question", "recalled_at"),
        _key("recalls", "workspace", "recall_id"),
    )
    _index("recalls", "workspace", "recalled_at")
    op.create_table(
        "recalled",
        *_texts("workspace", "recall_id", "learning_id"),
        _integer("rank"),
        _float("score"),
        _key("recalled", "workspace", "recall_id", "learning_id"),
        _refers("recalled", "recalls", "recall_id", ondelete="CASCADE"),
    )
    _index("recalled", "workspace", "learning_id")
    op.create_table(
        "recall_outcomes",
        *_texts("workspace", "recall_id", "campaign_id", "outcome", "created_at"),
        _key("recall_outcomes", "workspace", "recall_id", "campaign_id"),
        _refers("recall_outcomes", "recalls", "recall_id", ondelete="CASCADE"),
    )


def _advice() -> None:
    op.create_table(
        "advice_shown",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        *_texts("workspace", "recommendation_id", "unit"),
        _number("seq"),
        *_texts("shown_at", "claim"),
        _unique("advice_shown", "workspace", "recommendation_id", "unit", "seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "advice_feedback",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        *_texts("workspace", "recommendation_id"),
        _integer("accepted"),
        *_texts("note", "created_at"),
        sqlite_autoincrement=True,
    )
    _index("advice_feedback", "workspace", "recommendation_id")
    op.create_table(
        "advice_assignments",
        *_texts("workspace", "unit"),
        _integer("treated"),
        _float("probability"),
        _text("assigned_at"),
        _key("advice_assignments", "workspace", "unit"),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        *_texts("workspace", "import_id", "state"),
        _bytes("verdict"),
        *_texts("created_at", "updated_at"),
        _unique("imports", "workspace", "import_id"),
        sqlite_autoincrement=True,
    )
    _index("imports", "state")
    op.create_table(
        "import_claims",
        *_texts("workspace", "import_id", "campaign_id"),
        _integer("position"),
        _text("content_hash"),
        _bytes("body", nullable=True),
        _text("before", nullable=True),
        *_texts("change", "undone", "detail"),
        _key("import_claims", "workspace", "import_id", "campaign_id"),
    )
    _index("import_claims", "workspace", "campaign_id")
    op.create_table(
        "import_days",
        *_texts("workspace", "import_id", "dialect", "platform"),
        _bytes("body"),
        _key("import_days", "workspace", "import_id", "dialect", "platform"),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        *_texts("workspace", "key_id", "name", "scope"),
        _bytes("salt"),
        _bytes("digest"),
        _text("created_at"),
        _text("revoked_at", nullable=True),
        _key("api_keys", "workspace", "key_id"),
        _unique("api_keys", "key_id"),
    )
