"""A performance score may be null: where a count it is made of is not known, there is none."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let it be null."""
    with op.batch_alter_table("performance_logs") as table:
        table.alter_column("score", existing_type=sa.Float(), nullable=True)


def downgrade() -> None:
    """Campaigns without a score lose the row that could not be stored before."""
    op.execute("DELETE FROM performance_logs WHERE score IS NULL")
    with op.batch_alter_table("performance_logs") as table:
        table.alter_column("score", existing_type=sa.Float(), nullable=False)
