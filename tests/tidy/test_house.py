"""The tree as a whole: every link lives, every folder is told of, nothing is heavy, unused or without its cases."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tidy import house
from tidy.tree import ROOT, read, tracked

HEAVY = {
    "examples/mara/parts/base.obj.gz": "the body mesh that the invented performer is grown from",
}

ENTRIES = {
    "stagedoor.__main__": ("src/stagedoor/__main__.py", "`python -m stagedoor`"),
    "stagedoor.custodian.__main__": ("src/stagedoor/adapters/processes.py", '["stagedoor.custodian"'),
    "stagedoor.worker.__main__": ("src/stagedoor/cli/demo/stage.py", '["stagedoor.worker"'),
    "stagedoor.worker.replica_check": ("src/stagedoor/cli/replicas.py", '["stagedoor.worker.replica_check"'),
    "stagedoor.worker.mesh.warm": ("src/stagedoor/cli/running.py", "stagedoor.worker.mesh.warm"),
    "stagedoor.worker.field.warm": ("src/stagedoor/cli/running.py", "stagedoor.worker.field.warm"),
    "stagedoor.adapters.postgres.migrations.env": ("src/stagedoor/adapters/postgres/migrate.py", "migrations"),
    "stagedoor.adapters.postgres.migrations.versions.r0001_house": (
        "src/stagedoor/adapters/postgres/migrate.py",
        "migrations",
    ),
    "stagedoor.adapters.postgres.migrations.versions.r0002_aliases": (
        "src/stagedoor/adapters/postgres/migrate.py",
        "migrations",
    ),
    "stagedoor.adapters.postgres.migrations.versions.r0003_units": (
        "src/stagedoor/adapters/postgres/migrate.py",
        "migrations",
    ),
}
"""Modules that nothing imports, each with the file and the words by which it is started."""

FOR_TESTS = {"stagedoor.core.path", "stagedoor.worker.double.reference"}
"""Modules that state something for tests to hold the rest against; a test must import them."""

READERS = {
    "spec/canonical": ("tests/conformance/test_vectors.py", 'vectors("canonical")'),
    "spec/consents": ("tests/consents/test_vectors.py", '"consents").glob'),
    "spec/decisions": ("tests/conformance/test_vectors.py", 'vectors("decisions")'),
    "spec/exchange": ("tests/exchange/test_declarations.py", 'glob("expect-'),
    "spec/facts": ("tests/conformance/test_vectors.py", 'vectors("facts")'),
    "spec/naming": ("tests/naming/test_vectors.py", '"spec" / "naming"'),
    "spec/odrl": ("tests/odrl/test_vectors.py", 'vectors("odrl")'),
    "spec/postings": ("tests/conformance/test_vectors.py", 'vectors("postings")'),
    "spec/refusals": ("tests/conformance/test_vectors.py", 'vectors("refusals")'),
    "spec/rulebooks": ("tests/conformance/test_rulebooks.py", 'make.SPEC / "rulebooks"'),
    "spec/seal": ("tests/seal/test_vectors.py", 'SPEC.glob("*.json")'),
}
"""Every folder of vectors, the test that reads all of it, and the words by which it does."""


def _none(found: list[str]) -> None:
    assert not found, "\n  ".join(["", *found])


def test_relative_links_are_alive() -> None:
    _none(house.dead_links(ROOT, tracked()))


def test_every_folder_is_told_of() -> None:
    """By its README, its package's docstring, or a README above that names it as `folder/`."""
    _none(house.untold_folders(ROOT, tracked(), "src/stagedoor"))


def test_nothing_is_heavy() -> None:
    _none(house.heavy_files(ROOT, tracked(), HEAVY))


def test_everything_is_imported() -> None:
    known = dict.fromkeys([*ENTRIES, *FOR_TESTS], "")
    _none(house.unimported(ROOT, tracked(), "src", known))


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_entry_point_is_started_by_somebody(name: str) -> None:
    path, words = ENTRIES[name]
    assert words in read(path), f"{path} does not start {name}"


def _runs_when_started(text: str) -> bool:
    """Whether `python -m` on a module of this text does anything: `main()` at the end, or behind the usual guard."""
    last = ast.parse(text).body[-1]
    return isinstance(last, ast.If | ast.Raise) or (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call))


@pytest.mark.parametrize("name", sorted(name for name in ENTRIES if ".migrations" not in name))
def test_an_entry_point_does_something_when_started(name: str) -> None:
    path = house.modules(ROOT, tracked(), "src")[name]
    assert _runs_when_started(read(path)), f"{path}: 'python -m {name}' defines things and ends, having done nothing"


def test_a_module_that_only_defines_is_seen() -> None:
    assert not _runs_when_started("def main():\n    pass\n")
    assert _runs_when_started("def main():\n    pass\nif __name__ == '__main__':\n    main()\n")


@pytest.mark.parametrize("name", sorted(FOR_TESTS))
def test_a_statement_for_tests_is_held_by_one(name: str) -> None:
    tests = [path for path in tracked() if path.startswith("tests/")]
    used = name in house.imported(ROOT, tests)
    assert used, f"no test imports {name}: it holds nothing"


def test_every_helper_of_the_tests_is_imported() -> None:
    """Or started by its file name, as a program."""
    tests = [path for path in tracked() if path.startswith("tests/")]
    found = [line.partition(" ")[0] for line in house.unimported(ROOT, tests, "tests", {})]
    lone = [path for path in found if not Path(path).name.startswith(("test_", "conftest"))]
    _none([path for path in lone if not any(f'"{Path(path).name}"' in read(other) for other in tests)])


