"""Alembic's entry: runs revisions on the connection that `migrate` hands over, and on nothing else.

There is no offline mode and no alembic.ini: the only way in is `stagedoor.adapters.postgres.migrate`.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, version_table="revision", version_table_schema="meta")
with context.begin_transaction():
    context.run_migrations()
