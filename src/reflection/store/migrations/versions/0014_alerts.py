"""Alerts: where messages go, the events to be told, and the messages made of them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "alert_id", "channel", "name")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("address", "secret", "kinds")),
        sa.Column("silence_days", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "alert_id", name="pk_alerts"),
    )
    op.create_table(
        "alert_items",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "alert_id", "item_id", "kind")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("body", "message_id")),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "alert_id", "item_id", name="pk_alert_items"),
    )
    op.create_index("ix_alert_items_message_id_created_at", "alert_items", ["message_id", "created_at"])
    op.create_table(
        "alert_messages",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "alert_id", "message_id", "kind")),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("next_at", "reason", "created_at")),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "alert_id", "message_id", name="pk_alert_messages"),
    )
    op.create_index("ix_alert_messages_state_next_at", "alert_messages", ["state", "next_at"])


def downgrade() -> None:
    """Take them away again: nobody is told anything."""
    for table in ("alert_messages", "alert_items", "alerts"):
        op.drop_table(table)
