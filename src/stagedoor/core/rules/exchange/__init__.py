"""Consents in the world's own formats.  Out: ODRL 2.2 without loss, a consent receipt.  In: only what narrows.

Everything here works on plain values; bytes are read and written by `adapters/exchange`.
"""

from __future__ import annotations

from stagedoor.core.rules.exchange.cawg import cawg_policy
from stagedoor.core.rules.exchange.export import to_odrl
from stagedoor.core.rules.exchange.narrowing import Limit, Policy, narrowings
from stagedoor.core.rules.exchange.receipt import ConsentStatus, StatusEvent, to_receipt
from stagedoor.core.rules.exchange.restore import from_odrl
from stagedoor.core.rules.exchange.rsl import Element, rsl_policy
from stagedoor.core.rules.exchange.terms import PROFILE, ExchangeError

__all__ = [
    "PROFILE",
    "ConsentStatus",
    "Element",
    "ExchangeError",
    "Limit",
    "Policy",
    "StatusEvent",
    "cawg_policy",
    "from_odrl",
    "narrowings",
    "rsl_policy",
    "to_odrl",
    "to_receipt",
]
