"""Compiles the loops that draw meshes into numba's cache: `python -m stagedoor.worker.mesh.warm`, part of `warm`."""

from __future__ import annotations

import numpy as np

from stagedoor.worker.double.moves import arc
from stagedoor.worker.mesh.draw import Light, Scene
from stagedoor.worker.mesh.model import Mesh, smooth_normals


def compile_kernels() -> None:
    """Draws one textured triangle, opaque and masked, with and without a light.  About ten seconds, then a half."""
    positions = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0]], np.float32)
    triangles = np.array([[0, 1, 2]], np.int32)
    texture = np.full((4, 4, 4), 255, np.uint8)
    (camera,) = arc((0.0, 0.0, 0.0), 4.0, from_deg=0.0, to_deg=0.0, elevation_deg=0.0, frames=1)
    for cutoff in (0.0, 0.5):
        mesh = Mesh(
            positions=positions,
            triangles=triangles,
            normals=smooth_normals(positions, triangles),
            uvs=positions[:, :2],
            texture=texture,
            alpha_cutoff=cutoff,
        )
        for light in (None, Light(towards=(0.0, 0.0, 1.0))):
            Scene(mesh).draw(camera, width=32, height=32, light=light)


if __name__ == "__main__":
    compile_kernels()
