"""`stagedoor demo`: one story on real parts, told from enrolment to evidence."""
