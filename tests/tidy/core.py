"""What the core never does (DESIGN section 4): no clock, no float, no print, nothing that can be altered later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tidy.tree import Finding, Rule, dotted, nodes, parsed, under

MAY_IMPORT = frozenset({
    "__future__", "ast", "bisect", "collections.abc", "dataclasses", "datetime", "enum", "functools", "hashlib",
    "itertools",
    "json", "operator", "re", "typing",
})  # fmt: skip
"""All that the core may import beside itself.  Nothing here reads a clock, a file, chance or the network by itself,
except `datetime`, whose clock the rule below refuses by name."""

_ALTERABLE = {"list", "dict", "set", "bytearray", "List", "Dict", "Set", "defaultdict", "deque", "Counter",
              "MutableMapping", "MutableSequence", "MutableSet"}  # fmt: skip

_CLOCK = {"now", "utcnow", "today"}


def foreign_imports(text: str) -> Iterator[Finding]:
    """Anything outside the allow-list and the core itself."""
    for node in nodes(text, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            assert isinstance(node, ast.ImportFrom)
            names = [f"{'.' * node.level}{node.module or ''}"]
        for name in names:
            if name not in MAY_IMPORT and not name.startswith("stagedoor.core"):
                yield node.lineno, f"the core imports '{name}', which is not on its list"


def clocks(text: str) -> Iterator[Finding]:
    """Time is always a parameter named `at`."""
    for node in nodes(text, ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in _CLOCK:
            yield node.lineno, f"'.{node.attr}' reads a clock: take the time as a parameter named 'at'"


def floats(text: str) -> Iterator[Finding]:
    """Money and measures are integers of a stated scale."""
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Name) and node.id in ("float", "complex"):
            yield node.lineno, f"the name '{node.id}'"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"the literal {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "'/' divides into a float: use // and say who keeps the remainder"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.right, ast.UnaryOp):
            yield node.lineno, "a negative power is a float"


def prints(text: str) -> Iterator[Finding]:
    """The core speaks by what it returns."""
    for node in nodes(text, ast.Call):
        assert isinstance(node, ast.Call)
        if dotted(node.func) in ("print", "input", "breakpoint", "open"):
            yield node.lineno, f"'{dotted(node.func)}(' reaches the world"


def mutable_defaults(text: str) -> Iterator[Finding]:
    """A default that calls share."""
    for node in nodes(text, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None and _is_alterable(default):
                yield default.lineno, "a default that every call shares and may alter"
    for node in nodes(text, ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        for line in node.body:
            if isinstance(line, ast.AnnAssign | ast.Assign) and line.value is not None and _is_alterable(line.value):
                yield line.lineno, "a class attribute that every instance shares and may alter"


def _is_alterable(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    return isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _ALTERABLE


def loose_facts(text: str) -> Iterator[Finding]:
    """A fact is frozen all the way down: flags, and fields that cannot be altered."""
    for node in nodes(text, ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        bases = {dotted(base).rpartition(".")[2] for base in node.bases}
        if any(base.endswith(("Enum", "Flag", "Protocol")) for base in bases):
            continue
        missing = {"frozen", "slots", "kw_only"} - _flags(node)
        if missing:
            yield node.lineno, f"{node.name} is a dataclass without {', '.join(sorted(missing))}"
        if "Fact" in bases and not any(_is_kind(line) for line in node.body):
            yield node.lineno, f"{node.name} names no KIND"
        for line in node.body:
            if isinstance(line, ast.AnnAssign):
                yield from _alterable_field(node.name, line)


def _flags(node: ast.ClassDef) -> set[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and dotted(decorator.func).endswith("dataclass"):
            return {
                str(word.arg) for word in decorator.keywords
                if isinstance(word.value, ast.Constant) and word.value.value is True
            }  # fmt: skip
    return set()


def _is_kind(line: ast.stmt) -> bool:
    return isinstance(line, ast.AnnAssign) and dotted(line.target) == "KIND" and line.value is not None


def _alterable_field(owner: str, line: ast.AnnAssign) -> Iterator[Finding]:
    said = ast.unparse(line.annotation)
    for word in sorted(set(re.findall(r"\w+", said)) & (_ALTERABLE | {"Mapping", "Sequence", "Iterable"})):
        yield line.lineno, f"{owner}.{dotted(line.target)} is a '{word}': use a tuple"


def anything_goes(text: str) -> Iterator[Finding]:
    """`Any` in a fact: mypy would look away."""
    for node in nodes(text, ast.Name, ast.ImportFrom, ast.Attribute):
        named = isinstance(node, ast.Name) and node.id == "Any"
        reached = isinstance(node, ast.Attribute) and dotted(node) == "typing.Any"
        taken = isinstance(node, ast.ImportFrom) and any(alias.name == "Any" for alias in node.names)
        if named or reached or taken:
            yield node.lineno, "'Any' in a fact"


_IN_CORE = under("src/stagedoor/core")
_IN_FACTS = under("src/stagedoor/core/facts")
_DATACLASS = "@dataclass(frozen=True, slots=True, kw_only=True)\n"

RULES = (
    Rule(
        name="the core imports only what is on its list",
        where=_IN_CORE,
        check=foreign_imports,
        bad=(
            "import msgspec\n",
            "from os import path\n",
            "import time\n",
            "from . import facts\n",
            "from stagedoor.wire import decode\n",
            "def f():\n    import math\n",
        ),
        good=("import re\nfrom collections.abc import Callable\nfrom stagedoor.core.base.money import Money\n",),
    ),
    Rule(
        name="core, stories, ports and portal read no clock",
        where=under("src/stagedoor/core", "src/stagedoor/stories", "src/stagedoor/ports", "src/stagedoor/portal"),
        check=clocks,
        bad=("datetime.now(tz=UTC)\n", "datetime.datetime.utcnow()\n", "clock = date.today\n"),
        good=("def f(*, at): return at\n", "datetime.fromtimestamp(at.seconds, tz=UTC)\n"),
    ),
    Rule(
        name="the core has no float",
        where=_IN_CORE,
        check=floats,
        bad=(
            "x = float('1')\n",
            "x = 1.0\n",
            "x = 3 / 2\n",
            "x /= 2\n",
            "def f(x: float) -> None: ...\n",
            "x = 10 ** -2\n",
            "x = 1j\n",
        ),
        good=("x = 3 // 2\n", "'''Never 1.5 of anything.'''\n"),
    ),
    Rule(
        name="the core prints and opens nothing",
        where=_IN_CORE,
        check=prints,
        bad=("print(1)\n", "def f(): return open('x')\n", "breakpoint()\n"),
        good=("fingerprint(1)\n",),
    ),
    Rule(
        name="no default can be altered",
        where=under("src"),
        check=mutable_defaults,
        bad=(
            "def f(x=[]): ...\n",
            "def f(*, x={}): ...\n",
            "def f(x=set()): ...\n",
            "g = lambda x=[]: x\n",
            "def f(x=collections.defaultdict(int)): ...\n",
            "class A:\n    x: list[int] = []\n",
        ),
        good=("def f(x=(), *, y=None, z=frozenset()): ...\n",),
    ),
    Rule(
        name="a fact is frozen, slotted and keyword-only, all the way down",
        where=_IN_FACTS,
        check=loose_facts,
        bad=(
            "@dataclass(frozen=True, slots=True)\nclass A:\n    x: int\n",
            "@dataclass(frozen=True, slots=False, kw_only=True)\nclass A:\n    x: int\n",
            "@dataclass\nclass A:\n    x: int\n",
            "class A:\n    x: int\n",
            _DATACLASS + "class A:\n    x: list[int]\n",
            _DATACLASS + "class A:\n    x: tuple[dict[str, int], ...] | None\n",
            _DATACLASS + "class A:\n    x: Mapping[str, int]\n",
            _DATACLASS + "class A(Fact):\n    x: int\n",
        ),
        good=(
            _DATACLASS + "class A(Fact):\n    KIND: ClassVar[str] = 'a'\n    x: tuple[int, ...]\n",
            "class Use(StrEnum):\n    A = 'a'\n",
        ),
    ),
    Rule(
        name="no fact holds Any",
        where=_IN_FACTS,
        check=anything_goes,
        bad=("from typing import Any\n", "x: tuple[Any, ...]\n", "x: typing.Any\n"),
        good=("x: object\n",),
    ),
)
