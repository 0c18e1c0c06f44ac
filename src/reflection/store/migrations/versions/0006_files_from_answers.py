"""A campaign's files are parts of its stored answer: their second copy in `artifacts` goes.

Going down writes the copies again from the answers.
"""

import zlib

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FILES = {
    "comparison.json": "comparison_report",
    "insights.json": "insights",
    "patterns.json": "pattern_report",
    "updated_weights.json": "weights",
}
INSERT = "INSERT INTO artifacts (workspace, campaign_id, name, body) VALUES (:workspace, :campaign_id, :name, :body)"
PAGE = 500


def upgrade() -> None:
    """Keep the workspaces' own files only, in a table that has no campaign."""
    op.rename_table("artifacts", "former")
    _create("name")
    op.execute("INSERT INTO artifacts SELECT workspace, name, body FROM former WHERE campaign_id = ''")
    op.drop_table("former")


def downgrade() -> None:
    """Make the copies again, a page at a time."""
    op.rename_table("artifacts", "former")
    _create("campaign_id", "name")
    op.execute("INSERT INTO artifacts SELECT workspace, '', name, body FROM former")
    op.drop_table("former")
    connection, after = op.get_bind(), ("", "")
    select = sa.text(
        "SELECT workspace, campaign_id, answer FROM campaigns WHERE (workspace, campaign_id) > (:workspace, :campaign)"
        f" ORDER BY workspace, campaign_id LIMIT {PAGE}"
    )
    while page := connection.execute(select, {"workspace": after[0], "campaign": after[1]}).all():
        rows = [row for stored in page for row in _rows(*stored)]
        if rows:
            connection.execute(sa.text(INSERT), rows)
        after = (page[-1][0], page[-1][1])


def _create(*names: str) -> None:
    """The table, with these columns between the workspace and the content."""
    keys = ("workspace", *names)
    op.create_table(
        "artifacts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in keys),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_artifacts")),
    )


def _rows(workspace: str, campaign_id: str, answer: bytes) -> list[dict[str, object]]:
    parts = orjson.loads(zlib.decompress(answer))
    key = {"workspace": workspace, "campaign_id": campaign_id}
    return [
        {**key, "name": name, "body": zlib.compress(orjson.dumps(parts[part], option=orjson.OPT_INDENT_2), 1)}
        for name, part in FILES.items()
        if part in parts
    ]
