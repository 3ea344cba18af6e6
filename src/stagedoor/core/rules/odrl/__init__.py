"""ODRL 2.2, evaluated: policies, a request and a state of the world in; a report out.  See docs/ODRL.md.

Pure: the reader of documents is `stagedoor.adapters.odrl`.
"""

from __future__ import annotations

from stagedoor.core.rules.odrl.evaluate import evaluate
from stagedoor.core.rules.odrl.narrow import Narrowing, narrow
from stagedoor.core.rules.odrl.refusal import OdrlRefused
from stagedoor.core.rules.odrl.terms import PROFILE

__all__ = ["PROFILE", "Narrowing", "OdrlRefused", "evaluate", "narrow"]
