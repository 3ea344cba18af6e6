"""Keeps one share of every key: a process, keys and a database role of its own.  It judges each grant by itself."""
