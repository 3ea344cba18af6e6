"""The path's own speed: a decision in process, and from request to key through PostgreSQL and two custodians.

    python bench/path.py [--n 200] [--json]

A *decision* is `decide()` on facts in memory.  *Request to key* begins when the production asks and ends when the
worker holds both custodians' envelopes: request, decision, permit and its state, work order, key request, key grant,
lease, two custodians' own checks under lock, two HPKE envelopes.  The physical limit printed beside it is one durable
commit of one row on the same disk in the same run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from rich.console import Console

from stagedoor.adapters.home import create_home
from stagedoor.cli.demo import making, opening
from stagedoor.cli.demo.asking import Wish, ask, order_render, request_of
from stagedoor.cli.demo.intruder import Intruder, stolen_key
from stagedoor.cli.demo.stage import Stage, set_stage
from stagedoor.cli.demo.telling import Teller
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.steps.decide import decide


def quantile(samples: list[float], share: float) -> float:
    """The sample below which this share of them lies."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]


def decisions(stage: Stage, count: int) -> dict[str, float]:
    """Microseconds of one decision on facts in memory."""
    assert stage.consent is not None
    permit = stage.permits["create"]
    with stage.house.store.unit() as unit:
        request = unit.get(Request, permit.request)
        decision = unit.get(Decision, permit.decision)
        assert request and decision
        standing = unit.get(Standing, decision.standing)
    assert standing is not None
    samples = []
    for _ in range(count):
        began = time.perf_counter()
        decide(request, standing, stage.consent, stage.books, at=decision.at)
        samples.append((time.perf_counter() - began) * 1e6)
    return {"decision_p50_us": quantile(samples, 0.5), "decision_p99_us": quantile(samples, 0.99)}


def commits(stage: Stage, count: int) -> dict[str, float]:
    """Milliseconds of one durable commit of one row."""
    samples = []
    with psycopg.connect(stage.house.server.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.bench_commit (n bigint)")
        connection.commit()
        for n in range(count):
            began = time.perf_counter()
            connection.execute("INSERT INTO public.bench_commit VALUES (%s)", (n,))
            connection.commit()
            samples.append((time.perf_counter() - began) * 1e3)
        connection.execute("DROP TABLE public.bench_commit")
    return {"commit_p50_ms": quantile(samples, 0.5), "commit_p95_ms": quantile(samples, 0.95)}


def keys(stage: Stage, count: int) -> dict[str, float]:
    """Milliseconds from request to both envelopes, one after another."""
    stage.children.pop("worker").stop()
    signing = stolen_key(stage.home.worker, stage.passphrases["worker"])
    url = stage.house.server.url_for("worker")
    ask(
        stage, request_of(stage, Wish(shot="12A", units=1))
    )  # charges the estimated days, so that the rest cost nothing
    samples = []
    for _ in range(count):
        began = time.perf_counter()
        asked = ask(stage, request_of(stage, Wish(shot="12B", units=1)))
        assert asked.permit is not None, asked.refused
        order = order_render(stage, asked.permit)
        worker = Intruder(url, worker=stage.id("worker"), signing=signing)
        worker.ask(order)
        status, _, why, given = worker.answer(order, envelopes=2, poll=0.001)
        samples.append((time.perf_counter() - began) * 1e3)
        assert status == "granted" and len(given) == 2, why
        worker.give_up(order)
        worker.close()
    return {
        "request_to_key_p50_ms": quantile(samples, 0.5),
        "request_to_key_p95_ms": quantile(samples, 0.95),
        "request_to_key_mean_ms": statistics.fmean(samples),
    }


def main() -> None:
    """Set a small stage, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as folder:
        stage = set_stage(
            Teller(Console(quiet=True), as_json=False), create_home(Path(folder) / "home"), fast=True, kept=False
        )
        try:
            for scene in (opening.open_house, opening.enrol, opening.take_in, opening.consent, making.create):
                scene(stage)
            found = decisions(stage, 2_000) | commits(stage, 500) | keys(stage, given.n)
        finally:
            stage.close()
    if given.json:
        print(json.dumps(found))
        return
    print(f"decision in process        p50 {found['decision_p50_us']:8.0f} us   p99 {found['decision_p99_us']:8.0f} us")
    print(f"request to key             p50 {found['request_to_key_p50_ms']:8.1f} ms   "
          f"p95 {found['request_to_key_p95_ms']:8.1f} ms")  # fmt: skip
    print(f"one durable commit (limit) p50 {found['commit_p50_ms']:8.2f} ms   p95 {found['commit_p95_ms']:8.2f} ms")


if __name__ == "__main__":
    main()
