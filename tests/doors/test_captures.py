"""`stagedoor capture check`: every bad capture of the issue, one sentence each, and nothing written."""

from __future__ import annotations

import io
import json
import math
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from capture.shapes import blurred, egg, spoilt, write

from .kit import REFUSED, files_below, run, says_no

SIDE = 12
VIEWS = 9


def pose(degrees: float) -> list[list[float]]:
    """A camera four units from the origin, looking at it."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [[c, 0, s, 4 * s], [0, 1, 0, 0], [-s, 0, c, 4 * c], [0, 0, 0, 1]]


def picture() -> bytes:
    """A person of four by four pixels."""
    image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    image.paste((90, 80, 70, 255), (4, 4, 8, 8))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def header_of(width: int, height: int) -> bytes:
    """A sound PNG of a few bytes whose header claims so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A folder that is a good capture."""
    folder = tmp_path / "capture"
    (folder / "images").mkdir(parents=True)
    for number in range(VIEWS):
        (folder / "images" / f"{number}.png").write_bytes(picture())
    write_cameras(folder, cameras())
    return folder


def cameras() -> dict[str, Any]:
    """A good camera file."""
    frames = [
        {"file_path": f"images/{number}.png", "split": "train", "transform_matrix": pose(number * 40)}
        for number in range(VIEWS)
    ]
    frames[-1]["split"] = "test"
    return {"camera_model": "PINHOLE", "w": SIDE, "h": SIDE, "fl_x": 20.0, "fl_y": 20.0, "frames": frames}


def write_cameras(folder: Path, table: object) -> None:
    """The camera file."""
    (folder / "transforms.json").write_text(json.dumps(table))


def other_cameras(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """Spoils the camera file."""

    def spoil(folder: Path) -> None:
        table = cameras()
        change(table)
        write_cameras(folder, table)

    return spoil


def other_picture(data: bytes) -> Callable[[Path], None]:
    """Puts something else in a picture's place."""
    return lambda folder: (folder / "images" / "3.png").write_bytes(data) and None


def not_a_number(table: dict[str, Any]) -> None:
    """A pose with NaN in it, as Python writes it."""
    table["frames"][3]["transform_matrix"][0][3] = math.nan


def infinite(table: dict[str, Any]) -> None:
    """A pose at no place."""
    table["frames"][3]["transform_matrix"][1][3] = math.inf


def sheared(table: dict[str, Any]) -> None:
    """No rigid motion."""
    table["frames"][3]["transform_matrix"][0][0] = 7.0


def outside(name: str) -> Callable[[dict[str, Any]], None]:
    """A picture that would be read from somewhere else."""
    return lambda table: table["frames"][3].update(file_path=name)


