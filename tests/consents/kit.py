"""Two performers, a studio, a union and whoever signs for somebody, on a real store: no rulebook is needed here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from stagedoor.adapters.clock import TimeOrderedIds
from stagedoor.adapters.signing import Ed25519Verifier, FileSigner
from stagedoor.core.base.outcome import Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.consent import Consent, Delivery, Offer, Withdrawal
from stagedoor.core.facts.party import Authority, Mandate, Party, Production, Role
from stagedoor.seal import SigningKey
from stagedoor.stories.negotiate import make_offer
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.revise_consent import revise_consent
from stagedoor.stories.tell_event import tell_delivery
from stagedoor.stories.unit import HOUSE
from stagedoor.stories.vouch_for import vouch_for
from stagedoor.stories.withdraw_consent import Withdrawn, withdraw_consent
from store.conftest import House

from . import blanks as fill

AT = Instant.of(date(2026, 10, 12), 9)
PEOPLE = {
    "performer": Role.PERFORMER, "second": Role.PERFORMER, "agent": Role.AGENT, "studio": Role.STUDIO,
    "other-studio": Role.STUDIO, "union": Role.UNION, "guardian": Role.GUARDIAN, "estate": Role.ESTATE,
    "lawyer": Role.LAWYER,
}  # fmt: skip


@dataclass
class Bureau:
    """Everybody enrolled, one picture, one capture."""

    house: House
    ids: TimeOrderedIds = field(default_factory=TimeOrderedIds)
    verifier: Ed25519Verifier = field(default_factory=Ed25519Verifier)
    signers: dict[str, FileSigner] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def opened(house: House) -> Bureau:
        """Enrol everybody."""
        made = Bureau(house)
        with house.store.unit() as unit:
            for key, role in PEOPLE.items():
                made.named[key] = made.ids.new("party")
                made.signers[key] = FileSigner(made.named[key], SigningKey.generate())
                key_ = made.signers[key].verify_key
                party = Party(party=made.named[key], role=role, verify_key=key_, seal_key="", at=AT)
                unit.append(HOUSE, party, ident=party.party)
            made.named |= {"production": made.ids.new("production"), "capture": made.ids.new("asset")}
            production = Production(
                production=made.named["production"], studio=made.named["studio"], title="A picture",
                medium="theatrical", agreement="sag_aftra_tv_theatrical_2026",
                photography_began=date(2026, 5, 4), currency="USD", at=AT,
            )  # fmt: skip
            unit.append(HOUSE, production, ident=production.production)
            capture = Asset(
                asset=made.named["capture"], kind=AssetKind.CAPTURE, performer=made.named["performer"],
                production=production.production, replica_kind=None, made_from=(), notice="", release="", made_by="",
                sealed_sha256="ab" * 32, sealed_bytes=1, at=AT,
            )  # fmt: skip
            unit.append(HOUSE, capture, ident=capture.asset)
            unit.open_asset(capture)
        return made

    def id(self, key: str) -> str:
        """Somebody's pseudonym, or the id of something."""
        return self.named[key]

    def sign(self, who: str, fact: Any, at: Instant = AT) -> Any:
        """Somebody signs."""
        return self.signers[who].sign(fact, at=at)

    def terms(self, **over: Any) -> Consent:
        """Terms from a template, with an id of their own."""
        drawn = fill.drawn(
            "replica_for_one_picture", consent=self.ids.new("consent"), performer=self.id("performer"),
            production=self.id("production"), capture=self.id("capture"),
        )  # fmt: skip
        return replace(drawn, **{"at": AT} | over)

    def record(self, terms: Consent, by: str = "performer", studio: str = "studio") -> str:
        """Both sign; the code of a refusal, or ""."""
        return code(
            record_consent(
                self.house.store, self.verifier, terms, by_performer=self.sign(by, terms),
                by_studio=self.sign(studio, terms),
            )
        )  # fmt: skip

    def given(self, **over: Any) -> Consent:
        """A consent, recorded."""
        terms = self.terms(**over)
        assert self.record(terms) == ""
        return terms

    def revise(self, terms: Consent, by: str = "performer", studio: str = "studio") -> str:
        """Both sign a version or a rider."""
        return code(
            revise_consent(
                self.house.store, self.verifier, terms, by_giver=self.sign(by, terms),
                by_studio=self.sign(studio, terms),
            )
        )  # fmt: skip

    def vouch(self, who: str, role: Role, by: str = "union", **over: Any) -> str:
        """A union vouches for somebody."""
        given: dict[str, Any] = {
            "authority": self.ids.new("authority"), "performer": self.id("performer"), "holder": self.id(who),
            "role": role, "evidence": "sha256:" + "a" * 64, "vouched_by": self.id(by),
            "first_day": date(2026, 1, 1), "last_day": None, "at": AT,
        }  # fmt: skip
        authority = Authority(**given | over)
        return code(vouch_for(self.house.store, self.verifier, authority, self.sign(by, authority)))

    def deliver(self, day: date, by: str = "studio") -> str:
        """The studio delivered."""
        delivery = Delivery(
            delivery=self.ids.new("delivery"), production=self.id("production"), delivered_on=day, at=Instant.of(day, 9)
        )
        return code(tell_delivery(self.house.store, self.verifier, delivery, self.sign(by, delivery)))

    def mandate(self, who: str = "agent") -> None:
        """The performer's agent."""
        fact = Mandate(
            mandate=self.ids.new("mandate"), performer=self.id("performer"), agent=self.id(who), commission_bp=1_000,
            first_day=date(2026, 1, 1), last_day=None, at=AT,
        )  # fmt: skip
        with self.house.store.unit() as unit:
            unit.append(HOUSE, fact, ident=fact.mandate)
            unit.append(HOUSE, self.sign("performer", fact))

    def offer(self, terms: Consent, by: str, to: str, *, signed_by: str = "", **over: Any) -> tuple[str, Offer]:
        """An offer, and the code of its refusal or ""."""
        given: dict[str, Any] = {
            "offer": self.ids.new("offer"), "consent": terms.digest(), "by": self.id(by), "to": self.id(to),
            "answers": "", "words": "as we said", "open_until": date(2026, 10, 20), "at": AT,
        }  # fmt: skip
        made = Offer(**given | over)
        told = make_offer(self.house.store, self.verifier, made, terms, self.sign(signed_by or by, made))
        return code(told), made

    def withdraw(self, of: Consent, by: str = "performer", *, day: date = AT.day, laws: frozenset[str] = frozenset(),
                 **over: Any) -> str:  # fmt: skip
        """A withdrawal: "withdrawn", or the code of its refusal."""
        given: dict[str, Any] = {
            "withdrawal": self.ids.new("withdrawal"), "consent": of.digest(), "performer": of.performer,
            "what": "remaining_use", "at": Instant.of(day, 9),
        }  # fmt: skip
        fact = Withdrawal(**given | over)
        told = withdraw_consent(
            self.house.store, self.verifier, self.ids, fact, self.sign(by, fact), custodian="union", laws=laws
        )
        return "withdrawn" if isinstance(told, Withdrawn) else code(told)


def code(answer: Refused | None) -> str:
    """The code of a refusal, or "" for none."""
    return answer.code.value if answer else ""
