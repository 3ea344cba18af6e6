"""Recipe look-capture: the capture's own pictures, one at a time, to be held beside the double that was made of it.

A captured picture is the person, not a double of her, so it needs a consent that says `photograph`, a permit that names
the capture, a lease on the capture's own key and a receipt of its own.  Only views whose camera stands within the
permitted arc and the ordered elevations can be asked for.  They are shown where their mask is, on the background that
doubles are drawn on, no larger than was ordered, and stamped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stagedoor.seal import wipe
from stagedoor.wire import container
from stagedoor.wire.looks import PHOTOS_MAX, Photo, Question
from stagedoor.worker import stamp
from stagedoor.worker.arc import BACKGROUND
from stagedoor.worker.job import Job, Made, WorkError, wipe_arrays
from stagedoor.worker.look_pose import pose_of
from stagedoor.worker.look_room import Room, stands, within

if TYPE_CHECKING:
    from stagedoor.capture.read import Capture
    from stagedoor.worker.double.camera import Camera


def look_capture(job: Job, *, clock: Callable[[], float] = time.monotonic) -> Made:
    """Answer until the look ends.  Raises WorkError if the capture cannot be read, shows nothing here, or nobody
    asked."""
    from stagedoor.capture.errors import CaptureError
    from stagedoor.capture.read import parse

    assert job.plan.settings["frames"] <= job.plan.permit.units, "recipes.plan lets no more through"
    try:
        capture = parse(container.read(job.plaintext))
    except (container.ContainerError, CaptureError) as fault:
        # What is wrong with a capture can quote it (a file's name): only the kind of fault leaves this process.
        raise WorkError(f"the capture cannot be read: {type(fault).__name__}") from None
    finally:
        wipe(job.plaintext)
    try:
        return _Capture(job, capture, clock=clock).answer_all()
    finally:
        wipe_arrays(capture.images)


class _Capture(Room):
    """A look at a capture."""

    def __init__(self, job: Job, capture: Capture, *, clock: Callable[[], float]) -> None:
        super().__init__(job, clock=clock)
        self._capture = capture
        values = job.plan.settings
        self._divisor = max(
            math.ceil(capture.width / values["width"]), math.ceil(capture.height / values["height"]), 1
        )  # fmt: skip
        if capture.width // self._divisor < stamp.WIDTH_MIN:
            raise WorkError(f"the captured pictures would be under {stamp.WIDTH_MIN} pixels wide: order a larger size")
        views = [view for view in range(len(capture.names)) if within(job, self._camera(view), nearest=0.0)]
        self._views = views[:: max(1, math.ceil(len(views) / PHOTOS_MAX))]
        if not views:
            raise WorkError("no camera of the capture stands within the permitted arc and the ordered elevations")

    def told(self) -> dict[str, object]:
        """Each view that can be asked for: its number, azimuth and elevation, and 1 if training never saw it."""
        return {"photos": [self._named(number) for number in range(len(self._views))]}

    def _named(self, number: int) -> list[int]:
        view = self._views[number]
        azimuth, rise, _ = stands(self._camera(view))
        first = self.job.plan.settings["arc_from_deg"]
        # As the order counts its arc: 350 degrees and not -10, if that is where the arc lies.
        turn = 360 * math.ceil((first - azimuth) / 360)
        return [number, round(azimuth + turn), round(rise), int(self._capture.splits[view] == "test")]

    def beyond(self, question: Question) -> str:
        """As Room."""
        if not isinstance(question, Photo):
            return "this is a look at a capture: it draws no double"
        if not question.number < len(self._views):
            return f"there is no captured view {question.number} within what is permitted"
        return ""

    def words(self, _question: Question) -> dict[str, object] | None:
        """A view's camera, and how many rows of its picture are the stamp's."""
        assert isinstance(_question, Photo), "beyond() lets nothing else through"
        if not _question.camera:
            return None
        camera = self._camera(self._views[_question.number])
        rows = stamp.band_rows(camera.width, permit=self.job.plan.order.permit)
        return {"camera": pose_of(camera).line().decode("ascii"), "band": rows}

    def picture(self, question: Question) -> tuple[NDArray[np.uint8], Camera]:
        """As Room."""
        assert isinstance(question, Photo), "beyond() lets nothing else through"
        view, by = self._views[question.number], self._divisor
        camera = self._camera(view)
        held = self._capture.images[view, : camera.height * by, : camera.width * by].astype(np.float32) / 255.0
        alpha = held[..., 3:]
        flat = held[..., :3] * alpha + np.array(BACKGROUND, np.float32) * (1.0 - alpha)
        small = flat.reshape(camera.height, by, camera.width, by, 3).mean(axis=(1, 3))
        wipe_arrays(held, flat)
        return np.rint(small * 255.0).astype(np.uint8), camera

    def _camera(self, view: int) -> Camera:
        """The view's camera on a frame that is smaller by the divisor; rows and columns that are left over are cut."""
        from stagedoor.worker.double.camera import Camera

        held, by = self._capture, self._divisor
        return Camera(
            fx=held.fx / by,
            fy=held.fy / by,
            cx=held.cx / by,
            cy=held.cy / by,
            width=held.width // by,
            height=held.height // by,
            world_to_camera=held.world_to_camera[view],
        )
