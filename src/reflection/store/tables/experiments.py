"""Tables of randomised experiments: each as it was given last, and how far learning has taken them in."""

from sqlalchemy import PrimaryKeyConstraint, Table

from reflection.store.tables.columns import integer, metadata, seal, text

experiments = Table(
    "experiments",
    metadata,
    text("workspace"),
    text("experiment_id"),
    text("content_hash"),
    text("body"),
    text("created_at"),
    text("updated_at"),
    seal(),
    PrimaryKeyConstraint("workspace", "experiment_id"),
)

experiment_changes = Table(
    "experiment_changes",
    metadata,
    text("workspace"),
    integer("changes"),  # how often something was added, changed or removed
    integer("learnt"),  # how many of these the newest fit has taken in
    seal(),
    PrimaryKeyConstraint("workspace"),
)
