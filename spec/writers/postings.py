"""Prices to entries, every amount by its own arithmetic in `decimal`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core import builders as make
from writers.common import ALL, Vectors

FIT_INPUTS: dict[str, Any] = {
    "rulebooks": ALL,
    "currency": "USD",
    "day": "2026-10-14",
    "photography_began": "2026-05-04",
    "day_rate": "2500.000000 USD",
    "estimate_days": 3,
    "days_charged": 0,
    "prior_gross": "0.000000 USD",
    "commission_bp": 1000,
    "answers": [],
}


def postings() -> Vectors:
    """Amounts by hand.  Debits are positive, credits negative."""
    return {
        "deal-above-the-minimum": _posting(
            "Three days at the performer's own rate.", {}, gross="7500", plans="1575", agent="750",
            arithmetic=["max(2500, 1283) x 3 days = 7500", "7500 below the ceiling: 7500 x 21 % = 1575",
                        "7500 x 10 % = 750 for the agent, out of the gross: 7500 - 750 = 6750"],
        ),
        "no-commission": _posting(
            "No mandate, no commission: the agent has no line.", {"commission_bp": 0}, gross="7500", plans="1575",
            agent="0", arithmetic=["2500 x 3 = 7500", "7500 x 21 % = 1575"],
        ),
        "days-charged-before": _posting(
            "Five days estimated, two of them charged by an earlier permit.", {"estimate_days": 5, "days_charged": 2},
            gross="7500", plans="1575", agent="750",
            arithmetic=["5 - 2 = 3 new days", "2500 x 3 = 7500", "7500 x 21 % = 1575", "7500 x 10 % = 750"],
        ),
        "retake": _posting(
            "Every estimated day was charged before: nothing is set aside and nothing is due.", {"days_charged": 3},
            gross="0", plans="0", agent="0", arithmetic=["3 - 3 = 0 new days"],
        ),
        "minimum-confirmed": _posting(
            "A deal under the minimum pays the minimum; its value is unverified and an officer confirmed it.",
            {"day_rate": "1000.000000 USD", "estimate_days": 2,
             "answers": [{"rule": "TV-P2:day_minimum", "yes": True}]},
            gross="2566", plans="538.86", agent="256.60",
            arithmetic=["max(1000, 1283) x 2 = 2566", "2566 x 21 % = 538.86", "2566 x 10 % = 256.60"],
        ),
        "ceiling-cuts": _posting(
            "228,000 were earned before on this picture: 4,000 of the 7,500 still count for the plans.",
            {"prior_gross": "228000.000000 USD"}, gross="7500", plans="840", agent="750",
            arithmetic=["232000 - 228000 = 4000", "4000 x 21 % = 840"],
        ),
        "ceiling-reached": _posting(
            "At the ceiling the plans receive nothing, and have no line.", {"prior_gross": "232000.000000 USD"},
            gross="7500", plans="0", agent="750", arithmetic=["232000 - 232000 = 0"],
        ),
        "photography-2021": _posting(
            "Contributions follow the start of photography, not the day of service.",
            {"photography_began": "2021-08-02"}, gross="7500", plans="1537.50", agent="750",
            arithmetic=["7500 x 20.5 % = 1537.50"],
        ),
        "half-to-even-down": _posting(
            "Half a cent goes to the even cent: down.", {"day_rate": "1300.500000 USD", "estimate_days": 1},
            gross="1300.50", plans="273.10", agent="130.05",
            arithmetic=["1300.50 x 21 % = 273.105, half-even 273.10", "1300.50 x 10 % = 130.05"],
        ),
        "half-to-even-up": _posting(
            "Half a cent goes to the even cent: up.", {"day_rate": "1301.500000 USD", "estimate_days": 1},
            gross="1301.50", plans="273.32", agent="130.15",
            arithmetic=["1301.50 x 21 % = 273.315, half-even 273.32", "1301.50 x 10 % = 130.15"],
        ),
    }  # fmt: skip


def _posting(
    about: str, inputs: dict[str, Any], *, gross: str, plans: str, agent: str, arithmetic: list[str]
) -> dict[str, Any]:
    whole, health, fee = Decimal(gross), Decimal(plans), Decimal(agent)
    cost = whole + health
    permit, funds = make.ident("permit"), f"funds/{make.PRODUCTION}"
    entries: list[dict[str, Any]] = []
    if cost:
        credits = [
            (f"owed/performer/{make.PERFORMER}", fee - whole, "TV-P2"),
            ("owed/plans/sag-aftra-health-plan", -health, "PH-3"),
            (f"owed/agent/{make.AGENT}", -fee, "mandate"),
        ]
        entries = [
            _entry("reserve", [(funds, cost, "reservation"), (f"reserved/{permit}", -cost, "reservation")]),
            _entry("post", [(f"reserved/{permit}", cost, "reservation"), *(item for item in credits if item[1])]),
        ]
    return {
        "about": about,
        "inputs": FIT_INPUTS | inputs,
        "arithmetic": arithmetic,
        "expect": {
            "gross": _usd(whole),
            "cost": _usd(cost),
            "lines": [
                {"name": "gross", "payee": "performer", "amount": _usd(whole), "on_top": False},
                {"name": "pension and health", "payee": "plans", "amount": _usd(health), "on_top": True},
                {"name": "commission", "payee": "agent", "amount": _usd(fee), "on_top": False},
            ],
            "entries": entries,
        },
    }


def _entry(kind: str, lines: list[tuple[str, Decimal, str]]) -> dict[str, Any]:
    assert sum(amount for _, amount, _ in lines) == 0
    return {
        "kind": kind,
        "postings": [{"account": account, "amount": _usd(amount), "rule": rule} for account, amount, rule in lines],
    }


def _usd(amount: Decimal) -> str:
    return f"{amount:.6f} USD"
