"""Every vector of spec/, read as it lies there.  The folder's README says what each field means."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from core import builders as make
from stagedoor.core.base.canonical import CanonicalError, canonical_bytes, digest_of
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, WorkOrder
from stagedoor.core.facts.posting import Entry
from stagedoor.core.facts.request import Answered, Request, Standing
from stagedoor.core.steps.ask import ask
from stagedoor.core.steps.attest import attest
from stagedoor.core.steps.decide import decide
from stagedoor.core.steps.grant import grant
from stagedoor.core.steps.unlock import Now, unlock
from stagedoor.wire.decode import decode, decode_any, kinds

PARTS = ("canonical", "facts", "decisions", "refusals", "postings")


def vectors(part: str) -> list[Any]:
    """The files of one folder, each a parameter named after it."""
    paths = sorted((make.SPEC / part).glob("*.json"))
    return [pytest.param(json.loads(path.read_text("ascii")), id=path.stem) for path in paths]


def fact(plain: dict[str, Any]) -> Any:
    """A fact from its plain values, through the one door."""
    return decode_any(canonical_bytes(plain))


# --- canonical ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", vectors("canonical"))
def test_canonical(vector: dict[str, Any]) -> None:
    """Bytes and digest, or a refusal."""
    value = json.loads(vector["input"])
    if vector["expect"] == "refused":
        with pytest.raises(CanonicalError):
            canonical_bytes(value)
        return
    assert vector["expect"] == "canonical"
    data = canonical_bytes(value)
    assert data.hex() == vector["canonical_hex"]
    assert digest_of(vector.get("kind", "vector"), data) == vector["digest"]


# --- facts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", vectors("facts"))
def test_facts_keep_their_form(vector: dict[str, Any]) -> None:
    """A fact signed today reads tomorrow: same bytes, same digest, by the definition and by the code."""
    data = vector["canonical"].encode()
    read = decode(kinds()[vector["kind"]], data)
    assert read.canonical() == data == canonical_bytes(vector["fact"])
    preimage = b"stagedoor/v1/" + vector["kind"].encode() + b"\0" + data
    assert read.digest() == vector["digest"] == "sha256:" + hashlib.sha256(preimage).hexdigest()
    assert read.plain() == vector["fact"]


def test_every_kind_of_fact_has_its_vector() -> None:
    """A new kind needs a file; a kind that is gone needs a reason."""
    assert {path.stem for path in (make.SPEC / "facts").glob("*.json")} == set(kinds())


# --- decisions ------------------------------------------------------------------------------------------------------


def decided(vector: dict[str, Any]) -> Any:
    """Run `decide` on a vector's arguments."""
    books = make.books(*vector["rulebooks"])
    standing = vector["standing"] | {"rulebooks": [book.digest for book in books]}
    consent = None if vector["consent"] is None else fact(vector["consent"])
    assert consent is None or isinstance(consent, Consent)
    return decide(fact(vector["request"]), fact(standing), consent, books, at=Instant.parse(vector["at"]))


@pytest.mark.parametrize("vector", vectors("decisions"))
def test_decisions(vector: dict[str, Any]) -> None:
    """The answer, its code, every rule that spoke, in order, and the cost."""
    decision, expect = decided(vector), vector["expect"]
    assert decision.answer.value == expect["answer"]
    assert (decision.code.value if decision.code else None) == expect["code"]
    assert [
        {"rule": item.rule, "effect": item.effect.value, "code": item.code.value if item.code else None}
        for item in decision.findings
    ] == expect["spoke"]
    assert (str(decision.quote.cost) if decision.quote else None) == expect["cost"]


# --- refusals -------------------------------------------------------------------------------------------------------


def refused(vector: dict[str, Any]) -> Refused:
    """Run the verb that a vector names; the refusal that comes out."""
    given = vector["given"]
    result: object
    if vector["verb"] == "ask":
        result = ask(fact(given["draft"]), at=Instant.parse(given["at"]))
    elif vector["verb"] == "decide":
        decision = decided(given)
        standing = given["standing"] | {"rulebooks": [book.digest for book in make.books(*given["rulebooks"])]}
        request, stands = fact(given["request"]), fact(standing)
        assert isinstance(request, Request) and isinstance(stands, Standing)
        ids = {"permit_id": make.ident("permit"), "entry_id": make.ident("entry")}
        result = grant(request, stands, decision, hours=24, at=make.AT, **ids)
        assert isinstance(result, Refused) and decision.code is result.code, "grant says no as decide did"
    elif vector["verb"] == "unlock":
        permit, order = fact(given["permit"]), fact(given["order"])
        assert isinstance(permit, Permit) and isinstance(order, WorkOrder)
        now = Now(**given["now"] | {"holds": tuple(given["now"]["holds"])})
        result = unlock(permit, order, now, **make.UNLOCK | {"worker": given["worker"]})
    else:
        assert vector["verb"] == "attest"
        told, order, permit, key = (fact(given[name]) for name in ("receipt", "order", "permit", "grant"))
        assert isinstance(told, Receipt) and isinstance(key, KeyGrant)
        result = attest(told, order, permit, key, units_left=given["units_left"])
    assert isinstance(result, Refused), result
    return result


