"""The third opinion: the same trees as SQL, worked out by DuckDB.  Nothing is folded, and numbers have 128 bits.

Traps met: `//` truncates where Python and Polars floor, so a share is worked out on the absolute value; `round` goes
half away; BIGINT products raise and sums widen, so all is HUGEINT; `fetchone` on a relation is gone in DuckDB 2, so a
connection's `execute` is used; a frame goes in and comes out as a Parquet file, which needs no other library.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from stagedoor.adapters.bulk.book import BulkBook, Dated, Span, stages
from stagedoor.adapters.bulk.rules import DOUBT_STEP
from stagedoor.core.base.money import minor_units
from stagedoor.core.rules.compiled import JudgeText, PayText, Reason, weak_bits
from stagedoor.core.rules.derive import decided, known
from stagedoor.core.rules.tree import (
    Arithmetic,
    Band,
    Choice,
    Compare,
    Extreme,
    Flag,
    Logic,
    Member,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Share,
    Text,
    Texts,
)


class Sql:
    """Trees as SQL over the columns `of` their words; a word without a column is null."""

    def __init__(self, of: dict[str, str], currency: str) -> None:
        self.of = of
        self.step = minor_units(currency)

    def value(self, tree: Node) -> str:
        """The SQL of a tree."""
        v = self.value
        match tree:
            case Name(name=name) if name.startswith("known("):
                word = name.removeprefix("known(").removesuffix(")")
                return "TRUE" if word == "currency" else f"({self.of.get(word, 'NULL')} IS NOT NULL)"
            case Name(name=name, kind=kind):
                return self.of.get(name, f"CAST(NULL AS {TYPES[kind]})")
            case Number(value=value):
                return f"CAST({value} AS HUGEINT)"
            case Flag(value=flag):
                return str(flag).upper()
            case Text(value=text):
                return _quoted(text)
            case Texts(value=texts):
                return f"CAST([{', '.join(map(_quoted, texts))}] AS VARCHAR[])"
            case Arithmetic(op=op, left=left, right=right):
                return f"({v(left)} {op} {v(right)})"
            case Negate(part=part):
                return f"(-{v(part)})"
            case Not(part=part):
                return f"(NOT {v(part)})"
            case Logic(op=op, parts=parts):
                return "(" + f" {op.upper()} ".join(v(part) for part in parts) + ")"
            case Compare(op=op, left=left, right=right):
                sign = {"==": "=", "!=": "<>"}.get(op, op)
                return f"({v(left)} {sign} {v(right)})"
            case Member(item=item, texts=texts_node, wanted=wanted):
                inside = f"list_contains({v(texts_node)}, {v(item)})"
                return inside if wanted else f"(NOT {inside})"
            case Choice(test=test, yes=yes, no=no):
                return f"(CASE WHEN {v(test)} THEN {v(yes)} ELSE {v(no)} END)"
            case Extreme(larger=larger, first=first, second=second):
                return f"{'greatest' if larger else 'least'}({v(first)}, {v(second)})"
            case Band(before=before, amount=amount, low=low, high=high):
                return f"band({v(before)}, {v(amount)}, {v(low)}, {v(high)})"
            case Share(amount=amount, rate=rate):
                return f"share({v(amount)} * {v(rate)}, {self.step})"
        raise AssertionError(tree)


TYPES = {"number": "HUGEINT", "text": "VARCHAR", "flag": "BOOLEAN", "texts": "VARCHAR[]"}

MACROS = """
CREATE MACRO band(start, size, low, high) AS
    least(greatest(start + size, low), high) - least(greatest(start, low), high);
