"""A field drawn to 8-bit pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import Pool, threads_default
from stagedoor.worker.double.render import SIDE_PX_MAX, to_bytes
from stagedoor.worker.field.errors import FieldError
from stagedoor.worker.field.grid import Floats
from stagedoor.worker.field.model import Field
from stagedoor.worker.field.rays import draw_rows, space_of


def draw_field(
    field: Field,
    camera: Camera,
    *,
    width: int,
    height: int,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    threads: int | None = None,
) -> NDArray[np.uint8]:
    """Draws `field` over `background` (0 to 1 each) at any size of the camera's own shape: uint8 [H,W,3].

    One ray through the middle of each pixel.  The pixels are the same whatever the number of threads.  Raises
    FieldError for a size that is not drawn, and Camera's ValueError for another aspect.
    """
    if not (1 <= width <= SIDE_PX_MAX and 1 <= height <= SIDE_PX_MAX):
        what = f"{width}x{height} pixels are asked"
        raise FieldError(where="frame", what=what, todo=f"Ask for 1 to {SIDE_PX_MAX} a side")
    view = view_of(camera.resized(width=width, height=height), field.corner, field.edge)
    table, layout, behind = field.table.astype(np.float32), field.shape.layout(), np.array(background, np.float32)
    space = space_of(field.occupied)
    picture = np.zeros((height, width, 3), np.float32)
    stride = np.float32(1.0 / field.steps)

    def rows(chunk: int) -> None:
        held = (table, layout, field.decoder, field.hidden, view, space, stride)
        draw_rows(*held, behind, chunk, picture)

    with Pool(threads or threads_default()) as pool:
        pool.run(rows)
    return to_bytes(picture)


def view_of(camera: Camera, corner: NDArray[np.float64], edge: float) -> Floats:
    """The camera as the ray kernels read it, in the unit cube of a box: float32 [16]."""
    view = np.empty(16, np.float32)
    view[:9] = camera.world_to_camera[:3, :3].ravel()
    view[9:12] = (camera.position() - corner) / edge
    view[12:] = camera.fx, camera.fy, camera.cx, camera.cy
    return view
