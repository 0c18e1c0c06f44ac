"""What each import says of each campaign by itself, so that a file reads no more than it can touch."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_PLACE = ("workspace", "import_id", "dialect", "platform")


def upgrade() -> None:
    """Make the table; earlier imports stay as they are, and are read whichever campaign is asked for."""
    op.create_table(
        "import_campaigns",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace", "campaign", "import_id", "dialect", "platform", name="pk_import_campaigns"
        ),
    )
    op.create_index("ix_import_campaigns_workspace_import_id", "import_campaigns", ["workspace", "import_id"])
    days = sa.table("import_days", *map(sa.column, _PLACE))
    made = sa.table("import_campaigns", *(sa.column(name) for name in (*_PLACE, "campaign", "body")))
    whole = sa.select(*(days.c[name] for name in _PLACE), sa.literal(""), sa.literal(b"", sa.LargeBinary()))
    op.execute(sa.insert(made).from_select([*_PLACE, "campaign", "body"], whole))


def downgrade() -> None:
    """Take it away again: the days and rows of imports made since are gone, their campaigns stay."""
    op.drop_table("import_campaigns")
