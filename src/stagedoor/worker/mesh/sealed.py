"""The one form in which a mesh is sealed: a GLB of one primitive that any viewer opens, and that the worker knows.

JSON: asset.generator is GENERATOR and asset.extras.stagedoor is "mesh"; one scene, node, mesh, primitive and material;
float32 POSITION, NORMAL and TEXCOORD_0, uint16 normalised COLOR_0, uint32 indices; the texture as one PNG inside.
The same mesh gives the same bytes with the same Pillow, and read back it is the same mesh, bit for bit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.gltf import read_gltf
from stagedoor.worker.mesh.gltf_data import MAGIC, Entry, Octets, chunks, packed
from stagedoor.worker.mesh.model import Mesh
from stagedoor.worker.mesh.texture import png

GENERATOR: Final = "Stagedoor mesh 1"
"""The tag, with the form's number: another shape of the form gets another number."""

_FLOAT, _U16, _U32 = 5126, 5123, 5125
_REPEAT, _CLAMP = 10497, 33071
_VERTICES, _INDICES = 34962, 34963


def to_bytes(mesh: Mesh) -> bytes:
    """The mesh as the sealed form."""
    body = _Body()
    attributes = {"POSITION": body.accessor(mesh.positions, "VEC3", _FLOAT, bounds=True)}
    attributes["NORMAL"] = body.accessor(mesh.normals, "VEC3", _FLOAT)
    if mesh.uvs is not None:
        attributes["TEXCOORD_0"] = body.accessor(mesh.uvs, "VEC2", _FLOAT)
    if mesh.colours is not None:
        attributes["COLOR_0"] = body.accessor(mesh.colours, "VEC4", _U16)
    indices = body.accessor(mesh.triangles.astype("<u4").reshape(-1, 1), "SCALAR", _U32)
    surface: Entry = {"baseColorFactor": list(mesh.factor), "metallicFactor": 0.0, "roughnessFactor": 1.0}
    material: Entry = {"pbrMetallicRoughness": surface, "doubleSided": mesh.double_sided}
    content: Entry = {
        "asset": {"version": "2.0", "generator": GENERATOR, "extras": {"stagedoor": "mesh"}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": indices, "material": 0, "mode": 4}]}],
        "materials": [material],
    }
    if mesh.alpha_cutoff > 0.0:
        material |= {"alphaMode": "MASK", "alphaCutoff": mesh.alpha_cutoff}
    if mesh.unlit:
        material["extensions"] = {"KHR_materials_unlit": {}}
        content["extensionsUsed"] = ["KHR_materials_unlit"]
    if mesh.texture is not None:
        surface["baseColorTexture"] = {"index": 0}
        wrap = _REPEAT if mesh.repeat else _CLAMP
        content["textures"] = [{"source": 0, "sampler": 0}]
        content["samplers"] = [{"wrapS": wrap, "wrapT": wrap, "magFilter": 9729, "minFilter": 9987}]
        content["images"] = [{"mimeType": "image/png", "bufferView": body.view(png(mesh.texture))}]
    data = b"".join(body.pieces)
    content |= {"accessors": body.accessors, "bufferViews": body.views, "buffers": [{"byteLength": len(data)}]}
    return packed(content, data)


def is_mesh(data: Octets) -> bool:
    """Whether these bytes say that they are the sealed form; what they hold is not looked at."""
    if bytes(data[:4]) != MAGIC:
        return False
    try:
        content, _ = chunks(data)
    except MeshError:
        return False
    asset = content.get("asset")
    return isinstance(asset, dict) and asset.get("generator") == GENERATOR


def from_bytes(data: Octets) -> Mesh:
    """The mesh in the sealed form; raises MeshError for anything else, another tool's GLB too."""
    if not is_mesh(data):
        raise MeshError(where="mesh", what="it is not in the form that is sealed", todo="Take it in again")
    model = read_gltf(data)
    if len(model.parts) != 1:
        raise MeshError(where="mesh", what="the sealed form has one part", todo="Take it in again")
    (part,) = model.parts
    if part.normals is None:
        raise MeshError(where="mesh", what="the sealed form has normals", todo="Take it in again")
    material = part.material
    return Mesh(
        positions=part.positions,
        triangles=part.triangles,
        normals=part.normals,
        uvs=part.uvs,
        texture=None if material.texture is None else model.pictures[material.texture],
        colours=None if part.colours is None else np.floor(part.colours * 65535.0 + 0.5).astype(np.uint16),
        factor=material.factor,
        double_sided=material.double_sided,
        unlit=material.unlit,
        alpha_cutoff=material.alpha_cutoff,
        repeat=material.texture is not None and material.repeats,
    )


class _Body:
    """The binary chunk while it grows; every view begins at a multiple of four."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.views: list[Entry] = []
        self.accessors: list[Entry] = []
        self._size = 0

    def view(self, data: bytes, target: int | None = None) -> int:
        """Put bytes at the end; the view's number."""
        held: Entry = {"buffer": 0, "byteOffset": self._size, "byteLength": len(data)}
        self.views.append(held | ({} if target is None else {"target": target}))
        whole = data + b"\0" * (-len(data) % 4)
        self.pieces.append(whole)
        self._size += len(whole)
        return len(self.views) - 1

    def accessor(self, values: np.ndarray[Any, Any], shape: str, component: int, *, bounds: bool = False) -> int:
        """Put an array [N,width] at the end; the accessor's number."""
        little = values.astype(values.dtype.newbyteorder("<"))
        view = self.view(little.tobytes(), _INDICES if shape == "SCALAR" else _VERTICES)
        told: Entry = {"bufferView": view, "componentType": component, "count": len(values), "type": shape}
        if component == _U16:
            told["normalized"] = True
        if bounds:
            told |= {"min": [float(v) for v in values.min(axis=0)], "max": [float(v) for v in values.max(axis=0)]}
        self.accessors.append(told)
        return len(self.accessors) - 1
