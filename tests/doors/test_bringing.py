"""`stagedoor replica bring`, and `check` on weights: a file from elsewhere comes in shut, or nothing of it does."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from consents.kit import AT, Bureau
from stagedoor.adapters.home import create_home
from stagedoor.adapters.postgres.embedded import EmbeddedServer
from stagedoor.core.facts.asset import Asset, ReplicaKind
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Source, Technique
from stagedoor.seal import public_from_private
from stagedoor.wiring import opened
from wire.weighing import kohya, peft, voice, written

from .kit import REFUSED, Said, files_below, run, says_no

LORA = written(kohya(4), {"ss_base_model_version": "sdxl_base_v1-0"})
KEYS = {name: public_from_private(bytearray(name.encode().ljust(32, b"."))) for name in ("union", "studio")}
CUSTODIANS = [word for name, key in KEYS.items() for word in ("--custodian", f"{name}={key}")]


def test_a_lora_is_told_in_counts(tmp_path: Path) -> None:
    path = tmp_path / "her.safetensors"
    path.write_bytes(LORA)
    said = run("replica", "check", path)
    assert said.status == 0, said
    assert "A LoRA of 3 modules, rank 4, named as kohya names them." in said.out
    assert "8 tensors" in said.out and "sdxl_base_v1-0" in said.out
    told = run("replica", "check", path, "--json").json
    assert (told["kind"], told["layout"], told["rank_min"], told["alphas"]) == ("lora", "kohya", 4, [2.0])
    both = kohya(4) | {key.replace("unet", "te"): value for key, value in kohya(8).items()}
    path.write_bytes(written(both))
    assert "rank 4 to 8" in run("replica", "check", path).out
    path.write_bytes(written(voice()))
    assert "no LoRA" in run("replica", "check", path).out


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.ckpt", b"PK\x03\x04" + b"\x00" * 40, "pickle could run code"),
        ("a.bin", b"\x80\x02}q\x00." + b"\x00" * 40, "pickle"),
        ("a.safetensors", LORA[:-1], "cut short"),
        ("a.safetensors", b"", "no plain file"),
        ("a.safetensors", written(kohya() | peft()), "2 layouts"),
        ("a\x1b[2J.safetensors", b"\xff" * 100, "at most"),
    ],
    ids=["zip", "pickle", "cut", "empty", "mixed", "noise"],
)
def test_what_is_wrong_is_told(name: str, data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    says_no(run("replica", "check", path), says)


@pytest.fixture(scope="module")
def home() -> Iterator[tuple[Path, Bureau]]:
    """A home in which everybody is enrolled, one picture is open, and two custodians are known."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    made = create_home(folder / "home")
    EmbeddedServer.start(made.database).stop()
    with opened(made.root) as house:
        bureau = Bureau.opened(house)
    yield made.root, bureau
    shutil.rmtree(folder, ignore_errors=True)


def papers(bureau: Bureau, data: bytes, technique: Technique = Technique.LORA) -> tuple[Origin, ReplicaRelease]:
    """From archives, with her word on it."""
    origin = Origin(
        asset=bureau.ids.new("asset"), performer=bureau.id("performer"), production=bureau.id("production"),
        technique=technique, source=Source.FROM_ARCHIVES, capture="", plain_sha256=hashlib.sha256(data).hexdigest(),
        plain_bytes=len(data), evidence="sha256:" + "e" * 64, purpose="a double", at=AT,
    )  # fmt: skip
    release = ReplicaRelease(
        performer=origin.performer,
        asset=origin.asset,
        capture="",
        origin=origin.digest(),
        purpose=origin.purpose,
        at=AT,
    )
    return origin, release


