"""Laws of what is derived from a tree: who decides, what must be known, what is left after folding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.kit import ENVS, KNOWN_ENVS, TREES, WORDS, Env, said, value_of
from stagedoor.core.rules.derive import decided, demanded, fold, fold_known, known, known_name
from stagedoor.core.rules.interpret import Unknown, interpret
from stagedoor.core.rules.text import parse
from stagedoor.core.rules.tree import After, Flag, Name, Node, Number, Value, names_in, parts_of, walk, with_parts

TREE = st.one_of(*TREES.values())
SOME_WORDS = st.sets(st.sampled_from(sorted(WORDS)))


def asked(env: Env) -> dict[str, Value | None]:
    """The values, and for each word whether it is known."""
    return {**env, **{known_name(name): env.get(name) is not None for name in WORDS}}


@settings(max_examples=150)
@given(TREE)
def test_a_tree_says_itself_and_parses_back(tree: Node) -> None:
    """The text of a tree is the tree; taking it apart and putting it together is the tree too."""
    assert parse(said(tree), WORDS).tree == tree
    assert all(with_parts(node, parts_of(node)) == node for node in walk(tree))


@settings(max_examples=400)
@given(TREE, KNOWN_ENVS)
def test_decided_is_what_the_interpreter_notes(tree: Node, env: Env) -> None:
    """For every word, in every tree."""
    noted: set[str] = set()
    interpret(tree)(env, noted)
    assert {name for name in WORDS if value_of(decided(tree, name), env)} == noted


@settings(max_examples=400)
@given(TREE, ENVS)
def test_known_is_where_the_interpreter_says_a_value(tree: Node, env: Env) -> None:
    """And the tree that says so is itself never unknown."""
    assert value_of(known(tree), asked(env)) is (value_of(tree, env) is not None)


@settings(max_examples=400)
@given(TREE, ENVS, SOME_WORDS, SOME_WORDS)
def test_folding_changes_nothing(tree: Node, env: Env, given_words: set[str], sure: set[str]) -> None:
    """The same value, and unknown in the same places, whatever is given or sure."""
    constants = {name: env[name] for name in given_words}
    surely = {name for name in sure if env[name] is not None}
    folded = fold(tree, constants, surely)
    assert value_of(folded, env) == value_of(tree, env)
    assert not names_in(folded) & {name for name, value in constants.items() if value is not None} - {"currency"}
    never = {name for name in WORDS if env[name] is None} & sure
    told = fold_known(tree, constants, surely, never)
    assert value_of(told, asked(env)) is (value_of(tree, env) is not None)


@settings(max_examples=200)
@given(TREE, KNOWN_ENVS)
def test_with_everything_given_a_constant_is_left(tree: Node, env: Env) -> None:
    """Nothing that could still be worked out stays."""
    assert not names_in(fold(tree, env))
    assert value_of(fold(tree, env), {}) == value_of(tree, env)


@settings(max_examples=200)
@given(TREE, KNOWN_ENVS)
def test_what_is_demanded_makes_it_unknown(tree: Node, env: Env) -> None:
    """Each such word alone, whichever way the choices go."""
    for name in demanded(tree):
        with pytest.raises(Unknown):
            interpret(tree)({**env, name: None}, set())


@pytest.mark.parametrize(
    ("text", "constants", "left"),
    [
        ("f1 and f2", {"f1": False}, After((Name("f2", "flag"),), Flag(False))),
        ("f1 or f2", {"f1": True}, After((Name("f2", "flag"),), Flag(True))),
        ("f1 and f2", {"f1": True}, Name("f2", "flag")),
        ("f1 and (n1 < n2)", {"f1": False, "n1": 1}, After((Name("n2", "number"),), Flag(False))),
        ("not (f1 and f2)", {"f1": False}, After((Name("f2", "flag"),), Flag(True))),
        ("n1 if f1 and f2 else n2", {"f1": False}, After((Name("f2", "flag"),), Name("n2", "number"))),
        ("n1 if f1 else n2", {"f1": True}, Name("n1", "number")),
        ("f2 if f1 else False", {"f1": False}, Flag(False)),
        ("n1 * 0", {}, None),
        ("bp(n1, n2)", {"n1": 30_000, "n2": 5_000}, None),
        ("bp(n1, n2)", {"n1": 30_000, "n2": 5_000, "currency": "USD"}, Number(20_000)),
        ("max(n1, 3) * 2", {"n1": 2}, Number(6)),
        ("t1 in ('a', 'b')", {"t1": "b"}, Flag(True)),
        ("band(n1, n2, 0, 10)", {"n1": 6, "n2": 6}, Number(4)),
    ],
)
def test_what_is_left(text: str, constants: dict[str, Value], left: Node | None) -> None:
    """By example; None where only the names given are replaced."""
    folded = fold(parse(text, WORDS).tree, constants)
    if left is None:
        assert not isinstance(folded, Number)
    else:
        assert folded == left


def test_a_word_that_is_sure_need_not_be_asked() -> None:
    """A column without a gap costs nothing."""
    tree = parse("f1 and f2", WORDS).tree
    assert fold(tree, {"f1": False}, {"f2"}) == Flag(False)
    assert fold_known(tree, {"f1": False}, {"f2"}) == Flag(True)
    assert fold_known(tree, {"f1": False}, (), {"f2"}) == Flag(False)


def test_none_is_no_constant() -> None:
    """A parameter without a value that day leaves its rule in doubt, and is never read as nothing."""
    tree = parse("n1 + n2", WORDS).tree
    assert fold(tree, {"n1": None, "n2": 2}) == fold(tree, {"n2": 2})
    assert fold_known(tree, {"n1": None, "n2": 2}) == Flag(False)
