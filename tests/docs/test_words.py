"""Names in GLOSSARY.md exist; SPEC.md says the chart, the chain and the domains that the code has."""

from __future__ import annotations

import ast
import re
from functools import cache

from docs.pages import ROOT, code, read, rows, section
from stagedoor.core.base import canonical, fact, limits
from stagedoor.core.facts.posting import EntryKind
from stagedoor.core.rules import chart
from stagedoor.wire import envelopes
from stagedoor.wire.decode import kinds


@cache
def _names() -> frozenset[str]:
    """Classes, functions, constants and `Class.member` of the whole source."""
    found: set[str] = set()
    for path in (ROOT / "src" / "stagedoor").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            found |= _of(node)
    return frozenset(found)


def _of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    if isinstance(node, ast.ClassDef):
        return {node.name} | {f"{node.name}.{name}" for item in node.body for name in _of(item)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def test_every_name_in_the_glossary_exists() -> None:
    table = [row for row in rows(read("docs/GLOSSARY.md")) if len(row) == 3 and row[0] != "word"]
    assert len(table) >= 30
    for row in table:
        assert code(row[2]), row[0]
        for name in code(row[2]):
            assert name in _names(), f"{row[0]}: {name}"


def test_the_spec_has_the_chart() -> None:
    told = section(read("docs/SPEC.md"), "7. Money")
    accounts = re.findall(r"^\| `([^`]+)` \| .* \| (.*) \|$", chart.__doc__ or "", re.MULTILINE)
    assert len(accounts) == 7
    tables = rows(told)
    for account, side in accounts:
        assert [account, side] in [[row[0].strip("`"), row[-1]] for row in tables], account
    kinds = {kind.value for kind in EntryKind}
    entries = {row[0].strip("`"): set(row[1].split(", ")) for row in tables if row[0].strip("`") in kinds}
    assert entries == {kind.value: set(families) for kind, families in chart.ENTRIES.items()}


def test_the_spec_has_the_codes_constants() -> None:
    text = read("docs/SPEC.md")
    assert canonical.DOMAIN.decode() in text
    assert f'"form": {fact.Fact.FORM}' in text
    for form in (2, 3):
        told = re.findall(r"`(\w+)`", text.partition(f"Form {form}:")[2].partition(".")[0])
        assert sorted(name for name, kind in kinds().items() if form == kind.FORM) == told
    assert max(kind.FORM for kind in kinds().values()) == 3
    assert f"{limits.FACT_BYTES_MAX:,}" in text
    assert f"deeper than {limits.CANONICAL_DEPTH_MAX}" in text
    for name in (envelopes.KEY_REQUEST, envelopes.DEPOSIT_NOTE, envelopes.DEPOSIT, envelopes.RELEASE):
        assert f"`{name}`" in text, name


def test_the_spec_has_the_chain_of_the_database() -> None:
    sql = read("src/stagedoor/adapters/postgres/sql/facts.sql")
    assert "concat_ws(E'\\n', parent, journal, seq, kind, ident, digest, facts.moment_text(moment))" in sql
    assert "parent LF journal LF seq LF kind LF ident LF digest LF recorded_at" in read("docs/SPEC.md")
    assert "stagedoor/v1/journal" in sql


def test_the_lease_that_pages_promise_is_the_lease() -> None:
    for page in ("docs/THE-PATH.md", "docs/THREATS.md", "CHANGELOG.md"):
        assert f"{limits.LEASE_SECONDS} seconds" in read(page), page