@pytest.mark.parametrize("vector", vectors("refusals"))
def test_refusals(vector: dict[str, Any]) -> None:
    """The first code in precedence answers, whatever else is wrong too; and its number and sentence never change."""
    code = Code(vector["code"])
    assert (code.number, code.sentence) == (vector["number"], vector["sentence"])
    assert refused(vector).code is code
    assert all(Code(other).number > code.number for other in vector["also"])


def test_refusals_are_listed_in_order_of_precedence() -> None:
    """A folder's listing, read from the top, is the order; one file for each code."""
    paths = sorted((make.SPEC / "refusals").glob("*.json"))
    numbers = [json.loads(path.read_text())["number"] for path in paths]
    assert numbers == sorted(set(numbers))
    assert [int(path.name[:2]) for path in paths] == numbers


def test_every_code_has_a_vector_or_a_door_of_its_own() -> None:
    """A code that no step or rule of the core produces stands in the README's table, and no other does."""
    with_vector = {json.loads(path.read_text())["code"] for path in (make.SPEC / "refusals").glob("*.json")}
    readme = (make.SPEC / "refusals" / "README.md").read_text().partition("## Codes without a file")[2]
    named = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| `")}
    assert with_vector | named == {code.value for code in Code}
    assert not with_vector & named


# --- postings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", vectors("postings"))
def test_postings(vector: dict[str, Any]) -> None:
    """The price's lines and the entries that come of it, to the millionth."""
    inputs, expect = vector["inputs"], vector["expect"]
    day = make.DAY.fromisoformat(inputs["day"])
    world = make.world(
        consent=make.consent(deal=make.deal(day_rate=Money.parse(inputs["day_rate"]))),
        request={"day": day},
        rulebooks=make.books(*inputs["rulebooks"]),
        standing={
            "currency": inputs["currency"],
            "photography_began": make.DAY.fromisoformat(inputs["photography_began"]),
            "estimate_days": inputs["estimate_days"],
            "days_charged": inputs["days_charged"],
            "prior_gross": Money.parse(inputs["prior_gross"]),
            "commission_bp": inputs["commission_bp"],
            "answers": tuple(Answered(approval=make.ident("approval"), **item) for item in inputs["answers"]),
        },
    )
    quote = world.decide().quote
    assert quote is not None
    assert {"gross": str(quote.gross), "cost": str(quote.cost)} == {name: expect[name] for name in ("gross", "cost")}
    shown = [
        {"name": line.name, "payee": line.payee, "amount": str(line.amount), "on_top": line.on_top}
        for line in quote.lines
    ]
    assert shown == expect["lines"]
    made: list[Entry | None] = [make.granted(world).reserve, make.posted(world)]
    entries = [
        {
            "kind": entry.kind.value,
            "postings": [
                {"account": line.account, "amount": str(line.amount), "rule": line.rule} for line in entry.postings
            ],
        }
        for entry in made
        if entry is not None
    ]
    assert entries == expect["entries"]


# --- the folder itself ----------------------------------------------------------------------------------------------


def test_the_writer_makes_the_committed_files(tmp_path: Path) -> None:
    """No vector is edited by hand, and none is left over."""
    place = importlib.util.spec_from_file_location("make_vectors", make.SPEC / "make_vectors.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    module.main(tmp_path)
    for part in PARTS:
        written = {path.name: path.read_bytes() for path in (tmp_path / part).iterdir()}
        committed = {path.name: path.read_bytes() for path in (make.SPEC / part).glob("*.json")}
        assert sorted(written) == sorted(committed)
        assert [name for name in written if written[name] != committed[name]] == []


@pytest.mark.parametrize("part", [*PARTS, "."])
def test_every_folder_says_how_to_read_it(part: str) -> None:
    """A README, and nothing in the folder that no test reads."""
    folder = make.SPEC / part
    assert len((folder / "README.md").read_text()) > 400
    if part != ".":
        assert {path.suffix for path in folder.iterdir()} == {".json", ".md"}
