"""Builders for tests of ODRL: a vector, read and judged; policies in few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stagedoor.adapters.odrl import read_policies, request_of, world_of
from stagedoor.core.rules.odrl.evaluate import evaluate
from stagedoor.core.rules.odrl.model import Policy, Request, World
from stagedoor.core.rules.odrl.report import ComplianceReport, Premise, RuleReport

SPEC = Path(__file__).parents[2] / "spec"
CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
SONG = "http://example.com/asset/song"
MARA = "http://example.com/party/mara"


def vectors(folder: str) -> list[Path]:
    """Every vector of a folder of spec/, in the order of their names."""
    return sorted((SPEC / folder).glob("*.json"))


def policies_of(vector: dict[str, Any]) -> tuple[Policy, ...]:
    """The policies of a vector: JSON-LD as JSON, another format as text."""
    policy = vector["policy"]
    data = policy if isinstance(policy, str) else json.dumps(policy)
    return read_policies(data.encode(), vector.get("media", "application/ld+json"))


def judged(vector: dict[str, Any]) -> tuple[tuple[Policy, ...], Request, World, ComplianceReport]:
    """A vector, read and evaluated."""
    policies = policies_of(vector)
    request, world = request_of(vector["request"]), world_of(vector["world"])
    report = evaluate(policies, request, world, pending_grants=vector.get("pending_grants", True))
    return policies, request, world, report


def every_rule(report: ComplianceReport) -> dict[str, RuleReport]:
    """All rules of a report by uid, duties among them."""
    found: dict[str, RuleReport] = {}
    waiting = [rule for policy in report.policies for rule in policy.rules]
    while waiting:
        rule = waiting.pop()
        found[rule.rule] = rule
        waiting += rule.conditions
    return found


def every_premise(report: ComplianceReport) -> dict[str, Premise]:
    """All premises of a report by what they are of."""
    found: dict[str, Premise] = {}
    waiting = [premise for rule in every_rule(report).values() for premise in rule.premises]
    while waiting:
        premise = waiting.pop()
        found[premise.of] = premise
        waiting += premise.premises
    return found
