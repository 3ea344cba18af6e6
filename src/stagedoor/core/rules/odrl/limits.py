"""Every bound of the ODRL reader and evaluator, each with its unit and its reason."""

from __future__ import annotations

from typing import Final

DOCUMENT_BYTES_MAX: Final = 1 << 20
"""Bytes of one document.  The longest licence of the ODRL best-practice set is 20 kB."""

NESTING_MAX: Final = 32
"""Brackets inside one another; the deepest example of the W3C has 9."""

NODES_MAX: Final = 6_000
"""Objects and lists of one document: what the reader walks in 20 ms."""

TEXTS_MAX: Final = 30_000
"""Quoted texts of one JSON document: five to a statement."""

CONTEXTS_MAX: Final = 16
"""Members named `@context` in one document: each may put 250 terms in its place."""

TERMS_MAX: Final = 500
"""Members of one inline context, at all its depths."""

TRIPLES_MAX: Final = 5_000
"""Statements of one graph.  A consent with a thousand shots is 4,000."""

IRIS_CHARS_MAX: Final = 1 << 21
"""Characters of all IRIs of one graph, each as often as it occurs: a long prefix before many names is a bomb."""

TAGS_MAX: Final = 2_000
"""`<` in one RDF/XML document: the parser's time grows with the square of its nesting."""

IRI_CHARS_MAX: Final = 1_000
TEXT_CHARS_MAX: Final = 4_000
"""Characters of one IRI, and of one literal: longer ones are payload, not terms."""

DIGITS_MAX: Final = 40
"""Digits of one number: exact comparison costs the square of this."""

EXPONENT_MAX: Final = 60
"""Largest power of ten in a number."""

YEARS_MAX: Final = 1_000
"""Years in one duration: the calendar that compares durations ends at the year 9999."""

POLICIES_MAX: Final = 64
RULES_MAX: Final = 300
CONSTRAINTS_MAX: Final = 1_000
"""Policies, rules (with duties, remedies, consequences) and constraints of one set, each visit counted."""

OPERANDS_MAX: Final = 500
"""Right operands of one constraint, or operands of one logical constraint: all countries, twice."""

LOGIC_DEPTH_MAX: Final = 8
DUTY_DEPTH_MAX: Final = 4
INHERIT_DEPTH_MAX: Final = 8
"""Logical constraints in one another, consequences of consequences, parents of parents."""

ACTIONS_MAX: Final = 200
"""Actions that one document declares with includedIn or implies."""

STATED_MAX: Final = 1_000
"""Statements of the world of one kind: facts, memberships, classes, performed actions."""

STEPS_MAX: Final = 3_000
"""Comparisons in one evaluation.  Rules times performed actions could be a million; doubt refuses instead."""