def bring(home: tuple[Path, Bureau], folder: Path, data: bytes, *, leave_out: str = "", her: str = "performer",
          custodians: list[str] = CUSTODIANS, of: bytes = LORA) -> tuple[Said, str]:  # fmt: skip
    """Write file and papers down and bring them."""
    root, bureau = home
    origin, release = papers(bureau, of)
    facts = {"origin": origin, "release": release, "by-studio": bureau.sign("studio", origin),
             "by-her": bureau.sign(her, release)}  # fmt: skip
    paths = []
    for name, fact in facts.items():
        (folder / f"{name}.json").write_bytes(fact.canonical() + b"\n")
        paths += [] if name == leave_out else [folder / f"{name}.json"]
    (folder / "her.safetensors").write_bytes(data)
    return run("replica", "bring", folder / "her.safetensors", *paths, *custodians, "--home", root), origin.asset


def held(home: tuple[Path, Bureau], asset: str) -> Asset | None:
    """Whether the house holds it."""
    with opened(home[0]) as house, house.store.unit() as unit:
        return unit.find(Asset, asset)


def test_a_lora_comes_in_sealed_and_shut(home: tuple[Path, Bureau], tmp_path: Path) -> None:
    said, asset = bring(home, tmp_path, LORA)
    assert said.status == 0 and asset in said.out, said
    made = held(home, asset)
    assert made is not None and made.brought and made.replica_kind is ReplicaKind.ICDR
    blob = (home[0] / "blobs" / f"{made.sealed_sha256}.sealed").read_bytes()
    assert len(blob) == made.sealed_bytes and LORA[200:264] not in blob
    kept = files_below(home[0])
    assert not any(LORA[200:264] in data for data in kept.values()), "the file lies in the clear in no place of ours"


@pytest.mark.parametrize(
    ("how", "words", "status"),
    [
        ({"leave_out": "release"}, "refused [no_release]", REFUSED),
        ({"leave_out": "by-her"}, "refused [no_release]", REFUSED),
        ({"leave_out": "by-studio"}, "studio's signature", 2),
        ({"leave_out": "origin"}, "Bring four papers", 2),
        ({"her": "second"}, "refused [signature_invalid]", REFUSED),
        ({"custodians": CUSTODIANS[:2]}, "two custodians", 2),
        ({"custodians": [*CUSTODIANS[:3], "studio=" + KEYS["union"]]}, "two custodians", 2),
        ({"custodians": [*CUSTODIANS[:3], "studio=zz"]}, "64 hexadecimal digits", 2),
        ({"of": LORA + b"x"}, "not the file that its origin declares", 2),
    ],
)
def test_what_is_missing_is_told_and_nothing_comes_in(
    how: dict[str, str], words: str, status: int, home: tuple[Path, Bureau], tmp_path: Path
) -> None:
    before = set((home[0] / "blobs").iterdir())
    said, asset = bring(home, tmp_path, LORA, **how)
    says_no(said, words, status=status)
    assert held(home, asset) is None
    assert set((home[0] / "blobs").iterdir()) == before


def test_papers_that_are_noise_are_told(home: tuple[Path, Bureau], tmp_path: Path) -> None:
    (tmp_path / "her.safetensors").write_bytes(LORA)
    for number, data in enumerate((b"", b"{", b"[" * 100_000, b'"' + b"x" * (2 << 20) + b'"')):
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        said = run("replica", "bring", tmp_path / "her.safetensors", path, *CUSTODIANS, "--home", home[0])
        says_no(said, f"{number}.json", "as it was signed")


def test_an_origin_that_was_changed_after_signing_is_refused(home: tuple[Path, Bureau], tmp_path: Path) -> None:
    root, bureau = home
    origin, release = papers(bureau, LORA)
    other = replace(origin, purpose="anything")
    paths = []
    facts = (other, release, bureau.sign("studio", origin), bureau.sign("performer", release))
    for number, fact in enumerate(facts):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_bytes(fact.canonical())
    (tmp_path / "her.safetensors").write_bytes(LORA)
    says_no(run("replica", "bring", tmp_path / "her.safetensors", *paths, *CUSTODIANS, "--home", root), "signature")
