"""Imports: their register, what each says of which campaign, and the days it reported.

Frozen: a later change of a table is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("import_days", "import_claims", "imports")


def upgrade() -> None:
    """Create the tables of imports."""
    op.create_table(
        "imports",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        _text("workspace"),
        _text("import_id"),
        _text("state"),
        sa.Column("verdict", sa.LargeBinary(), nullable=False),
        _text("created_at"),
        _text("updated_at"),
        sa.UniqueConstraint("workspace", "import_id", name=op.f("uq_imports_workspace_import_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_imports_state"), "imports", ["state"], unique=False)
    op.create_table(
        "import_claims",
        _text("workspace"),
        _text("import_id"),
        _text("campaign_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("content_hash"),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        _text("change"),
        _text("undone"),
        _text("detail"),
        sa.PrimaryKeyConstraint("workspace", "import_id", "campaign_id", name=op.f("pk_import_claims")),
    )
    op.create_index(
        op.f("ix_import_claims_workspace_campaign_id"), "import_claims", ["workspace", "campaign_id"], unique=False
    )
    op.create_table(
        "import_days",
        _text("workspace"),
        _text("import_id"),
        _text("dialect"),
        _text("platform"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "import_id", "dialect", "platform", name=op.f("pk_import_days")),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in TABLES:
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
