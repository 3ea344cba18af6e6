"""The verbs of the path, each from facts to one new fact or a refusal.  Strangers to one another."""
