"""The evidence bundle: it verifies, and whatever is done to it is told in a sentence and never in a traceback."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doors.kit import Said, run
from stagedoor.core.base.canonical import canonical_bytes

from .conftest import Told

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def members(told: Told) -> Members:
    """The bundle's members by name."""
    with zipfile.ZipFile(told.home / "papers" / "evidence.zip") as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def zipped(members: Members) -> bytes:
    """Members as a sound ZIP file: every checksum is right."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for name, data in members.items():
            bundle.writestr(name, data)
    return out.getvalue()


def facts_of(members: Members) -> list[dict[str, Any]]:
    """The facts, plain."""
    return [json.loads(line) for line in members["facts.jsonl"].split(b"\n")]


def with_facts(members: Members, facts: list[dict[str, Any]]) -> Members:
    """The same bundle with other facts, each written in its canonical form."""
    return members | {"facts.jsonl": b"\n".join(canonical_bytes(fact) for fact in facts)}


def frames_of(members: Members) -> list[str]:
    """Names of two frames of one order."""
    return sorted(name for name in members if name.endswith(".png"))


def flip_a_byte_of_a_frame(members: Members) -> Members:
    """One bit in the middle of a picture."""
    name = frames_of(members)[0]
    data = bytearray(members[name])
    data[len(data) // 2] ^= 1
    return members | {name: bytes(data)}


def swap_two_frames(members: Members) -> Members:
    """Both are true frames, each under the other's name."""
    one, other = frames_of(members)[:2]
    return members | {one: members[other], other: members[one]}


def drop_an_output(members: Members) -> Members:
    """One frame less."""
    return {name: data for name, data in members.items() if name != frames_of(members)[0]}


def add_a_stray_output(members: Members) -> Members:
    """A picture that no receipt tells of."""
    return members | {"outputs/0123456789ab/frame-000099.png": members[frames_of(members)[0]]}


def without(kind: str) -> Callable[[Members], Members]:
    """The bundle without the first fact of a kind."""

    def drop(members: Members) -> Members:
        facts = facts_of(members)
        facts.remove(next(fact for fact in facts if fact["fact"] == kind))
        return with_facts(members, facts)

    return drop


def without_signatures_by(role: str) -> Callable[[Members], Members]:
    """The bundle without what one role signed."""

    def drop(members: Members) -> Members:
        facts = facts_of(members)
        parties = {fact["party"] for fact in facts if fact["fact"] == "party" and fact["role"] == role}
        return with_facts(members, [fact for fact in facts if fact.get("signer") not in parties])

    return drop


def pay_her_less(members: Members) -> Members:
    """An entry that still balances: a hundred dollars moved from the performer to the agent."""
    facts = facts_of(members)
    entry = next(fact for fact in facts if fact["fact"] == "entry" and fact["kind"] == "post")
    lines = {line["account"].split("/")[1]: line for line in entry["postings"]}
    for payee, more in (("performer", 100), ("agent", -100)):
        whole = int(lines[payee]["amount"].split(".")[0]) + more
        lines[payee]["amount"] = f"{whole}.000000 USD"
    return with_facts(members, facts)


def unbalance_an_entry(members: Members) -> Members:
    """A line more than its debit."""
    facts = facts_of(members)
    entry = next(fact for fact in facts if fact["fact"] == "entry" and fact["kind"] == "post")
    entry["postings"][1]["amount"] = "-9999.000000 USD"
    return with_facts(members, facts)


def permit_more(members: Members) -> Members:
    """A permit for more frames than were asked for."""
    facts = facts_of(members)
    permit = next(fact for fact in facts if fact["fact"] == "permit" and fact["use"] == "render")
    permit["units"] += 1_000
    return with_facts(members, facts)


def agree_to_more(members: Members) -> Members:
    """Her consent, with the advertising that she forbade taken out of it."""
    facts = facts_of(members)
    consent = next(fact for fact in facts if fact["fact"] == "consent")
    consent["forbids"] = [item for item in consent["forbids"] if item["purpose"] != "advertising"]
    return with_facts(members, facts)


def enrol_somebody_twice(members: Members) -> Members:
    """The performer's pseudonym once more, with another key."""
    facts = facts_of(members)
    party = next(fact for fact in facts if fact["fact"] == "party" and fact["role"] == "performer")
    return with_facts(members, [*facts, party | {"verify_key": "ab" * 32}])


def another_rulebook(members: Members) -> Members:
    """A rulebook with one letter of its title changed: it loads, and is another one."""
    name = sorted(name for name in members if name.startswith("rulebooks/"))[0]
    book = json.loads(members[name])
    book["index"]["title"] += "."
    return members | {name: canonical_bytes(book)}


def nothing_at_all(members: Members) -> Members:
    """No fact but one party."""
    return with_facts(members, [fact for fact in facts_of(members) if fact["fact"] == "party"])


