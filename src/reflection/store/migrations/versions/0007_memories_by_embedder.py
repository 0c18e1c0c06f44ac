"""An index on memories by what made their vectors: counting them, and finding those without one, reads no texts."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = ["workspace", "deleted", "embedder_id"]


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f("ix_memories_workspace_deleted_embedder_id"), "memories", COLUMNS)


def downgrade() -> None:
    """Take it away again."""
    op.drop_index(op.f("ix_memories_workspace_deleted_embedder_id"), "memories")
