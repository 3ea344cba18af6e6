"""Tell what happened in the world and a consent speaks of: a performer's death, the delivery of a picture."""

from __future__ import annotations

from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Delivery
from stagedoor.core.facts.party import Death, Party, Production, Role, Signature
from stagedoor.ports.store import Store
from stagedoor.ports.world import Verifier
from stagedoor.stories.unit import HOUSE, journal_of, record_signed, speaks_for


def tell_death(store: Store, verifier: Verifier, death: Death, signature: Signature) -> Refused | None:
    """Record a death, signed by a union, or by the estate that a union vouched for."""
    if death.died_on > death.at.day:
        return Refused(code=Code.MALFORMED, why="The death lies after the day on which it is told.")
    with store.unit() as unit:
        teller = unit.find(Party, death.told_by)
        estate = teller is not None and teller.role is Role.ESTATE
        if teller is not None and estate and not speaks_for(unit, verifier, teller, death.performer, death.at.day):
            why = f"No union vouched that {death.told_by} is the estate of {death.performer}."
            return Refused(code=Code.UNKNOWN_PARTY, why=why)
        return record_signed(
            unit, verifier, death, signature,
            journal=HOUSE, ident="", signer=death.told_by, roles=(Role.UNION, Role.ESTATE),
        )  # fmt: skip


def tell_delivery(store: Store, verifier: Verifier, delivery: Delivery, signature: Signature) -> Refused | None:
    """Record that the studio delivered its picture: from that day a consent until delivery is no longer withdrawn."""
    if not has_shape("delivery", delivery.delivery) or delivery.delivered_on > delivery.at.day:
        why = "A delivery's id is delivery:<uuid7>, and it is told on its day or later."
        return Refused(code=Code.MALFORMED, why=why)
    with store.unit() as unit:
        production = unit.find(Production, delivery.production)
        if production is None:
            return Refused(code=Code.UNKNOWN_ASSET, why=f"There is no production {delivery.production}.")
        return record_signed(
            unit, verifier, delivery, signature,
            journal=journal_of(delivery.production), ident=delivery.delivery,
            signer=production.studio, roles=(Role.STUDIO,),
        )  # fmt: skip
