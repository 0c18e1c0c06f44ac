"""Sentences are numbered within their workspace: the number of a row tells how much all others write."""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import ddl

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_LAST = "SELECT max(id) FROM insights WHERE insights.workspace = workspaces.workspace"


def upgrade() -> None:
    """Sentences that are there keep the number of their row, which was given out, and no row is touched.

    Their workspace counts on from its own last one.
    """
    op.add_column("insights", sa.Column("number", ddl.ROW_ID, nullable=True))
    op.add_column("workspaces", sa.Column("sentences", ddl.ROW_ID, nullable=False, server_default="0"))
    ddl.run(f"UPDATE workspaces SET sentences = coalesce(({_LAST}), 0)")


def downgrade() -> None:
    """Take the numbers away again: a sentence has its row's."""
    op.drop_column("workspaces", "sentences")
    op.drop_column("insights", "number")
