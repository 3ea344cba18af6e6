"""README and CLI.md name exactly the commands that exist; the Makefile has the targets that are promised."""

from __future__ import annotations

import re
import runpy

import pytest
from typer.testing import CliRunner

from docs.pages import DOCS, PAGES, ROOT, code, read, rows, section
from stagedoor.cli.app import app

GENERATOR = runpy.run_path(str(DOCS / "make_cli_md.py"))
COMMANDS = [" ".join(words) for words, _ in GENERATOR["commands"]()]


def _command_in(text: str) -> str | None:
    """The command that a line like `stagedoor why 3f2a/1` means; "" for the program alone."""
    words = text.removeprefix(".venv/bin/").split()[1:]
    plain = [word for word in words if re.fullmatch(r"[a-z]+", word)]
    for length in (2, 1):
        if " ".join(plain[:length]) in COMMANDS:
            return " ".join(plain[:length])
    return "" if not plain else None


def test_every_command_is_in_the_readmes_table() -> None:
    table = rows(section(read("README.md"), "Commands"))
    told = [_command_in(row[0].strip("`")) for row in table if row[0].startswith("`stagedoor")]
    assert told == COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(page: object) -> None:
    text = read(str(page))
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    for said in [*code(text), *lines]:
        if re.match(r"(\.venv/bin/)?stagedoor( |$)", said):
            assert _command_in(said) is not None, said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_its_help(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0, result.output
    assert "--help" in result.output


def test_cli_md_is_what_the_generator_writes() -> None:
    assert read("docs/CLI.md") == GENERATOR["page"](), "run python docs/make_cli_md.py"


def test_options_that_the_readme_names_exist() -> None:
    known = {name for _, command in GENERATOR["commands"]() for parameter in command.params for name in parameter.opts}
    said = set(re.findall(r"(?<![\w-])--[a-z]+", section(read("README.md"), "Commands")))
    assert said <= known | {"--help", "--version"}, said - known


def test_make_targets_exist() -> None:
    makefile = ROOT / "Makefile"
    assert makefile.is_file(), "README promises make demo and make test"
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile.read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"\bmake ([a-z]+)\b(?=[`\s])", _code_of(read(str(page))))}
    assert {"demo", "test"} <= named
    assert named <= targets, named - targets


def _code_of(text: str) -> str:
    """Backticked words and indented lines only: prose may say "make it"."""
    indented = [line for line in text.splitlines() if line.startswith("    ")]
    return "".join(f"{said} " for said in [*code(text), *indented])
