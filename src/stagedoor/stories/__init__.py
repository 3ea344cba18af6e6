"""One use case a file, one transaction each.  A story calls steps and ports, and never another story."""
