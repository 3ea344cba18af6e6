"""What Stagedoor knows: facts, rules and the steps of the path.  No I/O, no clock, no chance, no third party."""
