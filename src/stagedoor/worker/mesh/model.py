"""The mesh that everything here speaks of: one set of triangles, one texture, one material.

World axes are the capture's: y up, the face towards +z, in any unit of length.  Texture rows run downwards, and v with
them, as in glTF: v = 0 is the upper edge of the picture.  OBJ has v running upwards; its reader turns it over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.limits import (
    COORDINATE_MAX,
    TEXTURE_SIDE_PX_MAX,
    TRIANGLES_MAX,
    UV_MAX,
    VERTICES_MAX,
)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_EXPORT = "Export the mesh again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """A textured triangle mesh; every array is read-only.

    positions float32 [V,3], world units, y up.  triangles int32 [T,3], corners counter-clockwise seen from outside.
    normals float32 [V,3], unit length.  uvs float32 [V,2] or None; texture uint8 [H,W,4] sRGB with straight alpha, or
    None.  colours uint16 [V,4], *linear* RGBA over 65535 (as glTF's COLOR_0), or None.  factor: linear RGBA that
    multiplies both.  The shown colour is texture x colours x factor.  double_sided: triangles are seen from behind
    too.  unlit: the texture carries its light already, as a scan's does.  alpha_cutoff: below this alpha nothing is
    there; 0 means that alpha is left aside.  repeat: whether the texture goes on beyond its edges.

    Raises MeshError for a shape, an index or a number out of bounds.
    """

    positions: Floats
    triangles: NDArray[np.int32]
    normals: Floats
    uvs: Floats | None = None
    texture: NDArray[np.uint8] | None = None
    colours: NDArray[np.uint16] | None = None
    factor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    double_sided: bool = False
    unlit: bool = True
    alpha_cutoff: float = 0.0
    repeat: bool = False

    def __post_init__(self) -> None:
        count = len(self.positions)
        _hold(self, "positions", np.float32, (count, 3))
        _hold(self, "triangles", np.int32, (len(self.triangles), 3))
        _hold(self, "normals", np.float32, (count, 3))
        _hold(self, "uvs", np.float32, (count, 2))
        _hold(self, "colours", np.uint16, (count, 4))
        if self.texture is not None:
            _hold(self, "texture", np.uint8, (*self.texture.shape[:2], 4))
        if self.alpha_cutoff == 0.0:
            object.__setattr__(self, "factor", (*self.factor[:3], 1.0))
        _check_counts(count, len(self.triangles))
        _check_numbers(self)

    @property
    def bounds(self) -> tuple[Doubles, Doubles]:
        """The least and the greatest corner of the box round the vertices that triangles use, float64 [3] each."""
        used = self.positions[self.triangles.ravel()]
        return used.min(axis=0).astype(np.float64), used.max(axis=0).astype(np.float64)

    def moved(self, *, shift: tuple[float, float, float] = (0.0, 0.0, 0.0), scale: float = 1.0) -> Mesh:
        """The mesh at (positions + shift) x scale; scale is above zero."""
        if not scale > 0.0:
            raise ValueError("a mesh is scaled by a number above zero")
        placed = (self.positions.astype(np.float64) + np.array(shift, np.float64)) * scale
        return Mesh(
            positions=placed.astype(np.float32),
            triangles=self.triangles,
            normals=self.normals,
            uvs=self.uvs,
            texture=self.texture,
            colours=self.colours,
            factor=self.factor,
            double_sided=self.double_sided,
            unlit=self.unlit,
            alpha_cutoff=self.alpha_cutoff,
            repeat=self.repeat,
        )

    def centred(self, size: float = 2.0) -> Mesh:
        """The mesh with its box's middle at the origin and its box's longest side `size` units long.

        Camera moves look at the origin, and a double of a head is about two units wide.
        """
        least, greatest = self.bounds
        longest = float((greatest - least).max())
        if not longest > 0.0:
            raise MeshError(where="mesh", what="all its vertices lie in one point", todo=_EXPORT)
        a, b, c = (float(value) for value in -(least + greatest) / 2)
        return self.moved(shift=(a, b, c), scale=size / longest)


def smooth_normals(positions: Floats, triangles: NDArray[np.int32]) -> Floats:
    """Unit normals [V,3]: the mean of the triangles round a vertex, weighted by their area.

    Vertices at one place (split along a seam of the texture) share one normal, so a seam does not show as an edge.
    A vertex with no area round it gets +z.
    """
    corners = positions[triangles].astype(np.float64)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # Bytes, not numbers: equal places are merged exactly, and -0.0 was added away.
    keys = np.ascontiguousarray(positions + np.float32(0.0)).view([("", np.float32)] * 3).ravel()
    _, place = np.unique(keys, return_inverse=True)
    place = place.ravel()
    out = np.zeros((int(place.max()) + 1 if len(place) else 0, 3), np.float64)
    for axis in range(3):
        for corner in range(3):
            out[:, axis] += np.bincount(place[triangles[:, corner]], weights=faces[:, axis], minlength=len(out))
    return unit(out)[place].astype(np.float32)


def unit(vectors: NDArray[np.floating]) -> Doubles:
    """Vectors [N,3] made one long, float64; what has no direction becomes +z."""
    held = vectors.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt((held**2).sum(axis=1))
        sound = np.isfinite(length) & (length > 1e-20)
        return np.asarray(
            np.where(sound[:, None], held / np.where(sound, length, 1.0)[:, None], np.array([0.0, 0.0, 1.0]))
        )


def _hold(mesh: Mesh, name: str, kind: type[np.generic], shape: tuple[int, ...]) -> None:
    given = getattr(mesh, name)
    if given is None:
        return
    if given.shape != shape:
        raise MeshError(where=f"mesh {name}", what=f"its shape is {given.shape}, not {shape}", todo=_EXPORT)
    held = np.array(given, dtype=kind)
    held.flags.writeable = False
    object.__setattr__(mesh, name, held)


def _check_counts(vertices: int, triangles: int) -> None:
    if not 3 <= vertices <= VERTICES_MAX:
        raise MeshError(
            where="mesh", what=f"{vertices} vertices; a mesh has 3 to {VERTICES_MAX}", todo="Reduce it in your modeller"
        )
    if not 1 <= triangles <= TRIANGLES_MAX:
        raise MeshError(
            where="mesh",
            what=f"{triangles} triangles; a mesh has 1 to {TRIANGLES_MAX}",
            todo="Reduce it in your modeller",
        )


def _check_numbers(mesh: Mesh) -> None:
    if int(mesh.triangles.min()) < 0 or int(mesh.triangles.max()) >= len(mesh.positions):
        raise MeshError(where="mesh triangles", what="one points to a vertex that is not there", todo=_EXPORT)
    for name, most in (("positions", COORDINATE_MAX), ("uvs", UV_MAX), ("normals", 1.001)):
        values = getattr(mesh, name)
        if values is not None and not (np.abs(values) <= most).all():
            raise MeshError(
                where=f"mesh {name}", what=f"a number is not finite or is beyond {most:g}", todo=f"{_EXPORT} in metres"
            )
    if mesh.texture is not None:
        sides = mesh.texture.shape[:2]
        if mesh.uvs is None or min(sides) < 1 or max(sides) > TEXTURE_SIDE_PX_MAX:
            raise MeshError(
                where="mesh texture",
                what=f"it has no coordinates, or is not 1 to {TEXTURE_SIDE_PX_MAX} pixels a side",
                todo="Unwrap the mesh, or make the picture smaller",
            )
    if len(mesh.factor) != 4 or not all(0.0 <= value <= 1.0 for value in mesh.factor):
        raise MeshError(where="mesh factor", what="its colour is not four numbers 0 to 1", todo=_EXPORT)
    if not 0.0 <= mesh.alpha_cutoff <= 1.0:
        raise MeshError(where="mesh alpha", what="its cutoff is not 0 to 1", todo=_EXPORT)
