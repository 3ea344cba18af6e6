"""Opens an asset under a live lease, makes what the order says, and signs what it made.  Plaintext stays in memory."""
