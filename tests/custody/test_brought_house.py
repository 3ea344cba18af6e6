"""A brought replica through the real processes: two custodians, a worker, PostgreSQL.  The tests run in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from custody.house import JOURNAL, NAMES, House, build
from custody.kit import AT, CAPTURE, PERFORMER, PERFORMER_KEY, PRODUCTION, REPLICA, ident, signature
from stagedoor.adapters.blobs import FolderBlobs
from stagedoor.adapters.intake import seal_replica
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Source, Technique
from stagedoor.core.facts.permit import Receipt
from stagedoor.core.steps.intake import brought_asset
from stagedoor.seal import OneTimeKey
from wire.weighing import kohya, written
from worker.kit import ARC, asset, capture_files

BROUGHT = ident("asset", 50)
LORA = written(kohya(4))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with money, both custodians running, and a capture in their keeping."""
    made = build(tmp_path_factory.mktemp("brought"))
    try:
        made.fund()
        for name in NAMES:
            made.start_custodian(name)
        capture = made.take_in(capture_files())
        made.wait("both custodians take the capture's shares", lambda: made.taken(CAPTURE))
        bring(made, capture)
        made.wait("both custodians take the brought replica's shares", lambda: made.taken(BROUGHT))
        yield made
    finally:
        made.close()


def bring(house: House, capture: Asset) -> None:
    """A LoRA of her capture, through intake's own door."""
    path = house.root / "her.safetensors"
    path.write_bytes(LORA)
    origin = Origin(
        asset=BROUGHT, performer=PERFORMER, production=PRODUCTION, technique=Technique.LORA,
        source=Source.WITH_PERFORMER, capture=CAPTURE, plain_sha256=hashlib.sha256(LORA).hexdigest(),
        plain_bytes=len(LORA), evidence="sha256:" + "e" * 64, purpose="a double", at=AT,
    )  # fmt: skip
    release = ReplicaRelease(
        performer=PERFORMER, asset=BROUGHT, capture=CAPTURE, origin=origin.digest(), purpose=origin.purpose, at=AT
    )
    sealed = seal_replica(
        path, FolderBlobs(house.blobs), origin=origin, release=release,
        release_signature=signature(release, PERFORMER_KEY, PERFORMER), performer_key=PERFORMER_KEY.public_hex,
        custodians=house.seal_keys,
    )  # fmt: skip
    path.unlink()
    made = brought_asset(
        origin, release, capture, sealed_sha256=sealed.sealed_sha256, sealed_bytes=sealed.sealed_bytes, at=AT
    )
    house.keep(made, dict(sealed.envelopes))


def answers(house: House, use: Use, asset_id: str) -> dict[str, tuple[bool, str]]:
    """What both custodians answer to a grant that the gate gave, whatever it should have done."""
    story = house.permit(use=use, asset_id=asset_id)
    recipe = ("admit-replica", {"technique": 4}) if use is Use.CREATE else ("render-arc", ARC)
    over = {"result_asset": ident("asset", 90 + house.number)} if use is Use.CREATE else {}
    house.ask(house.dispatch(story, recipe[1], recipe=recipe[0], **over), OneTimeKey.generate())
    grant = house.grant(story)
    assert grant is not None
    house.wait("both custodians answer", lambda: len(house.answers(grant)) == 2)
    return house.answers(grant)


def test_the_worker_admits_it_and_what_comes_out_opens_as_any_replica(house: House) -> None:
    story = house.permit(use=Use.CREATE, asset_id=BROUGHT)
    house.start_worker()
    house.dispatch(story, {"technique": Technique.LORA.number}, recipe="admit-replica", result_asset=REPLICA)
    house.wait("the worker asks for its key", lambda: house.grant(story))
    receipt, shares = house.wait("the receipt comes", house.receive)
    assert isinstance(receipt, Receipt) and (receipt.units, receipt.unit, receipt.outputs) == (1, "replica", ())
    told = {item.name: item.value for item in receipt.measures}
    assert (told["modules"], told["rank_max"]) == (3, 4)
    made = asset(asset=REPLICA, sealed_sha256=receipt.sealed_sha256, sealed_bytes=receipt.sealed_bytes,
                 made_by=receipt.digest())  # fmt: skip
    house.keep(made, shares)
    house.wait("both custodians take the new shares", lambda: house.taken(REPLICA))
    assert house.end("worker") == 0
    assert answers(house, Use.RENDER, REPLICA) == dict.fromkeys(NAMES, (True, ""))
    with house.store.unit() as unit:
        assert unit.all(Receipt, JOURNAL) == (receipt,)


def test_custodians_let_it_out_for_its_creation_and_for_no_render_that_a_gate_granted(house: House) -> None:
    assert answers(house, Use.RENDER, BROUGHT) == dict.fromkeys(NAMES, (False, "not_permitted"))
    assert answers(house, Use.CREATE, BROUGHT) == dict.fromkeys(NAMES, (True, ""))


def test_nothing_of_the_file_lies_on_disk_or_in_a_log(house: House) -> None:
    needle, name = LORA[-64:], b"lora_unet"
    for path in house.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert needle not in data and name not in data, path
