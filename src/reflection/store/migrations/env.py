"""Runs the migrations on the connection, and inside the transaction, that `reflection.store.migrate` opened."""

from alembic import context

from reflection.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
