"""Advice: claims as they were shown, what was said to them, and the hold-back's assignments.

Frozen: a later change of a table is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("advice_shown", "advice_feedback", "advice_assignments")


def upgrade() -> None:
    """Create the tables of advice."""
    op.create_table(
        "advice_shown",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        _text("workspace"),
        _text("recommendation_id"),
        _text("unit"),
        sa.Column("seq", ROW_ID, nullable=False),
        _text("shown_at"),
        _text("claim"),
        sa.UniqueConstraint(
            "workspace", "recommendation_id", "unit", "seq",
            name=op.f("uq_advice_shown_workspace_recommendation_id_unit_seq"),
        ),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_table(
        "advice_feedback",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        _text("workspace"),
        _text("recommendation_id"),
        sa.Column("accepted", sa.Integer(), nullable=False),
        _text("note"),
        _text("created_at"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_advice_feedback_workspace_recommendation_id"),
        "advice_feedback", ["workspace", "recommendation_id"], unique=False,
    )  # fmt: skip
    op.create_table(
        "advice_assignments",
        _text("workspace"),
        _text("unit"),
        sa.Column("treated", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        _text("assigned_at"),
        sa.PrimaryKeyConstraint("workspace", "unit", name=op.f("pk_advice_assignments")),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    """Take them away again."""
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
