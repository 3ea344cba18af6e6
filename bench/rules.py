"""The rule language's own speed: one request priced and judged, and millions of past uses rated.

    python bench/rules.py [--uses 4000000] [--json]

*Price* is one call of the compiled function with a whole agreement (12 pays, 20 dated parameters); *judge* is one call
with 80 rules, once as they are and once folded by use and medium.  *Bulk* rates uses that lie in memory in the order
of time, with every amount, doubt and flag, and a running total per performer and production.  Beside each stands a
peer that does the same arithmetic by hand: plain Python written for these very rules, and plain Polars for the pays
with the same windows.  The rules are invented and of the usual size; `measure` takes any others.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from stagedoor.adapters.bulk.book import BulkBook
from stagedoor.adapters.bulk.lower import lower
from stagedoor.adapters.bulk.rate import rate
from stagedoor.core.rules.compiled import JudgeText, PayText, compile_judges, compile_pays
from stagedoor.core.rules.text import Value
from stagedoor.wiring import rulebooks

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from language import book as invented
from language import uses as past

RUNS = 7


def median_us(work: Callable[[Any], Any], requests: Sequence[Any]) -> float:
    """Microseconds of one call: the median of several rounds over different requests."""
    rounds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        for request in requests:
            work(request)
        rounds.append((time.perf_counter() - began) * 1e6 / len(requests))
    return statistics.median(rounds)


def median_s(work: Callable[[], Any], runs: int = 3) -> float:
    """Seconds of one call, the median of a few."""
    rounds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - began)
    return statistics.median(rounds)


def dated_values(book: BulkBook, day: date) -> dict[str, Value | None]:
    """Every parameter and span on one day."""
    found: dict[str, Value | None] = {}
    for parameter in book.parameters:
        place = bisect_right([since for since, _ in parameter.values], day)
        found[parameter.name] = parameter.values[place - 1][1] if place else None
    for span in book.spans:
        found[span.name] = (span.first is None or span.first <= day) and (span.last is None or day <= span.last)
    return found


def one_request(
    pays: Sequence[PayText],
    judges: Sequence[JudgeText],
    parameters: Mapping[str, Value | None],
    requests: Sequence[Mapping[str, Value | None]],
    *,
    currency: str = "USD",
    folded: Sequence[str] = ("use", "medium"),
) -> dict[str, float]:
    """Microseconds to price and to judge one request whose words are attributes of one object."""
    words = sorted({name for request in requests for name in request})
    sources = {name: ("request", name) for name in words}
    objects = [SimpleNamespace(**request) for request in requests]
    given = {"sources": sources, "roots": ("request",)}
    constants = {**parameters, "currency": currency}
    price = compile_pays(pays, constants=parameters, currency=currency, **given)  # type: ignore[arg-type]
    judge = compile_judges(judges, constants=constants, **given)  # type: ignore[arg-type]
    same = {name: requests[0][name] for name in folded}
    alike = [one for one, request in zip(objects, requests, strict=True) if all(request[n] == same[n] for n in same)]
    narrow = compile_judges(judges, constants={**constants, **same}, **given)  # type: ignore[arg-type]
    began = time.perf_counter()
    compile_judges(judges, constants=constants, **given)  # type: ignore[arg-type]
    made = (time.perf_counter() - began) * 1e3
    return {
        "price_us": median_us(price, objects),
        "judge_us": median_us(judge, objects),
        "judge_folded_us": median_us(narrow, alike),
        "judges": len(judges),
        "pays": len(pays),
        "compile_judges_ms": made,
    }


def by_hand(parameters: Mapping[str, Any]) -> Callable[[Any], Any]:
    """The invented pays as somebody would write them for this agreement alone; no unknowns, no explanations."""
    p = SimpleNamespace(**parameters)

    def share(amount: int, rate_bp: int) -> int:
        quotient, rest = divmod(amount * rate_bp, 100_000_000)
        return (quotient + (rest > 50_000_000 or (rest == 50_000_000 and quotient % 2 == 1))) * 10_000

    def band(before: int, amount: int, low: int, high: int) -> int:
        return min(max(before + amount, low), high) - min(max(before, low), high)

    def price(r: Any) -> Any:
        whole = r.replica_kind in ("EBDR", "BADR")
        if r.use == "create" and whole:
            gross = max(r.day_rate, p.day_minimum) * r.new_days
        elif (r.use in ("render", "generate") or (r.use == "alter" and not r.processing_tool)) and whole:
            gross = max(r.day_rate, p.day_minimum if r.category != "background" else p.background_minimum) * r.new_days
        elif r.use in ("create", "render", "generate", "alter") and r.replica_kind == "ICDR":
            gross = max(r.flat_fee, p.icdr_minimum)
        elif r.use == "perform":
            gross = max(r.day_rate, share(p.day_minimum, p.real_time_bp)) * r.new_days
        elif r.use == "train":
            gross = max(r.unit_rate, p.training_rate) * r.units
        elif r.use == "publish":
            gross = share(r.flat_fee, r.residual_bp)
        else:
            return None
        bonus = 0
        if r.medium in ("theatrical", "streaming"):
            bonus = share(band(r.prior_gross, gross, p.bonus_from, p.bonus_to), p.bonus_bp)
        base = band(r.prior_gross, gross, 0, p.ph_ceiling)
        commission = share(gross, r.commission_bp) if r.capacity != "estate" else 0
        dues = min(share(gross, p.dues_bp), p.dues_cap)
        return gross, bonus, base, share(base, p.pension_bp), share(base, p.health_bp), commission, dues

    return price


def polars_by_hand(uses: pl.DataFrame, parameters: Mapping[str, Any]) -> pl.DataFrame:
    """The same pays in plain Polars, with the same window; one day's parameters, no doubts, no flags."""
    p, c = SimpleNamespace(**parameters), pl.col

    def share(amount: pl.Expr, rate_bp: Any) -> pl.Expr:
        quotient = amount * rate_bp // 100_000_000
        rest = amount * rate_bp - quotient * 100_000_000
        return (quotient + ((rest > 50_000_000) | ((rest == 50_000_000) & (quotient % 2 == 1))).cast(pl.Int64)) * 10_000

    def band(amount: pl.Expr, low: int, high: int) -> pl.Expr:
        return (c("prior_gross") + amount).clip(low, high) - c("prior_gross").clip(low, high)

    whole = c("replica_kind").is_in(["EBDR", "BADR"])
    makes = c("use").is_in(["create", "render", "generate", "alter"])
    background = pl.max_horizontal("day_rate", pl.lit(p.background_minimum))
    day = pl.max_horizontal("day_rate", pl.lit(p.day_minimum))
    real_time = p.day_minimum * p.real_time_bp // 10_000
    gross = (
        pl.when((c("use") == "create") & whole).then(day * c("new_days"))
        .when(makes & whole & ((c("use") != "alter") | ~c("processing_tool")))
        .then(pl.when(c("category") == "background").then(background).otherwise(day) * c("new_days"))
        .when(makes & (c("replica_kind") == "ICDR")).then(pl.max_horizontal("flat_fee", pl.lit(p.icdr_minimum)))
        .when(c("use") == "perform").then(pl.max_horizontal("day_rate", pl.lit(real_time)) * c("new_days"))
        .when(c("use") == "train").then(pl.max_horizontal("unit_rate", pl.lit(p.training_rate)) * c("units"))
        .when(c("use") == "publish").then(share(c("flat_fee"), c("residual_bp")))
    )  # fmt: skip
    told = uses.lazy().with_columns(gross.alias("gross")).with_columns(c("gross").fill_null(0).alias("@counted"))
    told = told.with_columns(
        (c("@counted").cum_sum().over("performer", "production") - c("@counted")).alias("prior_gross")
    )
    base = band(c("gross"), 0, p.ph_ceiling)
    bonus = share(band(c("gross"), p.bonus_from, p.bonus_to), p.bonus_bp)
    return told.select(
        "gross",
        bonus=pl.when(c("medium").is_in(["theatrical", "streaming"])).then(bonus),
        base=base,
        pension=share(base, p.pension_bp),
        health=share(base, p.health_bp),
        commission=pl.when(c("capacity") != "estate").then(share(c("gross"), c("commission_bp"))),
        dues=pl.min_horizontal(share(c("gross"), p.dues_bp), pl.lit(p.dues_cap)),
    ).collect()


