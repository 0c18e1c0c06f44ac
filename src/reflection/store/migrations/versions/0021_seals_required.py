"""Every row that lasts has a seal, and may not be without: at once in a new database, in others after `rebuild`.

That rows may not be without is how a database remembers that all were sealed.
"""

import sqlalchemy as sa
from alembic import op

from reflection.store.database import ddl

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TABLES = (
    "dead_letters",
    "evidence",
    "experiment_changes",
    "fits",
    "forecasts",
    "performance_logs",
    "text_places",
    "weights",
    "workspaces",
)


def upgrade() -> None:
    """Add the column where it was missing; no row is touched."""
    for table in _TABLES:
        op.add_column(table, sa.Column("seal", sa.LargeBinary(), nullable=True))
    if not any(_has_rows(table) for table in _sealed(nullable=True)):
        for table in _sealed(nullable=True):
            ddl.set_nullable(table, "seal", sa.LargeBinary(), nullable=False)


def downgrade() -> None:
    """Let rows be without again, and take the new seals away."""
    for table in _sealed(nullable=False):
        ddl.set_nullable(table, "seal", sa.LargeBinary(), nullable=True)
    for table in _TABLES:
        op.drop_column(table, "seal")


def _sealed(*, nullable: bool) -> list[str]:
    """The tables whose rows may be without a seal, or may not."""
    inspector = sa.inspect(op.get_bind())
    return [
        table
        for table in sorted(inspector.get_table_names())
        for column in inspector.get_columns(table)
        if column["name"] == "seal" and column["nullable"] == nullable
    ]


def _has_rows(table: str) -> bool:
    return op.get_bind().execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)).first() is not None
