"""Tables of advice: claims as they were shown, what people said of them, and who was held back. Append-only.

Must not know how a recommendation is made or scored.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from reflection.store.tables.columns import floating, integer, metadata, number, row_number, seal, text

NEVER_UPDATED = ("advice_shown", "advice_feedback", "advice_assignments")
"""A trigger of the database refuses a change; what is old may go."""

advice_shown = Table(
    "advice_shown",
    metadata,
    row_number("id"),
    text("workspace"),
    text("recommendation_id"),
    text("unit"),  # the planned campaign it was shown for; empty when not stated
    number("seq"),  # ledger entry the claim rested on
    text("shown_at"),
    text("claim"),
    seal(),
    UniqueConstraint("workspace", "recommendation_id", "unit", "seq"),
    sqlite_autoincrement=True,
)

advice_feedback = Table(
    "advice_feedback",
    metadata,
    row_number("id"),
    text("workspace"),
    text("recommendation_id"),
    integer("accepted"),
    text("note"),
    text("created_at"),
    seal(),
    Index(None, "workspace", "recommendation_id"),
    sqlite_autoincrement=True,
)

advice_assignments = Table(
    "advice_assignments",
    metadata,
    text("workspace"),
    text("unit"),
    integer("treated"),
    floating("probability"),
    text("assigned_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "unit"),
)
