"""Stagedoor: no consent, no key; no key, no frame; every use is paid as agreed, and every amount says why."""