UNTRUE = {
    # what was done: (how, words of the check that fails)
    "a byte of a frame": (flip_a_byte_of_a_frame, "the very file that its receipt signs for"),
    "two frames swapped": (swap_two_frames, "the very file that its receipt signs for"),
    "a frame left out": (drop_an_output, "the very file that its receipt signs for"),
    "a stray output": (add_a_stray_output, "no receipt accounts for it"),
    "a receipt left out": (without("receipt"), "stands on a receipt in the bundle"),
    "a permit left out": (without("permit"), "the permit, order and key grant of receipt"),
    "a key grant left out": (without("key_grant"), "the permit, order and key grant of receipt"),
    "an order left out": (without("work_order"), "the permit, order and key grant of receipt"),
    "a decision left out": (without("decision"), "are here"),
    "a request left out": (without("request"), "are here"),
    "a standing left out": (without("standing"), "are here"),
    "the consent left out": (without("consent"), "are here"),
    "the mandate left out": (without("mandate"), "posts exactly the price that was decided"),
    "the performer's signatures left out": (without_signatures_by("performer"), "is signed by the performer"),
    "the studio's signatures left out": (without_signatures_by("studio"), "is signed by the studio"),
    "the gate's signatures left out": (without_signatures_by("gate"), "is signed by the gate"),
    "the worker's signatures left out": (without_signatures_by("worker"), "is signed by the worker"),
    "an entry that pays her less": (pay_her_less, "posts exactly the price that was decided"),
    "an entry that does not balance": (unbalance_an_entry, "balances in one currency"),
    "a permit for more": (permit_more, "the permit, order and key grant of receipt"),
    "a consent to more": (agree_to_more, "are here"),
    "a party with two keys": (enrol_somebody_twice, "enrolled twice with different keys"),
    "another rulebook": (another_rulebook, "comes out the same byte for byte"),
    "no receipt at all": (nothing_at_all, "evidence of nothing"),
}


