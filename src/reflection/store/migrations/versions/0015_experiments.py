"""Randomised experiments, and how far learning has taken them in."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "experiments",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "experiment_id", name="pk_experiments"),
    )
    op.create_table(
        "experiment_changes",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("learnt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_experiment_changes"),
    )


def downgrade() -> None:
    """Take them away again: what experiments taught goes with the next fit."""
    op.drop_table("experiment_changes")
    op.drop_table("experiments")
