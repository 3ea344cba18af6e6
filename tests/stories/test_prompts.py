"""A prompt that names a registered performer is a use of that likeness; a prompt that nobody looked at is a doubt."""

from __future__ import annotations

import pytest

from stagedoor.adapters.naming import NameIndex
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.request import Narrowing
from stagedoor.stories.see_prompt import see_prompt
from stagedoor.stories.unit import Seen

from .theatre import Theatre


def seen(theatre: Theatre, prompt: str) -> Seen:
    """Whom the prompt names, out of everybody that the house has enrolled as a performer."""
    people = theatre.house.people
    people.enrol(theatre.id("performer"), name="Mara Quill", contact="", aliases=("The Quill",))
    people.enrol(theatre.id("second"), name="Ottoline Verhaag", contact="")
    found = see_prompt(NameIndex.build(people.performers()), prompt)
    assert isinstance(found, Seen)
    return found


@pytest.mark.parametrize("prompt", ["Mara Quill on a ledge at dusk", "a woman on a ledge at dusk"])
def test_her_own_name_or_nobodys_changes_nothing(theatre: Theatre, prompt: str) -> None:
    looked = seen(theatre, prompt)
    asked = theatre.ask(theatre.request(prompt=looked.prompt), seen=looked)
    codes = {finding.rule for finding in asked.decision.findings} if asked.decision else set()
    assert looked.names == ((theatre.id("performer"),) if "Mara" in prompt else ())
    assert "consent" in codes and theatre.refused(asked) != "no_consent"


@pytest.mark.parametrize(
    "prompt", ["Ottoline Verhaag on a ledge", "verhaag, ottoline", "OTTOLINE VERHÀAG", "Otoline Verhaag"]
)
def test_somebody_elses_name_is_refused(theatre: Theatre, prompt: str) -> None:
    looked = seen(theatre, prompt)
    assert looked.names == (theatre.id("second"),)
    asked = theatre.ask(theatre.request(prompt=looked.prompt), seen=looked)
    assert theatre.refused(asked) == "no_consent" and asked.permit is None
    assert asked.decision is not None
    assert any("names" in finding.says for finding in asked.decision.findings)


def test_a_prompt_that_nobody_looked_at_is_a_doubt(theatre: Theatre) -> None:
    looked = seen(theatre, "a woman on a ledge")
    other = seen(theatre, "another woman on a ledge")
    assert theatre.refused(theatre.ask(theatre.request(prompt=looked.prompt))) == "doubt"
    assert theatre.refused(theatre.ask(theatre.request(prompt=looked.prompt), seen=other)) == "doubt"
    assert theatre.refused(theatre.ask(theatre.request(), seen=looked)) == "doubt"


def test_a_prompt_that_cannot_be_checked_is_refused(theatre: Theatre) -> None:
    found = see_prompt(NameIndex.build(()), "ledge " * 100_000)
    assert isinstance(found, Refused) and found.code.value == "malformed"


def test_an_erased_person_is_no_longer_found(theatre: Theatre) -> None:
    assert seen(theatre, "Ottoline Verhaag").names
    theatre.house.people.erase(theatre.id("second"))
    register = NameIndex.build(theatre.house.people.performers())
    again = see_prompt(register, "Ottoline Verhaag")
    assert isinstance(again, Seen) and again.names == ()


def test_a_policy_from_outside_only_takes_away(theatre: Theatre) -> None:
    """Its note changes nothing, its prohibition refuses, and a word that is no effect refuses as well."""

    def ask(effect: str) -> str:
        narrowing = Narrowing(effect=effect, says="From outside.", term="permission 1", policy="sha256:" + "7" * 64)
        return theatre.refused(theatre.ask(theatre.request(), seen=Seen(narrowings=(narrowing,))))

    assert ask("forbid") == "outside_consent"
    assert ask("permit") == "outside_consent"
    assert ask("note").startswith("Asked(")
