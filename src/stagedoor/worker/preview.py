"""Small pictures of a double while it grows, under a permit whose unit says so: `watched-replica`.

What leaves: at most `previews` pictures of PX pixels, all from one place before the face, stamped as every output is
and named in the receipt, also by a fit that was stopped.  What does not: another side, a larger picture, or one more.
A face of 60 pixels can be recognised, and that is why a consent must name it; from one side no double can be made anew.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from stagedoor.core.facts.permit import Output
from stagedoor.worker import stamp
from stagedoor.worker.arc import BACKGROUND, camera_at, write_output
from stagedoor.worker.job import Job, UnwrittenError, wipe_arrays

if TYPE_CHECKING:
    from stagedoor.capture.read import Capture
    from stagedoor.worker.double.splats import Splats

PX: Final = stamp.WIDTH_MIN
"""Pixels on a side: the smallest picture that the stamp can be read in."""

PREVIEWS_MAX: Final = 400
"""Previews of one fit: one every three seconds for twenty minutes; a longer fit shows its first twenty."""

BYTES_MAX: Final = 64 << 10
"""Bytes of one preview: without any compression it has 28 KB."""

_NAME: Final = re.compile(r"preview-[0-9]{6}\.png")


class Previews:
    """The previews of one fit, those of an earlier run of its order among them; all are told in `outputs`."""

    def __init__(self, job: Job, capture: Capture, outputs: list[Output]) -> None:
        self._job = job
        self._distance = float(np.median([np.linalg.norm(pose[:3, 3]) for pose in capture.world_to_camera]))
        self.outputs = outputs
        outputs[:] = _of_before(job.out)

    def show(self, splats: Splats, _step: int) -> None:
        """One more, if the order has one left and the lease lives; the double is wiped."""
        from stagedoor.worker.double.render import render_frame

        try:
            if len(self.outputs) >= self._job.plan.settings["previews"] or not self._job.lease.live():
                return
            camera = camera_at(azimuth_deg=0, elevation_deg=0, radius=self._distance, width=PX, height=PX)
            picture = render_frame(splats, camera, width=PX, height=PX, background=BACKGROUND)
        finally:
            wipe_arrays(splats.means, splats.log_scales, splats.quats, splats.opacity_logits, splats.colours)
            wipe_arrays(splats.rest)
        number, permit = len(self.outputs) + 1, self._job.plan.order.permit
        data = stamp.png_bytes(stamp.stamped(picture, permit=permit), permit=permit, frame=number)
        # One that cannot be written is not shown; the fit is worth more.
        with suppress(UnwrittenError):
            if not self._job.lease.live():
                return
            self._job.out.mkdir(parents=True, exist_ok=True)
            self.outputs.append(write_output(self._job.out, f"preview-{number:06d}.png", data))


def _of_before(folder: Path) -> list[Output]:
    """What a run of this order that was killed had shown: it left this process's hands, so it is counted too."""
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if _NAME.fullmatch(path.name) and path.is_file() and path.stat().st_size <= BYTES_MAX:
            data = path.read_bytes()
            found.append(
                Output(name=path.name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), mark=stamp.MARK)
            )
    return found[:PREVIEWS_MAX]
