"""Alembic's folder.  Revisions execute the readable files in `../sql`."""
