"""The unit of each permit, so that units of another kind are counted by themselves."""

from alembic import op

from stagedoor.adapters.postgres.scripts import execute_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, read from the permits themselves."""
    execute_script(op.get_bind(), "units")


def downgrade() -> None:
    """There is no way back: facts are not unmade."""
    raise NotImplementedError("facts are only ever added; restore a backup into a new folder instead")
