"""Runs the migrations inside the transaction that `reflection.store.database.migrate` opened, on its connection."""

from alembic import context

from reflection.store.tables.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
