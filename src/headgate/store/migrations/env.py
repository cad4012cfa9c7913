"""Where alembic finds the connection to migrate and the tables to compare with."""

from alembic import context

from headgate.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
