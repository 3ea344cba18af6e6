"""RSL and CAWG declarations: what each token takes away from which use, and that nothing is ever a permission."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core import builders as make
from stagedoor.adapters.exchange import read_cawg, read_rsl
from stagedoor.core.facts.consent import Use
from stagedoor.core.rules.exchange import ExchangeError, Policy, narrowings
from stagedoor.core.rules.outside import judge_narrowings

SPEC = make.SPEC / "exchange"
LIKENESS = {Use.CREATE, Use.RENDER, Use.GENERATE, Use.ALTER, Use.PERFORM}


def forbidden(policy: Policy, **over: Any) -> set[Use]:
    """The uses that it refuses, for a request with these other fields."""
    found = set()
    for use in Use:
        told = narrowings(policy, make.request(None, **{"use": use, "territory": "US"} | over))
        assert all(item.effect in ("forbid", "duty", "note") and item.policy == policy.digest for item in told)
        if any(item.effect == "forbid" for item in told):
            found.add(use)
    return found


def rsl(licences: str, *, attributes: str = "") -> Policy:
    """A document with one content."""
    text = f'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"{attributes}>{licences}</content></rsl>'
    return read_rsl(text.encode())


def cawg(**entries: str) -> Policy:
    """An assertion of CAWG's own entries."""
    return read_cawg(json.dumps({"entries": {f"cawg.{name}": {"use": use} for name, use in entries.items()}}).encode())


@pytest.mark.parametrize("path", sorted(SPEC.glob("expect-*.json")), ids=lambda path: path.stem)
def test_vectors(path: Path) -> None:
    """Each file of spec/exchange, as its expectation says."""
    expected = json.loads(path.read_text("ascii"))
    reader = {"rsl": read_rsl, "cawg": read_cawg}[expected["kind"]]
    policy = reader((SPEC / expected["document"]).read_bytes())
    assert policy.digest == expected["digest"]
    for case in expected["cases"]:
        request = make.request(None, use=Use(case["use"]), territory=case["territory"])
        told = [[item.effect, item.term] for item in narrowings(policy, request)]
        assert told == case["narrowings"], case


@pytest.mark.parametrize(
    ("token", "uses"),
    [
        ("ai-train", {Use.TRAIN}),
        ("train-ai", {Use.TRAIN}),
        ("media:ai-train", {Use.TRAIN}),
        ("AI-Train", {Use.TRAIN}),
        ("ai-input", LIKENESS),
        ("media:ai-generate", LIKENESS),
        ("ai-all", {*LIKENESS, Use.TRAIN}),
        ("all", set(Use)),
        ("search", set()),
        ("nobody-knows-this", set(Use)),
    ],
)
def test_what_a_prohibited_token_refuses(token: str, uses: set[Use]) -> None:
    """A word that nobody knows refuses everything."""
    assert forbidden(rsl(f'<license><prohibits type="usage">{token}</prohibits></license>')) == uses


@pytest.mark.parametrize(
    ("token", "left"),
    [
        ("all", set(Use)),
        ("ai-train", {Use.TRAIN, Use.PUBLISH}),
        ("search", {Use.PUBLISH}),
        ("media:ai-generate", {*LIKENESS, Use.PUBLISH}),
        ("nobody-knows-this", {Use.PUBLISH}),
    ],
)
def test_a_list_of_permitted_tokens_is_complete(token: str, left: set[Use]) -> None:
    """What it leaves out is refused; RSL does not speak of publishing a result."""
    assert forbidden(rsl(f'<license><permits type="usage">{token}</permits></license>')) == set(Use) - left


def test_a_prohibition_beats_a_permission_in_one_licence_and_one_licence_is_enough() -> None:
    """Side by side, licences are choices."""
    both = '<license><permits type="usage">all</permits><prohibits type="usage">ai-train</prohibits></license>'
    assert forbidden(rsl(both)) == {Use.TRAIN}
    assert forbidden(rsl(both + '<license><permits type="usage">ai-train</permits></license>')) == set()


def test_a_licence_for_somebody_else_is_none() -> None:
    """A picture is a commercial use."""
    assert forbidden(rsl('<license><permits type="user">education</permits></license>')) == set(Use)
    assert forbidden(rsl('<license><prohibits type="user">commercial</prohibits></license>')) == set(Use)
    assert forbidden(rsl('<license><permits type="user">commercial</permits></license>')) == set()


def test_places() -> None:
    """Only there, or never there; the whole world is every place."""
    only = rsl('<license><permits type="geo">gb, IE</permits></license>')
    assert forbidden(only, territory="GB") == set()
    assert forbidden(only, territory="US") == forbidden(only, territory="world") == set(Use)
    never = rsl('<license><prohibits type="geo">US</prohibits></license>')
    assert forbidden(never, territory="GB") == set()
    assert forbidden(never, territory="US") == forbidden(never, territory="world") == set(Use)


