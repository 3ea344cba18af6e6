"""Weights and other replicas from elsewhere, in the worker: admitted under a create permit, counted under a use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custody.kit import PERFORMER, PERFORMER_KEY, REPLICA, WORKER, WORKER_KEY, Story, ident, pinned, request, signature
from mesh import kit as meshes
from stagedoor.adapters.blobs import FolderBlobs
from stagedoor.adapters.intake import ReplicaError, seal_replica
from stagedoor.core.base.canonical import digest_of
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Source, Technique
from stagedoor.core.facts.permit import Permit
from stagedoor.custodian.desk import Deposit
from stagedoor.custodian.intake import accept
from stagedoor.custodian.papers import Trust
from stagedoor.seal import join, open_bytes
from stagedoor.wire import blobs
from stagedoor.wire.weights import WeightsError
from stagedoor.worker import admit
from stagedoor.worker.admit import READERS, admit_replica
from stagedoor.worker.formats.ply import write_ply
from stagedoor.worker.hatch import Taken
from stagedoor.worker.job import Job, Plan, WorkError
from stagedoor.worker.mesh.sealed import from_bytes, to_bytes
from stagedoor.worker.recipes import plan
from stagedoor.worker.service import MAKERS
from stagedoor.worker.stamp import MARK
from stagedoor.worker.weigh import describe
from wire.weighing import kohya, packed, voice, written
from worker.kit import AnnouncedFakeLease, asset, ball, order
from worker.test_fit import CUSTODIANS, IDENTITY

BROUGHT = ident("asset", 5)
LORA = written(kohya(4), {"ss_base_model_version": "sdxl_base_v1-0"})
AT = order(Story().permit()).at


def permit(use: Use, unit: str, of: str) -> Permit:
    """One unit of a use."""
    asked = request(asset=of, use=use, shot="", unit=unit, units=1, arc_from_deg=0, arc_to_deg=0)
    return Story(request=asked).permit()


def taken_admit(technique: int = Technique.LORA.number, **over: Any) -> Taken:
    """An admission as the store hands it out."""
    given = permit(Use.CREATE, "replica", BROUGHT)
    return Taken(
        order=order(given, {"technique": technique}, **{"recipe": "admit-replica", "result_asset": REPLICA} | over)
        .canonical(),
        permit=given.canonical(),
        asset=asset(asset=BROUGHT, made_by="").canonical(),
    )  # fmt: skip


def taken_describe(**over: Any) -> Taken:
    """A call as the store hands it out."""
    given = permit(Use.GENERATE, "call", REPLICA)
    return Taken(
        order=order(given, {}, **{"recipe": "describe-weights"} | over).canonical(),
        permit=given.canonical(),
        asset=asset().canonical(),
    )


def job(tmp_path: Path, taken: Taken, plaintext: bytes, *, answers: int = 1_000_000) -> Job:
    """The work, planned, with a fake lease that says so in its name."""
    found = plan(taken, WORKER)
    assert isinstance(found, Plan), found
    (tmp_path / "blobs").mkdir(exist_ok=True)
    return Job(plan=found, plaintext=bytearray(plaintext), lease=AnnouncedFakeLease(answers), out=tmp_path / "out",
               blobs=tmp_path / "blobs")  # fmt: skip


def opened(folder: Path, envelopes: Mapping[str, bytes], *, asset_id: str, sha256: str, size: int) -> bytes:
    """What both custodians' shares together open, each taken with the pins that it should have."""
    parent = pinned(asset=BROUGHT, capture=BROUGHT, brought=True)
    shares = []
    for name, keys in CUSTODIANS.items():
        given = Deposit(
            asset=asset_id, envelope=envelopes[name], performer=PERFORMER, performer_key=PERFORMER_KEY.public_hex
        )
        trust = Trust(name=name, gate_key="", workers={WORKER: WORKER_KEY.public_hex})
        share, pins = accept(given, keys=keys, trust=trust, pins_of=lambda _: parent)
        assert pins == replace(parent, asset=asset_id, brought=asset_id == BROUGHT)
        shares.append(share)
    source = blobs.pieces(folder, sha256, size=size)
    return bytes(open_bytes(source, key=join(*shares), context=asset_id.encode()))


