"""Hostile rule texts and rulebook files: a rulebook or a refusal, quickly, and nothing else ever."""

from __future__ import annotations

import random
import time
from pathlib import Path

from core.given import READ_ON, RULEBOOKS
from fuzz.budget import SLACK, seconds
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.rules.load import RulebookError
from stagedoor.core.rules.text import RuleTextError, Unknown, parse
from stagedoor.core.rules.vocabulary import KINDS

ONE_TEXT_MS, ONE_BOOK_MS = 100, 100
PIECES = (
    "use", "units", "holds", "gross", "1", "-7", "10 ** 9", "'render'", "('a', 'b')", "True", "None", "1.5", "0x10",
    "()",
    "(", ")", "[", "]", "{", "}", ",", ":", ":=", "==", "!=", "<", "in", "not in", "and", "or", "not", "if", "else",
    "+",
    "-", "*", "/", "//", "%", "**", "@", "max(", "min(", "bp(", "band(", "lambda", "lambda: ", "__class__", ".real",
    "__import__('os')", "open('/etc/passwd')", "eval(", "exec(", "f'{use}'", "b'x'", "'\\x00'", "\n", "\t", "#", ";",
    "yield", "await", "...", "é", "\u202e", "\ud800", "9" * 400, "(" * 40, "not " * 60, "units+" * 30,
)  # fmt: skip


def test_rule_texts_are_parsed_or_refused() -> None:
    """No exception but the language's own, no loop, no reach beyond the words that were given."""
    chance = random.Random(2026)
    ends = time.monotonic() + seconds() / 2
    tried = parsed = 0
    while time.monotonic() < ends:
        text = " ".join(chance.choice(PIECES) for _ in range(chance.randint(1, 12)))
        began = time.perf_counter()
        try:
            rule = parse(text, KINDS)
        except RuleTextError:
            rule = None
        if rule is not None:
            parsed += 1
            assert set(rule.reads) <= set(KINDS) | {"currency"}
            try:
                rule.evaluate(dict.fromkeys(KINDS))
            except Unknown:
                assert rule.reads
        assert (time.perf_counter() - began) * 1000 < ONE_TEXT_MS * SLACK, text
        tried += 1
    assert tried > 100 and parsed > 0


def test_rulebook_files_are_loaded_or_refused(tmp_path: Path) -> None:
    """Bytes of a shipped rulebook changed, cut, doubled and swapped."""
    chance = random.Random(927)
    source = RULEBOOKS / "stagedoor_house"
    folder = tmp_path / "stagedoor_house"
    folder.mkdir()
    whole = {path.name: path.read_bytes() for path in source.glob("*.yaml")}
    ends = time.monotonic() + seconds() / 2
    tried = refused = 0
    while time.monotonic() < ends:
        for name, data in whole.items():
            (folder / name).write_bytes(data)
        victim = chance.choice(sorted(whole))
        (folder / victim).write_bytes(spoilt(chance, whole[victim]))
        began = time.perf_counter()
        said = refusal(tmp_path, "stagedoor_house")
        refused += bool(said)
        assert len(said) < 2_000, said
        assert (time.perf_counter() - began) * 1000 < ONE_BOOK_MS * SLACK, victim
        tried += 1
    assert tried > 20 and refused > 0


def refusal(root: Path, name: str) -> str:
    """Why a rulebook does not load; "" if it does."""
    try:
        FolderRulebooks(root, read_on=READ_ON).load(name)
    except RulebookError as fault:
        return str(fault)
    return ""


def spoilt(chance: random.Random, data: bytes) -> bytes:
    """One to three changes of a kind that people, editors and enemies make."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice([1, 1, 4, 40]))
        piece = chance.choice(PIECES).encode("utf-8", "replace")
        change = chance.randrange(7)
        if change == 0:
            data = data[:at] + piece + data[at:]
        elif change == 1:
            data = data[:at] + data[to:]
        elif change == 2:
            data = data[:at] + bytes(chance.randrange(256) for _ in range(to - at)) + data[to:]
        elif change == 3:
            data = data[:at]
        elif change == 4:
            data = data[:at] + data[at:to] * 3 + data[to:]
        elif change == 5:
            data = data + b"\nparameters: [" + b"[" * 300
        else:
            data = data.replace(b": ", chance.choice([b": &a ", b": *a ", b": !!python/object:os.system ", b":"]), 1)
    return data


def test_an_enormous_rulebook_is_refused_at_once(tmp_path: Path) -> None:
    """Two megabytes, a list nested ten thousand deep, a million items: refused by size or depth, within bounds."""
    folder = tmp_path / "big"
    folder.mkdir()
    (folder / "a.cases.yaml").write_text("cases: []\n")
    index = 'name: big\nversion: "1"\ntitle: t\nnote: n\nfirst_day: "2026-01-01"\n'
    for body in ("x" * 2_000_000, "judges: " + "[" * 10_000, "judges:\n" + "  - a\n" * 150_000):
        (folder / "index.yaml").write_text(index)
        (folder / "a.yaml").write_text(body)
        began = time.perf_counter()
        assert "a.yaml" in refusal(tmp_path, "big")
        assert (time.perf_counter() - began) * 1000 < ONE_BOOK_MS * SLACK, body[:20]
