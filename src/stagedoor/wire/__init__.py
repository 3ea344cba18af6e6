"""Reads facts back from their canonical bytes; shared by the gate, the custodians and the worker (docs/adr/0004)."""
