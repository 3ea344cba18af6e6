"""Further names of people, so that a prompt that says one of them is found."""

from alembic import op

from stagedoor.adapters.postgres.scripts import execute_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, erased with the person."""
    execute_script(op.get_bind(), "aliases")


def downgrade() -> None:
    """There is no way back: facts are not unmade."""
    raise NotImplementedError("facts are only ever added; restore a backup into a new folder instead")
