"""The published profile has every term that an exported consent uses, and says of actions what the evaluator knows."""

from __future__ import annotations

import json
import re

from core import builders as make
from properties.test_sentences import FULL, ODD
from stagedoor.core.facts.consent import Audience, Content, Purpose, Use
from stagedoor.core.rules.exchange import PROFILE, to_odrl
from stagedoor.core.rules.exchange.terms import term
from stagedoor.core.rules.odrl import terms as evaluator

FOLDER = make.ROOT / "src" / "stagedoor" / "profile"
CONTEXT, TERMS = FOLDER / "context.jsonld", FOLDER / "profile.ttl"
DEFINED = set(re.findall(r"^(sd:[\w-]+) a ", TERMS.read_text("utf-8"), re.M))
ADAPTER = make.ROOT / "src" / "stagedoor" / "adapters" / "odrl" / "profile.jsonld"


def test_every_term_of_an_export_is_defined() -> None:
    """Nothing is written that the profile does not define."""
    used = set(re.findall(r'"(sd:[\w-]+)"', json.dumps([to_odrl(FULL), to_odrl(ODD)])))
    assert len(used) > 40
    assert used <= DEFINED, sorted(used - DEFINED)


def test_every_word_is_defined() -> None:
    """Uses, purposes, contents, audiences."""
    assert {term(word) for kind in (Use, Purpose, Content, Audience) for word in kind} <= DEFINED


def test_actions_are_included_in_what_the_evaluator_knows() -> None:
    """One hierarchy, in the data and in the code."""
    written = re.findall(r"^sd:(\w+) a odrl:Action ; odrl:includedIn odrl:(\w+) ", TERMS.read_text("utf-8"), re.M)
    known = dict(evaluator.INCLUDED_IN)
    assert len(written) == len(Use)
    assert all(known[PROFILE + action] == evaluator.ODRL + whole for action, whole in written)
    assert evaluator.PROFILE == PROFILE


def test_the_context_is_the_one_that_the_reader_ships() -> None:
    """Published and read: the same."""
    assert json.loads(CONTEXT.read_text("utf-8")) == json.loads(ADAPTER.read_text("utf-8"))
    assert (FOLDER / "README.md").is_file()
