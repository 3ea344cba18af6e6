"""The terms are offered, countered and agreed, before anybody is bound."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.cli.demo import cast
from stagedoor.cli.demo.stage import Stage
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.consent import Consent, Offer
from stagedoor.stories.negotiate import make_offer, negotiation, on_the_table


def bargain(stage: Stage, agreed: Consent) -> Consent:
    """The studio offers less; her agent's answer is what both will sign."""
    low = Money.whole(cast.OFFERED_RATE, "USD")
    first = replace(
        agreed, consent=stage.house.ids.new("consent"), deal=replace(agreed.deal, day_rate=low),
        grants=tuple(replace(grant, approve_shots=()) for grant in agreed.grants),
    )  # fmt: skip
    opening = _offer(stage, first, by="studio", to="performer", answers="", words="Our usual terms.")
    answer = _offer(stage, agreed, by="performer", to="studio", answers=opening.digest(), words="My terms.")
    rounds = negotiation(stage.house.store, answer.digest())
    assert not isinstance(rounds, Refused), rounds
    stage.teller.line(f"{cast.STUDIO.name} offers; she answers with terms of her own, which change:")
    for change in rounds[-1].changes:
        if change.where == "consent":
            continue  # two drafts have two ids
        stage.teller.line(f"  {change.sentence}", style="italic")
    stage.teller.good("an offer binds nobody; the terms that both sign are the ones on the table")
    terms = on_the_table(stage.house.store, answer.digest(), at=stage.clock.at)
    assert isinstance(terms, Consent), terms
    return terms


def _offer(stage: Stage, terms: Consent, *, by: str, to: str, answers: str, words: str) -> Offer:
    offer = Offer(
        offer=stage.house.ids.new("offer"), consent=terms.digest(), by=stage.id(by), to=stage.id(to), answers=answers,
        words=words, open_until=cast.FIRST_DAY, at=stage.clock.at,
    )  # fmt: skip
    refused = make_offer(stage.house.store, stage.house.verifier, offer, terms, stage.sign(by, offer))
    assert refused is None, refused
    return offer
