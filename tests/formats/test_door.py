"""One door: what a file is, its first bytes say, and a refusal names the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formats.doubles import covariances, some
from stagedoor.worker.formats import KINDS, FormatError, read_splats, write_splats


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degree", [0, 3])
def test_every_kind_that_is_read_goes_out_and_in(kind: str, degree: int) -> None:
    splats = some(20, degree=degree)
    data = write_splats(splats, kind)
    if kind == "usda":
        with pytest.raises(FormatError, match="written here, not read"):
            read_splats(data, name="x")
        return
    for held in (data, bytearray(data), memoryview(data)):
        back = read_splats(held, name="misnamed.txt")
        np.testing.assert_allclose(back.means, splats.means, atol=1e-3)
        np.testing.assert_allclose(covariances(back), covariances(splats), rtol=0.2, atol=1e-2)
        np.testing.assert_allclose(back.rest, splats.rest, atol=0.005)


def test_a_file_handed_over_can_be_wiped() -> None:
    """A worker overwrites what it opened: nothing of the double may lean on those bytes."""
    for kind in ("ply", "spz", "glb"):
        held = bytearray(write_splats(some(20, degree=2), kind))
        back = read_splats(held, name="x")
        kept = [back.means.copy(), back.rest.copy(), back.quats.copy()]
        held[:] = bytes(len(held))
        for one, other in zip(kept, (back.means, back.rest, back.quats), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_refusal_names_the_file_and_what_to_do() -> None:
    for data, word in [
        (b"", r"'a\.bin' \(file\): it begins as no splat file"),
        (b"PXR-USDC" + bytes(80), "packed USD is written here, not read"),
        (b"NGSP\4\0\0\0", "SPZ version 4"),
        (b"ply\nformat ascii 1.0\nend_header\n", r"'a\.bin' \(ply\): it is not a binary little-endian PLY"),
        (b"PK\3\4", "Give a PLY, an SPZ of version 2 or 3, or a GLB"),
    ]:
        with pytest.raises(FormatError, match=word):
            read_splats(data, name="a.bin")
    with pytest.raises(FormatError) as caught:
        read_splats(b"", name="\x1b[31m" + "x" * 10_000)
    assert "\x1b" not in str(caught.value) and len(str(caught.value)) < 300
    with pytest.raises(FormatError, match=r"'obj' is no kind of splat file\. Take ply, spz, glb, usda"):
        write_splats(some(1), "obj")


def test_a_file_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagedoor.worker.formats.door.FILE_BYTES_MAX", 100)
    with pytest.raises(FormatError, match="larger than 100 bytes"):
        read_splats(b"ply\n" + bytes(97), name="x")


def test_the_page_of_formats_tells_every_kind_and_its_size() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f"\n| `{kind}`" in page
    # 10,000 Gaussians of degree 0: what a header and 56, or 60, bytes for each come to.
    splats = some(10_000)
    assert f"{len(write_splats(splats, 'ply')):,}; 0 |" in page
    assert f"| {len(write_splats(splats, 'glb')) // 1000}," in page