def bulk(book: BulkBook, uses: pl.DataFrame) -> dict[str, float]:
    """Uses rated in a second."""
    rate(book, uses[:1_000])
    return {"bulk_uses_per_s": uses.height / median_s(lambda: rate(book, uses)), "uses": uses.height}


def eighty(judges: Sequence[JudgeText]) -> list[JudgeText]:
    """As many rules as a whole agreement with its laws has: the first ones stand a second time under other keys."""
    more = [replace(rule, key=len(judges) + place) for place, rule in enumerate(judges[: max(0, 80 - len(judges))])]
    return [*judges, *more]


def measure(count: int) -> dict[str, float]:
    """Everything, on the invented agreement."""
    book = invented.BOOK
    uses = invented.uses(count, seed=1).sort(book.event_time, book.event_id)
    parameters = dated_values(book, date(2025, 8, 1))
    known = uses[:20_000].drop_nulls().head(1_000).with_columns(pl.lit(10**10).alias("prior_gross"))
    requests = [
        {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in known.iter_rows(named=True)
    ]
    found = one_request(book.pays, eighty(book.judges), parameters, requests)
    found["price_by_hand_us"] = median_us(by_hand(parameters), [SimpleNamespace(**request) for request in requests])
    found |= bulk(book, uses)
    plain = median_s(lambda: polars_by_hand(uses, parameters))
    return found | {"polars_by_hand_uses_per_s": count / plain}


def shipped(count: int) -> dict[str, float]:
    """TV/Theatrical 2026 itself, and with the plans' books and their running ceiling, on invented past uses."""
    folder = rulebooks()
    agreement = folder.load("sag_aftra_tv_theatrical_2026")
    plans = tuple(folder.load(name) for name in agreement.decides_with)
    uses = past.uses(count)
    alone = lower((agreement,), constants={"currency": "USD"})
    whole = lower((agreement, *plans), constants={"currency": "USD"})
    day = date(2026, 11, 20)
    parameters = dated_values(whole.book, day)
    sample = uses.filter(pl.col("replica_kind") == "EBDR").head(1_000)
    requests = [
        {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()} | {"prior_gross": 0}
        for row in sample.iter_rows(named=True)
    ]
    one = one_request(
        whole.book.pays, whole.book.judges, parameters, requests, folded=("use", "medium", "replica_kind", "category")
    )
    return {
        "shipped_price_us": one["price_us"],
        "shipped_judge_us": one["judge_us"],
        "shipped_pays": one["pays"],
        "shipped_judges": one["judges"],
        "shipped_agreement_uses_per_s": bulk(alone.book, uses)["bulk_uses_per_s"],
        "shipped_with_plans_uses_per_s": bulk(whole.book, uses)["bulk_uses_per_s"],
    }


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--uses", type=int, default=4_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.uses) | shipped(given.uses)
    if given.json:
        print(json.dumps(found))
        return
    print(f"price one request   {found['price_us']:8.2f} us   {found['pays']} pays; by hand in plain Python "
          f"{found['price_by_hand_us']:.2f} us")  # fmt: skip
    print(f"judge one request   {found['judge_us']:8.2f} us   {found['judges']} rules; folded by use and medium "
          f"{found['judge_folded_us']:.2f} us; compiled in {found['compile_judges_ms']:.0f} ms")  # fmt: skip
    print(f"bulk                {found['bulk_uses_per_s'] / 1e6:8.2f} M uses/s, {found['uses']} uses with "
          f"{len(invented.BOOK.judges)} rules, doubts and a running total")  # fmt: skip
    print(f"TV/Theatrical 2026  {found['shipped_agreement_uses_per_s'] / 1e6:8.2f} M uses/s by itself; "
          f"{found['shipped_with_plans_uses_per_s'] / 1e6:.2f} M with its plans and their running ceiling")  # fmt: skip
    print(f"  one request       {found['shipped_price_us']:8.2f} us to price ({found['shipped_pays']:.0f} pays), "
          f"{found['shipped_judge_us']:.2f} us to judge ({found['shipped_judges']:.0f} rules)")  # fmt: skip
    print(
        f"plain Polars        {found['polars_by_hand_uses_per_s'] / 1e6:8.2f} M uses/s, the pays and the window alone"
    )


if __name__ == "__main__":
    main()
