"""Drawing a performance: a curve drives a performer, and every frame leaves stamped, as long as the lease lives.

An order holds whole numbers only, so it names its curve by the eight 32-bit words of which a SHA-256 consists.  The
curve itself, which is the production's and no part of the performer, lies in the order's folder under that digest; one
that was changed by a byte is refused, and nothing is drawn.  Frames that were finished before the lease ended count.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stagedoor.core.facts.permit import Output, Setting
from stagedoor.seal import wipe
from stagedoor.worker import stamp
from stagedoor.worker.arc import ANIMATION_BYTES_MAX, BACKGROUND, azimuth, camera_at, moving, write_output
from stagedoor.worker.double.names import CPU
from stagedoor.worker.job import Alive, Job, Made, WorkError, measured_backend, wipe_arrays

if TYPE_CHECKING:
    from stagedoor.worker.double.camera import Camera
    from stagedoor.worker.perform.curves import Curve
    from stagedoor.worker.perform.performer import Performer

WORDS: Final = tuple(f"curve_sha256_w{k}" for k in range(8))
"""The settings that name the curve: the digest's words, first to last, each a whole number below 2**32."""

SETTINGS: Final[Mapping[str, tuple[int, int]]] = {
    "curve_rate": (1, 240),  # frames in a second of the curve; a recorder's CSV does not tell it
    "curve_from": (0, 1_000_000),  # frames of the curve passed over at its beginning
    "curve_leave_out": (0, 1),  # 1: what the curve asks of ARKit's controls that she lacks is left out, not refused
    **dict.fromkeys(WORDS, (0, (1 << 32) - 1)),
}
"""What this recipe takes beyond render-arc's settings, each with its smallest and largest value."""


def curve_settings(curve: bytes) -> dict[str, int]:
    """The settings that name a curve file by its digest."""
    digest = hashlib.sha256(curve).digest()
    return {name: int.from_bytes(digest[4 * k : 4 * k + 4], "big") for k, name in enumerate(WORDS)}


def curve_digest(settings: Mapping[str, int]) -> str:
    """The digest that an order's settings name: 64 hexadecimal digits."""
    return "".join(f"{settings[name]:08x}" for name in WORDS)


