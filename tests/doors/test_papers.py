"""Consents, rulebooks and bundles from outside: one sentence each for what is wrong with them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stagedoor.adapters.clock import TimeOrderedIds
from stagedoor.adapters.signing import FileSigner
from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    AfterDeath,
    Capacity,
    Consent,
    Deal,
    Forbid,
    Grant,
    Purpose,
    Use,
    WithdrawalTerm,
)
from stagedoor.seal import SigningKey
from stagedoor.wiring import RULEBOOKS

from .kit import REFUSED, files_below, run, says_no

AT = Instant.of(date(2026, 10, 9), 15)
IDS = TimeOrderedIds()
SIGNER = FileSigner(IDS.new("party"), SigningKey.generate())


def consent() -> Consent:
    """A performer's terms."""
    render = Grant(
        use=Use.RENDER, shots=("12A",), approve_shots=(), unit="frame", units_max=48, first_day=date(2026, 10, 10),
        last_day=date(2026, 11, 30), arc_max_deg=120, ask_above_arc_deg=120, purposes=(Purpose.PICTURE,),
        media=("theatrical",), territories=("world",),
    )  # fmt: skip
    return Consent(
        consent=IDS.new("consent"), performer=SIGNER.party, capacity=Capacity.ADULT, production=IDS.new("production"),
        agreement="sag_aftra_tv_theatrical_2026", capture=IDS.new("asset"), replica_kind=ReplicaKind.EBDR,
        description="A double of my head and shoulders, for one shot.", grants=(render,),
        forbids=(Forbid(use=Use.TRAIN, purpose=None),), deal=Deal(day_rate=Money.whole(2_500, "USD"), schedule_f=False),
        after_death=AfterDeath.ENDS,
        withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=0), at=AT,
    )  # fmt: skip


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, Path, Consent]:
    """A consent and its signature, as files."""
    fact = consent()
    path, signature = tmp_path / "consent.json", tmp_path / "signature.json"
    path.write_bytes(fact.canonical())
    signature.write_bytes(SIGNER.sign(fact, at=AT).canonical())
    return path, signature, fact


def test_a_consent_is_shown_as_its_sentences(signed: tuple[Path, Path, Consent]) -> None:
    path, signature, _ = signed
    said = run("consent", "show", path, "--signature", signature)
    assert said.status == 0, said.err
    assert "2,500.00 USD" in said.out and "12A" in said.out and said.err == ""


def raised(fact: Consent) -> bytes:
    """A day rate raised by a digit."""
    return replace(fact, deal=replace(fact.deal, day_rate=Money.whole(9_500, "USD"))).canonical()


def reworded(fact: Consent) -> bytes:
    """The same consent, one letter of its description changed."""
    return fact.canonical().replace(b"for one shot", b"for two shot")


@pytest.mark.parametrize("how", [raised, reworded])
def test_a_consent_whose_signature_does_not_verify(
    how: Callable[[Consent], bytes], signed: tuple[Path, Path, Consent]
) -> None:
    path, signature, fact = signed
    path.write_bytes(how(fact))
    says_no(run("consent", "show", path, "--signature", signature), "consent.json", "altered")


def test_a_signature_by_another_key(signed: tuple[Path, Path, Consent]) -> None:
    """It names the performer's key, and was made with another."""
    path, signature, fact = signed
    other = FileSigner(SIGNER.party, SigningKey.generate()).sign(fact, at=AT)
    signature.write_bytes(replace(other, verify_key=SIGNER.verify_key).canonical())
    says_no(run("consent", "show", path, "--signature", signature), "consent.json", "does not verify")


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "a blank more": lambda data: data.replace(b":", b": ", 1),
    "members in another order": lambda data: json.dumps(dict(reversed(json.loads(data).items()))).encode(),
    "a field nobody knows": lambda data: canonical_bytes(json.loads(data) | {"also": "everything"}),
    "a field left out": lambda data: canonical_bytes({k: v for k, v in json.loads(data).items() if k != "forbids"}),
    "another version": lambda data: data.replace(b'"form":2', b'"form":3'),
    "another kind": lambda data: data.replace(b'"fact":"consent"', b'"fact":"release"'),
    "an unknown currency": lambda data: data.replace(b"2500.000000 USD", b"2500.000000 XXX"),
    "an amount that is a number": lambda data: data.replace(b'"2500.000000 USD"', b"2500"),
    "half a file": lambda data: data[: len(data) // 2],
    "nothing": lambda _: b"",
    "noise": lambda _: os.urandom(300) + b"\xff\xfe",
    "a list": lambda _: b"[]",
    "deep nesting": lambda _: b"[" * 100_000,
    "too much": lambda _: b'"' + b"x" * (2 << 20) + b'"',
    "a use nobody knows": lambda data: data.replace(b'"use":"render"', b'"use":"resell"'),
    "a number beyond all": lambda data: data.replace(b'"units_max":48', b'"units_max":' + b"9" * 400),
}


@pytest.mark.parametrize("how", SPELLINGS)
def test_a_consent_in_another_spelling(how: str, signed: tuple[Path, Path, Consent]) -> None:
    path, signature, fact = signed
    path.write_bytes(SPELLINGS[how](fact.canonical()))
    said = run("consent", "show", path, "--signature", signature)
    says_no(said, "consent.json", "Ask for the consent as it was signed")
    if how == "an unknown currency":
        assert "XXX" in said.err


@pytest.mark.parametrize("how", ["nothing", "noise", "a list", "half a file", "a field nobody knows"])
def test_a_signature_in_another_spelling(how: str, signed: tuple[Path, Path, Consent]) -> None:
    path, signature, _ = signed
    signature.write_bytes(SPELLINGS[how](signature.read_bytes()))
    says_no(run("consent", "show", path, "--signature", signature), "signature.json")


