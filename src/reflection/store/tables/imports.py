"""Tables of imports: the register, what each import says of which campaign, and the days and rows that it
reported of each."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from reflection.store.tables.columns import binary, integer, metadata, row_number, seal, text

imports = Table(
    "imports",
    metadata,
    row_number("id"),
    text("workspace"),
    text("import_id"),
    text("state"),
    binary("verdict"),  # zlib
    text("created_at"),
    text("updated_at"),
    seal(),
    UniqueConstraint("workspace", "import_id"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

import_claims = Table(
    "import_claims",
    metadata,
    text("workspace"),
    text("import_id"),
    text("campaign_id"),
    integer("position"),
    text("content_hash"),
    binary("body", nullable=True),  # zlib; NULL once it is settled
    text("before", nullable=True),  # hashes between spaces, "" = there was none; NULL = not looked at yet
    text("change"),  # "" until settled
    text("undone"),  # "" until taken back
    text("detail"),
    seal(),
    PrimaryKeyConstraint("workspace", "import_id", "campaign_id"),
    Index(None, "workspace", "campaign_id"),
)

import_days = Table(
    "import_days",
    metadata,
    text("workspace"),
    text("import_id"),
    text("dialect"),
    text("platform"),
    binary("body"),  # zlib JSON: what is said of its files
    seal(),
    PrimaryKeyConstraint("workspace", "import_id", "dialect", "platform"),
)

OF_ANY_CAMPAIGN = ""
"""The mark of what has to be read whichever campaign is asked for: imports of before campaigns were kept apart."""

import_campaigns = Table(
    "import_campaigns",
    metadata,
    text("workspace"),
    text("campaign"),  # a mark of its name or key
    text("import_id"),
    text("dialect"),
    text("platform"),
    binary("body"),  # zlib JSON: its days and rows; empty where they are in `import_days`
    seal(),
    PrimaryKeyConstraint("workspace", "campaign", "import_id", "dialect", "platform"),
    Index(None, "workspace", "import_id"),
)