def test_every_recipe_has_somebody_who_does_it() -> None:
    from stagedoor.worker.recipes import RECIPES

    assert set(MAKERS) == set(RECIPES)


def test_a_lora_is_admitted_byte_for_byte_under_a_key_of_its_own(tmp_path: Path) -> None:
    work = job(tmp_path, taken_admit(), LORA)
    made = admit_replica(work, IDENTITY)
    assert (made.units, made.outputs, made.whole) == (1, (), True)
    assert made.sealed is not None
    assert work.plaintext == bytearray(len(LORA)), "the opened file is wiped"
    told = {item.name: item.value for item in made.measures}
    assert told == {"tensors": 8, "parameters": sum(item.size for item in kohya(4).values()), "modules": 3,
                    "rank_min": 4, "rank_max": 4}  # fmt: skip
    sealed = made.sealed
    plain = opened(work.blobs, sealed.envelopes, asset_id=REPLICA, sha256=sealed.sha256, size=sealed.size)
    assert plain == LORA
    assert LORA[200:264] not in blobs.path_of(work.blobs, sealed.sha256).read_bytes()
    assert not work.out.exists()


@pytest.mark.parametrize(
    ("technique", "plain", "seals", "measure"),
    [
        (Technique.VOICE, written(voice()), written(voice()), "parameters"),
        (Technique.SPLATS, write_ply(ball()), write_ply(ball()), "gaussians"),
        (Technique.MESH, to_bytes(meshes.ball()), to_bytes(meshes.ball()), "triangles"),
    ],
    ids=["voice", "splats", "mesh"],
)
def test_each_technique_is_read_and_sealed(
    technique: Technique, plain: bytes, seals: bytes, measure: str, tmp_path: Path
) -> None:
    work = job(tmp_path, taken_admit(technique.number), plain)
    made = admit_replica(work, IDENTITY)
    assert made.sealed is not None
    sealed = made.sealed
    kept = opened(work.blobs, sealed.envelopes, asset_id=REPLICA, sha256=sealed.sha256, size=sealed.size)
    if technique is Technique.MESH:
        assert np.array_equal(from_bytes(kept).triangles, from_bytes(seals).triangles)
    else:
        assert kept == seals
    assert {item.name: item.value for item in made.measures}[measure] > 0


def test_a_lease_that_lapses_leaves_nothing_admitted(tmp_path: Path) -> None:
    made = admit_replica(job(tmp_path, taken_admit(), LORA, answers=0), IDENTITY)
    assert (made.units, made.sealed, made.whole) == (0, None, False)
    assert list((tmp_path / "blobs").iterdir()) == []


@pytest.mark.parametrize("number", sorted(READERS))
@pytest.mark.parametrize("plain", [b"", b"rubbish SECRET", packed({"SECRET": {}}), written({"SECRET": np.ones(3)})])
def test_what_is_not_of_its_technique_is_refused_without_quoting_it(number: int, plain: bytes, tmp_path: Path) -> None:
    if number == Technique.VOICE.number and plain.endswith(b"\x3f"):
        return  # a file of numbers is all that a voice must be
    work = job(tmp_path, taken_admit(number), plain)
    with pytest.raises(WorkError) as refused:
        admit_replica(work, IDENTITY)
    assert "SECRET" not in str(refused.value)
    assert not any(work.plaintext)
    assert list(work.blobs.iterdir()) == []


def test_a_technique_without_a_reader_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admit, "READERS", {})
    with pytest.raises(WorkError, match="no replica of that technique"):
        admit_replica(job(tmp_path, taken_admit(Technique.FIELD.number), LORA), IDENTITY)


def test_a_description_leaves_as_counts_and_never_as_weights(tmp_path: Path) -> None:
    work = job(tmp_path, taken_describe(), LORA)
    made = describe(work)
    assert (made.units, made.sealed, made.whole) == (1, None, True)
    told = {item.name: item.value for item in made.measures}
    assert (told["tensors"], told["modules"], told["rank_min"], told["rank_max"]) == (8, 3, 4, 4)
    (output,) = made.outputs
    data = (work.out / output.name).read_bytes()
    assert json.loads(data) == {"mark": MARK} | told
    assert (output.sha256, output.bytes, output.mark) == (digest_hex(data), len(data), MARK)
    assert b"lora_unet" not in data and not any(work.plaintext)


