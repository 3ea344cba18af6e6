"""The house as it began: facts, people, assets, work, ledger, custody and roles."""

from alembic import op

from stagedoor.adapters.postgres.scripts import execute_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCRIPTS = ("meta", "facts", "ledger", "states", "work", "custody", "roles")


def upgrade() -> None:
    """Run the scripts in the order in which they lean on one another."""
    for name in SCRIPTS:
        execute_script(op.get_bind(), name)


def downgrade() -> None:
    """There is no way back: facts are not unmade."""
    raise NotImplementedError("facts are only ever added; restore a backup into a new folder instead")
