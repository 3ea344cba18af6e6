"""What no file of ours does: data that can act, failures swallowed, checks that cannot fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tidy.tree import Finding, Rule, dotted, nodes, parsed, under

_ACTING = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"}
_BROAD = {"Exception", "BaseException"}
_TELLS = {"traceback.print_exc", "traceback.format_exc"}
_EVALUATES = {"eval", "exec", "__import__"}
_COMPILES = {"compile", "builtins.eval", "builtins.exec", "builtins.compile"}


def loose_yaml(text: str) -> Iterator[Finding]:
    """YAML is read by one loader of ours, which refuses tags, aliases and keys given twice."""
    ours = {node.name for node in nodes(text, ast.ClassDef) if isinstance(node, ast.ClassDef)}
    for node in nodes(text, ast.Call):
        assert isinstance(node, ast.Call)
        name = dotted(node.func)
        if not re.fullmatch(r"yaml\.\w*load\w*", name):
            continue
        loader = next((dotted(word.value) for word in node.keywords if word.arg == "Loader"), "")
        if name != "yaml.load" or loader not in ours:
            yield node.lineno, f"'{name}' without our own Loader, defined in the same file"


def acting_data(text: str) -> Iterator[Finding]:
    """Formats whose files can run code."""
    for node in ast.walk(parsed(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").partition(".")[0]]
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                yield node.value.lineno, "allow_pickle: a file that is read could run code"
            continue
        for name in names:
            if name in _ACTING:
                yield getattr(node, "lineno", 0), f"'{name}': a file that is read could run code"


def evaluated(text: str) -> Iterator[Finding]:
    """Text never becomes code."""
    for node in nodes(text, ast.Call, ast.Name):
        name = dotted(node)
        if name in (_EVALUATES if isinstance(node, ast.Name) else _COMPILES):
            yield getattr(node, "lineno", 0), f"'{name}' makes code of text"
        elif isinstance(node, ast.Call) and any(
            word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            for word in node.keywords
        ):
            yield node.lineno, "shell=True makes commands of text"


def swallowed(text: str) -> Iterator[Finding]:
    """A broad except re-raises, or hands the fault on to something that records it."""
    for node in nodes(text, ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if not any(kind is None or dotted(kind).rpartition(".")[2] in _BROAD for kind in kinds):
            continue
        inside = [part for line in node.body for part in ast.walk(line)]
        raises = any(isinstance(part, ast.Raise) for part in inside)
        recorded = node.name is not None and any(
            isinstance(part, ast.Name) and part.id == node.name
            for call in inside if isinstance(call, ast.Call)
            for part in ast.walk(call)
        )  # fmt: skip
        told = any(isinstance(part, ast.Call) and dotted(part.func) in _TELLS for part in inside)
        if not raises and not recorded and not told:
            yield node.lineno, "a broad except that neither re-raises nor hands on what it caught"


def empty_handlers(text: str) -> Iterator[Finding]:
    """`except …: pass` says nowhere why the failure may be forgotten; `contextlib.suppress` at least names it."""
    for node in nodes(text, ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        if all(isinstance(line, ast.Pass) for line in node.body):
            yield node.lineno, "an except whose body is 'pass': use contextlib.suppress and say why"


def hollow_asserts(text: str) -> Iterator[Finding]:
    """An assertion that is true whatever happens."""
    for node in nodes(text, ast.Assert):
        assert isinstance(node, ast.Assert)
        test = node.test
        formatted = isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "format"
        made = isinstance(test, ast.BinOp) and isinstance(test.op, ast.Mod) and _is_text(test.left)
        full = isinstance(test, ast.Tuple | ast.List | ast.Dict | ast.Set | ast.JoinedStr | ast.Lambda)
        constant = isinstance(test, ast.Constant) and bool(test.value)
        if full or constant or made or (formatted and _is_text(test.func.value)):  # type: ignore[union-attr]
            yield node.lineno, "an assertion that cannot fail"


def far_imports(text: str) -> Iterator[Finding]:
    """Tests name one another by room (`from pages.sample import …`): `tests.` works for `python -m pytest` alone."""
    for node in nodes(text, ast.Import, ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if any(name == "tests" or name.startswith("tests.") for name in names):
            yield getattr(node, "lineno", 0), "leave out 'tests.': a bare 'pytest' does not find it"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


_SRC = under("src")
_ALL = under("src", "tests", "bench", "spec", "examples")

RULES = (
    Rule(
        name="yaml is read by our loader alone",
        where=_SRC,
        check=loose_yaml,
        bad=(
            "yaml.load(x)\n",
            "yaml.safe_load(x)\n",
            "yaml.load(x, Loader=yaml.Loader)\n",
            "yaml.full_load(x)\n",
            "yaml.load_all(x, Loader=L)\nclass L: ...\n",
        ),
        good=("class _Loader(yaml.SafeLoader): ...\nyaml.load(x, Loader=_Loader)\n",),
    ),
    Rule(
        name="no data that can act",
        where=_ALL,
        check=acting_data,
        bad=("import pickle\n", "from pickle import loads\n", "import shelve, re\n", "np.load(x, allow_pickle=True)\n"),
        good=("np.load(x, allow_pickle=False)\n", "import json\n"),
        spared=("tests/seal/test_small_seals.py",),  # it sees that a key refuses to be pickled
    ),
    Rule(
        name="text never becomes code",
        where=_SRC,
        check=evaluated,
        bad=(
            "eval('1')\n",
            "exec(x)\n",
            "f = eval\n",
            "compile(x, 'a', 'exec')\n",
            "builtins.exec(x)\n",
            "__import__('os')\n",
            "subprocess.run('ls', shell=True)\n",
        ),
        good=("re.compile('a')\n", "ast.parse(x, mode='eval')\n"),
        spared=("src/stagedoor/core/rules/compiled.py",),  # makes code of verified trees, never of text (ADR 0014)
    ),
    Rule(
        name="no broad except swallows",
        where=_ALL,
        check=swallowed,
        bad=(
            "try:\n    f()\nexcept Exception:\n    pass\n",
            "try:\n    f()\nexcept:\n    x = 1\n",
            "try:\n    f()\nexcept (ValueError, BaseException) as fault:\n    log('oh')\n",
            "try:\n    f()\nexcept builtins.Exception as fault:\n    x = fault\n",
        ),
        good=(
            "try:\n    f()\nexcept Exception:\n    close()\n    raise\n",
            "try:\n    f()\nexcept Exception as fault:\n    faults.append(fault)\n",
            "try:\n    f()\nexcept BaseException:\n    traceback.print_exc()\n",
            "try:\n    f()\nexcept ValueError:\n    x = 1\n",
        ),
    ),
    Rule(
        name="no except does nothing",
        where=_SRC,
        check=empty_handlers,
        bad=("try:\n    f()\nexcept ValueError:\n    pass\n",),
        good=("with contextlib.suppress(ValueError):\n    f()\n",),
    ),
    Rule(
        name="tests name one another by room",
        where=under("tests"),
        check=far_imports,
        bad=("from tests.pages.sample import page\n", "import tests.core.builders\n"),
        good=("from pages.sample import page\n", "from .kit import x\n"),
    ),
    Rule(
        name="every assertion can fail",
        where=_ALL,
        check=hollow_asserts,
        bad=(
            "assert 'words'\n",
            "assert (x, 'message')\n",
            "assert f'{x}'\n",
            "assert 'no {}'.format(x)\n",
            "assert 'no %s' % x\n",
            "assert True\n",
            "assert [x]\n",
        ),
        good=("assert x, 'message'\n", "assert not 'a' in x\n", "assert False, 'never'\n"),
    ),
)
