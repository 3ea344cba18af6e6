"""A replica that was made elsewhere: it comes in with its papers, opens for its creation alone, and that is paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Asset, AssetKind, ReplicaKind
from stagedoor.core.facts.consent import Consent, Use
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Source, Technique
from stagedoor.core.facts.permit import KeyGrant, Output, Permit, Setting, WorkOrder
from stagedoor.core.facts.request import Circumstance, Estimate
from stagedoor.core.steps.dispatch import ADMIT, RECIPES
from stagedoor.stories.dispatch_work import dispatch_work
from stagedoor.stories.estimate_days import record_estimate
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.record_receipt import Posted
from stagedoor.stories.request_use import Asked
from stagedoor.stories.take_in_replica import record_origin, record_replica
from stagedoor.stories.verify_bundle import verify_bundle
from stagedoor.stories.write_bundle import Gathered, gather

from .theatre import AT, Theatre

ALONE = tuple(
    Circumstance(name=name, value=value)
    for name, value in (("participated", False), ("engaged_on_picture", False), ("recognisable", True))
)
"""What a production declares of a replica that it made without her."""

LORA = (Setting(name="technique", value=Technique.LORA.number),)


def origin_of(theatre: Theatre, **over: Any) -> Origin:
    """A LoRA from archives."""
    given: dict[str, Any] = {
        "asset": theatre.ids.new("asset"), "performer": theatre.id("performer"), "production": theatre.id("production"),
        "technique": Technique.LORA, "source": Source.FROM_ARCHIVES, "capture": "", "plain_sha256": "cd" * 32,
        "plain_bytes": 37_904, "evidence": "sha256:" + "e" * 64, "purpose": "A double for one shot.", "at": AT,
    }  # fmt: skip
    return Origin(**given | over)


def with_her(theatre: Theatre, **over: Any) -> Origin:
    """A LoRA from the capture that lies here."""
    return origin_of(theatre, **{"source": Source.WITH_PERFORMER, "capture": theatre.id("capture")} | over)


def release_of(origin: Origin, **over: Any) -> ReplicaRelease:
    """Her word on it."""
    given: dict[str, Any] = {
        "performer": origin.performer, "asset": origin.asset, "capture": origin.capture, "origin": origin.digest(),
        "purpose": origin.purpose, "at": AT,
    }  # fmt: skip
    return ReplicaRelease(**given | over)


def papers(
    theatre: Theatre, origin: Origin, release: ReplicaRelease | None, *, studio: str = "studio", her: str = "performer"
) -> Refused | None:
    """Hand both papers in, each signed."""
    return record_origin(
        theatre.store, theatre.verifier, origin=origin, origin_signature=theatre.sign(studio, origin), release=release,
        release_signature=theatre.sign(her, release) if release else None,
    )  # fmt: skip


def sealed(theatre: Theatre, asset: str, *, sha256: str = "ef" * 32) -> Asset | Refused:
    """The sealed file is recorded."""
    return record_replica(
        theatre.store, theatre.verifier, asset=asset, sealed_sha256=sha256, sealed_bytes=38_000, envelopes={}, at=AT
    )


def brought(theatre: Theatre, origin: Origin) -> Asset:
    """Papers, then the seal."""
    assert papers(theatre, origin, release_of(origin)) is None
    made = sealed(theatre, origin.asset)
    assert isinstance(made, Asset), made
    return made


def consent_to(theatre: Theatre, capture: str, kind: ReplicaKind) -> Consent:
    """Her terms: to create one replica, and to render it as before."""
    first = theatre.consented
    assert first is not None
    create = replace(first.grants[0], use=Use.CREATE, shots=("",), approve_shots=(), unit="replica", units_max=1,
                     arc_max_deg=0)  # fmt: skip
    made = replace(first, consent=theatre.ids.new("consent"), capture=capture, replica_kind=kind,
                   grants=(create, *first.grants))  # fmt: skip
    signed = {"by_performer": theatre.sign("performer", made), "by_studio": theatre.sign("studio", made)}
    assert record_consent(theatre.store, theatre.verifier, made, **signed) is None
    theatre.consented = made
    fact = Estimate(
        estimate=theatre.ids.new("estimate"), production=theatre.id("production"), performer=theatre.id("performer"),
        use=Use.CREATE, shots=("",), days=1, basis="One day on the stage (call sheet 9).", made_by=theatre.id("studio"),
        at=AT,
    )  # fmt: skip
    assert record_estimate(theatre.store, theatre.verifier, fact, theatre.sign("studio", fact)) is None
    theatre.named["creation"] = fact.estimate
    return made


def ask_create(theatre: Theatre, asset: str, **over: Any) -> Asked:
    """May we create it?"""
    return theatre.ask(
        asset=asset, use=Use.CREATE, shot="", unit="replica", units=1, arc_from_deg=0, arc_to_deg=0,
        estimate=theatre.id("creation"), **over,
    )  # fmt: skip


def admit(theatre: Theatre, permit: Permit, settings: tuple[Setting, ...] = LORA) -> WorkOrder | Refused:
    """The order for the worker."""
    return dispatch_work(
        theatre.store, theatre.ids, permit, recipe=ADMIT, settings=settings, makes=theatre.ids.new("asset"), at=AT
    )


def created(theatre: Theatre, permit: Permit) -> tuple[Asset, Posted]:
    """Ordered, keyed, made, recorded."""
    order = admit(theatre, permit)
    assert isinstance(order, WorkOrder), order
    receipt = theatre.made(permit, order, theatre.granted(order), unit="replica", units=1, outputs=(),
                           result_asset=order.result_asset, sealed_sha256="0a" * 32, sealed_bytes=38_001)  # fmt: skip
    posted = theatre.record(theatre.letter(order, receipt))
    assert isinstance(posted, Posted), posted
    with theatre.store.unit() as unit:
        asset = unit.find(Asset, order.result_asset)
    assert asset is not None
    return asset, posted


def test_a_lora_made_from_a_capture_comes_in_and_its_creation_is_paid_like_any_other(theatre: Theatre) -> None:
    with theatre.store.unit() as unit:
        capture = unit.find(Asset, theatre.id("capture"))
    assert capture is not None
    made = brought(theatre, with_her(theatre))
    assert (made.kind, made.replica_kind, made.brought) == (AssetKind.REPLICA, ReplicaKind.EBDR, True)
    assert (made.made_from, made.notice) == ((capture.digest(),), capture.notice)
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    before = theatre.money
    asked = ask_create(theatre, made.asset)
    assert asked.permit is not None, asked.refused
    assert asked.permit.cost.units > 0
    asset, posted = created(theatre, asked.permit)
    assert posted.entry is not None
    assert theatre.money["performer"] > before["performer"] and theatre.money["plans"] > before["plans"]
    assert (asset.made_from, asset.made_by, asset.brought) == ((made.digest(),), posted.receipt.digest(), False)
    assert theatre.permit(asset=asset.asset).asset == asset.asset


def test_a_lora_from_archives_is_of_the_other_kind_and_its_consent_names_itself(theatre: Theatre) -> None:
    made = brought(theatre, origin_of(theatre))
    assert (made.replica_kind, made.made_from, made.notice) == (ReplicaKind.ICDR, (), "")
    consent_to(theatre, made.asset, ReplicaKind.EBDR)
    assert theatre.refused(ask_create(theatre, made.asset)) == "outside_consent", "an EBDR consent covers no ICDR"
    consent_to(theatre, made.asset, ReplicaKind.ICDR)
    asked = ask_create(theatre, made.asset)
    assert theatre.refused(asked) == "doubt", "whether she took part in anything else, the production must declare"
    asked = ask_create(theatre, made.asset, circumstances=ALONE)
    assert asked.decision is not None
    assert theatre.refused(asked) == "needs_a_person", "the agreement's formula for an ICDR was read by nobody"


def test_what_was_brought_opens_for_nothing_but_its_creation(theatre: Theatre) -> None:
    made = brought(theatre, with_her(theatre))
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    decisions = theatre.count("decision")
    for use, unit in ((Use.RENDER, "frame"), (Use.GENERATE, "call"), (Use.TRAIN, "token")):
        assert theatre.refused(theatre.ask(asset=made.asset, use=use, unit=unit)) == "not_permitted"
    assert theatre.count("decision") == decisions
    asked = ask_create(theatre, made.asset)
    assert asked.permit is not None, asked.refused
    wrong = dispatch_work(
        theatre.store, theatre.ids, asked.permit, recipe="fit-splats", makes=theatre.ids.new("asset"), at=AT,
        settings=tuple(Setting(name=name, value=1) for name in RECIPES["fit-splats"][1]),
    )  # fmt: skip
    assert theatre.refused(wrong) == "wrong_work"
    for number in (Technique.VOICE.number, 0):
        other = (Setting(name="technique", value=number),)
        assert theatre.refused(admit(theatre, asked.permit, other)) == "wrong_work"
    assert isinstance(admit(theatre, asked.permit), WorkOrder)


def test_a_capture_is_not_admitted_as_a_replica(theatre: Theatre) -> None:
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    asked = ask_create(theatre, theatre.id("capture"))
    assert asked.permit is not None, asked.refused
    assert theatre.refused(admit(theatre, asked.permit)) == "wrong_work"


def test_one_permit_admits_one_replica_and_pays_once(theatre: Theatre) -> None:
    made = brought(theatre, with_her(theatre))
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    permit = ask_create(theatre, made.asset).permit
    assert permit is not None
    created(theatre, permit)
    paid = theatre.money
    assert theatre.refused(admit(theatre, permit)) == "permit_spent"
    assert theatre.money == paid


Wrong = Callable[[Theatre], Refused | None]
WRONG: dict[str, tuple[Wrong, Code]] = {
    "no release": (lambda t: papers(t, origin_of(t), None), Code.NO_RELEASE),
    "a release of another file": (
        lambda t: papers(t, origin_of(t), release_of(origin_of(t))),
        Code.NO_RELEASE,
    ),
    "a release for another purpose": (
        lambda t: papers(t, o := origin_of(t), release_of(o, purpose="anything")),
        Code.NO_RELEASE,
    ),
    "a release that names another asset": (
        lambda t: papers(t, o := origin_of(t), release_of(o, asset=t.ids.new("asset"))),
        Code.NO_RELEASE,
    ),
    "a release that names no capture": (
        lambda t: papers(t, o := with_her(t), release_of(o, capture="")),
        Code.NO_RELEASE,
    ),
    "a release by somebody else": (
        lambda t: papers(t, o := origin_of(t), release_of(o), her="second"),
        Code.SIGNATURE_INVALID,
    ),
    "a release of another performer": (
        lambda t: papers(t, o := origin_of(t), release_of(o, performer=t.id("second")), her="second"),
        Code.NO_RELEASE,
    ),
    "an origin by another studio": (
        lambda t: papers(t, o := origin_of(t), release_of(o), studio="other-studio"),
        Code.SIGNATURE_INVALID,
    ),
    "no purpose": (lambda t: papers(t, o := origin_of(t, purpose=" "), release_of(o)), Code.NO_REASON),
    "no evidence": (lambda t: papers(t, o := origin_of(t, evidence=""), release_of(o)), Code.MALFORMED),
    "no digest of the file": (lambda t: papers(t, o := origin_of(t, plain_sha256="x"), release_of(o)), Code.MALFORMED),
    "an empty file": (lambda t: papers(t, o := origin_of(t, plain_bytes=0), release_of(o)), Code.MALFORMED),
    "an id of something else": (
        lambda t: papers(t, o := origin_of(t, asset=t.ids.new("use")), release_of(o)),
        Code.MALFORMED,
    ),
    "archives with a capture": (
        lambda t: papers(t, o := with_her(t, source=Source.FROM_ARCHIVES), release_of(o)),
        Code.MALFORMED,
    ),
    "with her and no capture": (
        lambda t: papers(t, o := with_her(t, capture=""), release_of(o)),
        Code.UNKNOWN_ASSET,
    ),
    "a capture that is none": (
        lambda t: papers(t, o := with_her(t, capture=t.id("replica")), release_of(o)),
        Code.UNKNOWN_ASSET,
    ),
    "another performer's capture": (
        lambda t: papers(t, o := with_her(t, performer=t.id("second")), release_of(o), her="second"),
        Code.UNKNOWN_ASSET,
    ),
    "nobody's": (
        lambda t: papers(t, o := origin_of(t, performer=t.id("agent")), release_of(o), her="agent"),
        Code.UNKNOWN_PARTY,
    ),
    "no production": (
        lambda t: papers(t, o := origin_of(t, production=t.ids.new("production")), release_of(o)),
        Code.UNKNOWN_PARTY,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_without_its_papers_nothing_comes_in(name: str, theatre: Theatre) -> None:
    make, code = WRONG[name]
    facts = (theatre.count("origin"), theatre.count("replica_release"), theatre.count("signature"))
    refused = make(theatre)
    assert refused is not None and refused.code is code, refused
    assert (theatre.count("origin"), theatre.count("replica_release"), theatre.count("signature")) == facts


def test_a_sealed_file_without_papers_is_no_asset(theatre: Theatre) -> None:
    origin = origin_of(theatre)
    assert theatre.refused(sealed(theatre, origin.asset)) == "no_reason"
    with theatre.store.unit() as unit:
        unit.append("house", origin, ident=origin.asset)
    assert theatre.refused(sealed(theatre, origin.asset)) == "signature_invalid"
    with theatre.store.unit() as unit:
        unit.append("house", theatre.sign("studio", origin))
        unit.append("house", release_of(origin), ident=origin.asset)
    assert theatre.refused(sealed(theatre, origin.asset)) == "no_release", "a release that nobody signed is none"
    with theatre.store.unit() as unit:
        assert unit.find(Asset, origin.asset) is None and unit.asset_state(origin.asset, lock=False) is None


def test_brought_twice_is_once_and_otherwise_sealed_conflicts(theatre: Theatre) -> None:
    origin = origin_of(theatre)
    made = brought(theatre, origin)
    assert brought(theatre, origin) == made
    assert theatre.refused(sealed(theatre, origin.asset, sha256="11" * 32)) == "conflicting_duplicate"


def test_of_a_capture_that_she_withdrew_nothing_is_brought(theatre: Theatre) -> None:
    theatre.withdraw()
    origin = with_her(theatre)
    assert theatre.refused(papers(theatre, origin, release_of(origin))) == "consent_withdrawn"


def test_a_withdrawal_covers_what_was_brought_and_what_came_of_it(theatre: Theatre) -> None:
    made = brought(theatre, with_her(theatre))
    consent = consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    permit = ask_create(theatre, made.asset).permit
    assert permit is not None
    asset, _ = created(theatre, permit)
    theatre.withdraw(consent=consent)
    with theatre.store.unit() as unit:
        states = [unit.asset_state(name, lock=False) for name in (made.asset, asset.asset)]
    assert all(state is not None and state.withdrawn for state in states)


def test_no_key_of_it_without_a_reservation(theatre: Theatre) -> None:
    made = brought(theatre, with_her(theatre))
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    permit = ask_create(theatre, made.asset).permit
    assert permit is not None
    order = admit(theatre, permit)
    assert isinstance(order, WorkOrder)
    theatre.lapse(permit)
    answer = theatre.key(order)
    assert not isinstance(answer, KeyGrant) and theatre.refused(answer) == "permit_expired"


def test_a_bundle_carries_the_two_papers_and_verifies(theatre: Theatre) -> None:
    origin = with_her(theatre)
    made = brought(theatre, origin)
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    permit = ask_create(theatre, made.asset).permit
    assert permit is not None
    created(theatre, permit)
    gathered = gather(theatre.store, theatre.id("production"))
    assert isinstance(gathered, Gathered)
    assert {origin, release_of(origin)} <= set(gathered.facts)
    books = {book.digest: book for book in theatre.books}
    checks = verify_bundle(gathered.facts, books, {}, theatre.verifier, pins={})
    assert [check.what for check in checks if not check.holds] == []


def test_a_description_is_a_use_metered_and_paid_as_any(theatre: Theatre) -> None:
    """One call of the admitted LoRA: asked, permitted, ordered, keyed, counted; a second one is refused."""
    made = brought(theatre, with_her(theatre))
    consent_to(theatre, theatre.id("capture"), ReplicaKind.EBDR)
    permit = ask_create(theatre, made.asset).permit
    assert permit is not None
    asset, _ = created(theatre, permit)
    first = theatre.consented
    assert first is not None
    call = replace(first.grants[-1], use=Use.GENERATE, unit="call", units_max=1, approve_shots=())
    theatre.consented = first = replace(first, consent=theatre.ids.new("consent"), grants=(*first.grants, call))
    signed = {"by_performer": theatre.sign("performer", first), "by_studio": theatre.sign("studio", first)}
    assert record_consent(theatre.store, theatre.verifier, first, **signed) is None
    estimate = Estimate(
        estimate=theatre.ids.new("estimate"), production=theatre.id("production"), performer=theatre.id("performer"),
        use=Use.GENERATE, shots=("12A",), days=1, basis="One day (call sheet 9).", made_by=theatre.id("studio"), at=AT,
    )  # fmt: skip
    assert record_estimate(theatre.store, theatre.verifier, estimate, theatre.sign("studio", estimate)) is None
    asking = {"asset": asset.asset, "use": Use.GENERATE, "unit": "call", "units": 1, "estimate": estimate.estimate}
    asked = theatre.ask(**asking)
    assert asked.permit is not None, (asked.refused, asked.decision)
    assert theatre.refused(theatre.ask(**asking)) == "quantity_exhausted"
    order = dispatch_work(
        theatre.store, theatre.ids, asked.permit, recipe="describe-weights", settings=(), makes="", at=AT
    )
    assert isinstance(order, WorkOrder), order
    told = Output(name="description.json", sha256="cd" * 32, bytes=120, mark=order.stamp)
    receipt = theatre.made(asked.permit, order, theatre.granted(order), unit="call", units=1, outputs=(told,),
                           measures=(Setting(name="tensors", value=8),))  # fmt: skip
    before = theatre.money
    posted = theatre.record(theatre.letter(order, receipt))
    assert isinstance(posted, Posted) and posted.entry is not None
    assert theatre.money["performer"] > before["performer"]
