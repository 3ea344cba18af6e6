"""Sizes, and words about the code: what fits a screen, what stands unexplained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tidy.tree import Finding, Rule, comments, nodes, parsed, under

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

_CODE = ("src", "tests", "bench", "spec", "examples")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def long_files(text: str) -> Iterator[Finding]:
    """More lines than a reader keeps in mind."""
    count = len(text.splitlines())
    if count > FILE_LINES_MAX:
        yield count, f"the file has {count} lines, at most {FILE_LINES_MAX} are read in one go: split it"


def long_functions(text: str) -> Iterator[Finding]:
    """From `def` to the last line, everything counted: docstring, comments, blank lines, kernels too."""
    for node in nodes(text, *_FUNCTIONS):
        assert isinstance(node, _FUNCTIONS) and node.end_lineno is not None
        count = node.end_lineno - node.lineno + 1
        if count > FUNCTION_LINES_MAX:
            yield node.lineno, f"{node.name} has {count} lines, at most {FUNCTION_LINES_MAX} fit a screen"


def bare_ignores(text: str) -> Iterator[Finding]:
    """An ignore that names no code hides the next mistake too."""
    for line, comment in comments(text):
        if re.search(r"#\s*type:\s*ignore(?!\[[a-z])", comment):
            yield line, "'type: ignore' names no code"
        if re.search(r"#\s*(?:ruff:\s*|flake8:\s*)?noqa(?!:\s*[A-Z]+[0-9]+)", comment):
            yield line, "'noqa' names no code"


def unfinished(text: str) -> Iterator[Finding]:
    """Work left for somebody belongs in an issue."""
    for line, comment in comments(text):
        if found := re.search(r"\b(FIXME|TODO|XXX|HACK)\b", comment):
            yield line, f"'{found[0]}' in a comment: do it, or write an issue"


def unfinished_prose(text: str) -> Iterator[Finding]:
    """The same in pages, SQL and style sheets."""
    for line, content in enumerate(text.splitlines(), 1):
        if found := re.search(r"\b(FIXME|TODO)\b", content):
            yield line, f"'{found[0]}': do it, or write an issue"


def undocumented(text: str) -> Iterator[Finding]:
    """A public module, class or function says in a sentence what it is for."""
    tree = parsed(text)
    if len((ast.get_docstring(tree) or "").split()) < 2:
        yield 1, "the module has no docstring, or one of a single word"
    yield from _undocumented_members(tree, "")


def _undocumented_members(parent: ast.Module | ast.ClassDef, prefix: str) -> Iterator[Finding]:
    for node in parent.body:
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield node.lineno, f"{prefix}{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented_members(node, f"{prefix}{node.name}.")


RULES = (
    Rule(
        name="a file has at most 400 lines",
        where=under(*_CODE, "src", ends=(".py", ".sql", ".js", ".css")),
        check=long_files,
        bad=("x = 1\n" * 401,),
        good=("x = 1\n" * 400,),
    ),
    Rule(
        name="a function has at most 70 lines",
        where=under(*_CODE),
        check=long_functions,
        bad=(
            "def long():\n" + "    x = 1\n" * 70,
            "class A:\n    @njit()\n    def kernel(self):\n        '''Long.\n" + "\n" * 69 + "        '''\n",
            "async def long():\n" + "    # why\n" * 70 + "    pass\n",
        ),
        good=("def short():\n" + "    x = 1\n" * 69,),
    ),
    Rule(
        name="an ignore names its code",
        where=under(*_CODE),
        check=bare_ignores,
        bad=("x = 1  # type: ignore\n", "x = 1  # noqa\n", "# ruff: noqa\n", "x = 1  # noqa - because\n"),
        good=("x = 1  # type: ignore[arg-type]\n", "x = 1  # noqa: S105 - a name\n", "# ruff: noqa: PLR0917  (why)\n"),
    ),
    Rule(
        name="no comment leaves work behind",
        where=under(*_CODE),
        check=unfinished,
        bad=("x = 1  # FIXME later\n", "# TODO: more\n"),
        good=("# A method of its own.\n", "x = 'TODO'\n"),
    ),
    Rule(
        name="no page leaves work behind",
        where=lambda path: path.endswith((".md", ".sql", ".js", ".css", ".yaml", ".toml")),
        check=unfinished_prose,
        bad=("-- FIXME\n", "TODO write this\n"),
        good=("Things to do: rest.\n",),
    ),
    Rule(
        name="what is public has a docstring",
        where=under("src"),
        check=undocumented,
        bad=(
            "x = 1\n",
            '"""A module that speaks."""\ndef f():\n    pass\n',
            '"""A module that speaks."""\nclass C:\n    """A class that speaks."""\n    def m(self): ...\n',
            '"""A module that speaks."""\nclass C:\n    pass\n',
            '"""Word"""\n',
        ),
        good=('"""A module that speaks."""\ndef f():\n    """Says it."""\ndef _g(): ...\n',),
    ),
)