def read_curve(folder: Path, settings: Mapping[str, int]) -> Curve:
    """The curve that an order names, from `folder`, where it lies as DIGEST.curve.  Raises WorkError."""
    from stagedoor.worker.perform.curves import BYTES_MAX, parse_curve
    from stagedoor.worker.perform.errors import PerformError

    digest = curve_digest(settings)
    assert re.fullmatch(r"[0-9a-f]{64}", digest), "recipes.plan lets nothing else through"
    try:
        # O_NONBLOCK: opening a pipe planted here must not wait for a writer.
        handle = os.open(folder / f"{digest}.curve", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(BYTES_MAX + 1) if plain else b""
    except OSError as fault:
        raise WorkError(f"the curve {digest[:12]} that the order names cannot be read: {fault.strerror}") from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise WorkError(f"the curve file {digest[:12]} is not the one that the order names")
    try:
        return parse_curve(data, frames_per_second=settings["curve_rate"])
    except PerformError as fault:
        # A curve is the production's own file: it may be told all that is wrong with it.
        raise WorkError(str(fault)) from None


def draw_performance(
    performer: Performer,
    curve: Curve,
    *,
    first: float,
    cameras: Callable[[int], Camera],
    frames: int,
    size: tuple[int, int],
    lease: Alive,
    background: tuple[float, float, float] = BACKGROUND,
    backend: str = CPU,
) -> Iterator[NDArray[np.uint8]]:
    """One picture uint8 [H,W,3] for each of `frames` numbers from `first` on; `size` is width and height in pixels.

    Ends early when the lease does; a frame during which it ended is not given.  Each posed face is overwritten before
    the next is made.  The same pictures at any number of threads.
    """
    from stagedoor.worker.double.backend import BackendError
    from stagedoor.worker.double.backends import choose
    from stagedoor.worker.double.render import view_of

    width, height = size
    drawing = choose(backend)
    for index in range(frames):
        if not lease.live():
            return
        posed = performer.posed(curve.at(first + index))
        try:
            with closing(drawing.hold(posed)) as held:
                picture = held.frame(view_of(cameras(index), width, height), background)
        except BackendError as fault:
            raise WorkError(str(fault)) from None
        finally:
            if posed is not performer.neutral:
                wipe_arrays(
                    *(posed.means, posed.log_scales, posed.quats, posed.opacity_logits, posed.colours, posed.rest)
                )
        if not lease.live():
            return
        yield picture


def generate_performance(job: Job) -> Made:
    """Recipe generate-performance: draw, stamp and write each frame; then the animation, if all were made.

    The order's settings are render-arc's and SETTINGS; its curve lies in its own folder, where its frames will.
    """
    from stagedoor.worker.double.coverage import coverage, shown_px

    values = job.plan.settings
    frames, width, height = values["frames"], values["width"], values["height"]
    assert frames <= job.plan.permit.units, "recipes.plan lets no more through"
    curve = read_curve(job.out, values)
    performer, curve = _opened(job.plaintext, curve, leave_out=values["curve_leave_out"] == 1)
    permit = job.plan.order.permit
    outputs: list[Output] = []
    kept: list[Image.Image] = []
    made = head_px = 0
    job.out.mkdir(parents=True, exist_ok=True)

    def camera(index: int) -> Camera:
        turn = azimuth(index, frames, values["arc_from_deg"], values["arc_to_deg"])
        radius = values["radius_milli"] / 1000
        return camera_at(
            azimuth_deg=turn, elevation_deg=values["elevation_deg"], radius=radius, width=width, height=height
        )

    first = float(curve.numbers[0]) + values["curve_from"]
    try:
        pictures = draw_performance(
            performer,
            curve,
            first=first,
            cameras=camera,
            frames=frames,
            size=(width, height),
            lease=job.lease,
            backend=job.backend,
        )
        for picture in pictures:
            image = stamp.stamped(picture, permit=permit)
            number = values["first_frame"] + made
            data = stamp.png_bytes(image, permit=permit, frame=number)
            outputs.append(write_output(job.out, f"frame-{number:06d}.png", data))
            made += 1
            head_px += shown_px(picture, BACKGROUND)
            job.progress(made, frames)
            if frames * width * height * 3 <= ANIMATION_BYTES_MAX:
                kept.append(image)
    except WorkError:
        if not made:
            raise  # else what was made until then is told and counted
    finally:
        wipe_arrays(*performer.arrays())
    if made == frames == len(kept):
        moving(f"performance-{values['first_frame']:06d}", job, kept, outputs)
    told = coverage([camera(index) for index in range(made)], head_px=head_px).whole_numbers()
    measures = (*(Setting(name=name, value=value) for name, value in told.items()), measured_backend(job.backend))
    return Made(units=made, outputs=tuple(outputs), measures=measures, sealed=None, whole=made == frames)


def _opened(plaintext: bytearray, curve: Curve, *, leave_out: bool) -> tuple[Performer, Curve]:
    """The performer in these bytes, and the curve as far as she can follow it.  The bytes are wiped."""
    from stagedoor.worker.perform.errors import PerformError
    from stagedoor.worker.perform.performer import Performer

    try:
        performer = Performer.from_bytes(cast("bytes", plaintext))
    except PerformError as fault:
        # What is wrong with a replica can quote it: only the kind of fault leaves this process.
        raise WorkError(f"the replica is not one that can perform: {type(fault).__name__}") from None
    finally:
        wipe(plaintext)
    try:
        return performer, curve.fitted(performer.controls, leave_out=leave_out)
    except PerformError as fault:
        wipe_arrays(*performer.arrays())
        raise WorkError(str(fault)) from None
