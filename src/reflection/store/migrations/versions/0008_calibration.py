"""The calibration of forecasts is a column of its own; before, it was a text within the knowledge.

Nothing is moved: knowledge stored before is of another format, which is learnt again from the ledger.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("fits", sa.Column("calibration", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("fits", "calibration")
