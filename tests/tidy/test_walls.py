"""The walls stand, and each gives way to the violation that it is there for and says its own name."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tidy.tree import ROOT

_CONFIG = ROOT / ".importlinter"
_FROM_HERE = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


def contracts() -> dict[str, str]:
    """Each contract's name by its id."""
    read = configparser.ConfigParser()
    read.read(_CONFIG, encoding="utf-8")
    prefix = "importlinter:contract:"
    return {section.removeprefix(prefix): read[section]["name"] for section in read.sections() if prefix in section}


@dataclass(frozen=True)
class Copy:
    """A copy of the sources, in which violations can be planted."""

    src: Path
    cache: Path

    def broken(self) -> set[str]:
        """The ids of the contracts that do not hold in the copy."""
        ended = subprocess.run(
            [sys.executable, "-c", _FROM_HERE, "--config", str(_CONFIG), "--cache-dir", str(self.cache), "--no-logo"],
            cwd=self.src,
            env={**os.environ, "PYTHONPATH": str(self.src), "COLUMNS": "200", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        told = ended.stdout + ended.stderr
        names = contracts()
        verdict = {key: re.search(rf"^{re.escape(name)} (KEPT|BROKEN)\b", told, re.M) for key, name in names.items()}
        assert all(verdict.values()), f"a contract gave no verdict:\n{told}"
        found = {key for key, said in verdict.items() if said is not None and said[1] == "BROKEN"}
        assert (ended.returncode != 0) == bool(found), told
        return found

    @contextmanager
    def planted(self, files: dict[str, str]) -> Iterator[None]:
        """These lines at the end of these files (new ones are made), for as long as it is needed."""
        before: dict[Path, bytes | None] = {}
        for name, lines in files.items():
            path = self.src / "stagedoor" / name
            before[path] = path.read_bytes() if path.exists() else None
            path.write_bytes((before[path] or b'"""Planted."""\n') + lines.encode() + b"\n")
        try:
            yield
        finally:
            for path, was in before.items():
                if was is None:
                    path.unlink()
                else:
                    path.write_bytes(was)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The sources as they are now."""
    folder = tmp_path_factory.mktemp("walls")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return Copy(folder / "src", folder / "cache")


PLANTED: dict[str, tuple[str, dict[str, str]]] = {
    "a story imports the door": ("house", {"stories/enrol.py": "import stagedoor.cli.reading"}),
    "a stray module": ("house", {"helpers.py": ""}),
    "an adapter imports the wiring": ("house", {"adapters/home.py": "import stagedoor.wiring"}),
    "a port imports the wire": ("house", {"ports/world.py": "import stagedoor.wire.decode"}),
    "the wiring imports the portal": ("house", {"wiring.py": "from stagedoor.portal import statement"}),
    "a story imports an adapter": ("house", {"stories/enrol.py": "from stagedoor.adapters import clock"}),
    "a fact imports a step": ("core", {"core/facts/asset.py": "from stagedoor.core.steps import ask"}),
    "a rule imports the path": ("core", {"core/rules/price.py": "import stagedoor.core.path"}),
    "a stray room in the core": ("core", {"core/helpers.py": ""}),
    "two siblings import each other": (
        "acyclic",
        {
            "core/base/limits.py": "from stagedoor.core.base import outcome",
            "core/base/outcome.py": "from stagedoor.core.base import limits",
        },
    ),
    "two siblings of the seal, inside functions": (
        "acyclic",
        {
            "seal/octets.py": "def f() -> None:\n    from stagedoor.seal import shares",
            "seal/shares.py": "def f() -> None:\n    from stagedoor.seal import octets",
        },
    ),
    "a step imports a step": (
        "steps-are-strangers",
        {"core/steps/decide.py": "from stagedoor.core.steps.ask import ask"},
    ),
    "a story imports a story": (
        "stories-are-strangers",
        {"stories/enrol.py": "from stagedoor.stories import answer_why"},
    ),
    "an adapter imports an adapter": (
        "adapters-are-strangers",
        {"adapters/home.py": "import stagedoor.adapters.clock"},
    ),
    "postgres imports an adapter": (
        "adapters-are-strangers",
        {"adapters/postgres/people.py": "from stagedoor.adapters import blobs"},
    ),
    "an adapter imports a story": (
        "adapters-call-no-story",
        {"adapters/home.py": "from stagedoor.stories import enrol"},
    ),
    "an adapter imports a page": (
        "adapters-call-no-story",
        {"adapters/bundle.py": "import stagedoor.portal.statement"},
    ),
    "a rule imports time": ("pure-core", {"core/rules/price.py": "import time"}),
    "a fact imports os, in a function": (
        "pure-core",
        {"core/facts/asset.py": "def f() -> None:\n    from os import path"},
    ),
    "base imports random": ("pure-core", {"core/base/money.py": "import random"}),
    "the core imports msgspec": ("core-alone", {"core/base/canonical.py": "import msgspec"}),
    "the core imports numpy, for types only": (
        "core-alone",
        {"core/rules/chart.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy"},
    ),
    "a story imports the seal": ("stories-ask-ports", {"stories/release_key.py": "from stagedoor.seal import join"}),
    "a story imports time": ("stories-ask-ports", {"stories/enrol.py": "import time"}),
    "a port imports psycopg": ("stories-ask-ports", {"ports/store.py": "import psycopg"}),
    "the portal opens the store": ("portal", {"portal/statement.py": "import stagedoor.adapters.postgres.store"}),
    "the portal imports the seal": ("portal", {"portal/model.py": "import stagedoor.seal"}),
    "a custodian imports the rules": ("custodian", {"custodian/judge.py": "from stagedoor.core.rules import combine"}),
    "a custodian imports a port": ("custodian", {"custodian/desk.py": "import stagedoor.ports.store"}),
    "a custodian imports the worker": ("custodian", {"custodian/judge.py": "import stagedoor.worker.job"}),
    "a worker imports an adapter": ("worker", {"worker/service.py": "from stagedoor.adapters import blobs"}),
    "a worker imports a step": ("worker", {"worker/job.py": "import stagedoor.core.steps.attest"}),
    "a worker imports the custodian": ("worker", {"worker/fit.py": "import stagedoor.custodian.keys"}),
    "the door imports the worker": ("side-rooms", {"cli/running.py": "import stagedoor.worker.double.warm"}),
    "the demo imports the custodian": (
        "side-rooms",
        {"cli/demo/run.py": "def f():\n    import stagedoor.custodian.vault"},
    ),
    "a kernel imports the seal": ("double", {"worker/double/train.py": "import stagedoor.seal"}),
    "a kernel reaches a fact by a detour": ("double", {"worker/double/pool.py": "import stagedoor.worker.job"}),
    "the seal imports a fact": ("seal", {"seal/octets.py": "import stagedoor.core.facts.asset"}),
    "the wire imports a rule": ("wire", {"wire/decode.py": "import stagedoor.core.rules.load"}),
    "the capture reader imports the core": ("capture", {"capture/read.py": "import stagedoor.core.base.money"}),
    "an adapter imports cryptography": ("raw-cryptography", {"adapters/blobs.py": "import cryptography.hazmat"}),
    "a custodian imports cryptography": ("raw-cryptography", {"custodian/keys.py": "from cryptography import fernet"}),
    "the blobs import the seal": ("hands-on-the-seal", {"adapters/blobs.py": "import stagedoor.seal.shares"}),
    "a door imports the seal": ("hands-on-the-seal", {"cli/reading.py": "from stagedoor.seal import join"}),
    "a door opens the store": ("store-behind-wiring", {"cli/reading.py": "import stagedoor.adapters.postgres.store"}),
}
"""What is planted, which contract must break, and where."""


def test_the_walls_stand(copy: Copy) -> None:
    broken = copy.broken()
    assert broken == set(), "run lint-imports to see where"


@pytest.mark.parametrize("what", PLANTED)
def test_a_wall_gives_way_by_name(copy: Copy, what: str) -> None:
    meant, files = PLANTED[what]
    with copy.planted(files):
        assert meant in copy.broken()


def test_every_wall_is_tried() -> None:
    """A contract that nobody has seen break may hold nothing."""
    assert {meant for meant, _ in PLANTED.values()} == set(contracts())


def test_every_room_is_forbidden_raw_cryptography() -> None:
    """The one contract that must name its rooms one by one names all of them but the seal."""
    read = configparser.ConfigParser()
    read.read(_CONFIG, encoding="utf-8")
    named = set(read["importlinter:contract:raw-cryptography"]["source_modules"].split())
    rooms = {path.stem for path in (ROOT / "src" / "stagedoor").iterdir()
             if path.suffix == ".py" or (path / "__init__.py").is_file()}  # fmt: skip
    assert named == {f"stagedoor.{room}" for room in rooms - {"seal", "__init__"}}
