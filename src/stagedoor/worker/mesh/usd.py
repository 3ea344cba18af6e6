"""USD, where OpenUSD is installed (the `usd` extra, 157 MB): static meshes with a preview surface's base colour.

OpenUSD opens files by itself and follows what they name, so it is given one layer that names no other: references,
payloads and sublayers are refused before anything is composed.  It is a large library in C++: call this in a process
that may die of a hostile file, as the door's check does.

Read: transforms, instances, the up axis; polygons; st or UVMap; displayColor; subsets with materials; a
preview surface's diffuseColor as a number or as a picture.  Left aside: subdivision (the cage is drawn), the file's
normals (smooth ones are made), opacity, time.
Refused: skeletons, links to other layers, pictures outside the model's folder.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import MeshError, shown
from stagedoor.worker.mesh.gltf import Model
from stagedoor.worker.mesh.gltf_data import file_name, refuse
from stagedoor.worker.mesh.limits import COORDINATE_MAX, NODES_MAX, PARTS_MAX, TRIANGLES_MAX, VERTICES_MAX
from stagedoor.worker.mesh.parts import Material, Part
from stagedoor.worker.mesh.polygon import Cutter, quads_cut
from stagedoor.worker.mesh.texture import Budget, Texels, decode

_AGAIN: Final = "Flatten it into one USD file, or export binary glTF (.glb)"
_UP_FROM_Z: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Z up to y up: what was up stays up, and what looked along -y looks along +z."""

Files = Callable[[str], bytes]
"""A picture's bytes by the name that the model uses; raises MeshError where it is missing or leads out."""


def available() -> bool:
    """Whether OpenUSD is here."""
    return importlib.util.find_spec("pxr") is not None


def read_usd(path: Path, files: Files) -> Model:
    """The parts of a .usda, .usdc or .usdz.  Raises MeshError, also where OpenUSD is not installed."""
    if not available():
        raise MeshError(
            where=shown(path.name),
            what="reading USD needs OpenUSD, which is not installed",
            todo="Install the extra: pip install 'stagedoor[usd]'. Or export binary glTF (.glb)",
        )
    from pxr import Sdf, Tf, Usd

    try:
        layer = Sdf.Layer.FindOrOpen(str(path))
        if layer is None:
            refuse("usd", "it cannot be opened", _AGAIN)
        if layer.GetCompositionAssetDependencies() or layer.subLayerPaths:
            refuse("usd", "it brings in other files (references, payloads or sublayers)", _AGAIN)
        _refuse_clips(layer)
        return _Reader(Usd.Stage.Open(layer), files).model()
    except Tf.ErrorException as fault:
        raise MeshError(where="usd", what="OpenUSD cannot read it", todo=_AGAIN) from fault


def _refuse_clips(layer: Any) -> None:
    """Value clips are files too, and are opened without being listed as dependencies."""
    left = list(layer.rootPrims)
    for count in range(NODES_MAX + 1):
        if not left:
            return
        spec = left.pop()
        if spec.HasInfo("clips") or count == NODES_MAX:
            refuse("usd", f"it brings in value clips, or has more than {NODES_MAX} prims", _AGAIN)
        left += [*spec.nameChildren, *(inner for held in spec.variantSets for inner in _in_variants(held))]


def _in_variants(held: Any) -> list[Any]:
    return [variant.primSpec for variant in held.variants]


