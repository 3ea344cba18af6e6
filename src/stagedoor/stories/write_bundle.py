"""An evidence bundle: every fact that one production's frames rest on, so that anybody can check them offline."""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset, Notice, Release
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Approval, Decision
from stagedoor.core.facts.origin import Origin, ReplicaRelease
from stagedoor.core.facts.party import Adoption, Authority, Mandate, Party, Production, RulebookText
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, WorkOrder
from stagedoor.core.facts.request import Estimate, Request, Standing
from stagedoor.ports.store import Store, Unit
from stagedoor.stories.unit import HOUSE, journal_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Facts in order of first mention, the receipts whose outputs it is about, and the rulebooks' texts as adopted."""

    production: str
    facts: tuple[Fact, ...]
    receipts: tuple[Receipt, ...]
    rulebooks: tuple[str, ...]


def gather(store: Store, production: str) -> Gathered | Refused:
    """Every fact behind the receipts of one production."""
    with store.unit() as unit:
        made = unit.find(Production, production)
        if made is None:
            return Refused(code=Code.UNKNOWN_PARTY, why=f"There is no production {production[:80]} here.")
        journal = journal_of(production)
        found: dict[str, Fact] = {}

        def keep(*facts: Fact | None) -> None:
            for fact in facts:
                if fact is not None and fact.digest() not in found:
                    found[fact.digest()] = fact
                    for signature in unit.signatures(fact.digest()):
                        found[signature.digest()] = signature
                        keep(unit.find(Party, signature.signer))

        keep(made, *unit.all(Adoption, HOUSE))
        receipts = unit.all(Receipt, journal)
        for receipt in receipts:
            permit = unit.get(Permit, receipt.permit)
            assert permit is not None
            keep(receipt, unit.get(WorkOrder, receipt.order), unit.get(KeyGrant, receipt.grant), permit)
            keep(*_behind(unit, permit))
        keep(*(entry for entry in unit.entries(production=production)))
        wanted = {digest for fact in found.values() if isinstance(fact, Standing) for digest in fact.rulebooks}
        texts = tuple(text.text for text in unit.all(RulebookText, HOUSE) if text.rulebook_digest in wanted)
        return Gathered(production=production, facts=tuple(found.values()), receipts=receipts, rulebooks=texts)


def _answers(unit: Unit, standing: Standing) -> list[Fact | None]:
    """Each answer with the decision that asked and the request that was shown."""
    found: list[Fact | None] = []
    for answer in standing.answers:
        approval = unit.get(Approval, answer.approval)
        asked = unit.get(Decision, approval.decision) if approval else None
        found += [approval, asked, unit.get(Request, asked.request) if asked else None]
    return found


def _behind(unit: Unit, permit: Permit) -> list[Fact | None]:
    decision = unit.get(Decision, permit.decision)
    request = unit.get(Request, permit.request)
    consent = unit.get(Consent, permit.consent)
    asset = unit.find(Asset, permit.asset)
    assert decision and request and consent and asset
    standing = unit.get(Standing, decision.standing)
    assert standing is not None
    behind: list[Fact | None] = [
        decision,
        request,
        standing,
        unit.find(Estimate, request.estimate),
        consent,
        asset,
        unit.get(Mandate, standing.mandate) if standing.mandate else None,
        unit.get(Notice, asset.notice),
        unit.find(Origin, asset.asset),
        unit.find(ReplicaRelease, asset.asset),
        *(release for release in unit.all(Release, HOUSE) if release.digest() == asset.release),
        *(unit.get(Consent, rider) for rider in standing.riders),
        *(held for held in unit.all(Authority, HOUSE) if held.performer == consent.performer),
        *_answers(unit, standing),
        unit.entry_for(permit.digest(), "reserve"),
    ]
    return behind