@pytest.mark.parametrize("which", ["consent", "signature"])
def test_a_consent_or_a_signature_that_is_not_there(which: str, signed: tuple[Path, Path, Consent]) -> None:
    path, signature, _ = signed
    (path if which == "consent" else signature).unlink()
    said = run("consent", "show", path, "--signature", signature)
    says_no(said, f"{which}.json", status=said.status)
    assert said.status in (2, 3)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A copy of the rulebooks."""
    shutil.copytree(RULEBOOKS, tmp_path / "books")
    return tmp_path / "books"


RATES = "sag_aftra_tv_theatrical_2026/rates/day_performer.yaml"


def edited(old: str, new: str, file: str = RATES) -> Callable[[Path], None]:
    """One edit of one file."""

    def edit(books: Path) -> None:
        path = books / file
        text = path.read_text(encoding="utf-8")
        assert old in text, (old, text[:600])
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def without_source(books: Path) -> None:
    """A value whose source is taken out: its lines from `source:` to the next value."""
    import yaml

    path = books / RATES
    plain = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    removed = _drop(plain, "source")
    assert removed, plain
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")


def _drop(plain: object, key: str) -> bool:
    if isinstance(plain, dict):
        if key in plain:
            del plain[key]
            return True
        return any(_drop(value, key) for value in plain.values())
    return any(_drop(item, key) for item in plain) if isinstance(plain, list) else False


def test_the_rulebooks_check(books: Path) -> None:
    said = run("rulebook", "check", "--books", books)
    assert said.status == 0, said
    assert len(said.out.strip().splitlines()) >= 3


BAD_BOOKS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "a value without a source": (without_source, ("day_performer.yaml", "source")),
    "a tag that would run code": (
        lambda books: (books / RATES).write_text("!!python/object/apply:os.system ['true']"), ("day_performer.yaml",),
    ),
    "an alias bomb": (
        lambda books: (books / RATES).write_text("a: &a [1]\nb: [*a, *a]\n"), ("day_performer.yaml", "anchors"),
    ),
    "one key twice": (
        lambda books: (books / RATES).write_text("parameters: []\nparameters: []\n"), ("day_performer.yaml", "twice"),
    ),
    "noise": (lambda books: (books / RATES).write_bytes(os.urandom(200) + b"\xff\xfe\x00"), ("day_performer.yaml",)),
    "a list": (lambda books: (books / RATES).write_text("- 1\n"), ("day_performer.yaml",)),
    "nothing": (lambda books: (books / RATES).write_text(""), ("day_performer.yaml",)),
    "a huge file": (lambda books: (books / RATES).write_text("#" * (2 << 20)), ("day_performer.yaml", "bytes")),
    "nesting without end": (lambda books: (books / RATES).write_text("[" * 20_000), ("day_performer.yaml",)),
    "no cases": (
        lambda books: (books / RATES.replace(".yaml", ".cases.yaml")).unlink(), ("day_performer.yaml", "cases"),
    ),
    "an unknown currency": (edited("USD", "XXX"), ("day_performer.yaml", "XXX")),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_BOOKS)
def test_a_bad_rulebook_is_refused_in_a_sentence(what: str, books: Path) -> None:
    spoil, words = BAD_BOOKS[what]
    spoil(books)
    before = files_below(books)
    said = run("rulebook", "check", "sag_aftra_tv_theatrical_2026", "--books", books)
    says_no(said, "sag_aftra_tv_theatrical_2026", *words)
    assert files_below(books) == before


def test_a_case_that_does_not_come_out_is_told(books: Path) -> None:
    """Rates mistyped: they have their sources, and the worked cases find them."""
    path = books / RATES
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r"(value:\s*[\"']?)(\d)", lambda m: m[1] + str((int(m[2]) + 1) % 9 + 1), text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    said = run("rulebook", "check", "--books", books)
    assert said.status == REFUSED, said
    assert "✗ sag_aftra_tv_theatrical_2026" in said.out and said.err == ""


@pytest.mark.parametrize("name", ["nobody", "../../etc", "a/b", "", ".", "x" * 4_000, "\x1b[2J"])
@pytest.mark.parametrize("command", ["show", "cases"])
def test_a_rulebook_that_is_not_there(command: str, name: str) -> None:
    says_no(run("rulebook", command, name), "there is no such rulebook")


def test_a_folder_of_rulebooks_that_is_not_there(tmp_path: Path) -> None:
    said = run("rulebook", "check", "nobody", "--books", tmp_path / "nowhere")
    says_no(said, "no such rulebook")


GARBAGE: dict[str, bytes] = {
    "noise": os.urandom(4_000),
    "nothing": b"",
    "a shell script": b"#!/bin/sh\nexit 0\n",
    "half a ZIP's end": b"PK\x05\x06" + bytes(10),
    "an empty ZIP": b"PK\x05\x06" + bytes(18),
    "a ZIP's head": b"PK\x03\x04" + os.urandom(200),
    "zeros": bytes(1 << 16),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_is_no_bundle(what: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(GARBAGE[what])
    says_no(run("verify", path))
    assert path.read_bytes() == GARBAGE[what]


@pytest.mark.parametrize("pin", ["performer", "=", "nobody=ab", "performer=" + "x" * 9_000])
def test_a_strange_pin_on_garbage_is_still_one_sentence(pin: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(b"no")
    says_no(run("verify", path, "--pin", pin), "is no pin")
