"""A whole decision in process: consents, agreement, law, holds, price; beside Cedar on the same policies.

    python bench/decision.py [--asked 100000] [--json]

Timed with 38 and with 10,000 live consents in the set.  The same consents and rules are written as Cedar policies,
parsed before; then both answer the same random requests and must agree on every one.  Cedar is handed whether a use has
a price that needs no question, because it computes none; its figure is for yes and no alone.

What is timed against Cedar is `Engine.verdict`: the answer, each finding and rule with its clause, duties, the price.
`stagedoor shots check` answers with it, and makes the sentences of a row on demand; what a single request records is
`steps.decide`, with every sentence, timed beside it.  A list of shots is timed whole, on a real PostgreSQL.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the scenes are shared with the tests

import cedarpy

from decisions.scenes import Stage, asked_of, deciding, for_cedar, ours_permits, stage
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.core.facts.party import Production
from stagedoor.core.rules.shot_rows import ShotRow
from stagedoor.core.steps.decide import decide
from stagedoor.stories.foresee_shots import Foresight, foresee_shots
from store.conftest import house_on, own_folder
from stories.theatre import AT, Theatre

FEW, MANY = 38, 10_000
TIMED = 20_000
BATCH = 500


def quantile(samples: list[float], share: float) -> float:
    """The sample below which this share of them lies."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]


def ours(scene: Stage, name: str) -> dict[str, float]:
    """Microseconds of one verdict, each on another random question, after every kind of case was seen once."""
    questions = list(asked_of(scene, seed=7, count=TIMED))
    for made, request, standing in questions:
        scene.engine.verdict(request, standing, made)
    samples, permits, refusals = [], [], []
    gc.collect()
    gc.disable()
    for _, request, standing in questions:
        began = time.perf_counter()
        found = scene.live.named(request.consent)
        verdict = scene.engine.verdict(request, standing, found)
        taken = (time.perf_counter() - began) * 1e6
        samples.append(taken)
        (permits if ours_permits(verdict) else refusals).append(taken)
    gc.enable()
    return {
        f"ours_{name}_p50_us": quantile(samples, 0.5),
        f"ours_{name}_p99_us": quantile(samples, 0.99),
        f"permits_{name}_p50_us": quantile(permits, 0.5),
        f"refusals_{name}_p50_us": quantile(refusals, 0.5),
    }


def recorded(scene: Stage, count: int) -> dict[str, float]:
    """Microseconds of the decision as the product records it: every sentence, duty and amount, and three digests."""
    samples = []
    books = deciding()
    digests = tuple(book.digest for book in books)
    for made, request, standing in asked_of(scene, seed=7, count=count):
        stood = replace(standing, request=request.digest(), rulebooks=digests, consent=made.consent.digest())
        for _ in range(2):  # the first time a case may be compiled
            began = time.perf_counter()
            decide(request, stood, made.consent, books, at=request.at, engine=scene.engine)
            taken = (time.perf_counter() - began) * 1e6
        samples.append(taken)
    return {"recorded_p50_us": quantile(samples, 0.5), "recorded_p99_us": quantile(samples, 0.99)}


def listed(count: int) -> dict[str, float]:
    """A shot list of so many rows through its story, on a real PostgreSQL: milliseconds whole, microseconds a row."""
    with own_folder() as made, EmbeddedServer.start(made) as started:
        house = house_on(started.server)
        theatre = Theatre.opened(house, deciding())
        with theatre.store.unit() as unit:
            production = unit.find(Production, theatre.id("production"))
        assert production is not None
        rows = [
            ShotRow(line=line, shot=("12A", "14C")[line % 7 == 0], units=1, arc_from_deg=-5, arc_to_deg=line % 60)
            for line in range(2, count + 2)
        ]
        samples = []
        for _ in range(3):
            began = time.perf_counter()
            found = foresee_shots(
                theatre.store, theatre.verifier, deciding(), rows, production=production, ids=theatre.ids, at=AT
            )
            samples.append(time.perf_counter() - began)
        assert isinstance(found, Foresight) and len(found.rows) == count
        house.close()
    taken = quantile(samples, 0.5)
    return {"list_rows": float(count), "list_ms": taken * 1e3, "list_row_us": taken / count * 1e6}


