"""Where Alembic begins. The caller has opened the connection, and holds the lock and the transaction."""

from alembic import context

from stream.store.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