def test_payment_and_a_licence_server_are_duties() -> None:
    """They go with a yes; and what is not read is told."""
    policy = rsl('<license><payment type="crawl"/><odd/></license>', attributes=' server="https://x.example"')
    told = narrowings(policy, make.request(None))
    assert sorted(item.effect for item in told) == ["duty", "duty", "note"]
    standing = make.standing(make.request(None), make.consent(), (), narrowings=told)
    findings, duties = judge_narrowings(standing)
    assert len(duties) == 2 and all(finding.code is None for finding in findings)


def test_every_content_of_the_document_counts() -> None:
    """It was handed in as being about the material; which content is meant, nobody here guesses."""
    text = (
        '<rsl xmlns="https://rslstandard.org/rsl"><content url="/a"/>'
        '<content url="/b"><license><prohibits type="usage">all</prohibits></license></content></rsl>'
    )
    assert forbidden(read_rsl(text.encode())) == set(Use)


@pytest.mark.parametrize(
    ("entry", "use", "uses"),
    [
        ("ai_training", "notAllowed", {Use.TRAIN}),
        ("ai_generative_training", "constrained", {Use.TRAIN}),
        ("data_mining", "notAllowed", {Use.TRAIN}),
        ("ai_inference", "notAllowed", {Use.RENDER, Use.GENERATE, Use.ALTER, Use.PERFORM}),
        ("ai_inference", "allowed", set()),
    ],
)
def test_cawg_entries(entry: str, use: str, uses: set[Use]) -> None:
    """`constrained` without more is `notAllowed`; `allowed` says nothing here."""
    assert forbidden(cawg(**{entry: use})) == uses


def test_older_labels_and_entries_of_others() -> None:
    """C2PA's own entries read like CAWG's; a replica's entry is known by its word; anything else is a doubt."""

    def refused(name: str, label: str = "c2pa.training-mining") -> set[Use]:
        assertion = {"label": label, "data": {"entries": {name: {"use": "notAllowed"}}}}
        return forbidden(read_cawg(json.dumps(assertion).encode()))

    assert refused("c2pa.ai_training") == {Use.TRAIN}
    assert refused("c2pa.ai_training", "c2pa.training-mining__2") == {Use.TRAIN}
    assert refused("org.example.digital_replica") == LIKENESS
    assert refused("org.example.anything") == set(Use)
    assert refused("evil.ai_training") == set(Use)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"entries": {"cawg.ai_training": {"use": "perhaps"}}}, "none of allowed"),
        ({"entries": {"cawg.ai_training": {}}}, "'use' is missing"),
        ({"entries": {"cawg.ai_training": "no"}}, "no JSON object"),
        ({"entries": []}, "no JSON object"),
        ({"entries": {str(number): {"use": "allowed"} for number in range(65)}}, "at most 64"),
        ({"label": "c2pa.actions", "data": {}}, "none of cawg.training-mining"),
        ([], "no JSON object"),
    ],
)
def test_bad_assertions(data: object, says: str) -> None:
    """Where, and what was expected."""
    with pytest.raises(ExchangeError, match=says):
        read_cawg(json.dumps(data).encode())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<rsl/>", "begins with <rsl>"),
        ('<rsl xmlns="http://other.example/"><content url="/"/></rsl>', "begins with <rsl>"),
        ('<rsl xmlns="https://rslstandard.org/rsl"/>', "no <content>"),
        ('<rsl xmlns="https://rslstandard.org/rsl"><content><license><permits>x</permits></license></content></rsl>',
         "none of usage, user, geo"),
        ("not xml", "it is no XML"),
        ('<!DOCTYPE rsl [<!ENTITY a "b">]><rsl/>', "document type"),
        ('<!DOCTYPE rsl SYSTEM "http://x.example/"><rsl/>', "document type"),
        ("<a>" * 13, "nested deeper"),
        ("<a>" + "<b/>" * 4_001 + "</a>", "more than 4000 elements"),
        ("<a " + " ".join(f'a{number}="x"' for number in range(17)) + "/>", "more than 16 attributes"),
        ("<a>" + "x" * 8_001 + "</a>", "more than 8000 characters"),
        ("<?php x ?><rsl/>", "processing instruction"),
        ('<?xml version="1.0" encoding="klingon"?><rsl/>', "document"),
        (" " * (256 << 10) + "<rsl/>", "bytes"),
    ],
)  # fmt: skip
def test_bad_documents(text: str, says: str) -> None:
    """Each is refused at once, with what was wrong."""
    with pytest.raises(ExchangeError, match=says):
        read_rsl(text.encode())
