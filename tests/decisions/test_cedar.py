"""Cedar, another's engine, gives the same yes and no.  `make bench` asks 100,000 times."""

from __future__ import annotations

from decisions.scenes import asked_of, cedar_allows, for_cedar, ours_permits, stage

ASKED = 1_500


def test_cedar_agrees_on_random_requests() -> None:
    scene = stage(38)
    answers = {True: 0, False: 0}
    for made, request, standing in asked_of(scene, seed=2026, count=ASKED):
        verdict = scene.engine.verdict(request, standing, made)
        ours = ours_permits(verdict)
        theirs = cedar_allows(scene, for_cedar(verdict, made, request, standing))
        assert ours is theirs, (verdict, request, standing)
        answers[ours] += 1
    assert answers[True] > ASKED // 5 and answers[False] > ASKED // 5, answers
