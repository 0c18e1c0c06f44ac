"""Creatives that were registered before they ran, and the places of texts among meanings."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "creatives",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("creative_key", sa.Text(), nullable=False),
        sa.Column("creative_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("own_score", sa.Float(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "creative_key", name="pk_creatives"),
    )
    op.create_index("ix_creatives_newest", "creatives", ["workspace", "updated_at", "creative_key"])
    op.create_table(
        "text_places",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("text_key", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("axes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "text_key", "space", name="pk_text_places"),
    )


def downgrade() -> None:
    """Take them away again: places are worked out anew, what was registered is gone."""
    op.drop_table("text_places")
    op.drop_table("creatives")
