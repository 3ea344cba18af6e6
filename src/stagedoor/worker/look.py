"""Recipes look and look-relit: a person looks round a replica, and each picture that they ask for is drawn and counted.

Each picture is within the permitted arc.  `look-relit` lets the light be moved too, for a kind of replica that can
stand in another light; `look` leaves it as it was captured.  Either draws the double as one of the capture's own
cameras saw it, if that camera stands where the order's may: so it can be held beside the capture, which is not opened
here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.core.facts.permit import Setting
from stagedoor.seal import wipe
from stagedoor.wire.looks import DIVISORS, Light, Pose, Question, View
from stagedoor.worker import stamp
from stagedoor.worker.arc import BACKGROUND, camera_at
from stagedoor.worker.drawable import Drawable, Lightable, drawn_by, opened
from stagedoor.worker.job import Job, Made, WorkError
from stagedoor.worker.look_pose import camera_of
from stagedoor.worker.look_room import Room, bounds, stands, within

if TYPE_CHECKING:
    from stagedoor.worker.double.camera import Camera

LARGER: Final = 1e-3
"""Share by which a rounded camera may show a head larger than the order's own does."""

NEAREST: Final = 1.5
"""Units from the centre at which a camera may stand, as the gate holds every order to (steps.dispatch)."""


def look(job: Job, *, relit: bool = False, clock: Callable[[], float] = time.monotonic) -> Made:
    """Answer until the look ends.  Raises WorkError if the replica cannot be drawn, or lit, or nobody asked."""
    assert job.plan.settings["frames"] <= job.plan.permit.units, "recipes.plan lets no more through"
    try:
        replica = opened(job.plaintext, backend=job.backend)
    finally:
        wipe(job.plaintext)
    try:
        if relit and not isinstance(replica, Lightable):
            raise WorkError("this kind of replica cannot be lit anew: order a look")
        if relit and isinstance(replica, Lightable):
            # Colours are taken apart here, before anybody waits for a picture: a large double needs its time for that.
            replica.stand_in(lamp(Light(turn_deg=0, rise_deg=0, key=100, ambient=0)))
            replica.stand_in(None)
        return _Replica(job, replica, relit=relit, clock=clock).answer_all()
    finally:
        replica.wipe()


class _Replica(Room):
    """A look at a double."""

    def __init__(self, job: Job, replica: Drawable, *, relit: bool, clock: Callable[[], float]) -> None:
        super().__init__(job, clock=clock)
        self._replica = replica
        self._relit = relit
        self._light: Light | None = None

    def told(self) -> dict[str, object]:
        """Whether the light may be moved."""
        return {"relit": self._relit}

    def drawn_by(self) -> tuple[Setting, ...]:
        """As Room."""
        return (drawn_by(self._replica),)

    def beyond(self, question: Question) -> str:
        """As Room."""
        if isinstance(question, Pose):
            return self._pose_beyond(question)
        if not isinstance(question, View):
            return "this is a look at a replica: it holds no photo"
        if question.light is not None and not self._relit:
            return "the order leaves the light as it was captured: order look-relit"
        values = self.job.plan.settings
        first, last, low, high = bounds(self.job)
        if not first <= question.azimuth_deg <= last:
            return f"azimuth {question.azimuth_deg} lies beyond the permitted arc of {first} to {last} degrees"
        if not low <= question.elevation_deg <= high:
            return f"elevation {question.elevation_deg} lies beyond the ordered {low} to {high} degrees"
        if question.divisor not in DIVISORS or values["width"] // question.divisor < stamp.WIDTH_MIN:
            return f"a width of {values['width']} cannot be divided by {question.divisor}: the stamp would not fit"
        if values["height"] // question.divisor < stamp.WIDTH_MIN // 2:
            return f"a height of {values['height']} cannot be divided by {question.divisor}"
        return ""

    def _pose_beyond(self, pose: Pose) -> str:
        values = self.job.plan.settings
        if not stamp.WIDTH_MIN <= pose.width <= values["width"] or not 1 <= pose.height <= values["height"]:
            return f"the capture's picture of {pose.width} x {pose.height} lies beyond the ordered size"
        camera = camera_of(pose)
        if not within(self.job, camera, nearest=NEAREST):
            return "the capture's camera stands beyond the permitted arc, the ordered elevations, or inside the head"
        ordered = self._at(View(azimuth_deg=0, elevation_deg=0, divisor=1))
        if max(camera.fx, camera.fy) / stands(camera)[2] > ordered.fx / (values["radius_milli"] / 1000) * (1 + LARGER):
            return "the capture's camera shows the head larger than was ordered: order photographs of a smaller size"
        return ""

    def picture(self, question: Question) -> tuple[NDArray[np.uint8], Camera]:
        """As Room."""
        if isinstance(question, Pose):
            camera, light = camera_of(question), None
        else:
            assert isinstance(question, View), "beyond() lets nothing else through"
            camera, light = self._at(question), question.light
        self._stand_in(light)
        return self._replica.draw(camera, camera.width, camera.height, BACKGROUND), camera

    def _at(self, view: View) -> Camera:
        values = self.job.plan.settings
        return camera_at(
            azimuth_deg=float(view.azimuth_deg),
            elevation_deg=float(view.elevation_deg),
            radius=values["radius_milli"] / 1000,
            width=values["width"] // view.divisor,
            height=values["height"] // view.divisor,
        )

    def _stand_in(self, light: Light | None) -> None:
        """Move the lamp, if it stands elsewhere than for the picture before."""
        if light == self._light:
            return
        assert isinstance(self._replica, Lightable), "look() lets no other kind be lit"
        self._replica.stand_in(None if light is None else lamp(light))
        self._light = light


def lamp(light: Light) -> NDArray[np.float64]:
    """The nine numbers for each colour, [9,3], of a white lamp and white light from everywhere."""
    from stagedoor.worker.double.relight import lamps

    turn, rise = math.radians(light.turn_deg), math.radians(light.rise_deg)
    towards = (math.sin(turn) * math.cos(rise), math.sin(rise), math.cos(turn) * math.cos(rise))
    return lamps((light.ambient / 100,) * 3, (towards, (light.key / 100,) * 3))
