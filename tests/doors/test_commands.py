"""The command line itself: unknown commands and options, help, the world's failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kit import run, says_no

UNKNOWN = [
    ("dance",),
    ("demo", "--slowly"),
    ("demo", "extra"),
    ("ledger",),
    ("ledger", "burn"),
    ("why",),
    ("verify",),
    ("statement", "--home"),
    ("--nonsense",),
    ("capture", "check", "a", "b"),
    ("rulebook", "show"),
]


@pytest.mark.parametrize("arguments", UNKNOWN, ids=" ".join)
def test_an_unknown_command_or_option(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Status 2, what was not understood, and where to look; no traceback, and nothing is made."""
    said = run(*arguments, cwd=tmp_path, COLUMNS="120")
    assert said.status == 2, said
    assert "Traceback" not in said.err + said.out
    assert "Usage: " in said.err + said.out or "requires an argument" in said.err
    wrong = arguments[-1]
    if wrong in ("dance", "--slowly", "extra", "burn", "--nonsense", "b"):
        assert wrong in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("--help",), ("demo", "--help"), ("ledger", "--help"), ("doctor", "--json")])
def test_help_helps(arguments: tuple[str, ...]) -> None:
    said = run(*arguments)
    assert said.status == (0 if arguments else said.status) and said.status in (0, 2)
    assert (said.out + said.err).strip() and "Traceback" not in said.err


def test_the_version() -> None:
    said = run("--version")
    assert said.status == 0 and said.out.startswith("stagedoor 0.")


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    """A server of one's own that is not there: the world failed, or the setting is wrong; one sentence, no password."""
    from stagedoor.adapters.home import create_home

    home = create_home(tmp_path / "home")
    url = "postgresql://owner:hunter2-secret@127.0.0.1:9/none"
    said = run("ledger", "verify", "--home", home.root, STAGEDOOR_DATABASE_URL=url)
    says_no(said, status=said.status)
    assert said.status in (2, 3)
    assert "hunter2" not in said.err


@pytest.mark.parametrize("url", ["nonsense", "postgresql://[", "host='", "\x1b[2J"])
def test_a_database_url_that_is_none(url: str, tmp_path: Path) -> None:
    from stagedoor.adapters.home import create_home

    home = create_home(tmp_path / "home")
    said = run("ledger", "verify", "--home", home.root, STAGEDOOR_DATABASE_URL=url)
    says_no(said, status=said.status)
    assert said.status in (2, 3)


def test_a_pipe_that_is_closed_is_no_traceback(tmp_path: Path) -> None:
    """`stagedoor rulebook show ... | head -1`."""
    import subprocess
    import sys

    from .kit import environment

    done = subprocess.run(
        ["bash", "-c", '"$0" -m stagedoor rulebook show sag_aftra_tv_theatrical_2026 | head -1', sys.executable],
        env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
