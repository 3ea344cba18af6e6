"""A permitted render and a permitted fit, as a worker is handed them, and a small double to draw."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from custody.kit import AT, CAPTURE, PERFORMER, PRODUCTION, REPLICA, WORKER, Story, ident, request
from stagedoor.core.facts.asset import Asset, AssetKind, ReplicaKind
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import PHOTOGRAPH, Permit, Setting, WorkOrder
from stagedoor.worker.arc import camera_at
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.hatch import Taken
from stagedoor.worker.job import Plan
from stagedoor.worker.recipes import plan

ARC = {
    "frames": 3,
    "arc_from_deg": -20,
    "arc_to_deg": 20,
    "elevation_deg": 5,
    "width": 192,
    "height": 128,
    "first_frame": 1001,
    "radius_milli": 4000,
}
FIT = {"gaussians": 200, "gaussians_max": 220, "iterations": 200, "seed": 7, "degree": 1, "threads": 1}


def settings(numbers: dict[str, int]) -> tuple[Setting, ...]:
    """Numbers as an order holds them."""
    return tuple(Setting(name=name, value=value) for name, value in numbers.items())


def asset(**over: Any) -> Asset:
    """The sealed replica."""
    given: dict[str, Any] = {
        "asset": REPLICA,
        "kind": AssetKind.REPLICA,
        "performer": PERFORMER,
        "production": PRODUCTION,
        "replica_kind": ReplicaKind.EBDR,
        "made_from": (),
        "notice": "",
        "release": "",
        "made_by": "sha256:" + "1" * 64,
        "sealed_sha256": "00" * 32,
        "sealed_bytes": 1,
        "at": AT,
    }
    return Asset(**given | over)


def order(permit: Permit, numbers: dict[str, int] | None = None, **over: Any) -> WorkOrder:
    """Three frames of forty degrees."""
    given: dict[str, Any] = {
        "order": ident("order"),
        "permit": permit.digest(),
        "recipe": "render-arc",
        "asset": permit.asset,
        "result_asset": "",
        "settings": settings(ARC if numbers is None else numbers),
        "stamp": "unmarked preview",
        "at": AT,
    }
    return WorkOrder(**given | over)


def taken(numbers: dict[str, int] | None = None, *, permit: Permit | None = None, **over: Any) -> Taken:
    """A render as the store hands it out."""
    given = permit or Story().permit()
    return Taken(
        order=order(given, numbers, **over).canonical(),
        permit=given.canonical(),
        asset=asset().canonical(),
    )


def fit_permit(unit: str = "replica") -> Permit:
    """To fit one double from the capture."""
    asked = request(asset=CAPTURE, use=Use.CREATE, shot="", unit=unit, units=1, arc_from_deg=0, arc_to_deg=0)
    return Story(request=asked).permit()


def photo_permit(**over: Any) -> Permit:
    """To show pictures of the capture itself."""
    return Story(request=request(asset=CAPTURE, unit=PHOTOGRAPH, **over)).permit()


def taken_photos(numbers: dict[str, int], *, permit: Permit | None = None, **over: Any) -> Taken:
    """A look at the capture as the store hands it out."""
    given = permit or photo_permit()
    capture = asset(asset=CAPTURE, kind=AssetKind.CAPTURE, replica_kind=None)
    return Taken(
        order=order(given, numbers, **{"recipe": "look-capture"} | over).canonical(),
        permit=given.canonical(),
        asset=capture.canonical(),
    )


def taken_fit(numbers: dict[str, int] | None = None, *, unit: str = "replica", **over: Any) -> Taken:
    """A fit as the store hands it out."""
    permit = fit_permit(unit)
    given: dict[str, Any] = {"recipe": "fit-splats", "result_asset": REPLICA}
    capture = asset(asset=CAPTURE, kind=AssetKind.CAPTURE, replica_kind=None)
    return Taken(
        order=order(permit, FIT if numbers is None else numbers, **given | over).canonical(),
        permit=permit.canonical(),
        asset=capture.canonical(),
    )


def planned(numbers: dict[str, int] | None = None) -> Plan:
    """The render, checked."""
    found = plan(taken(numbers), WORKER)
    assert isinstance(found, Plan), found
    return found


def ball(count: int = 400) -> Splats:
    """A sphere of Gaussians, half of it red and half of it blue, about as large as a head."""
    step = np.arange(count) + 0.5
    rise, turn = np.arccos(1 - 2 * step / count), np.pi * (1 + 5**0.5) * step
    means = np.stack([np.cos(turn) * np.sin(rise), np.cos(rise), np.sin(turn) * np.sin(rise)], axis=1)
    colours = np.where(means[:, :1] > 0, np.array([[1.5, -1.5, -1.5]]), np.array([[-1.5, -1.5, 1.5]]))
    return Splats(
        means=means.astype(np.float32),
        log_scales=np.full((count, 3), np.log(0.08), np.float32),
        quats=np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
        opacity_logits=np.full(count, 4.0, np.float32),
        colours=colours.astype(np.float32),
    )


def capture_files(px: int = 64) -> dict[str, bytes]:
    """Ten small pictures of the ball from all round, and their cameras."""
    frames: list[dict[str, object]] = []
    pictures: dict[str, bytes] = {}
    for number in range(10):
        camera = camera_at(azimuth_deg=36 * number, elevation_deg=10, radius=4, width=px, height=px)
        shape = render_frame(ball(), camera, width=px, height=px)
        alpha = np.where(shape.any(axis=2, keepdims=True), 255, 0).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(np.concatenate([shape, alpha], axis=2)).save(out, "PNG")
        pictures[f"images/{number}.png"] = out.getvalue()
        pose = np.linalg.inv(camera.world_to_camera) @ np.diag([1.0, -1.0, -1.0, 1.0])
        frames.append(
            {
                "file_path": f"images/{number}.png",
                "split": "test" if number == 9 else "train",
                "transform_matrix": pose.round(9).tolist(),
            }
        )
    table = {"w": px, "h": px, "fl_x": camera.fx, "frames": frames}
    return {"transforms.json": json.dumps(table).encode()} | pictures


class AnnouncedFakeLease:
    """A fake, and named so: alive for so many questions, then lapsed."""

    def __init__(self, answers: int = 1_000_000) -> None:
        self.answers = answers

    def live(self) -> bool:
        """One answer fewer is left."""
        self.answers -= 1
        return self.answers >= 0


def without(numbers: dict[str, int], name: str) -> dict[str, int]:
    """All settings but one."""
    return {key: value for key, value in numbers.items() if key != name}


def changed(permit: Permit, **over: Any) -> Permit:
    """The permit but for what is named."""
    return replace(permit, **over)
