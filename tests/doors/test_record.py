"""`stagedoor record`: a signed paper comes into a house, or nothing of it does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from consents.kit import AT, Bureau
from stagedoor.adapters.home import create_home
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.core.base.fact import Fact
from stagedoor.core.facts.consent import Consent, Delivery, Offer
from stagedoor.core.facts.party import Authority, Death, Role
from stagedoor.wiring import opened

from .kit import REFUSED, Said, run, says_no


@pytest.fixture(scope="module")
def home() -> Iterator[tuple[Path, Bureau]]:
    """A home in which everybody is enrolled and one picture is open."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    made = create_home(folder / "home")
    EmbeddedServer.start(made.database).stop()
    with opened(made.root) as house:
        held: Any = house
        bureau = Bureau.opened(held)
    yield made.root, bureau
    shutil.rmtree(folder, ignore_errors=True)


def record(home: tuple[Path, Bureau], folder: Path, fact: Fact, *signers: str, terms: Consent | None = None) -> Said:
    """Write the papers down and hand them in."""
    root, bureau = home
    paths = [folder / "fact.json"]
    paths[0].write_bytes(fact.canonical())
    for number, who in enumerate(signers):
        paths.append(folder / f"signature-{number}.json")
        paths[-1].write_bytes(bureau.sign(who, fact).canonical())
    more: list[str | Path] = []
    if terms is not None:
        (folder / "terms.json").write_bytes(terms.canonical())
        more = ["--terms", folder / "terms.json"]
    return run("record", *paths, *more, "--home", root)


def recorded(home: tuple[Path, Bureau], fact: Fact) -> bool:
    """Whether the house holds it."""
    with opened(home[0]) as house, house.store.unit() as unit:
        return unit.get(type(fact), fact.digest()) is not None


def papers(bureau: Bureau) -> dict[str, tuple[Fact, tuple[str, ...], Consent | None]]:
    """One paper of each kind but an answer, by whom it is signed; `terms` go with an offer."""
    terms = bureau.terms()
    offer = Offer(
        offer=bureau.ids.new("offer"), consent=terms.digest(), by=bureau.id("studio"), to=bureau.id("performer"),
        answers="", words="", open_until=date(2026, 11, 30), at=AT,
    )  # fmt: skip
    authority = Authority(
        authority=bureau.ids.new("authority"), performer=bureau.id("second"), holder=bureau.id("guardian"),
        role=Role.GUARDIAN, evidence="sha256:" + "a" * 64, vouched_by=bureau.id("union"),
        first_day=date(2026, 1, 1), last_day=None, at=AT,
    )  # fmt: skip
    delivery = Delivery(
        delivery=bureau.ids.new("delivery"), production=bureau.id("production"), delivered_on=AT.day, at=AT
    )
    death = Death(performer=bureau.id("second"), died_on=AT.day, told_by=bureau.id("union"), at=AT)
    return {
        "offer": (offer, ("studio",), terms),
        "consent": (terms, ("performer", "studio"), None),
        "authority": (authority, ("union",), None),
        "delivery": (delivery, ("studio",), None),
        "death": (death, ("union",), None),
    }


KINDS = ("offer", "consent", "authority", "delivery", "death")


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_comes_in(kind: str, home: tuple[Path, Bureau], tmp_path: Path) -> None:
    fact, signers, terms = papers(home[1])[kind]
    said = record(home, tmp_path, fact, *signers, terms=terms)
    assert said.status == 0 and fact.digest() in said.out, said
    assert recorded(home, fact)


@pytest.mark.parametrize("kind", KINDS)
def test_in_another_hand_nothing_comes_in(kind: str, home: tuple[Path, Bureau], tmp_path: Path) -> None:
    fact, signers, terms = papers(home[1])[kind]
    fact = replace(fact, at=AT.plus(hours=1))
    says_no(record(home, tmp_path, fact, *["lawyer"] * len(signers), terms=terms), "refused [", status=REFUSED)
    assert not recorded(home, fact)


def test_a_version_comes_in_through_the_same_door(home: tuple[Path, Bureau], tmp_path: Path) -> None:
    bureau = home[1]
    first = bureau.terms()
    assert record(home, tmp_path, first, "performer", "studio").status == 0
    second = replace(first, consent=bureau.ids.new("consent"), version=2, supersedes=first.digest())
    assert record(home, tmp_path, second, "performer", "studio").status == 0
    third = replace(second, consent=bureau.ids.new("consent"))
    says_no(record(home, tmp_path, third, "performer", "studio"), "refused [no_consent]", status=REFUSED)


def test_what_is_missing_is_told(home: tuple[Path, Bureau], tmp_path: Path) -> None:
    kinds = papers(home[1])
    says_no(record(home, tmp_path, kinds["consent"][0], "performer"), "2 signature")
    says_no(record(home, tmp_path, kinds["offer"][0], "studio"), "--terms FILE")
    party = home[1].signers["union"]
    says_no(record(home, tmp_path, party.sign(kinds["death"][0], at=AT), "union"), "is not recorded here")


def test_noise_is_told(home: tuple[Path, Bureau], tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"{", b"\xff\xfe", b"[" * 100_000, b'"' + b"x" * (2 << 20) + b'"')):
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        says_no(run("record", path, path, "--home", home[0]), f"{number}.json", "as it was signed")