class _Reader:
    """One pass over one stage."""

    def __init__(self, stage: Any, files: Files) -> None:
        from pxr import UsdGeom

        self._stage, self._files, self._budget, self._cutter = stage, files, Budget(), Cutter()
        self._upright = np.eye(3) if UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y else _UP_FROM_Z
        self._pictures: dict[str, Texels] = {}
        self._vertices = self._triangles = 0

    def model(self) -> Model:
        """Every visible mesh of the stage."""
        from pxr import Usd, UsdGeom

        parts: list[Part] = []
        placed = UsdGeom.XformCache()
        for count, prim in enumerate(Usd.PrimRange(self._stage.GetPseudoRoot(), Usd.TraverseInstanceProxies())):
            if count > NODES_MAX:
                refuse("usd", f"more than {NODES_MAX} prims", _AGAIN)
            mesh = UsdGeom.Mesh(prim)
            if not mesh or mesh.ComputeVisibility() == UsdGeom.Tokens.invisible:
                continue
            parts += self._parts(mesh, np.array(placed.GetLocalToWorldTransform(prim), np.float64), prim)
            if len(parts) > PARTS_MAX:
                refuse("usd", f"more than {PARTS_MAX} parts", "Join the meshes by material")
        return Model(parts=tuple(parts), pictures=self._pictures)

    def _parts(self, mesh: Any, placed: NDArray[np.float64], prim: Any) -> Iterator[Part]:
        where = f"mesh {shown(str(prim.GetPath()))}"
        if prim.HasRelationship("skel:skeleton") or prim.HasAttribute("primvars:skel:jointIndices"):
            refuse(where, "it is bound to a skeleton", "Bake the pose into the mesh")
        points = _rows(mesh.GetPointsAttr().Get(), 3, where)
        counts = np.asarray(mesh.GetFaceVertexCountsAttr().Get() or (), np.int64)
        indices = np.asarray(mesh.GetFaceVertexIndicesAttr().Get() or (), np.int64)
        self._check(points, counts, indices, where)
        faces, corners = self._cut(points, counts, indices, where)
        turn = placed[:3, :3] @ self._upright.T
        positions = points @ turn + placed[3, :3] @ self._upright.T
        if not (np.abs(positions) <= COORDINATE_MAX).all():
            refuse(where, f"a position is not finite or is beyond {COORDINATE_MAX:g}", "Export it in metres")
        mirrored = (float(np.linalg.det(turn)) < 0.0) != (mesh.GetOrientationAttr().Get() == "leftHanded")
        if mirrored:
            corners = corners[:, ::-1]
        sided = bool(mesh.GetDoubleSidedAttr().Get())
        values = _Values(prim, points=len(points), faces=len(counts), corners=len(indices))
        uvs = values.of(("primvars:st", "primvars:UVMap", "primvars:st0"), 2)
        colours = values.of(("primvars:displayColor",), 3)
        for chosen, material in self._dressed(prim, faces, sided):
            ours, owners = corners[chosen].ravel(), np.repeat(faces[chosen], 3)
            if not len(ours):
                continue
            found = uvs(ours, owners, indices) if uvs else None
            if material.texture is not None and found is None:
                refuse(where, "it has a texture and no coordinates for it", "Unwrap it and export again")
            dyed = colours(ours, owners, indices) if colours and material.texture is None else None
            yield _joined(
                where=where, positions=positions, points=indices[ours], uvs=found, colours=dyed, material=material
            )

    def _check(
        self, points: NDArray[np.float64], counts: NDArray[np.int64], indices: NDArray[np.int64], where: str
    ) -> None:
        if len(counts) == 0 or int(counts.min()) < 3 or int(counts.sum()) != len(indices):
            refuse(where, "its faces do not add up to its corners", _AGAIN)
        if int(indices.min()) < 0 or int(indices.max()) >= len(points):
            refuse(where, "a face points to a point that is not there", _AGAIN)
        if not (np.abs(points) <= 1e9).all():
            refuse(where, "a point is not finite", _AGAIN)
        triangles = int((counts - 2).sum())
        self._triangles, self._vertices = self._triangles + triangles, self._vertices + len(points)
        if self._triangles > TRIANGLES_MAX or self._vertices > VERTICES_MAX:
            what = f"over {TRIANGLES_MAX} triangles or {VERTICES_MAX} vertices"
            refuse(where, what, "Reduce it in your modeller")

    def _cut(
        self, points: NDArray[np.float64], counts: NDArray[np.int64], indices: NDArray[np.int64], where: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(the face of each triangle [T], its corners [T,3] as numbers into the mesh's list of corners)."""
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        three, four = np.flatnonzero(counts == 3), np.flatnonzero(counts == 4)
        quads = starts[four, None] + np.arange(4)
        halves = quads_cut(points[indices[quads]])
        faces = [three, np.repeat(four, 2)]
        corners = [
            starts[three, None] + np.arange(3),
            quads[np.arange(len(four))[:, None, None], halves].reshape(-1, 3),
        ]
        for face in np.flatnonzero(counts > 4):
            around = starts[face] + np.arange(counts[face])
            cut = np.array(self._cutter.cut(points[indices[around]], where), np.int64)
            faces.append(np.full(len(cut), face))
            corners.append(around[cut])
        return np.concatenate(faces), np.concatenate(corners)

    def _dressed(
        self, prim: Any, faces: NDArray[np.int64], sided: bool
    ) -> Iterator[tuple[NDArray[np.bool_], Material]]:
        """(which triangles, their material): each subset's, and the mesh's own for the rest."""
        from pxr import UsdGeom, UsdShade

        left = np.ones(len(faces), np.bool_)
        for subset in UsdShade.MaterialBindingAPI(prim).GetMaterialBindSubsets():
            inside = np.isin(faces, np.asarray(UsdGeom.Subset(subset).GetIndicesAttr().Get() or (), np.int64)) & left
            left &= ~inside
            yield inside, self._material(subset.GetPrim(), sided)
        yield left, self._material(prim, sided)

    def _material(self, prim: Any, sided: bool) -> Material:
        from pxr import UsdShade

        bound, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        surface = bound.ComputeSurfaceSource()[0] if bound else None
        colour = surface.GetInput("diffuseColor") if surface else None
        if not colour:
            return Material(double_sided=sided)
        source = colour.GetConnectedSource() if colour.HasConnectedSource() else None
        if source is not None:
            file = UsdShade.Shader(source[0].GetPrim()).GetInput("file")
            asset = file.Get() if file else None
            if asset is not None and asset.path:
                return Material(texture=self._picture(asset.path), double_sided=sided)
        given = colour.Get()
        red, green, blue = (min(max(float(v), 0.0), 1.0) for v in given) if given is not None else (1.0, 1.0, 1.0)
        return Material(factor=(red, green, blue, 1.0), double_sided=sided)

    def _picture(self, name: str) -> str:
        key = file_name(name.removeprefix("./").replace("%", "%25"), "usd texture")
        if key not in self._pictures:
            self._pictures[key] = decode(self._files(key), shown(key), self._budget)
        return key


def _joined(
    *,
    where: str,
    positions: NDArray[np.float64],
    points: NDArray[np.int64],
    uvs: NDArray[np.float64] | None,
    colours: NDArray[np.float64] | None,
    material: Material,
) -> Part:
    """Triangles of corners [3T], where corners that agree in everything become one vertex."""
    told = [points[:, None].astype(np.float64), *(values for values in (uvs, colours) if values is not None)]
    rows = np.ascontiguousarray(np.concatenate(told, axis=1) + 0.0)
    keys = rows.view([("", np.float64)] * rows.shape[1]).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    dyed = None if colours is None else np.clip(colours[first], 0.0, 1.0)
    return Part(
        where=where,
        positions=positions[points[first]].astype(np.float32),
        triangles=inverse.ravel().astype(np.int32).reshape(-1, 3),
        # USD's v runs upwards.
        uvs=None if uvs is None else np.stack([uvs[first, 0], 1.0 - uvs[first, 1]], 1).astype(np.float32),
        colours=None if dyed is None else np.concatenate([dyed, np.ones((len(dyed), 1))], 1).astype(np.float32),
        material=material,
    )


class _Values:
    """A mesh's primvars by corner, whatever they hang on: the whole, each face, each point or each corner."""

    def __init__(self, prim: Any, *, points: int, faces: int, corners: int) -> None:
        self._prim = prim
        self._lengths = {"constant": 1, "uniform": faces, "vertex": points, "varying": points, "faceVarying": corners}

    def of(self, names: tuple[str, ...], width: int) -> Callable[..., NDArray[np.float64]] | None:
        """From (corners, their faces, the corners' points) to values [N,width]; None if no such primvar fits."""
        from pxr import UsdGeom

        for name in names:
            primvar = UsdGeom.Primvar(self._prim.GetAttribute(name))
            flat = primvar.ComputeFlattened() if primvar and primvar.HasValue() else None
            if flat is None:
                continue
            kind = str(primvar.GetInterpolation())
            values = _rows(flat, width, f"primvar {name}")
            if len(values) != self._lengths.get(kind, -1) or not np.isfinite(values).all():
                refuse(f"primvar {name}", "its values do not fit its mesh", _AGAIN)

            def by_corner(
                corners: NDArray[np.int64], faces: NDArray[np.int64], points: NDArray[np.int64],
                kind: str = kind, values: NDArray[np.float64] = values,
            ) -> NDArray[np.float64]:  # fmt: skip
                if kind == "faceVarying":
                    return values[corners]
                if kind == "uniform":
                    return values[faces]
                return values[points[corners]] if kind in ("vertex", "varying") else values[np.zeros_like(corners)]

            return by_corner
        return None


def _rows(values: Any, width: int, where: str) -> NDArray[np.float64]:
    read = np.asarray(values if values is not None else (), np.float64)
    if read.ndim != 2 or read.shape[1] != width or len(read) == 0:
        refuse(where, f"it has no values of {width} numbers", _AGAIN)
    return read
