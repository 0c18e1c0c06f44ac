"""Shares: pages that people were given a link to, as they were made, until they expire or are taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "shares",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=True),
        sa.Column("learning_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "share_id", name="pk_shares"),
        sa.UniqueConstraint("share_id", name="uq_shares_share_id"),
    )
    op.create_index("ix_shares_expires_at", "shares", ["expires_at"])


def downgrade() -> None:
    """Take it away again: every link opens nothing."""
    op.drop_table("shares")
