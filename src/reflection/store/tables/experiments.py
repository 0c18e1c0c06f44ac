"""Tables of randomised experiments: each as it was given last, and how far learning has taken them in."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text

from reflection.store.tables.campaigns import metadata

experiments = Table(
    "experiments",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("experiment_id", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    PrimaryKeyConstraint("workspace", "experiment_id"),
)

experiment_changes = Table(
    "experiment_changes",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("changes", Integer, nullable=False),  # how often something was added, changed or removed
    Column("learnt", Integer, nullable=False),  # how many of these the newest fit has taken in
    PrimaryKeyConstraint("workspace"),
)