CREATE MACRO half_even(n, whole) AS n // whole + CASE
    WHEN (n % whole) * 2 > whole OR ((n % whole) * 2 = whole AND (n // whole) % 2 = 1) THEN 1 ELSE 0 END;
CREATE MACRO share(product, step) AS
    CAST(sign(product) AS HUGEINT) * half_even(abs(product), CAST(10000 * step AS HUGEINT)) * step;
"""


def rate(book: BulkBook, uses: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """What `bulk.rate` says, in the order of the rows."""
    given, made = folder / "given.parquet", folder / "made.parquet"
    lists = [name for name, kind in uses.schema.items() if isinstance(kind, pl.List)]
    enums = [name for name, kind in uses.schema.items() if isinstance(kind, pl.Enum | pl.Categorical)]
    plain = uses.with_columns(
        *(pl.col(name).cast(pl.String) for name in enums), *(pl.col(name).cast(pl.List(pl.String)) for name in lists)
    )
    plain.with_row_index("row").write_parquet(given)
    connection = duckdb.connect(config={"threads": 2})
    try:
        connection.execute(MACROS)
        connection.execute(f"COPY ({statement(book, plain, given)}) TO '{made}' (FORMAT parquet)")
    finally:
        connection.close()
    return pl.read_parquet(made)


def statement(book: BulkBook, uses: pl.DataFrame, given: Path) -> str:
    """One query: dated values, then the pays stage by stage with the totals between them, then who speaks."""
    plan = stages(book)
    numbers = [name for name, kind in uses.schema.items() if kind.is_integer()]
    of = {name: f'CAST("{name}" AS HUGEINT)' if name in numbers else f'"{name}"' for name in uses.columns}
    of |= {name: "TRUE" if value is True else f"CAST({value} AS HUGEINT)" for name, value in book.constants.items()
           if isinstance(value, int)}  # fmt: skip
    dated = [f'{_dated(item)} AS "{item.name}"' for item in (*book.parameters, *book.spans)]
    of |= {item.name: f'"{item.name}"' for item in (*book.parameters, *book.spans)}
    currency = str(book.constants.get("currency", "USD"))
    steps = [f"SELECT *, {', '.join(dated) or '1'} FROM read_parquet('{given}')"]
    for stage in range(plan.last + 1):
        for place, pay in enumerate(book.pays):
            if plan.pays[place] == stage:
                steps += _pay(book.pays, place, pay, Sql(dict(of), currency))
        for total in book.totals:
            if plan.totals[total.name] == stage:
                steps.append(_total(book, total.name, plan.behind[total.name]))
                of[total.name] = f'"{total.name}"'
    words = Sql(of, currency)
    doubt = f"least({', '.join(f'doubt_{place}' for place, _ in enumerate(book.pays))})"
    columns = [f"CASE WHEN {doubt} IS NULL THEN CAST(amount_{place} AS BIGINT) END AS amount_{place}"
               for place, _ in enumerate(book.pays)]  # fmt: skip
    marks = [_mark(book.pays, bit, place, name, Sql(dict(of), currency))
             for bit, (place, name) in enumerate(weak_bits(book.pays))]  # fmt: skip
    columns.append(f"CASE WHEN {doubt} IS NULL THEN CAST({' + '.join(marks) or '0'} AS BIGINT) END AS weak")
    columns.append(f"CAST({doubt} AS INTEGER) AS doubt")
    columns += [f"{_judge(rule, words)} AS judge_{rule.key}" for rule in book.judges]
    query = f"WITH s0 AS ({steps[0]})"
    for number, step in enumerate(steps[1:], 1):
        query += f", s{number} AS (SELECT *, {step} FROM s{number - 1})"
    return f"{query} SELECT {', '.join(columns)} FROM s{len(steps) - 1} ORDER BY row"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _dated(item: Dated | Span) -> str:
    day = f'"{item.keyed_by}"'
    if isinstance(item, Dated):
        whens = "".join(f" WHEN {day} >= DATE '{since}' THEN {value}" for since, value in reversed(item.values))
        return f"CAST(CASE{whens} END AS HUGEINT)"
    tests = [f"{day} >= DATE '{item.first}'"] if item.first else []
    tests += [f"{day} <= DATE '{item.last}'"] if item.last else []
    return f"({' AND '.join(tests)})" if tests else "TRUE"


def _sees(pays: tuple[PayText, ...], place: int, sql: Sql) -> None:
    for name in {pay.name for pay in pays}:
        earlier = [f"amount_{other}" for other in range(place) if pays[other].name == name]
        if earlier:
            sql.of[name] = f"coalesce({', '.join([*earlier, sql.of.get(name, 'NULL')])})"


def _pay(pays: tuple[PayText, ...], place: int, pay: PayText, sql: Sql) -> list[str]:
    """The amount, and behind it its doubt."""
    _sees(pays, place, sql)
    applies, told = ("TRUE", "TRUE") if pay.applies is None else (
        sql.value(pay.applies.tree), sql.value(known(pay.applies.tree)))  # fmt: skip
    can, value = sql.value(known(pay.formula.tree)), sql.value(pay.formula.tree)
    twice = [f"amount_{other} IS NOT NULL" for other in range(place) if pays[other].name == pay.name]
    amount = f"amount_{place}"
    base = place * DOUBT_STEP
    return [
        f"CASE WHEN {told} AND {applies} AND {can} THEN {value} END AS {amount}",
        f"CASE WHEN NOT {told} OR ({applies} AND NOT {can}) THEN {base + Reason.UNKNOWN} "
        f"WHEN {amount} < 0 THEN {base + Reason.NEGATIVE} "
        f"WHEN {amount} IS NOT NULL AND ({' OR '.join(twice) or 'FALSE'}) THEN {base + Reason.TWICE} "
        f"END AS doubt_{place}",
    ]


def _total(book: BulkBook, name: str, behind: frozenset[int]) -> str:
    total = next(total for total in book.totals if total.name == name)
    amounts = [f"amount_{place}" for place, pay in enumerate(book.pays) if pay.name == total.sums]
    doubt = " OR ".join(f"doubt_{place} IS NOT NULL" for place in sorted(behind))
    keys = ", ".join(f'"{name}"' for name in total.by)
    window = (
        f'OVER (PARTITION BY {keys} ORDER BY "{book.event_time}", "{book.event_id}" '
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    return (
        f"CASE WHEN coalesce(max(CASE WHEN {doubt} THEN 1 ELSE 0 END) {window}, 0) = 0 "
        f'THEN coalesce(sum(coalesce({", ".join(amounts)}, 0)) {window}, 0) END AS "{name}"'
    )


def _mark(pays: tuple[PayText, ...], bit: int, place: int, name: str, sql: Sql) -> str:
    _sees(pays, place, sql)
    flag = sql.value(decided(pays[place].formula.tree, name))
    return f"CASE WHEN amount_{place} IS NOT NULL AND {flag} THEN {1 << bit} ELSE 0 END"


def _judge(rule: JudgeText, sql: Sql) -> str:
    when, can = sql.value(rule.when.tree), sql.value(known(rule.when.tree))
    if rule.applies is None:
        return f"CASE WHEN {can} THEN {when} END"
    guard, told = sql.value(rule.applies.tree), sql.value(known(rule.applies.tree))
    return f"CASE WHEN NOT {told} THEN NULL WHEN NOT {guard} THEN FALSE WHEN {can} THEN {when} END"
