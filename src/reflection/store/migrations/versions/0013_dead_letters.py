"""Dead letters: what could not be published, with its reason and when it is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dead_letters",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "topic", "key", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_topic_due_at", "dead_letters", ["topic", "due_at"])


def downgrade() -> None:
    """Take it away again; what it named goes back to the outbox."""
    op.execute(
        "INSERT INTO outbox (workspace, topic, key, detail, created_at) "
        "SELECT workspace, topic, key, detail, created_at FROM dead_letters"
    )
    op.drop_table("dead_letters")
