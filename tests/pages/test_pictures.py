"""Pictures become small and flat, keep the words of their mark and nothing else, and are refused when they are none."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pages import sample
from stagedoor.portal import pictures
from stagedoor.portal.pictures import PictureError, film, reel, thumbnail
from stagedoor.worker import stamp

DESCRIPTION = 0x010E


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def test_a_picture_becomes_a_small_webp_and_is_never_enlarged() -> None:
    large = thumbnail(saved(Image.new("RGB", (1024, 512), "teal")), alt="a")
    assert (large.mime, large.width, large.height, large.alt) == ("image/webp", 256, 128, "a")
    assert opened(large.data).size == (256, 128)
    small = thumbnail(saved(Image.new("RGB", (40, 30), "teal")), alt="")
    assert (small.width, small.height) == (40, 30)


def test_transparency_is_laid_on_paper() -> None:
    flat = opened(thumbnail(saved(Image.new("RGBA", (32, 32), (0, 0, 0, 0))), alt="").data).convert("RGB")
    assert min(flat.getpixel((16, 16))) > 250  # type: ignore[arg-type]


def test_the_words_of_the_mark_survive_and_the_workers_keys_are_these() -> None:
    assert (pictures.MARK_KEY, pictures.PERMIT_KEY) == (stamp.MARK_KEY, stamp.PERMIT_KEY)
    permit = sample.digest("permit")
    worker = stamp.png_bytes(Image.new("RGB", (300, 300)), permit=permit, frame=3)
    assert opened(thumbnail(worker, alt="").data).getexif()[DESCRIPTION] == f"{stamp.MARK}; permit {permit}"


def test_an_animation_of_the_worker_gives_numbered_frames_with_their_mark() -> None:
    permit = sample.digest("permit")
    made = [Image.new("RGB", (128, 128), (12 * number, 80, 90)) for number in range(10)]
    frames = film(stamp.webp_bytes(made, permit=permit), alt="a", at_most=4)
    assert [frame.number for frame in frames] == [1, 4, 7, 10]
    for frame in frames:
        assert stamp.MARK in opened(frame.picture.data).getexif()[DESCRIPTION]


def test_other_metadata_is_left_behind() -> None:
    exif = Image.Exif()
    exif[DESCRIPTION] = "taken at the performer's home"
    exif[0x010F] = "Camera maker"
    data = saved(Image.new("RGB", (64, 64)), "JPEG", exif=exif.tobytes(), comment=b"secret")
    assert dict(opened(thumbnail(data, alt="").data).getexif()) == {}
    marked = thumbnail(data, alt="", mark="unmarked preview")
    assert dict(opened(marked.data).getexif()) == {DESCRIPTION: "unmarked preview"}


def test_a_long_reel_is_thinned_evenly() -> None:
    one = saved(Image.new("RGB", (8, 8)))
    assert [frame.number for frame in reel((one,) * 7, alt="", at_most=3)] == [1, 4, 7]
    assert reel((), alt="") == ()


@pytest.mark.parametrize("data", [b"", b"<svg xmlns='x'/>", b"GIF89a" + b"\0" * 40, b"\x89PNG\r\n"])
def test_what_is_no_picture_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        thumbnail(data, alt="")


def test_a_picture_that_breaks_off_is_refused() -> None:
    whole = saved(Image.effect_noise((200, 200), 80).convert("RGB"))
    with pytest.raises(PictureError, match="breaks off"):
        thumbnail(whole[: len(whole) // 2], alt="")


def test_a_picture_beyond_all_bounds_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PIXELS_MAX", 1000)
    with pytest.raises(PictureError, match="not one of ours"):
        thumbnail(saved(Image.new("RGB", (100, 100))), alt="")
