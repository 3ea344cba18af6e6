"""SQL: never built from text, never everything, never an altered fact."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tidy.tree import Finding, Rule, dotted, nodes, strings, under

MAY_CHANGE = frozenset({"facts.journal", "ledger.balance"})
"""Tables of the append-only schemas whose rows move on: the head of a journal's chain, a running balance."""

_RUNS = {"execute", "executemany", "executescript", "exec_driver_sql", "mogrify", "SQL", "stream", "copy"}
_SPEAKS_SQL = re.compile(
    r"\b(SELECT\s|INSERT\s+INTO\s|UPDATE\s+[\w.{]|DELETE\s+FROM\s|TRUNCATE\s|CREATE\s+(TABLE|ROLE|DATABASE|SCHEMA)\s"
    r"|ALTER\s+(TABLE|ROLE|SYSTEM|DATABASE)\s|DROP\s+(TABLE|ROLE|DATABASE|SCHEMA)\s|GRANT\s+\w+\s+(ON|TO)\s)"
)
_EVERYTHING = re.compile(r"\b(SELECT|RETURNING)\s+(DISTINCT\s+)?(\w+\.)?\*", re.I)
_ALTERS = re.compile(
    r"\b(UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?(facts\.\w+|ledger\.\w+|fact|entry|posting)\b", re.I
)
_ALLOWS = re.compile(
    r"\bGRANT\s[^;]*\b(?:UPDATE|DELETE|TRUNCATE|ALL)\b[^;]*?\bON\b[^;]*?\b((?:facts|ledger)\.\w+)", re.I
)
_NOTE = re.compile(r"--[^\n]*")


def built_statements(text: str) -> Iterator[Finding]:
    """A statement put together from text: values go in as parameters, names as psycopg's `sql.Identifier`."""
    for node in nodes(text, ast.Call):
        assert isinstance(node, ast.Call)
        name = dotted(node.func).rpartition(".")[2] or getattr(node.func, "attr", "")
        if name in _RUNS and node.args and _is_built(node.args[0]):
            yield node.lineno, f"'{name}(' is given a statement built from text"
    for node in nodes(text, ast.JoinedStr, ast.BinOp, ast.Call):
        assert isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call)
        if _is_built(node) and _SPEAKS_SQL.search(_constant_text(node)):
            yield node.lineno, "SQL built from text"


def _is_built(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        return not (_is_fixed(node.left) and _is_fixed(node.right)) and bool(_constant_text(node))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join", "replace") and isinstance(node.func.value, ast.Constant)
    return False


def _is_fixed(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.BinOp) and _is_fixed(node.left) and _is_fixed(node.right)
    )


def _constant_text(node: ast.expr) -> str:
    """The fixed text directly in a composition, not in the calls inside it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "{}".join(_constant_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _constant_text(node.left) + _constant_text(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _constant_text(node.func.value)
    return ""


def everything(text: str) -> Iterator[Finding]:
    """A statement that takes whatever columns there are."""
    for line, found in _matches(_EVERYTHING, text):
        yield line, f"'{' '.join(found[0].split())}': name the columns"


def altered(text: str) -> Iterator[Finding]:
    """Facts and postings are appended; a correction is a new one."""
    for line, found in _matches(_ALTERS, text):
        if found[2].lower() not in MAY_CHANGE:
            yield line, f"'{' '.join(found[0].split())}': facts and postings are never altered"
    for line, found in _matches(_ALLOWS, text):
        if found[1].lower() not in MAY_CHANGE:
            yield line, f"a role is allowed to alter {found[1]}"


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, re.Match[str]]]:
    blank = _NOTE.sub(lambda note: " " * len(note[0]), text)
    for found in pattern.finditer(blank):
        yield blank.count("\n", 0, found.start()) + 1, found


def in_strings(check: Callable[[str], Iterator[Finding]]) -> Callable[[str], Iterator[Finding]]:
    """The same check on the string literals of a Python file."""

    def checked(text: str) -> Iterator[Finding]:
        for line, literal in strings(text):
            for offset, what in check(literal):
                yield line + offset - 1, what

    return checked


_SRC = under("src", "bench")
_SQL = under("src", "bench", ends=".sql")

# The demonstration tampers with the ledger as a database superuser would, to show that the audit sees it.
_TAMPERS = ("src/stagedoor/cli/demo/attacks.py",)

RULES = (
    Rule(
        name="no statement is built from text",
        where=_SRC,
        check=built_statements,
        bad=(
            "c.execute(f'LISTEN {x}')\n",
            "c.execute('SELECT %s' % x)\n",
            "c.execute('SELECT ' + x)\n",
            "c.execute('SELECT {}'.format(x))\n",
            "sql.SQL(f'SELECT {x}')\n",
            "q = f'DELETE FROM {x}'\n",
            "q = 'INSERT INTO ' + table + ' VALUES (1)'\n",
            "q = 'UPDATE {} SET a = 1'.format(x)\n",
            "connect(x).cursor().execute(f'VACUUM {x}')\n",
            "c.execute(', '.join(x))\n",
        ),
        good=(
            "c.execute('SELECT a FROM b WHERE c = %s', (x,))\n",
            "sql.SQL('DELETE FROM {} WHERE a = %s').format(sql.Identifier(x))\n",
            "c.execute('SELECT a'\n          ' FROM b')\n",
            "x = f'Update {y} from there'\n",
        ),
    ),
    Rule(
        name="SQL files name their columns",
        where=_SQL,
        check=everything,
        bad=("SELECT * FROM facts.fact;\n", "select  j.* from facts.journal j;\n", "INSERT INTO a RETURNING *;\n"),
        good=("SELECT count(*) FROM a; -- never SELECT * here\n",),
    ),
    Rule(
        name="statements in Python name their columns",
        where=_SRC,
        check=in_strings(everything),
        bad=("q = 'SELECT * FROM a'\n", "q = '''\n  SELECT a.*\n  FROM a'''\n"),
        good=("def f():\n    '''Never SELECT * here.'''\n", "q = 'SELECT 2 * a'\n"),
    ),
    Rule(
        name="SQL files alter no fact and no posting",
        where=_SQL,
        check=altered,
        bad=(
            "UPDATE facts.fact SET a = 1;\n",
            "DELETE FROM ledger.posting;\n",
            "delete from only ledger.entry;\n",
            "TRUNCATE TABLE facts.fact;\n",
            "UPDATE posting SET amount = 0;\n",
            "GRANT SELECT, UPDATE ON facts.fact TO gate;\n",
            "GRANT ALL ON TABLE ledger.entry TO gate;\n",
        ),
        good=(
            "UPDATE facts.journal SET seq = 1;\n",
            "CREATE TRIGGER a BEFORE UPDATE OR DELETE ON facts.fact;\n",
            "GRANT SELECT, INSERT ON facts.fact TO gate;\nGRANT UPDATE ON work.queue TO gate;\n",
        ),
    ),
    Rule(
        name="statements in Python alter no fact and no posting",
        where=_SRC,
        check=in_strings(altered),
        bad=("q = 'UPDATE ledger.posting SET amount = 0'\n", "q = 'DELETE FROM facts.fact'\n"),
        good=("q = 'UPDATE work.permit SET status = 1'\n",),
        spared=_TAMPERS,
    ),
)
