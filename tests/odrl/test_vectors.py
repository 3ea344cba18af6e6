"""The vectors of spec/odrl say what we do: answer, states of rules, premises, narrowings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from odrl.kit import every_premise, every_rule, judged, policies_of, vectors
from stagedoor.adapters.odrl import request_of, world_of
from stagedoor.core.rules.odrl import OdrlRefused, narrow
from stagedoor.core.rules.odrl.report import plain

FILES = vectors("odrl")


def test_there_are_enough() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="ascii"))
    expect = vector["expect"]
    assert vector["why"]
    if "refused" in expect:
        with pytest.raises(OdrlRefused) as fault:
            policies_of(vector), request_of(vector["request"]), world_of(vector["world"])
        assert expect["refused"] in str(fault.value)
        return
    policies, request, world, report = judged(vector)
    told = plain(report)
    assert told["answer"] == expect["answer"], told["reasons"]
    rules = every_rule(report)
    for uid, states in expect.get("rules", {}).items():
        seen = rules[uid]
        found = {"activationState": seen.activation.value, "deonticState": seen.deontic.value}
        assert found == states, f"{uid}: {seen.says}"
    premises = every_premise(report)
    assert {uid: premises[uid].state.value for uid in expect.get("premises", {})} == expect.get("premises", {})
    assert expect.get("reason", "") in " ".join(report.reasons)
    answers = {policy.policy: policy.answer.value for policy in report.policies}
    assert {uid: answers[uid] for uid in expect.get("policies", {})} == expect.get("policies", {})
    if "duties" in expect:
        assert list(report.duties) == expect["duties"]
    if "violations" in expect:
        assert sum(len(policy.violations) for policy in report.policies) == expect["violations"]
    if "narrow" in expect:
        assert sorted({item.effect for item in narrow(policies, request, world)}) == expect["narrow"]
