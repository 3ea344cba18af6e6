"""One example of every kind of fact, made of fixed values only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core import builders as make
from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Delivery, Offer, Use
from stagedoor.core.facts.decision import (
    Answer,
    Approval,
    Decision,
    Duty,
    Effect,
    Finding,
    PriceLine,
    Question,
    Quote,
    Reading,
)
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Source, Technique
from stagedoor.core.facts.party import Adoption, Authority, Death, Erasure, Role, RulebookText, Signature
from stagedoor.core.facts.permit import (
    Permit,
    ShareDestroyed,
    ShareReleased,
)
from stagedoor.core.facts.posting import (
    Earnings,
    Entry,
    EntryKind,
    Posting,
    Statement,
    StatementLine,
)
from stagedoor.core.facts.request import Answered
from writers.common import Vectors, plain_digest, ref


def example_facts() -> dict[str, Fact]:
    """One example of every kind, made of fixed values only: no rulebook's digest, no computed price."""
    cents = Money.parse("7500.000000 USD")
    consent = make.consent(
        grants=(make.creation(), make.permission(approve_shots=(make.SHOT,))),
        deal=make.deal(day_rate=Money.parse("2500.000000 USD")),
    )
    asked = make.request(None, consent=ref("consent"))
    question, finding, quote = _decided(cents)
    permit = _permit()
    order = make.order_of(permit)
    key = make.key_grant(permit, order)
    posting = Posting(account="reserved/x", amount=cents, rule="reservation", why="Out of the money paid in")
    facts: tuple[Fact, ...] = (
        make.party(),
        make.production(),
        make.mandate(),
        Adoption(rulebook=make.AGREEMENT, version="2026.1", rulebook_digest=ref("rulebook"), adopted_by=make.STUDIO,
                 at=make.AT),
        RulebookText(rulebook_digest=ref("rulebook"), text='{"files":{},"index":{"name":"test_book"}}'),
        Signature(signs=ref("consent"), signs_kind="consent", signer=make.PERFORMER, verify_key=make.hexes("key"),
                  signature=make.hexes("signature", 64), at=make.AT),
        Erasure(party=make.PERFORMER, what="contact", because="asked for by the person", at=make.AT),
        make.notice(engaged_at=None),
        make.release_of(make.notice()),
        make.asset(),
        consent,
        make.withdrawal(consent),
        make.estimate(),
        asked,
        replace(make.standing(asked, None, ()), rulebooks=(ref("rulebook"),), consent=ref("consent"),
                holds=("dispute",), notice=ref("notice"), mandate=ref("mandate"),
                answers=(Answered(rule="consent:approval", yes=True, approval=make.ident("approval")),)),
        Decision(request=ref("request"), standing=ref("standing"), answer=Answer.ASK_A_PERSON, code=Code.NEEDS_A_PERSON,
                 findings=(question, finding), quote=quote, at=make.AT, duties=(DUTY,)),
        Approval(approval=make.ident("approval"), use_id=make.ident("use"), decision=ref("decision"),
                 rule="consent:approval", answered_by=make.PERFORMER, yes=True, words="Gut so. \u2014 M.", at=make.AT),
        *_of_form_2(),
        *_brought(),
        permit,
        key,
        ShareReleased(custodian="union", grant=ref("grant"), asset=make.REPLICA, epoch=1,
                      envelope_sha256=make.hexes("envelope")),
        ShareDestroyed(custodian="union", asset=make.REPLICA, because="the performer withdrew"),
        order,
        make.receipt(permit, order, key),
        Entry(entry=make.ident("entry"), kind=EntryKind.POST, production=make.PRODUCTION, performer=make.PERFORMER,
              permit=ref("permit"), cause=ref("permit"),
              postings=(posting, replace(posting, account="owed/performer/x", amount=-cents, rule="TV-P2")),
              at=make.AT),
        make.deposit(),
        Earnings(earnings=make.ident("earnings"), production=make.PRODUCTION, performer=make.PERFORMER,
                 gross=Money.parse("225000.000000 USD"), basis="payroll, weeks 1 to 9", at=make.AT),
        Statement(party=make.PERFORMER, first_day=date(2026, 10, 1), last_day=date(2026, 10, 31), currency="USD",
                  lines=(StatementLine(entry=ref("entry"), line=1, account="owed/performer/x", amount=cents,
                                       rule="TV-P2", why="gross", at=make.AT),), total=cents),
    )  # fmt: skip
    return {fact.KIND: fact for fact in facts}


DUTY = Duty(
    kind="notice",
    rule="x-4",
    says="The union is told.",
    to="union",
    due=date(2026, 11, 1),
    clause="x-4",
    source="a summary",
    confidence="medium",
)