def digest_hex(data: bytes) -> str:
    """SHA-256 in hex."""
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_a_call_whose_lease_lapsed_counts_nothing_and_writes_nothing(tmp_path: Path) -> None:
    made = describe(job(tmp_path, taken_describe(), LORA, answers=0))
    assert (made.units, made.outputs, made.whole) == (0, (), False)
    assert not (tmp_path / "out").exists()


def test_what_is_no_weights_is_refused_without_quoting_it(tmp_path: Path) -> None:
    with pytest.raises(WorkError) as refused:
        describe(job(tmp_path, taken_describe(), packed({"SECRET": {}})))
    assert "SECRET" not in str(refused.value)


WRONG = {
    "a made replica is admitted again": lambda: replace(taken_admit(), asset=asset(asset=BROUGHT).canonical()),
    "a brought replica is rendered from": lambda: replace(taken_describe(), asset=asset(made_by="").canonical()),
    "an admission that makes nothing": lambda: taken_admit(result_asset=""),
    "a technique that is none": lambda: taken_admit(6),
    "a description that makes an asset": lambda: taken_describe(result_asset=ident("asset", 9)),
    "a description as a render": lambda: taken_describe(recipe="render-arc"),
    "an admission as a fit": lambda: taken_admit(recipe="fit-splats"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_permitted_is_refused(name: str) -> None:
    refused = plan(WRONG[name](), WORKER)
    assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK, refused


def origin(data: bytes, technique: Technique = Technique.LORA) -> Origin:
    """What its bringer declares."""
    return Origin(
        asset=BROUGHT, performer=PERFORMER, production=ident("production"), technique=technique,
        source=Source.FROM_ARCHIVES, capture="", plain_sha256=digest_hex(data), plain_bytes=len(data),
        evidence=digest_of("paper", b"how"), purpose="a double", at=AT,
    )  # fmt: skip


def sealed_by_intake(path: Path, folder: Path, told: Origin) -> Any:
    """Through the door."""
    release = ReplicaRelease(
        performer=PERFORMER, asset=BROUGHT, capture="", origin=told.digest(), purpose=told.purpose, at=AT
    )
    return seal_replica(
        path, FolderBlobs(folder), origin=told, release=release,
        release_signature=signature(release, PERFORMER_KEY, PERFORMER), performer_key=PERFORMER_KEY.public_hex,
        custodians=dict(IDENTITY.custodians),
    )  # fmt: skip


def test_intake_seals_the_very_file_and_leaves_it_nowhere_else(tmp_path: Path) -> None:
    path, folder = tmp_path / "her.safetensors", tmp_path / "blobs"
    path.write_bytes(LORA)
    made = sealed_by_intake(path, folder, origin(LORA))
    plain = opened(folder, made.envelopes, asset_id=BROUGHT, sha256=made.sealed_sha256, size=made.sealed_bytes)
    assert plain == LORA
    assert [found.suffix for found in folder.iterdir()] == [".sealed"]


@pytest.mark.parametrize(
    ("data", "told", "says"),
    [
        (LORA + b"\x00", origin(LORA), "not the file that its origin declares"),
        (LORA[:-1], origin(LORA), "not the file that its origin declares"),
        (b"", origin(LORA), "no plain file"),
        (LORA[:-1], origin(LORA[:-1]), "cut short"),
        (written(voice()), origin(written(voice())), "not a LoRA"),
        (b"PK\x03\x04" + b"\x00" * 60, origin(b"PK\x03\x04" + b"\x00" * 60), "pickle could run code"),
    ],
    ids=["longer", "cut", "empty", "broken", "no lora", "zip"],
)
def test_intake_keeps_nothing_of_a_file_that_is_not_it(data: bytes, told: Origin, says: str, tmp_path: Path) -> None:
    path, folder = tmp_path / "file", tmp_path / "blobs"
    path.write_bytes(data)
    with pytest.raises((ReplicaError, WeightsError), match=says):
        sealed_by_intake(path, folder, told)
    assert list(folder.iterdir()) == []


def test_intake_waits_for_no_pipe(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReplicaError, match="no plain file"):
        sealed_by_intake(tmp_path / "pipe", tmp_path / "blobs", origin(LORA))
