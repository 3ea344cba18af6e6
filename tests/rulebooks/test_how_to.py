"""docs/how-to/add-a-rate-and-a-rule.md, typed: every file that it changes, every command, every message."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import builders as make
from rulebooks.kit import run

PAGE = (make.ROOT / "docs" / "how-to" / "add-a-rate-and-a-rule.md").read_text(encoding="utf-8")
BOOK = "harbour_guild_2026"
STEP = re.compile(
    r"Add to `(?P<file>[^`]+)`, (?:at the end|above `(?P<above>[^`]+)`):\n\n```yaml\n(?P<text>.*?)```"
    r"|In `(?P<slipped>[^`]+)`, `(?P<old>[^`]+)` became `(?P<new>[^`]+)`:\n"
    r"|```console\n(?P<console>.*?)```",
    re.DOTALL,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the examples beside it."""
    shutil.copytree(make.ROOT / "examples" / "rulebooks", tmp_path / "examples" / "rulebooks")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_the_page_says_is_what_happens(folder: Path) -> None:
    """Step by step; after a slip the file is put right again."""
    slipped: tuple[Path, str] | None = None
    slips = told = 0
    for step in STEP.finditer(PAGE):
        book = folder / "my-rulebooks" / BOOK
        if step["text"]:
            _add(book / step["file"], step["text"], step["above"])
        elif step["old"]:
            path = book / step["slipped"]
            before = path.read_text(encoding="utf-8")
            assert step["old"] in before, step["old"]
            path.write_text(before.replace(step["old"], step["new"], 1), encoding="utf-8")
            slipped, slips = (path, before), slips + 1
        else:
            for command, output in _commands(step["console"]):
                assert _typed(folder, command) == output, command
                told += 1
            if slipped is not None:
                slipped[0].write_text(slipped[1], encoding="utf-8")
                slipped = None
    assert slips >= 6
    assert told == PAGE.count("\n$ ")
    assert run("rulebook", "check", BOOK, "--books", folder / "my-rulebooks").status == 0


def _add(path: Path, text: str, above: str | None) -> None:
    before = path.read_text(encoding="utf-8")
    if above is None:
        path.write_text(before + text, encoding="utf-8")
        return
    assert before.count(f"\n{above}\n") == 1
    path.write_text(before.replace(f"\n{above}\n", f"\n{text}{above}\n"), encoding="utf-8")


def _commands(console: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def _typed(folder: Path, command: str) -> str:
    words = shlex.split(command)
    if words[0] == "cp":
        shutil.copytree(folder / words[2], folder / words[3])
        return ""
    assert words[0] == "stagedoor"
    return run(*words[1:]).all


def test_every_slip_ends_with_a_message_that_names_the_place() -> None:
    """The file, the rule or the case: nobody has to search."""
    slips = PAGE.split("### ")[1:]
    shown = [console for slip in slips for console in re.findall(r"```console\n(.*?)```", slip, re.DOTALL)]
    assert len(shown) >= 6
    for console in shown:
        assert re.search(rf"{BOOK}: (?:consent|rates)/\w+(?:\.cases)?\.yaml, ", console), console


def test_the_example_is_the_rulebook_of_nobody() -> None:
    """It can never be taken for an agreement."""
    index = (make.ROOT / "examples" / "rulebooks" / BOOK / "index.yaml").read_text(encoding="utf-8")
    assert "Invented" in index
    for path in (make.ROOT / "examples" / "rulebooks" / BOOK).rglob("*.yaml"):
        assert set(re.findall(r"https://[^/\"]+", path.read_text(encoding="utf-8"))) <= {"https://guild.example"}
