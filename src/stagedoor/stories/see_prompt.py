"""See whom a prompt names before the use is asked for: a prompt that names a performer is a use of that likeness.

The prompt itself goes no further: the request holds its digest, the standing holds who was found.
"""

from __future__ import annotations

from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.request import Narrowing
from stagedoor.ports.naming import Grade, Names, PromptError
from stagedoor.stories.unit import Seen


def see_prompt(names: Names, prompt: str, *, narrowings: tuple[Narrowing, ...] = ()) -> Seen | Refused:
    """Who is named and who may be, with the digest of the very prompt; a prompt that cannot be checked is refused."""
    try:
        found = names.find(prompt)
    except PromptError as fault:
        return Refused(code=Code.MALFORMED, why=str(fault), clause="name in the prompt")
    named = tuple(sorted({item.party for item in found if item.grade is Grade.NAMED}))
    perhaps = tuple(sorted({item.party for item in found if item.grade is Grade.POSSIBLE} - set(named)))
    return Seen(prompt=digest_of("prompt", prompt.encode()), names=named, may_name=perhaps, narrowings=narrowings)