def _brought() -> tuple[Fact, ...]:
    """What comes with a replica that was made elsewhere."""
    origin = Origin(
        asset=make.REPLICA,
        performer=make.PERFORMER,
        production=make.PRODUCTION,
        technique=Technique.LORA,
        source=Source.WITH_PERFORMER,
        capture=make.CAPTURE,
        plain_sha256=make.hexes("plain"),
        plain_bytes=37_904,
        evidence=ref("how it was trained"),
        purpose="a double for scene 12",
        at=make.AT,
    )
    return (
        origin,
        ReplicaRelease(performer=make.PERFORMER, asset=make.REPLICA, capture=make.CAPTURE, origin=origin.digest(),
                       purpose=origin.purpose, at=make.AT),
    )  # fmt: skip


def _of_form_2() -> tuple[Fact, ...]:
    """Offers, questions and what a union vouches for."""
    return (
        Offer(offer=make.ident("offer"), consent=ref("consent"), by=make.STUDIO, to=make.PERFORMER, answers="",
              words="As we spoke.", open_until=date(2026, 10, 31), at=make.AT),
        Delivery(delivery=make.ident("delivery"), production=make.PRODUCTION, delivered_on=date(2027, 3, 1),
                 at=make.AT),
        Question(question=f"{make.ident('use')}/consent:approval", use_id=make.ident("use"), decision=ref("decision"),
                 rule="consent:approval", asks=Role.PERFORMER, needs=("the frames of the shot",),
                 answer_by=make.AT.plus(hours=336), at=make.AT),
        Authority(authority=make.ident("authority"), performer=make.PERFORMER, holder=make.ident("party", 8),
                  role=Role.GUARDIAN, evidence=ref("a court's paper"), vouched_by=make.OFFICER,
                  first_day=date(2026, 1, 1), last_day=None, at=make.AT),
        Death(performer=make.PERFORMER, died_on=date(2026, 12, 24), told_by=make.OFFICER, at=make.AT),
    )  # fmt: skip


def _decided(cents: Money) -> tuple[Finding, Finding, Quote]:
    """A question, a permission, and a price of one line."""
    reading = Reading(
        name="day_minimum",
        value="1283000000",
        unit="money",
        keyed_by="day",
        keyed_on=make.DAY,
        since=date(2026, 7, 1),
        source="a sheet of rates",
        confidence="low",
        decided=False,
    )
    finding = Finding(
        rule="consent",
        effect=Effect.PERMIT,
        code=None,
        says="The performer permits to render of shot sc12_sh040 in this production.",
        saw=("shot=sc12_sh040", "units=8"),
        clause="consent, permission 2",
        source="the performer's signed consent",
        confidence="high",
        asks=None,
    )
    question = replace(
        finding, rule="consent:approval", effect=Effect.ASK, code=Code.NEEDS_A_PERSON, asks=Role.PERFORMER, saw=()
    )
    line = PriceLine(
        name="gross",
        payee="performer",
        amount=cents,
        on_top=False,
        rule="TV-P2",
        arithmetic="max(day_rate, day_minimum) * new_days; "
        "day_minimum = 1283000000, day_rate = 2500000000, new_days = 3",
        clause="TV-P2",
        source="a summary",
        confidence="high",
        readings=(reading,),
    )
    quote = Quote(
        lines=(line,), gross=cents, cost=cents, days=3, basis="Three days on the bridge.", unverified=("day_minimum",)
    )
    return question, finding, quote


def _permit() -> Permit:
    return Permit(
        permit=make.ident("permit"),
        use_id=make.ident("use"),
        request=ref("request"),
        decision=ref("decision"),
        consent=ref("consent"),
        performer=make.PERFORMER,
        production=make.PRODUCTION,
        asset=make.REPLICA,
        epoch=1,
        use=Use.RENDER,
        shot=make.SHOT,
        unit="frame",
        units=8,
        arc_from_deg=-20,
        arc_to_deg=20,
        worker=make.WORKER,
        worker_grade="studio-run",
        cost=Money.parse("9075.000000 USD"),
        days=3,
        life_seconds=86_400,
        at=make.AT,
    )


def facts() -> Vectors:
    """The kind's name, the fact as an object, its one spelling, and the digest of that."""
    found: Vectors = {}
    for kind, fact in example_facts().items():
        data = fact.canonical()
        found[kind] = {
            "about": type(fact).__doc__.split("\n")[0] if type(fact).__doc__ else "",
            "kind": kind,
            "fact": fact.plain(),
            "canonical": data.decode(),
            "digest": plain_digest(kind, data),
        }
    return found
