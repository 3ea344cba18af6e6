"""A double drawn smaller and larger than it was trained, against the truth there; the mark in every file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stagedoor.capture.read import Capture
from stagedoor.worker.double.facing import seen
from stagedoor.worker.double.render import render_frame, render_rgba
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import TrainSettings, camera_of, psnr_db, train
from stagedoor.worker.formats.gltf import read_glb, write_glb
from stagedoor.worker.formats.ply import read_ply, write_ply
from stagedoor.worker.formats.spz import read_spz, write_spz
from stagedoor.worker.formats.usd import write_usda

from .heads import head

SIDE = 128


@pytest.fixture(scope="module")
def halved() -> Capture:
    """The head at half its size, each pixel the mean of four: 256 px is then its double size, and 64 px its half."""
    whole = head()
    colour = whole.images[..., :3].astype(np.float64) * (whole.images[..., 3:] / 255.0)
    cover = whole.images[..., 3:].astype(np.float64)
    both = boxed(np.concatenate([colour, cover], axis=-1))
    straight = both[..., :3] / np.maximum(both[..., 3:] / 255.0, 1e-3)
    images = np.clip(np.rint(np.concatenate([straight, both[..., 3:]], axis=-1)), 0, 255).astype(np.uint8)
    lens = {name: getattr(whole, name) / 2 for name in ("fx", "fy", "cx", "cy")}
    return replace(whole, images=images, **lens)


@pytest.fixture(scope="module")
def doubles(halved: Capture) -> dict[bool, Splats]:
    """One trained with, one without."""
    settings = TrainSettings(gaussians=6_000, iterations=250)
    return {kind: train(halved, settings=replace(settings, antialiased=kind)).splats for kind in (False, True)}


def boxed(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    """[...,H,W,C] at half the size: the mean of every two by two."""
    rows = pictures[..., 0::2, :, :] + pictures[..., 1::2, :, :]
    return np.asarray((rows[..., 0::2, :] + rows[..., 1::2, :]) / 4.0)


def on_black(capture: Capture, view: int) -> NDArray[np.float64]:
    picture = capture.images[view].astype(np.float64) / 255.0
    return np.asarray(picture[..., :3] * picture[..., 3:])


def drawn_db(splats: Splats, halved: Capture, side: int) -> float:
    """Mean PSNR of held-out views drawn at `side` pixels, against the head box-filtered to them."""
    out = []
    for view in halved.views("test")[::3]:
        truth = on_black(head(), view)
        while truth.shape[0] > side:
            truth = boxed(truth)
        frame = render_frame(splats, camera_of(halved, view), width=side, height=side) / 255.0
        out.append(psnr_db((frame - truth) ** 2))
    return float(np.mean(out))


@pytest.mark.parametrize(("side", "better_db"), [(SIDE // 4, 7.0), (SIDE // 2, 7.0), (SIDE, 0.0), (2 * SIDE, 3.0)])
def test_a_double_keeps_its_sharpness_and_brightness_at_other_sizes(
    halved: Capture, doubles: dict[bool, Splats], side: int, better_db: float
) -> None:
    with_it, without = (drawn_db(doubles[kind], halved, side) for kind in (True, False))
    print(f"{side} px: {without:.2f} dB without, {with_it:.2f} dB with")
    assert with_it > without + better_db


def test_a_double_is_drawn_as_it_was_trained(halved: Capture, doubles: dict[bool, Splats]) -> None:
    camera = camera_of(halved, halved.views("test")[0])
    for kind, splats in doubles.items():
        assert splats.antialiased is kind
        other = replace(splats, antialiased=not kind)
        for draw in (render_frame, render_rgba):
            assert (draw(splats, camera, width=SIDE, height=SIDE) != draw(other, camera, width=SIDE, height=SIDE)).any()
    few = replace(doubles[True], log_scales=doubles[True].log_scales - 2)
    # Seen tells from a drawing too: thin Gaussians hide less of what is behind them.
    assert (seen(few, [camera]) != seen(replace(few, antialiased=False), [camera])).any()


@pytest.mark.parametrize("kind", [False, True])
def test_every_file_tells_how_its_double_is_drawn(doubles: dict[bool, Splats], kind: bool) -> None:
    splats = doubles[kind]
    for write, read in ((write_ply, read_ply), (write_spz, read_spz), (write_glb, read_glb)):
        assert read(write(splats)).antialiased is kind
        assert read(write(replace(splats, antialiased=not kind))).antialiased is not kind
    assert (b"bool antialiased = true" in write_usda(splats)) is kind


def test_old_files_are_drawn_as_they_were() -> None:
    old = write_ply(Splats.unpacked(np.ones((14, 3), np.float32)))
    assert b"antialiased" not in old
    assert not read_ply(old).antialiased
