"""The store: PostgreSQL, embedded by default, any server by URL.  The rules of the house live in `sql/`."""
