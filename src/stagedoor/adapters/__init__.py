"""What the ports promise, on real things: PostgreSQL, folders, signatures, processes.  Strangers to one another."""
