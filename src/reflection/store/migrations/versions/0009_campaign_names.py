"""What people call a campaign and what it counts as a conversion are columns: lists are filtered and searched by them.

Nothing is filled in: no campaign stored before says either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("campaigns", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("campaigns", sa.Column("conversion_kind", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("campaigns", "conversion_kind")
    op.drop_column("campaigns", "name")