def spoil_a_checksum(members: Members) -> bytes:
    """One byte of the file itself, within a picture."""
    data = bytearray(zipped(members))
    data[len(data) // 2] ^= 1
    return bytes(data)


def respell(members: Members) -> bytes:
    """A fact with its members in another order: true, and not in its one spelling."""
    facts = facts_of(members)
    lines = [json.dumps(dict(reversed(fact.items()))).encode() for fact in facts]
    return zipped(members | {"facts.jsonl": b"\n".join(lines)})


def strange_fact(members: Members) -> bytes:
    """A fact of a kind that nobody knows."""
    return zipped(members | {"facts.jsonl": members["facts.jsonl"] + b'\n{"fact":"oracle","form":1}'})


def newer_format(members: Members) -> bytes:
    """A bundle of a format to come."""
    return zipped(members | {"bundle.json": canonical_bytes({"format": "stagedoor-bundle/2"})})


def twice_the_same_name(members: Members) -> bytes:
    """Two members of one name: two readers might take another one each."""
    out = io.BytesIO(zipped(members))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as bundle:
        bundle.writestr("facts.jsonl", b"{}")
    return out.getvalue()


def lying_size(members: Members) -> bytes:
    """Facts that say they are ten bytes long."""
    return raw_zip({"bundle.json": (members["bundle.json"], None), "facts.jsonl": (members["facts.jsonl"], 10)})


def deep(members: Members) -> bytes:
    """JSON nested a hundred thousand times."""
    return zipped(members | {"facts.jsonl": b"[" * 100_000})


def no_facts(members: Members) -> bytes:
    """Everything but the facts."""
    return zipped({name: data for name, data in members.items() if name != "facts.jsonl"})


def truncated(members: Members) -> bytes:
    """As a transfer that broke off leaves it."""
    data = zipped(members)
    return data[: len(data) * 2 // 3]


UNREADABLE = {
    # what was done: (how, words of the sentence)
    "a byte of the file": (spoil_a_checksum, "not a whole ZIP file"),
    "a broken transfer": (truncated, "not a whole ZIP file"),
    "another spelling": (respell, "one canonical form"),
    "an unknown fact": (strange_fact, "no kind of fact that is known"),
    "another format": (newer_format, "is not a bundle of format"),
    "one name twice": (twice_the_same_name, "one name twice"),
    "a lying size": (lying_size, "Ask its sender for it again|Do not trust its sender"),
    "no facts": (no_facts, "holds no facts.jsonl"),
    "deep nesting": (deep, "cannot be read as evidence"),
    "plain text": (lambda _: b"This is no bundle.\n" * 40, "not a whole ZIP file"),
    "nothing": (lambda _: b"", "not a whole ZIP file"),
    "noise": (lambda _: bytes(range(256)) * 64, "not a whole ZIP file"),
    "an empty ZIP": (lambda _: zipped({}), "holds no bundle.json"),
    "a picture": (lambda members: members[frames_of(members)[0]], "not a whole ZIP file"),
}


def raw_zip(entries: dict[str, tuple[bytes, int | None]], *, deflated: bool = False) -> bytes:
    """A ZIP written by hand, whose directory says whatever it is told to say about sizes."""
    out, directory = io.BytesIO(), io.BytesIO()
    for name, (data, said) in entries.items():
        method = 8 if deflated and name != "bundle.json" else 0
        size = len(data) if said is None else said
        place, label = out.tell(), name.encode()
        common = struct.pack("<HHHIII", method, 0, 33, zlib.crc32(data), len(data), size)
        out.write(b"PK\3\4" + struct.pack("<HH", 20, 0) + common + struct.pack("<HH", len(label), 0) + label + data)
        directory.write(b"PK\1\2" + struct.pack("<HHH", 20, 20, 0) + common)
        directory.write(struct.pack("<HHHHHII", len(label), 0, 0, 0, 0, 0, place) + label)
    start, listed = out.tell(), directory.getvalue()
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(listed), start, 0)
    return out.getvalue() + listed + b"PK\5\6" + end


def in_one_paragraph(said: Said, *words: str) -> None:
    """A fault is told once, in a sentence that ends, without a traceback."""
    assert said.out == ""
    text = said.err.strip()
    assert text.startswith("stagedoor: ") and text.endswith(".") and "\n" not in text, text
    assert not re.search(r"[a-z)]\.\.(?: |$)", text) and "Traceback" not in text
    assert any(word in text for word in words[0].split("|")), text


def test_the_bundle_verifies(told: Told) -> None:
    said = run("verify", str(told.home / "papers" / "evidence.zip"), "--json")
    assert said.status == 0, said
    checks = said.json["checks"]
    assert said.json["holds"] is True
    assert len(checks) == told.figures["bundle_checks"] > 150
    assert all(check["holds"] for check in checks)


def test_a_key_learned_another_way_is_compared(told: Told, members: Members) -> None:
    performer = next(f for f in facts_of(members) if f["fact"] == "party" and f["role"] == "performer")
    path = str(told.home / "papers" / "evidence.zip")
    assert run("verify", path, "--pin", f"performer={performer['verify_key']}").status == 0
    other = run("verify", path, "--pin", f"performer={'ab' * 32}")
    assert other.status == 1 and "does not hold: the performer's key" in other.out


@pytest.mark.parametrize("done", UNTRUE)
def test_what_is_untrue_is_found(done: str, members: Members, tmp_path: Path) -> None:
    how, words = UNTRUE[done]
    path = tmp_path / "evidence.zip"
    path.write_bytes(zipped(how(members)))
    said = run("verify", str(path), "--json")
    assert said.status == 1, said
    failed = [check["what"] for check in said.json["checks"] if not check["holds"]]
    assert said.json["holds"] is False
    assert any(words in what for what in failed), failed
    assert said.err == ""


@pytest.mark.parametrize("done", UNREADABLE)
def test_what_is_no_bundle_is_told_in_a_sentence(done: str, members: Members, tmp_path: Path) -> None:
    how, words = UNREADABLE[done]
    path = tmp_path / "evidence.zip"
    path.write_bytes(how(members))
    said = run("verify", str(path))
    assert said.status == 2, said
    in_one_paragraph(said, words)


def test_a_folder_and_a_missing_file_are_told_in_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.zip"):
        said = run("verify", str(path))
        assert said.status == 2
        in_one_paragraph(said, "Name a bundle that exists")


@pytest.mark.parametrize("member", ["facts.jsonl", "rulebooks/0.json", "outputs/a/b.png"])
def test_a_zip_bomb_is_refused_before_it_unfolds(member: str, members: Members, tmp_path: Path) -> None:
    """Four megabytes that unfold to almost four gigabytes, in a process that is given two."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece, rest = bytes(16 << 20), zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    blocks = [packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)]
    bomb = blocks[0] + blocks[1] * 238 + rest
    assert len(bomb) < 5_000_000
    whole = {"bundle.json": (members["bundle.json"], None), "facts.jsonl": (members["facts.jsonl"], None)}
    path = tmp_path / "bomb.zip"
    path.write_bytes(_bombed(whole, member, bomb, unfolded=239 * len(piece)))

    said = run("verify", str(path), bytes_max=2 << 30)
    assert said.status == 2, said.err[-400:]
    in_one_paragraph(said, ".")


def _bombed(whole: dict[str, tuple[bytes, int | None]], member: str, bomb: bytes, *, unfolded: int) -> bytes:
    """A bundle whose one member is deflated; its neighbours are stored."""
    stored = {name: entry for name, entry in whole.items() if name != member}
    sound, bad = raw_zip(stored), raw_zip({member: (bomb, unfolded)}, deflated=True)
    # Two archives one after the other, with one directory: the second's entries move by the first's length.
    end = sound.rindex(b"PK\5\6")
    start = struct.unpack_from("<I", sound, end + 16)[0]
    body, listed = sound[:start], sound[start:end]
    bad_end = bad.rindex(b"PK\5\6")
    bad_start = struct.unpack_from("<I", bad, bad_end + 16)[0]
    entry = bytearray(bad[bad_start:bad_end])
    struct.pack_into("<I", entry, 42, len(body))
    listed += bytes(entry)
    count, body = len(stored) + 1, body + bad[:bad_start]
    return body + listed + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), len(body), 0)