def test_every_rule_has_cases() -> None:
    _none(house.caseless_rules(ROOT, tracked()))


def test_every_vector_is_read() -> None:
    _none(house.unread_vectors(ROOT, tracked(), "spec", READERS))


# Each check, shown a tree in which it must find something.


def _planted(root: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return sorted(files)


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("[a](gone.md)", "no file"),
        ("[a](../gone/)", "no file"),
        ("![a](<gone.webp>)", "no file"),
        ('<img alt="a" src="gone.webp">', "no file"),
        ("[a](there.md#gone)", "no heading"),
        ("[a](#gone)", "no heading"),
        ("[a](../../../../..)", "out of the repository"),
    ],
)
def test_dead_links_are_seen(tmp_path: Path, link: str, says: str) -> None:
    paths = _planted(tmp_path, {"docs/here.md": f"# Here\n\n{link}\n", "docs/there.md": "# There\n"})
    (found,) = house.dead_links(tmp_path, paths)
    assert says in found


def test_living_links_are_spared(tmp_path: Path) -> None:
    text = "# Here\n[a](there.md) [b](there.md#it-is-there) [c](#here) [d](https://example.org/x)\n`[e](gone.md)`\n"
    text += "```\n[f](gone.md)\n```\n[g](../docs/) [h](mailto:a@example.org)\n"
    paths = _planted(tmp_path, {"docs/here.md": text, "docs/there.md": "# There\n## It is, `there`!\n"})
    assert house.dead_links(tmp_path, paths) == []


def test_untold_folders_are_seen(tmp_path: Path) -> None:
    paths = _planted(tmp_path, {
        "src/p/__init__.py": '"""A package of things."""\n',
        "src/p/silent/__init__.py": "",
        "src/p/curt/__init__.py": '"""Curt."""\n',
        "src/p/data/x.sql": "",
        "src/p/named/x.sql": "",
        "src/p/README.md": "Here is `named/` alone.\n",
    })  # fmt: skip
    assert house.untold_folders(tmp_path, paths, "src/p") == ["src/p/curt", "src/p/data", "src/p/silent"]


def test_heavy_files_are_seen(tmp_path: Path) -> None:
    paths = _planted(tmp_path, {"a.bin": "x" * (house.BYTES_MAX + 1), "b.bin": "x" * house.BYTES_MAX})
    assert house.heavy_files(tmp_path, paths, {}) == ["a.bin has more than 512 KiB"]
    listed = {"a.bin": "why", "b.bin": "why"}
    assert house.heavy_files(tmp_path, paths, listed) == ["b.bin is listed as heavy and is not"]


def test_unimported_files_are_seen(tmp_path: Path) -> None:
    paths = _planted(tmp_path, {
        "src/p/__init__.py": "",
        "src/p/used.py": "x = 1\n",
        "src/p/lone.py": "from p import used\n",
        "src/p/room/__init__.py": "",
        "src/p/room/inner.py": "",
        "src/p/start.py": "def f():\n    from p.room.inner import x\n    from .near import y\n",
        "src/p/near.py": "",
    })  # fmt: skip
    assert house.unimported(tmp_path, paths, "src", {"p.start": "why"}) == ["src/p/lone.py is imported by nothing"]
    listed = {"p.start": "why", "p.lone": "why", "p.used": "why"}
    assert house.unimported(tmp_path, paths, "src", listed) == ["p.used is listed as an entry point and is not one"]


def test_rules_without_cases_are_seen(tmp_path: Path) -> None:
    paths = _planted(tmp_path, {
        "books/b/index.yaml": "name: b\n",
        "books/b/good.yaml": "judges: []\n",
        "books/b/good.cases.yaml": "cases:\n  - name: one\n",
        "books/b/pay/bare.yaml": "pays: []\n",
        "books/b/empty.yaml": "pays: []\n",
        "books/b/empty.cases.yaml": "cases: []\n",
        "books/b/left.cases.yaml": "cases:\n  - name: one\n",
        "other/x.yaml": "a: 1\n",
    })  # fmt: skip
    assert house.caseless_rules(tmp_path, paths) == [
        "books/b/empty.cases.yaml holds no case",
        "books/b/left.cases.yaml has no file of rules beside it",
        "books/b/pay/bare.yaml has no worked cases beside it",
    ]


def test_unread_vectors_are_seen(tmp_path: Path) -> None:
    paths = _planted(tmp_path, {
        "spec/a/1.json": "{}",
        "spec/a/deep/2.json": "{}",
        "spec/new/1.json": "{}",
        "spec/b/1.json": "{}",
        "spec/books/b/index.yaml": "",
        "tests/test_a.py": 'vectors("a")\n',
    })  # fmt: skip
    readers = {
        "spec/a": ("tests/test_a.py", 'vectors("a")'),
        "spec/b": ("tests/test_a.py", 'vectors("b")'),
        "spec/c": ("tests/test_a.py", 'vectors("a")'),
        "spec/books": ("tests/test_a.py", "vectors"),
    }
    assert house.unread_vectors(tmp_path, paths, "spec", readers) == [
        "spec/a/deep/2.json lies in no folder that a test is known to read",
        "spec/new/1.json lies in no folder that a test is known to read",
        "spec/b: tests/test_a.py no longer says 'vectors(\"b\")'",
        "spec/c is listed and holds no vector",
    ]
