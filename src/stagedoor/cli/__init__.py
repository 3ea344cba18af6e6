"""The doors at a terminal: they read what is typed, call a story and print what came of it.  They decide nothing."""