def cut(data: bytes) -> bytes:
    """The first half of it."""
    return data[: len(data) // 2]


def corrupt(data: bytes) -> bytes:
    """A sound header, spoiled pixels."""
    start = data.index(b"IDAT") + 8
    return data[:start] + bytes(byte ^ 0x5A for byte in data[start : start + 20]) + data[start + 20 :]


def linked(folder: Path) -> None:
    """A picture that is a link out of the folder."""
    path = folder / "images" / "3.png"
    path.unlink()
    path.symlink_to("/etc/passwd")


def piped(folder: Path) -> None:
    """A pipe that nobody writes to: a reader that opened it would wait for ever."""
    path = folder / "images" / "3.png"
    path.unlink()
    os.mkfifo(path)


BAD: dict[str, tuple[Callable[[Path], Any], tuple[str, ...]]] = {
    # what is wrong: (how, words: what, where)
    "a missing picture": (lambda folder: (folder / "images" / "3.png").unlink(), ("images/3.png", "missing")),
    "a cut picture": (other_picture(cut(picture())), ("images/3.png", "damaged")),
    "a corrupt picture": (other_picture(corrupt(picture())), ("images/3.png", "damaged")),
    "no picture at all": (other_picture(b"GIF89a" + bytes(80)), ("images/3.png", "not a PNG")),
    "an empty picture file": (other_picture(b"\n"), ("images/3.png", "not a PNG")),
    "an enormous picture": (other_picture(header_of(60_000, 60_000)), ("images/3.png", "60000x60000", "4096")),
    "a picture of two thousand million rows": (other_picture(header_of(1, (1 << 31) - 1)), ("images/3.png", "4096")),
    "a picture of another size": (other_picture(header_of(13, 12)), ("images/3.png", "13x12")),
    "a link": (linked, ("images/3.png", "link")),
    "a pipe": (piped, ("images/3.png", "plain file")),
    "no camera file": (lambda folder: (folder / "transforms.json").unlink(), ("transforms.json", "missing")),
    "cameras that are not JSON": (
        lambda folder: (folder / "transforms.json").write_bytes(b"w = 12"), ("transforms.json", "not JSON"),
    ),
    "cameras that are not text": (
        lambda folder: (folder / "transforms.json").write_bytes(os.urandom(400) + b"\xff"),
        ("transforms.json", "not JSON"),
    ),
    "cameras nested without end": (
        lambda folder: (folder / "transforms.json").write_bytes(b"[" * 100_000), ("transforms.json", "not JSON"),
    ),
    "cameras that are a list": (lambda folder: write_cameras(folder, []), ("transforms.json", "not a JSON object")),
    "a pose that is not a number": (other_cameras(not_a_number), ("transforms.json", "NaN")),
    "a pose at no place": (other_cameras(infinite), ("transforms.json", "Infinity")),
    "a sheared pose": (other_cameras(sheared), ("frame 3", "rigid")),
    "no frames": (other_cameras(lambda table: table.update(frames=[])), ("transforms.json", "no frames")),
    "too few views": (
        other_cameras(lambda table: table.update(frames=table["frames"][:2])), ("transforms.json", "at least 3"),
    ),
    "a picture above the folder": (other_cameras(outside("../secret.png")), ("frame 3", "file_path")),
    "a picture at the root": (other_cameras(outside("/etc/passwd.png")), ("frame 3", "file_path")),
    "a name of escapes": (other_cameras(outside("\x1b[2J\x07.png")), ("frame 3", "file_path")),
    "a name without end": (other_cameras(outside("x" * 100_000 + ".png")), ("frame 3", "file_path")),
}  # fmt: skip


def test_a_good_capture_is_told(capture: Path) -> None:
    said = run("capture", "check", capture, "--json")
    assert said.status == 0, said.err
    told = said.json
    assert [told[key] for key in ("views", "held_out", "width", "height")] == [VIEWS, 1, SIDE, SIDE]
    assert (told["cameras"], told["replica_kind"], told["again"]) == ("transforms.json", None, False)
    # Nine times the same square of one colour, as one picture from nine sides: told, and no reason to refuse it.
    assert {finding["kind"] for finding in told["findings"]} == {"twin", "views", "height"}


@pytest.mark.parametrize(("option", "kind"), [("--with-performer", "EBDR"), ("--from-archive", "ICDR")])
def test_the_kind_of_replica_follows_from_the_performer_being_there(option: str, kind: str, capture: Path) -> None:
    assert run("capture", "check", capture, "--json", option).json["replica_kind"] == kind
    told = run("capture", "check", capture, option)
    assert told.status == 0 and f"({kind})" in told.out and "not decided" not in told.out
    assert "not decided" in run("capture", "check", capture).out


def test_what_must_be_shot_again_is_said_and_ends_with_one(tmp_path: Path) -> None:
    folder = write(spoilt(egg(range(-120, 121, 20)), 3, blurred), tmp_path / "capture")
    sheet = tmp_path / "sheet.png"
    said = run("capture", "check", folder, "--with-performer", "--picture", sheet, COLUMNS="200")
    assert said.status == REFUSED and not said.err
    assert "03.png" in said.out and "less sharp" in said.out and "left back" in said.out and "Shoot again" in said.out
    assert sheet.read_bytes().startswith(b"\x89PNG")
    says_no(run("capture", "check", folder, "--picture", sheet), "sheet.png", "new file")


@pytest.mark.parametrize("what", BAD)
def test_a_bad_capture_is_refused_in_a_sentence(what: str, capture: Path) -> None:
    spoil, words = BAD[what]
    spoil(capture)
    before = sorted(path.name for path in capture.rglob("*"))
    said = run("capture", "check", capture, cwd=capture.parent)
    says_no(said, *words)
    assert sorted(path.name for path in capture.rglob("*")) == before


def test_no_folder_and_a_file_are_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("nowhere", "file", "nowhere\x1b[2J"):
        says_no(run("capture", "check", tmp_path / name), "no such folder")
    assert files_below(tmp_path) == {"file": b"x"}
