"""Invariants 12, 13 and 15 over everything that a whole telling of the story left behind."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stagedoor.wire.container import MAGIC

from .conftest import Dump, Told
from .scan import Plaintext

CAPTURE = Path(__file__).parents[2] / "examples" / "mara" / "capture" / "images"
PNG_HEADERS_BYTES = 57
"""Signature, IHDR and the head of the first IDAT: the same in every PNG of one size."""

REPLICA = (b"ply\nformat binary", b"f_dc_0", b"end_header")
MARK = "unmarked preview"
NAMES = ("Mara", "Quill", "Ines Halloran", "Lanternfish", "example.invalid")


@pytest.fixture(scope="module")
def plaintext() -> Plaintext:
    """Every picture of the capture, compressed as committed and as pixels."""
    files = sorted(CAPTURE.glob("*.png"))
    assert len(files) == 60
    return Plaintext([path.read_bytes() for path in files], after=PNG_HEADERS_BYTES)


@pytest.fixture(scope="module")
def pixels() -> Plaintext:
    """The decoded pixels, every sixth picture: a raw dump of an array would hold them."""
    pictures = [np.asarray(Image.open(path)).tobytes() for path in sorted(CAPTURE.glob("*.png"))[::6]]
    return Plaintext(pictures, after=0)


def leaks(data: bytes, *known: Plaintext) -> str:
    """What of a capture or a replica stands in these bytes."""
    for each in known:
        if stretch := each.found_in(data):
            return f"the capture's pictures: {stretch.hex()}"
    for needle in (*REPLICA, MAGIC):
        if needle in data:
            return repr(needle)
    return ""


def decoded(data: bytes) -> bytes:
    """What base64 and long hexadecimal texts in `data` spell, one after another."""
    pieces = [base64.b64decode(m + b"=" * (-len(m) % 4)) for m in re.findall(rb"[A-Za-z0-9+/]{200,}", data)]
    pieces += [bytes.fromhex(m[: len(m) // 2 * 2].decode()) for m in re.findall(rb"[0-9a-f]{200,}", data)]
    return b"\n".join(pieces)


@pytest.mark.parametrize("kind", ["a picture's bytes", "pixels", "a replica", "a container", "base64", "hex"])
def test_the_scan_finds_what_it_looks_for(kind: str, plaintext: Plaintext, pixels: Plaintext) -> None:
    """A check that cannot fail is none: each kind of leak is planted, in the middle of a megabyte of noise."""
    path = sorted(CAPTURE.glob("*.png"))[6]
    stretch = path.read_bytes()[1_000:1_064]
    planted = {
        "a picture's bytes": stretch,
        "pixels": np.asarray(Image.open(path))[128, 100:200].tobytes(),  # across the face
        "a replica": b"ply\nformat binary_little_endian 1.0\n",
        "a container": MAGIC,
        "base64": base64.b64encode(path.read_bytes()[500:2_000]),
        "hex": path.read_bytes()[500:2_000].hex().encode(),
    }[kind]
    noise = np.random.default_rng(7).integers(0, 256, 1 << 20, np.uint8).tobytes()
    assert not leaks(noise, plaintext, pixels)
    data = noise[:500_001] + b" " + planted + b" " + noise[500_001:]
    assert leaks(data, plaintext, pixels) or leaks(decoded(data), plaintext, pixels)


def test_invariant_12_plaintext_never_touches_the_disk(told: Told, plaintext: Plaintext, pixels: Plaintext) -> None:
    """Every file under the kept home: the cluster's raw files and its write-ahead log, logs, blobs, papers, frames.

    One exception is on purpose: the statement shows one held-out picture beside the double, because its owner lets it
    be shown.  It is a small picture, re-encoded, so that not even there the capture's own bytes stand.
    """
    assert told.said.status == 0, told.said.err
    files = [path for path in told.home.rglob("*") if path.is_file()]
    assert len(files) > 1_000 and any("pg_wal" in path.parts for path in files)
    found = {}
    for path in files:
        data = path.read_bytes()
        what = leaks(data, plaintext, pixels) if data.strip(b"\0") else ""
        if not what and path.suffix in (".html", ".log", ".json", ".zip"):
            what = leaks(decoded(data), plaintext)
        if what:
            found[str(path.relative_to(told.home))] = what
    assert found == {}
    assert not (told.home / "from-the-scan-stage").exists()
    # Sealed things lie under blobs, and what is released under outputs; no picture lies anywhere else.
    pictures = {path.relative_to(told.home).parts[0] for path in files if path.read_bytes()[:4] == b"\x89PNG"}
    assert pictures == {"outputs"}


def test_invariant_12_plaintext_never_touches_the_database(dump: Dump, plaintext: Plaintext, pixels: Plaintext) -> None:
    """Every text, JSON and binary column, as its owner reads it: PostgreSQL compresses on disk what is long."""
    assert len(dump.rows) >= 18 and dump.rows["facts.fact"]
    for table, rows in dump.rows.items():
        for row in rows:
            for value in row:
                assert not leaks(value, plaintext, pixels), table
                assert not leaks(decoded(value), plaintext, pixels), table


def test_invariant_12_shares_lie_wrapped_and_envelopes_are_forgotten(dump: Dump) -> None:
    """A share has 32 bytes: nothing so short is kept, and what a worker was sent is gone when its lease ended."""
    kept = [wrapped for _asset, wrapped, _performer, _performer_key in dump.rows["custodian_studio.share"]]
    assert len(kept) == 2
    assert all(len(wrapped) > 32 + 16 for wrapped in kept)
    for table in ("custody.deposit", "custody.answer"):
        for row in dump.rows[table]:
            assert all(value == b"None" or (len(value) < 1_000 and _is_text(value)) for value in row), (table, row)


def _is_text(value: bytes) -> bool:
    try:
        return value.decode("ascii").isprintable()
    except UnicodeDecodeError:
        return False


def frames(told: Told) -> list[Path]:
    """Every output of every order."""
    return sorted(path for path in (told.home / "outputs").rglob("*") if path.is_file())


def test_invariant_13_every_output_says_unmarked_preview(told: Told, dump: Dump) -> None:
    made = frames(told)
    assert {path.suffix for path in made} <= {".png", ".webp", ".mp4"}
    receipted = {item["name"]: item["mark"] for receipt in dump.of("receipt") for item in receipt["outputs"]}
    assert {path.name for path in made} == set(receipted), "nothing lies there that no receipt accounts for"
    assert set(receipted.values()) == {MARK}
    for path in made:
        data = path.read_bytes()
        if path.suffix == ".mp4":
            assert MARK.encode() in data
            continue
        with Image.open(io.BytesIO(data)) as image:
            if path.suffix == ".png":
                assert image.text["stagedoor:mark"] == MARK
                assert image.text["stagedoor:permit"].startswith("sha256:")
            else:
                assert MARK.encode() in image.info["xmp"] and MARK.encode() in image.info["exif"]
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                _says_it_in_its_pixels(np.asarray(image.convert("L"), np.int16), path)


def _says_it_in_its_pixels(grey: np.ndarray, path: Path) -> None:
    """The lowest band is black with white letters in it, whatever the picture above shows."""
    band = grey[-max(grey.shape[0] // 28, 8) - 2 :]
    assert (band < 64).mean() > 0.6, path
    assert 0.01 < (band > 170).mean() < 0.4, path


def test_invariant_13_the_band_is_the_stamp_and_not_the_picture(told: Told) -> None:
    """Of one order, the band is the same to the pixel in all frames, while the picture above it moves; and it is not
    the band of another permit: the words name the permit."""
    bands: dict[str, list[np.ndarray]] = {}
    above: dict[str, list[np.ndarray]] = {}
    for path in frames(told):
        if path.suffix == ".png":
            pixels = np.asarray(Image.open(path))
            height = max(pixels.shape[0] // 28, 8)
            bands.setdefault(path.parent.name, []).append(pixels[-height:])
            above.setdefault(path.parent.name, []).append(pixels[: -3 * height])
    assert len(bands) >= 5
    for order, found in bands.items():
        assert all((found[0] == other).all() for other in found)
        assert all((above[order][0] != other).any() for other in above[order][1:])
    first = [found[0] for found in bands.values()]
    for index, one in enumerate(first):
        assert all(one.shape != other.shape or (one != other).any() for other in first[index + 1 :])


def test_invariant_13_the_page_and_the_bundle_say_it_too(told: Told, dump: Dump) -> None:
    assert MARK in (told.home / "papers" / "statement.html").read_text(encoding="utf-8")
    assert {item["stamp"] for item in dump.of("work_order")} == {MARK}
    with zipfile.ZipFile(told.home / "papers" / "evidence.zip") as bundle:
        pictures = [name for name in bundle.namelist() if name.endswith(".png")]
        assert pictures and all(MARK.encode() in bundle.read(name) for name in pictures)


def test_invariant_15_people_can_be_forgotten(dump: Dump, told: Told) -> None:
    """Names and contacts lie in one table, where they can be erased, and nowhere in facts, ledger, work or custody."""
    named = {text for person in dump.people for text in person if text}
    assert {"Mara Quill", "Ines Halloran Agency", "Lanternfish Pictures", "mara@example.invalid"} <= named
    for table, rows in dump.rows.items():
        if table != "people.person":
            whole = b"\n".join(value for row in rows for value in row)
            assert [text for text in {*named, *NAMES} if text.encode() in whole] == [], table
    for path in (told.home / "logs").iterdir():
        assert [text for text in {*named, *NAMES} if text.encode() in path.read_bytes()] == [], path.name
    with zipfile.ZipFile(told.home / "papers" / "evidence.zip") as bundle:
        facts = bundle.read("facts.jsonl")
    assert [text for text in NAMES if text.encode() in facts] == []


def test_no_password_and_no_private_key_is_logged(told: Told) -> None:
    passwords = json.loads((told.home / "database" / "roles.json").read_text())
    assert len(passwords) >= 6
    secret = [password.encode() for password in passwords.values()]
    for path in told.home.rglob("keys.json"):
        secret += [value.encode() for value in _texts(json.loads(path.read_text())) if len(value) >= 24]
    logs = [*(told.home / "logs").iterdir(), told.home / "database" / "postgres" / "log"]
    assert len(logs) >= 4
    spoken = [path.read_bytes() for path in logs] + [told.said.out.encode(), told.said.err.encode()]
    for data in spoken:
        assert [item for item in secret if item in data] == []
        assert b"password=" not in data.lower() and b"passphrase" not in data.lower()
        assert b"Traceback" not in data


def test_no_process_was_given_a_password_on_its_command_line(told: Told) -> None:
    """The server's own options are kept in its folder."""
    assert b"password" not in (told.home / "database" / "postgres" / "postmaster.opts").read_bytes().lower()


def test_private_places_are_private(told: Told) -> None:
    for name in ("keys", "worker", "custodian-union", "custodian-studio", "logs", "blobs"):
        assert (told.home / name).stat().st_mode & 0o077 == 0, name
    for path in [*told.home.rglob("keys.json"), told.home / "database" / "roles.json", *(told.home / "keys").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_sealed_blobs_do_not_even_compress(told: Told) -> None:
    """What is sealed looks like noise."""
    for path in (told.home / "blobs").iterdir():
        data = path.read_bytes()[4_096:]
        assert len(zlib.compress(data, 6)) > 0.99 * len(data), path.name


def _texts(plain: object) -> list[str]:
    if isinstance(plain, dict):
        return [text for value in plain.values() for text in _texts(value)]
    if isinstance(plain, list):
        return [text for value in plain for text in _texts(value)]
    return [plain] if isinstance(plain, str) else []
