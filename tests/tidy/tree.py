"""The tree under test, and what a rule is.  A rule carries texts that it must flag: it cannot pass in silence."""

from __future__ import annotations

import ast
import functools
import io
import subprocess
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]

Finding: TypeAlias = tuple[int, str]
"""A line, and what is wrong there."""

Check: TypeAlias = Callable[[str], Iterable[Finding]]

_LEFT_OUT = (".venv", ".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
             ".import_linter_cache", "build", "dist", "node_modules")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule about one file's text: where it holds, what it says, and texts that it must flag or spare."""

    name: str
    where: Callable[[str], bool]
    check: Check
    bad: tuple[str, ...]
    good: tuple[str, ...] = field(default=())
    spared: tuple[str, ...] = field(default=())
    """Files that break the rule for a reason that stands in a comment where the rule is declared."""

    def holds_for(self, path: str) -> bool:
        """Whether that file is under this rule."""
        return self.where(path) and path not in self.spared


@functools.cache
def tracked() -> tuple[str, ...]:
    """Paths of the tree that git tracks or would track, so that a new file is judged before it is committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        paths = [Path(raw.decode()) for raw in listed.stdout.split(b"\0") if raw]
    else:  # an unpacked archive
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if not _is_left_out(path.relative_to(ROOT))]
    return tuple(sorted(path.as_posix() for path in set(paths) if (ROOT / path).is_file()))


def _is_left_out(path: Path) -> bool:
    return any(part.startswith(_LEFT_OUT) or part.endswith(".egg-info") for part in path.parts)


@functools.cache
def read(path: str) -> str:
    """A file's text; empty if it is not text."""
    raw = (ROOT / path).read_bytes()
    if b"\0" in raw[:8192]:
        return ""
    return raw.decode("utf-8", errors="replace")


def findings(rule: Rule) -> list[str]:
    """`path:line: what` for all that breaks the rule in the tree."""
    return [
        f"{path}:{line}: {what}"
        for path in tracked()
        if rule.holds_for(path)
        for line, what in sorted(rule.check(read(path)))
    ]


def under(*folders: str, ends: str | tuple[str, ...] = ".py") -> Callable[[str], bool]:
    """Files in these folders with these endings."""
    return lambda path: path.endswith(ends) and path.startswith(tuple(f"{folder}/" for folder in folders))


@functools.lru_cache(maxsize=512)
def parsed(text: str) -> ast.Module:
    """The text as a syntax tree."""
    return ast.parse(text)


def nodes(text: str, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of these kinds."""
    return (node for node in ast.walk(parsed(text)) if isinstance(node, kinds))


def comments(text: str) -> Iterator[Finding]:
    """Every comment with its line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def docstrings(text: str) -> set[int]:
    """The ids of the nodes that are docstrings or stand alone as notes, within the tree `parsed` gives."""
    alone = (node.value for node in ast.walk(parsed(text)) if isinstance(node, ast.Expr))
    return {id(value) for value in alone if isinstance(value, ast.Constant) and isinstance(value.value, str)}


def strings(text: str) -> Iterator[Finding]:
    """Every string literal that is not a docstring, with the line where it begins."""
    notes = docstrings(text)
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.lineno, node.value


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute, or what its call is made on; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return ""