def theirs(scene: Stage, name: str, count: int) -> dict[str, float]:
    """Microseconds of one answer of Cedar's, policies and entities parsed before."""
    questions = [
        for_cedar(scene.engine.verdict(request, standing, made), made, request, standing)
        for made, request, standing in asked_of(scene, seed=7, count=count)
    ]
    samples = []
    for question in questions:
        began = time.perf_counter()
        cedarpy.is_authorized(question, scene.policies, scene.entities)
        samples.append((time.perf_counter() - began) * 1e6)
    return {f"cedar_{name}_p50_us": quantile(samples, 0.5), f"cedar_{name}_policies": float(scene.count)}


def differ(seed: int, count: int) -> tuple[int, int]:
    """How many random questions the two answer otherwise, and how many both permit."""
    scene = stage(FEW)
    wrong = permitted = 0
    asked, answers = [], []
    for made, request, standing in asked_of(scene, seed=seed, count=count):
        verdict = scene.engine.verdict(request, standing, made)
        asked.append(for_cedar(verdict, made, request, standing))
        answers.append(ours_permits(verdict))
        if len(asked) == BATCH or len(answers) == count:
            for answer, permits in zip(
                cedarpy.is_authorized_batch(asked, scene.policies, scene.entities), answers[-len(asked) :], strict=True
            ):
                assert not answer.diagnostics.errors
                wrong += answer.allowed is not permits
                permitted += permits
            asked = []
    return wrong, permitted


def main() -> None:
    """Measure, hold the two together, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--asked", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    few, many = stage(FEW), stage(MANY)
    found = (
        ours(few, "38") | recorded(few, 500) | ours(many, "10000") | theirs(few, "38", 500) | theirs(many, "10000", 30)
    )
    del many
    found |= listed(5_000)
    parts = 20
    with ProcessPoolExecutor() as pool:
        done = list(pool.map(differ, range(parts), [given.asked // parts] * parts))
    found["asked"] = float(given.asked // parts * parts)
    found["differ"] = float(sum(wrong for wrong, _ in done))
    found["permitted"] = float(sum(permitted for _, permitted in done))
    if given.json:
        print(json.dumps(found))
        return
    for name, title in (("38", "38 live consents"), ("10000", "10,000 live consents")):
        print(
            f"{title:22} ours p50 {found[f'ours_{name}_p50_us']:7.1f} us  p99 {found[f'ours_{name}_p99_us']:7.1f} us   "
            f"Cedar p50 {found[f'cedar_{name}_p50_us']:9.1f} us ({found[f'cedar_{name}_policies']:.0f} policies)"
        )
        print(
            f"{'':22} a permit p50 {found[f'permits_{name}_p50_us']:.1f} us   "
            f"a refusal or a question p50 {found[f'refusals_{name}_p50_us']:.1f} us"
        )
    print(
        f"{'as it is recorded':22} p50 {found['recorded_p50_us']:.0f} us  p99 {found['recorded_p99_us']:.0f} us: "
        "with every sentence, and three digests"
    )
    print(
        f"{'a list of shots':22} {found['list_rows']:.0f} rows in {found['list_ms']:.0f} ms, "
        f"{found['list_row_us']:.0f} us a row with reading how things stand and with the request's digest"
    )
    ratio = found["ours_10000_p50_us"] / found["ours_38_p50_us"]
    print(f"10,000 beside 38       {ratio:.2f} times")
    print(
        f"asked both             {found['asked']:.0f} random requests, {found['permitted']:.0f} permitted, "
        f"{found['differ']:.0f} answered otherwise"
    )


if __name__ == "__main__":
    main()
