"""Rows have a seal, by which a change of what they say is noticed.

Rows that are there have none until `reflection rebuild` gives them theirs: here it would hold everybody up.
"""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import ddl

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TABLES = (
    "acceptances",
    "advice_assignments",
    "advice_feedback",
    "advice_shown",
    "alert_items",
    "alert_messages",
    "alerts",
    "api_keys",
    "artifacts",
    "campaign_revisions",
    "campaigns",
    "creatives",
    "events",
    "experiments",
    "idempotency",
    "import_campaigns",
    "import_claims",
    "import_days",
    "imports",
    "insights",
    "learning_evidence",
    "learning_reviews",
    "learning_revisions",
    "learnings",
    "memories",
    "patterns",
    "recall_outcomes",
    "recalled",
    "recalls",
    "shares",
)


def upgrade() -> None:
    """Add the column; no row is touched."""
    for table in _TABLES:
        op.add_column(table, sa.Column("seal", sa.LargeBinary(), nullable=True))
    ddl.unguard("forecasts", "UPDATE", "DELETE")  # what a server's guards ask, who lets rows of before be sealed now
    ddl.guard("forecasts", "UPDATE", "DELETE")


def downgrade() -> None:
    """Take the seals away again."""
    for table in _TABLES:
        op.drop_column(table, "seal")
