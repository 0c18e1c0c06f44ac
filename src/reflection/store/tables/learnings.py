"""Tables of learnings: heads, append-only revisions, what they stand on, and what people said and did about them.

Evidence refers to a campaign somebody sent and goes with it; text made by the engine or a model is no campaign, so the
database refuses it. Must not know how a state is found.
"""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table

from reflection.store.tables.columns import floating, integer, metadata, number, row_number, seal, text

NEVER_UPDATED = ("learning_revisions",)
"""A trigger of the database refuses a change; what is old may go."""

learnings = Table(
    "learnings",
    metadata,
    text("workspace"),
    text("learning_id"),
    text("signal_key"),
    text("context"),
    text("metric"),
    integer("revision"),
    text("state"),
    floating("worth"),
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "learning_id"),
    Index(None, "workspace", "worth", "learning_id"),
)

learning_revisions = Table(
    "learning_revisions",
    metadata,
    text("workspace"),
    text("learning_id"),
    integer("revision"),
    text("recorded_at"),
    text("state"),
    floating("worth"),
    number("seq"),
    text("as_of", nullable=True),
    text("body"),
    seal(),
    PrimaryKeyConstraint("workspace", "learning_id", "revision"),
    Index(None, "workspace", "recorded_at"),
    ForeignKeyConstraint(["workspace", "learning_id"], ["learnings.workspace", "learnings.learning_id"]),
)

learning_evidence = Table(
    "learning_evidence",
    metadata,
    text("workspace"),
    text("learning_id"),
    text("campaign_id"),
    floating("estimate"),
    floating("sd"),
    integer("supports"),
    seal(),
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
    row_number("id"),
    text("workspace"),
    text("learning_id"),
    integer("revision"),
    text("verdict"),
    text("note"),
    text("author"),
    text("created_at"),
    seal(),
    CheckConstraint("verdict IN ('approve', 'reject', 'note')", name="verdict"),
    ForeignKeyConstraint(["workspace", "learning_id"], ["learnings.workspace", "learnings.learning_id"]),
    Index(None, "workspace", "learning_id"),
    sqlite_autoincrement=True,
)

recalls = Table(
    "recalls",
    metadata,
    text("workspace"),
    text("recall_id"),
    text("purpose"),
    text("question"),
    text("recalled_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "recall_id"),
    Index(None, "workspace", "recalled_at"),
)

recalled = Table(
    "recalled",
    metadata,
    text("workspace"),
    text("recall_id"),
    text("learning_id"),
    integer("rank"),
    floating("score"),
    seal(),
    PrimaryKeyConstraint("workspace", "recall_id", "learning_id"),
    ForeignKeyConstraint(["workspace", "recall_id"], ["recalls.workspace", "recalls.recall_id"], ondelete="CASCADE"),
    Index(None, "workspace", "learning_id"),
)

recall_outcomes = Table(
    "recall_outcomes",
    metadata,
    text("workspace"),
    text("recall_id"),
    text("campaign_id"),
    text("outcome"),
    text("created_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "recall_id", "campaign_id"),
    ForeignKeyConstraint(["workspace", "recall_id"], ["recalls.workspace", "recalls.recall_id"], ondelete="CASCADE"),
)
