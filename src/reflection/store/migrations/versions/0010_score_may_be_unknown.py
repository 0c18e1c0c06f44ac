"""A performance score may be null: where a count it is made of is not known, there is none."""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let it be null."""
    ddl.set_nullable("performance_logs", "score", sa.Float(), nullable=True)


def downgrade() -> None:
    """Campaigns without a score lose the row that could not be stored before."""
    op.execute("DELETE FROM performance_logs WHERE score IS NULL")
    ddl.set_nullable("performance_logs", "score", sa.Float(), nullable=False)
