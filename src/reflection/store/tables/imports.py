"""Tables of imports: the register, what each import says of which campaign, and the days it reported."""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from reflection.store.tables.campaigns import RowId, metadata


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


imports = Table(
    "imports",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("workspace"),
    _text("import_id"),
    _text("state"),
    Column("verdict", LargeBinary, nullable=False),  # zlib
    _text("created_at"),
    _text("updated_at"),
    UniqueConstraint("workspace", "import_id"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

import_claims = Table(
    "import_claims",
    metadata,
    _text("workspace"),
    _text("import_id"),
    _text("campaign_id"),
    Column("position", Integer, nullable=False),
    _text("content_hash"),
    Column("body", LargeBinary, nullable=True),  # zlib; NULL once it is settled
    _text("before", nullable=True),  # hashes between spaces, "" = there was none; NULL = not looked at yet
    _text("change"),  # "" until settled
    _text("undone"),  # "" until taken back
    _text("detail"),
    PrimaryKeyConstraint("workspace", "import_id", "campaign_id"),
    Index(None, "workspace", "campaign_id"),
)

import_days = Table(
    "import_days",
    metadata,
    _text("workspace"),
    _text("import_id"),
    _text("dialect"),
    _text("platform"),
    Column("body", LargeBinary, nullable=False),  # zlib JSON
    PrimaryKeyConstraint("workspace", "import_id", "dialect", "platform"),
)
