"""What several processes note together for a while: uses of limits, servers that are down."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "board_notes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("ends", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_board_notes"),
    )


def downgrade() -> None:
    """Take it away again: what it says ends by itself within a day or two."""
    op.drop_table("board_notes")
