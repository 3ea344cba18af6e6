"""Recipes render-arc and render-relit: a camera goes round the head, and every frame leaves stamped.

World axes are the capture's: y up, the face towards +z.  Azimuth 0 looks at the face and grows towards +x; the camera
looks at the origin, where captures are centred.  Frames that were finished before the lease ended count; a frame during
which it ended is thrown away.  The receipt tells how much of the person the frames that were made reveal.
"""

from __future__ import annotations

import hashlib
import math
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from stagedoor.core.facts.permit import Output, Setting
from stagedoor.seal import wipe
from stagedoor.worker import stamp, video
from stagedoor.worker.drawable import Drawable, Lightable, drawn_by, opened
from stagedoor.worker.job import Job, Made, UnwrittenError, WorkError

if TYPE_CHECKING:
    from stagedoor.worker.double.camera import Camera

FIELD_OF_VIEW_DEG: Final = 36.0
"""Across the frame's shorter side: a portrait lens, and the one that captures here are taken with."""

BACKGROUND: Final = (0.07, 0.08, 0.10)
"""Colours 0 to 1: dark, but not black, so that black hair has an edge."""

ANIMATION_BYTES_MAX: Final = 512 << 20
"""Pixels held for the animation; a longer order gives its frames only."""


def render_arc(job: Job) -> Made:
    """Draw, stamp and write each frame; then the animation, if all were made."""
    from stagedoor.worker.double.coverage import coverage, shown_px

    values = job.plan.settings
    frames, width, height = values["frames"], values["width"], values["height"]
    assert frames <= job.plan.permit.units, "recipes.plan lets no more through"
    replica = _opened(job.plaintext, light=values.get("light"), backend=job.backend)
    outputs: list[Output] = []
    kept: list[Image.Image] = []
    cameras: list[Camera] = []
    head_px = 0
    keep = frames * width * height * 3 <= ANIMATION_BYTES_MAX
    made = 0
    job.out.mkdir(parents=True, exist_ok=True)
    try:
        for index in range(frames):
            if not job.lease.live():
                break
            camera = camera_at(
                azimuth_deg=azimuth(index, frames, values["arc_from_deg"], values["arc_to_deg"]),
                elevation_deg=values["elevation_deg"],
                radius=values["radius_milli"] / 1000,
                width=width,
                height=height,
            )
            try:
                picture = replica.draw(camera, width, height, BACKGROUND)
                if not job.lease.live():
                    break
                image = stamp.stamped(picture, permit=job.plan.order.permit)
                number = values["first_frame"] + index
                data = stamp.png_bytes(image, permit=job.plan.order.permit, frame=number)
                outputs.append(write_output(job.out, f"frame-{number:06d}.png", data))
            except WorkError:
                if not made:
                    raise
                break  # what was made until then is told and counted
            made += 1
            cameras.append(camera)
            head_px += shown_px(picture, BACKGROUND)
            job.progress(made, frames)
            if keep:
                kept.append(image)
    finally:
        replica.wipe()
    whole = made == frames
    if whole and keep:
        moving(f"arc-{values['first_frame']:06d}", job, kept, outputs)
    told = coverage(cameras, head_px=head_px).whole_numbers()
    measures = (*(Setting(name=name, value=value) for name, value in told.items()), drawn_by(replica))
    return Made(units=made, outputs=tuple(outputs), measures=measures, sealed=None, whole=whole)


def azimuth(index: int, frames: int, arc_from_deg: int, arc_to_deg: int) -> float:
    """The camera's azimuth in a frame: the first stands at the arc's beginning, the last at its end, none beyond."""
    if frames == 1:
        return float(arc_from_deg)
    return arc_from_deg + (arc_to_deg - arc_from_deg) * index / (frames - 1)


def camera_at(*, azimuth_deg: float, elevation_deg: float, radius: float, width: int, height: int) -> Camera:
    """A camera on the sphere round the origin, upright, looking at it (OpenCV axes: x right, y down, z forward)."""
    from stagedoor.worker.double.camera import Camera

    turn, rise = math.radians(azimuth_deg), math.radians(elevation_deg)
    position = radius * np.array(
        [math.sin(turn) * math.cos(rise), math.sin(rise), math.cos(turn) * math.cos(rise)], np.float64
    )
    forward = -position / radius
    right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
    right /= np.linalg.norm(right)
    world_to_camera = np.eye(4)
    world_to_camera[:3, :3] = np.stack([right, np.cross(forward, right), forward])
    world_to_camera[:3, 3] = -world_to_camera[:3, :3] @ position
    focal = min(width, height) / 2 / math.tan(math.radians(FIELD_OF_VIEW_DEG) / 2)
    return Camera(
        fx=focal,
        fy=focal,
        cx=width / 2,
        cy=height / 2,
        width=width,
        height=height,
        world_to_camera=world_to_camera,
    )


def write_output(folder: Path, name: str, data: bytes) -> Output:
    """A released picture on disk, whole or not at all.  Raises UnwrittenError, and then nothing of it is left there.

    The folder is others' too: a draft has a name that nobody can have laid something under before.
    """
    draft = folder / f".{secrets.token_hex(8)}.part"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(draft, folder / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    except OSError as fault:
        raise UnwrittenError(f"{name} cannot be written among the outputs: {fault.strerror}") from None
    return Output(name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), mark=stamp.MARK)


def _opened(plaintext: bytearray, *, light: int | None, backend: str) -> Drawable:
    """The replica in these bytes, which are wiped; under a light of its own if one is ordered."""
    try:
        replica = opened(plaintext, backend=backend)
    finally:
        wipe(plaintext)
    if light is not None:
        if not isinstance(replica, Lightable):
            replica.wipe()
            raise WorkError("this kind of replica cannot be lit anew: order render-arc")
        replica.relight(light)
    return replica


def moving(name: str, job: Job, images: list[Image.Image], outputs: list[Output]) -> None:
    """The animation of frames that were all made, beside them; one that cannot be written is left out."""
    permit = job.plan.order.permit
    with suppress(UnwrittenError):
        outputs.append(write_output(job.out, f"{name}.webp", stamp.webp_bytes(images, permit=permit)))
        if video.available():
            outputs.append(write_output(job.out, f"{name}.mp4", video.mp4_bytes(images, permit=permit)))
