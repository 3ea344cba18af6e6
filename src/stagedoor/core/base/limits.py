"""Every bound of the core, each with its unit and its reason.  Rooms that read files keep their own beside them."""

from __future__ import annotations

from typing import Final

FACT_BYTES_MAX: Final = 1 << 20
"""Bytes of one fact's canonical form.  A consent with a thousand shots is 60 kB; ten times that is a mistake."""

CANONICAL_DEPTH_MAX: Final = 32
"""Nesting of a canonical value.  The deepest fact has 6; recursion must end before the interpreter's own limit."""

SAFE_INTEGER_MAX: Final = (1 << 53) - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8785 section 3.2.2.3 and RFC 7493)."""

TEXT_CHARS_MAX: Final = 4_000
"""Characters in one free-text field: a page.  Longer texts are documents and are bound by digest."""

MONEY_UNITS_MAX: Final = (1 << 62) - 1
"""Largest amount in its smallest unit: fits PostgreSQL's bigint with room to add two of them."""

GRANTS_MAX: Final = 64
SHOTS_MAX: Final = 1_000
"""Terms in one consent: more than a person can be asked to read is not informed consent."""

UNITS_PER_REQUEST_MAX: Final = 1_000_000
"""Metered units in one request: eleven hours of film at 24 frames a second."""

PLACES_MAX: Final = 300
"""Places whose law one use touches: all countries of ISO 3166-1, and the states of one."""

WORD_CHARS_MAX: Final = 80
"""Characters of one declared word; it is compared with words of the rules, none of which is longer."""

DAYS_ESTIMATE_MAX: Final = 400
"""Production days in one estimate: above a year somebody mistyped."""

RULE_TEXT_CHARS_MAX: Final = 1_000
RULE_DEPTH_MAX: Final = 24
RULE_NODES_MAX: Final = 200
"""One rule's text: what a lawyer can read in one breath, and what no parser can be hurt with."""

RULES_MAX: Final = 5_000
"""Rules and parameters in one rulebook; OpenFisca France, the largest known, holds 2,862 leaves."""

FINDINGS_MAX: Final = 500
"""Findings in one decision."""

FRAMES_PER_ORDER_MAX: Final = 6_000
"""Frames of one order: its receipt names each with a digest, 145 bytes, within FACT_BYTES_MAX; four minutes of film."""

ELEVATION_DEG_MAX: Final = 30
"""Degrees above or below eye level that a camera may stand.  Arcs count azimuth, and none goes over the crown."""

PERMIT_HOURS_MAX: Final = 72
"""A permit's longest life: a long weekend on the farm.  After it the reservation is released."""

LEASE_SECONDS: Final = 20
"""A worker's hold on a key, renewed while it works: how long a withdrawal can take to stop a running render."""
