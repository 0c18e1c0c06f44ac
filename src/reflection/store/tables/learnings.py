"""Tables of learnings: heads, append-only revisions, what they stand on, and what people said and did about them.

Evidence refers to a campaign somebody sent and goes with it; text made by the engine or a model is no campaign, so the
database refuses it. Must not know how a state is found.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from reflection.store.tables.campaigns import RowId, metadata

VERDICTS = ("approve", "reject", "note")


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


learnings = Table(
    "learnings",
    metadata,
    _text("workspace"),
    _text("learning_id"),
    _text("signal_key"),
    _text("context"),
    _text("metric"),
    Column("revision", Integer, nullable=False),
    _text("state"),
    Column("worth", Float, nullable=False),
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "learning_id"),
    Index(None, "workspace", "worth", "learning_id"),
)

learning_revisions = Table(
    "learning_revisions",
    metadata,
    _text("workspace"),
    _text("learning_id"),
    Column("revision", Integer, nullable=False),
    _text("recorded_at"),
    _text("state"),
    Column("worth", Float, nullable=False),
    Column("seq", RowId, nullable=False),
    _text("as_of", nullable=True),
    _text("body"),
    PrimaryKeyConstraint("workspace", "learning_id", "revision"),
    Index(None, "workspace", "recorded_at"),
    ForeignKeyConstraint(["workspace", "learning_id"], ["learnings.workspace", "learnings.learning_id"]),
)

learning_evidence = Table(
    "learning_evidence",
    metadata,
    _text("workspace"),
    _text("learning_id"),
    _text("campaign_id"),
    Column("estimate", Float, nullable=False),
    Column("sd", Float, nullable=False),
    Column("supports", Integer, nullable=False),
    PrimaryKeyConstraint("workspace", "learning_id", "campaign_id"),
    CheckConstraint("supports IN (0, 1)", name="supports"),
    ForeignKeyConstraint(["workspace", "learning_id"], ["learnings.workspace", "learnings.learning_id"]),
    ForeignKeyConstraint(
        ["workspace", "campaign_id"], ["campaigns.workspace", "campaigns.campaign_id"], ondelete="CASCADE"
    ),
    Index(None, "workspace", "campaign_id"),
)

learning_reviews = Table(
    "learning_reviews",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("workspace"),
    _text("learning_id"),
    Column("revision", Integer, nullable=False),
    _text("verdict"),
    _text("note"),
    _text("author"),
    _text("created_at"),
    CheckConstraint("verdict IN ('approve', 'reject', 'note')", name="verdict"),
    ForeignKeyConstraint(["workspace", "learning_id"], ["learnings.workspace", "learnings.learning_id"]),
    Index(None, "workspace", "learning_id"),
    sqlite_autoincrement=True,
)

recalls = Table(
    "recalls",
    metadata,
    _text("workspace"),
    _text("recall_id"),
    _text("purpose"),
    _text("question"),
    _text("recalled_at"),
    PrimaryKeyConstraint("workspace", "recall_id"),
    Index(None, "workspace", "recalled_at"),
)

recalled = Table(
    "recalled",
    metadata,
    _text("workspace"),
    _text("recall_id"),
    _text("learning_id"),
    Column("rank", Integer, nullable=False),
    Column("score", Float, nullable=False),
    PrimaryKeyConstraint("workspace", "recall_id", "learning_id"),
    ForeignKeyConstraint(["workspace", "recall_id"], ["recalls.workspace", "recalls.recall_id"], ondelete="CASCADE"),
    Index(None, "workspace", "learning_id"),
)

recall_outcomes = Table(
    "recall_outcomes",
    metadata,
    _text("workspace"),
    _text("recall_id"),
    _text("campaign_id"),
    _text("outcome"),
    _text("created_at"),
    PrimaryKeyConstraint("workspace", "recall_id", "campaign_id"),
    ForeignKeyConstraint(["workspace", "recall_id"], ["recalls.workspace", "recalls.recall_id"], ondelete="CASCADE"),
)
