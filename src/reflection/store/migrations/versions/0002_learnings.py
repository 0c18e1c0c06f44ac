"""Learnings: heads, append-only revisions, evidence that is a campaign, reviews, recalls and their outcomes.

Frozen: a later change of a table is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "recall_outcomes",
    "recalled",
    "recalls",
    "learning_reviews",
    "learning_evidence",
    "learning_revisions",
    "learnings",
)


def upgrade() -> None:
    """Create the tables."""
    _learnings()
    _evidence()
    _reviews()
    _recalls()
    op.execute(
        "CREATE TRIGGER learning_revisions_no_update BEFORE UPDATE ON learning_revisions "
        "BEGIN SELECT RAISE(ABORT, 'learning_revisions is append-only'); END"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.execute("DROP TRIGGER learning_revisions_no_update")
    for table in TABLES:
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _refers(table: str, target: str, column: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace", column],
        [f"{target}.workspace", f"{target}.{column}"],
        name=op.f(f"fk_{table}_{target}"),
        ondelete=ondelete,
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def _learnings() -> None:
    op.create_table(
        "learnings",
        _text("workspace"),
        _text("learning_id"),
        _text("signal_key"),
        _text("context"),
        _text("metric"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("state"),
        sa.Column("worth", sa.Float(), nullable=False),
        _text("created_at"),
        _key("learnings", "workspace", "learning_id"),
    )
    _index("learnings", "workspace", "worth", "learning_id")
    op.create_table(
        "learning_revisions",
        _text("workspace"),
        _text("learning_id"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("recorded_at"),
        _text("state"),
        sa.Column("worth", sa.Float(), nullable=False),
        sa.Column("seq", ROW_ID, nullable=False),
        _text("as_of", nullable=True),
        _text("body"),
        _key("learning_revisions", "workspace", "learning_id", "revision"),
        _refers("learning_revisions", "learnings", "learning_id"),
    )
    _index("learning_revisions", "workspace", "recorded_at")


def _evidence() -> None:
    op.create_table(
        "learning_evidence",
        _text("workspace"),
        _text("learning_id"),
        _text("campaign_id"),
        sa.Column("estimate", sa.Float(), nullable=False),
        sa.Column("sd", sa.Float(), nullable=False),
        sa.Column("supports", sa.Integer(), nullable=False),
        _key("learning_evidence", "workspace", "learning_id", "campaign_id"),
        sa.CheckConstraint("supports IN (0, 1)", name=op.f("ck_learning_evidence_supports")),
        _refers("learning_evidence", "learnings", "learning_id"),
        _refers("learning_evidence", "campaigns", "campaign_id", "CASCADE"),
    )
    _index("learning_evidence", "workspace", "campaign_id")


def _reviews() -> None:
    op.create_table(
        "learning_reviews",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _text("workspace"),
        _text("learning_id"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("verdict"),
        _text("note"),
        _text("author"),
        _text("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_reviews")),
        sa.CheckConstraint("verdict IN ('approve', 'reject', 'note')", name=op.f("ck_learning_reviews_verdict")),
        _refers("learning_reviews", "learnings", "learning_id"),
        sqlite_autoincrement=True,
    )
    _index("learning_reviews", "workspace", "learning_id")


def _recalls() -> None:
    op.create_table(
        "recalls",
        _text("workspace"),
        _text("recall_id"),
        _text("purpose"),
        _text("question"),
        _text("recalled_at"),
        _key("recalls", "workspace", "recall_id"),
    )
    _index("recalls", "workspace", "recalled_at")
    op.create_table(
        "recalled",
        _text("workspace"),
        _text("recall_id"),
        _text("learning_id"),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        _key("recalled", "workspace", "recall_id", "learning_id"),
        _refers("recalled", "recalls", "recall_id", "CASCADE"),
    )
    _index("recalled", "workspace", "learning_id")
    op.create_table(
        "recall_outcomes",
        _text("workspace"),
        _text("recall_id"),
        _text("campaign_id"),
        _text("outcome"),
        _text("created_at"),
        _key("recall_outcomes", "workspace", "recall_id", "campaign_id"),
        _refers("recall_outcomes", "recalls", "recall_id", "CASCADE"),
    )
