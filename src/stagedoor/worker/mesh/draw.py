"""A mesh drawn to 8-bit pixels, as worker.double.render draws splats: same cameras, same background, same bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.camera import Camera
from stagedoor.worker.double.pool import Pool, threads_default
from stagedoor.worker.double.render import SIDE_PX_MAX
from stagedoor.worker.mesh import kernels
from stagedoor.worker.mesh.masked import cover_masked
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.shading import shade
from stagedoor.worker.mesh.texels import Pyramid

_ABSENT_UVS = np.empty((0, 2), np.float32)
_ABSENT_COLOURS = np.empty((0, 4), np.uint16)
_NO_LIGHT = np.empty((0, 3), np.float64)
# A mesh's own arrays are read-only, which is a type of its own to numba: these are so too, and one kernel serves all.
_ABSENT_UVS.flags.writeable = _ABSENT_COLOURS.flags.writeable = False
_WHITE = np.full((1, 1, 4), 255, np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One far light and what comes from everywhere, for a matt surface (Lambert's law).

    towards: a direction in the world, any length but zero.  colour and ambient: linear, from 0.  A texture that
    carries its own light (Mesh.unlit) is lit twice by this: it is for textures that are pure colour.
    """

    towards: tuple[float, float, float]
    colour: tuple[float, float, float] = (0.8, 0.8, 0.8)
    ambient: tuple[float, float, float] = (0.2, 0.2, 0.2)

    def numbers(self) -> NDArray[np.float64]:
        """As the kernel reads it: float64 [3,3]."""
        length = math.hypot(*self.towards)
        if not 0.0 < length < math.inf or not all(0.0 <= v < math.inf for v in (*self.colour, *self.ambient)):
            raise ValueError("a light has a direction, and colours that are finite and not below zero")
        return np.array([[v / length for v in self.towards], self.colour, self.ambient], np.float64)


class Scene:
    """A mesh made ready to be drawn many times: its smaller textures are made once.  Not for several threads at once.

    Memory beside the mesh: a third of the texture more, 100 bytes a triangle, 33 bytes a pixel of the frame.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        masked = mesh.alpha_cutoff > 0.0
        self._pyramid = Pyramid(_WHITE if mesh.texture is None else mesh.texture, masked=masked)
        self._uvs = _ABSENT_UVS if mesh.uvs is None or mesh.texture is None else mesh.uvs
        self._colours = _ABSENT_COLOURS if mesh.colours is None else mesh.colours
        self._factor = np.array(mesh.factor, np.float64)
        count = len(mesh.triangles)
        self._placed = np.empty((len(mesh.positions), 3), np.float64)
        self._functions = np.empty((count, kernels.COLUMNS), np.float64)
        self._boxes = np.zeros((count, 4), np.int32)
        self._faces = np.ones(count, np.int8)

    def draw(
        self,
        camera: Camera,
        *,
        width: int,
        height: int,
        background: tuple[float, float, float] = (0.0, 0.0, 0.0),
        threads: int | None = None,
        light: Light | None = None,
    ) -> NDArray[np.uint8]:
        """uint8 [H,W,4]: sRGB over `background` (0 to 1 each), and in the fourth channel how much of the pixel is
        covered.  The pixels are the same whatever the number of threads."""
        if not (1 <= width <= SIDE_PX_MAX and 1 <= height <= SIDE_PX_MAX):
            raise ValueError(f"{width}x{height}: a frame has 1 to {SIDE_PX_MAX} pixels a side")
        view = camera.resized(width=width, height=height)
        owners = np.empty((height, width, kernels.SAMPLES), np.int32)
        depths = np.empty((height, width, kernels.SAMPLES), np.float32)
        picture = np.empty((height, width, 4), np.uint8)
        lamp = _NO_LIGHT if light is None else light.numbers()
        ground = np.array(background, np.float64)
        with Pool(threads or threads_default()) as pool:
            pool.run(lambda chunk: self._place(chunk, view))
            pool.run(lambda chunk: self._set_up(chunk, view))
            pool.run(lambda chunk: self._cover(chunk, depths, owners))
            pool.run(lambda chunk: self._shade(chunk, owners, lamp, ground, picture))
        return picture

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Everything in which something of the person stands, for whoever wipes it."""
        mesh = self.mesh
        own = (mesh.positions, mesh.triangles, mesh.normals, mesh.uvs, mesh.texture, mesh.colours)
        made = (self._pyramid.texels, self._placed, self._functions, self._boxes, self._faces)
        return tuple(array for array in (*own, *made) if array is not None)

    def _place(self, chunk: int, view: Camera) -> None:
        kernels.place_vertices(chunk, self.mesh.positions, view.world_to_camera, self._placed)

    def _set_up(self, chunk: int, view: Camera) -> None:
        lens = (view.fx, view.fy, view.cx, view.cy, float(view.width), float(view.height))
        kernels.set_up(
            chunk, self.mesh.triangles, self._placed, lens, self.mesh.double_sided,
            self._functions, self._boxes, self._faces,
        )  # fmt: skip

    def _cover(self, chunk: int, depths: NDArray[np.float32], owners: NDArray[np.int32]) -> None:
        if self.mesh.alpha_cutoff == 0.0:
            kernels.cover(chunk, self._functions, self._boxes, depths, owners)
            return
        cover_masked(
            chunk, self._functions, self._boxes, depths, owners, self.mesh.triangles, self._uvs, self._colours,
            self._factor, self._pyramid.texels, self._pyramid.sizes, self._repeat, self.mesh.alpha_cutoff,
        )  # fmt: skip

    def _shade(
        self,
        chunk: int,
        owners: NDArray[np.int32],
        light: NDArray[np.float64],
        ground: NDArray[np.float64],
        picture: NDArray[np.uint8],
    ) -> None:
        mesh, pyramid = self.mesh, self._pyramid
        shade(
            chunk, owners, self._functions, self._faces, mesh.triangles, mesh.normals, self._uvs, self._colours,
            self._factor, pyramid.texels, pyramid.starts, pyramid.sizes, self._repeat, light, ground, picture,
        )  # fmt: skip

    @property
    def _repeat(self) -> bool:
        return bool(self.mesh.repeat)


def render_mesh(
    mesh: Mesh,
    camera: Camera,
    *,
    width: int,
    height: int,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    threads: int | None = None,
    light: Light | None = None,
) -> NDArray[np.uint8]:
    """Draws `mesh` over `background` (0 to 1 each) at any size of the camera's own shape: uint8 [H,W,3].

    The texture's colour as it is, or under a light.  For several frames make one Scene.
    """
    picture = Scene(mesh).draw(camera, width=width, height=height, background=background, threads=threads, light=light)
    return np.ascontiguousarray(picture[..., :3])
