"""glTF 2.0 and GLB, read strictly: static triangles with base-colour materials, in bounded time and memory.

Read: node transforms and instances; several primitives; 8-, 16- and 32-bit indices; whole-number and normalised
attributes (KHR_mesh_quantization); PNG and JPEG inside the file or given beside it; COLOR_0; alpha masks; unlit
materials; a base colour's KHR_texture_transform.  Left aside: cameras, lights, animations, and what a material has
beside its base colour.  Refused, each in its own words: Draco, meshopt and KTX compression, sparse accessors, shape
keys, skins, alpha blending, points and lines, data inside the JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import shown
from stagedoor.worker.mesh.gltf_data import (
    MAGIC,
    Entry,
    Octets,
    Store,
    chunks,
    document,
    entries,
    entry,
    file_name,
    index,
    numbers,
    refuse,
)
from stagedoor.worker.mesh.limits import COORDINATE_MAX, DEPTH_MAX, NODES_MAX, PARTS_MAX, TRIANGLES_MAX, VERTICES_MAX
from stagedoor.worker.mesh.model import Doubles, unit
from stagedoor.worker.mesh.parts import Material, Part
from stagedoor.worker.mesh.texture import Budget, Texels, decode

UNDERSTOOD: Final = frozenset(
    {"KHR_materials_unlit", "KHR_mesh_quantization", "KHR_texture_transform", "KHR_materials_specular",
     "KHR_materials_ior", "KHR_materials_clearcoat", "KHR_materials_sheen", "KHR_materials_emissive_strength"}
)  # fmt: skip
"""Extensions that a file may require: those read here, and those that change only how a surface shines."""

COMPRESSED: Final[Mapping[str, str]] = MappingProxyType({
    "KHR_draco_mesh_compression": "Export it without Draco compression",
    "EXT_meshopt_compression": "Export it without meshopt compression",
    "KHR_texture_basisu": "Export its pictures as PNG or JPEG, not as KTX",
    "EXT_texture_webp": "Export its pictures as PNG or JPEG",
    "KHR_gaussian_splatting": "It holds Gaussians: give it as a splat file",
})  # fmt: skip

_REPEAT: Final = 10497
_TRIANGLES: Final = 4
_MASK_CUTOFF: Final = 0.5
"""glTF's own default of alphaCutoff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a file holds: parts with materials, and the pictures that those name."""

    parts: tuple[Part, ...]
    pictures: Mapping[str, Texels]


def read_gltf(data: Octets, beside: Mapping[str, Octets] = MappingProxyType({})) -> Model:
    """A .glb's or .gltf's parts.  `beside`: files that it names, by the names it uses.  Raises MeshError."""
    content, binary = _content(data)
    return _Reader(content, Store(content, binary, beside), beside).model()


def wanted(data: Octets) -> tuple[str, ...]:
    """The names of the files that the model keeps beside it, each once, none leading out of its folder."""
    content, _ = _content(data)
    named = [one["uri"] for one in (*entries(content, "buffers", "glTF"), *entries(content, "images", "glTF"))
             if "uri" in one]  # fmt: skip
    return tuple(dict.fromkeys(file_name(uri, "glTF") for uri in named))


def _content(data: Octets) -> tuple[Entry, memoryview | None]:
    content, binary = chunks(data) if bytes(data[:4]) == MAGIC else (document(data), None)
    if entry(content, "asset", "glTF").get("version") not in ("2.0", "2.1"):
        refuse("glTF", "it is not glTF version 2")
    required = content.get("extensionsRequired", [])
    if not isinstance(required, list) or len(required) > NODES_MAX:
        refuse("glTF", "its list of extensions is none")
    for name in required:
        if not isinstance(name, str) or name not in UNDERSTOOD:
            what = f"it needs the extension {shown(name)}, which is not read here"
            refuse("glTF", what, COMPRESSED.get(name, "Export it without that") if isinstance(name, str) else "")
    return content, binary


@dataclass(slots=True)
class _Reader:
    """One pass over one file."""

    content: Entry
    store: Store
    beside: Mapping[str, Octets]
    budget: Budget = field(default_factory=Budget)
    pictures: dict[str, Texels] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    vertices: int = 0
    triangles: int = 0
    visited: set[int] = field(default_factory=set)

    def model(self) -> Model:
        """Walk the scene that the file shows first."""
        scenes = entries(self.content, "scenes", "glTF")
        nodes = entries(self.content, "nodes", "glTF")
        if scenes:
            scene = scenes[index(self.content, "scene", "glTF", below=len(scenes), default=0)]
            roots = _indices(scene, "nodes", "scene", below=len(nodes))
        else:
            children = {kid for node in nodes for kid in _indices(node, "children", "node", below=len(nodes))}
            roots = [number for number in range(len(nodes)) if number not in children]
        for root in roots:
            self._walk(nodes, root, np.eye(4), 0)
        return Model(parts=tuple(self.parts), pictures=self.pictures)

    def _walk(self, nodes: list[Entry], number: int, above: Doubles, depth: int) -> None:
        name = f"node {number}"
        if number in self.visited or depth > DEPTH_MAX:
            refuse(name, f"it hangs below itself, twice, or more than {DEPTH_MAX} deep", "Flatten the hierarchy")
        self.visited.add(number)
        node = nodes[number]
        placed = above @ _transform(node, name)
        if "mesh" in node:
            if "skin" in node:
                refuse(name, "its mesh is bound to a skeleton", "Bake the pose into the mesh (apply the armature)")
            meshes = entries(self.content, "meshes", "glTF")
            self._mesh(meshes[index(node, "mesh", name, below=len(meshes))], placed, name)
        for child in _indices(node, "children", name, below=len(nodes)):
            self._walk(nodes, child, placed, depth + 1)

    def _mesh(self, mesh: Entry, placed: Doubles, name: str) -> None:
        for at, primitive in enumerate(entries(mesh, "primitives", f"mesh of {name}")):
            where = f"primitive {at} of {name}"
            if len(self.parts) >= PARTS_MAX:
                refuse(where, f"there are more than {PARTS_MAX} primitives", "Join the meshes by material")
            self.parts.append(self._part(primitive, placed, where))

    def _part(self, primitive: Entry, placed: Doubles, where: str) -> Part:
        extensions = entry(primitive, "extensions", where)
        for extension, todo in COMPRESSED.items():
            if extension in extensions:
                refuse(where, f"it is stored by {extension}", todo)
        if primitive.get("targets"):
            refuse(where, "it has shape keys (morph targets)", "Apply or remove the shape keys")
        if index(primitive, "mode", where, below=8, default=_TRIANGLES) != _TRIANGLES:
            refuse(where, "it is made of points, lines, strips or fans", "Export plain triangles")
        attributes = entry(primitive, "attributes", where)
        number = index(attributes, "POSITION", where, below=NODES_MAX)
        count = self.store.count(number, where)
        indexed = index(primitive, "indices", where, below=NODES_MAX) if "indices" in primitive else None
        corners = count if indexed is None else self.store.count(indexed, where)
        # Instances make much of little: what all parts come to is known before anything is made of this one.
        self.vertices, self.triangles = self.vertices + count, self.triangles + corners // 3
        if self.vertices > VERTICES_MAX or self.triangles > TRIANGLES_MAX:
            what = f"over {VERTICES_MAX} vertices or {TRIANGLES_MAX} triangles"
            refuse(where, what, "Reduce it in your modeller")
        if corners % 3 or count < 1 or corners < 3:
            refuse(where, f"{corners} corners are no triangles")
        materials = entries(self.content, "materials", "glTF")
        held = materials[index(primitive, "material", where, below=len(materials))] if "material" in primitive else {}
        material, coordinates = self._material(held, where)
        positions = self.store.floats(number, f"{where} POSITION", shapes=("VEC3",)).astype(np.float64)
        turn = placed[:3, :3]
        if not np.array_equal(placed, np.eye(4)):
            with np.errstate(over="ignore", invalid="ignore"):
                positions = positions @ turn.T + placed[:3, 3]
        if not (np.abs(positions) <= COORDINATE_MAX).all():
            refuse(where, f"a position is not finite or is beyond {COORDINATE_MAX:g}", "Export it in metres")
        return Part(
            where=where,
            positions=positions.astype(np.float32),
            triangles=self._triangles(indexed, count, where, mirrored=float(np.linalg.det(turn)) < 0.0),
            normals=self._normals(attributes, count, turn, where),
            uvs=self._uvs(attributes, material, coordinates, count, where),
            colours=self._colours(attributes, count, where),
            material=material,
        )

    def _triangles(self, indexed: int | None, count: int, where: str, *, mirrored: bool) -> NDArray[np.int32]:
        if indexed is None:
            flat = np.arange(count, dtype=np.int32)
        else:
            read = self.store.array(indexed, f"{where} indices", shapes=("SCALAR",))
            if read.dtype.kind != "u" or int(np.max(read)) >= count:
                refuse(where, "an index points to a vertex that is not there")
            flat = read.astype(np.int32).ravel()
        rows = flat.reshape(-1, 3)
        # A mirroring transform turns triangles inside out; the other order of corners turns them back.
        return np.ascontiguousarray(rows[:, ::-1]) if mirrored else rows

    def _attribute(self, attributes: Entry, name: str, count: int, where: str, *shapes: str) -> Any:
        if name not in attributes:
            return None
        number = index(attributes, name, where, below=NODES_MAX)
        if self.store.count(number, where) != count:
            refuse(where, f"its {name} has another count than its POSITION")
        values = self.store.floats(number, f"{where} {name}", shapes=shapes)
        if not np.isfinite(values).all():
            refuse(where, f"a number of its {name} is not finite")
        return values

    def _normals(self, attributes: Entry, count: int, turn: Doubles, where: str) -> NDArray[np.float32] | None:
        given = self._attribute(attributes, "NORMAL", count, where, "VEC3")
        if given is None or abs(float(np.linalg.det(turn))) < 1e-12:
            return None
        if np.array_equal(turn, np.eye(3)):
            return np.asarray(given, dtype=np.float32)
        # Normals keep at right angles to a stretched surface by the inverse transpose; their length means nothing.
        return np.asarray(unit(given.astype(np.float64) @ np.linalg.inv(turn)), dtype=np.float32)

    def _uvs(
        self, attributes: Entry, material: Material, coordinates: tuple[int, Doubles], count: int, where: str
    ) -> NDArray[np.float32] | None:
        channel, change = coordinates
        given = self._attribute(attributes, f"TEXCOORD_{channel}", count, where, "VEC2")
        if given is None:
            if material.texture is not None:
                refuse(where, "it has a texture and no coordinates for it", "Unwrap it and export again")
            return None
        return np.asarray(given @ change[:2, :2].T + change[:2, 2], dtype=np.float32)

    def _colours(self, attributes: Entry, count: int, where: str) -> NDArray[np.float32] | None:
        given = self._attribute(attributes, "COLOR_0", count, where, "VEC3", "VEC4")
        if given is None:
            return None
        whole = np.ones((count, 4), np.float32)
        whole[:, : given.shape[1]] = given
        return np.clip(whole, np.float32(0), np.float32(1))

    def _material(self, held: Entry, where: str) -> tuple[Material, tuple[int, Doubles]]:
        """(material, (which set of coordinates, how they are moved))."""
        base = entry(held, "pbrMetallicRoughness", where)
        mode = held.get("alphaMode", "OPAQUE")
        if mode not in ("OPAQUE", "MASK"):
            refuse(where, "its material blends alpha", "Set the material's alpha to 'mask' (alpha clip), or to opaque")
        cutoff = numbers({"c": [held.get("alphaCutoff", _MASK_CUTOFF)]}, "c", where, default=(0.5,))[0]
        red, green, blue, alpha = numbers(base, "baseColorFactor", where, default=(1.0, 1.0, 1.0, 1.0))
        if not all(0.0 <= value <= 1.0 for value in (red, green, blue, alpha)):
            refuse(where, "its base colour is not 0 to 1")
        texture, repeats, channel, change = None, True, 0, np.eye(3)
        if "baseColorTexture" in base:
            told = entry(base, "baseColorTexture", where)
            texture, repeats = self._picture(told, where)
            moved = entry(entry(told, "extensions", where), "KHR_texture_transform", where)
            channel = index(told, "texCoord", where, below=8, default=0)
            channel = index(moved, "texCoord", where, below=8, default=channel)
            change = _change(moved, where)
        material = Material(
            texture=texture,
            factor=(red, green, blue, alpha if mode == "MASK" else 1.0),
            double_sided=held.get("doubleSided") is True,
            unlit="KHR_materials_unlit" in entry(held, "extensions", where),
            alpha_cutoff=min(max(cutoff, 1e-3), 1.0) if mode == "MASK" else 0.0,
            repeats=repeats,
        )
        return material, (channel, change)

    def _picture(self, told: Entry, where: str) -> tuple[str, bool]:
        """The picture's key, decoded once, and whether it repeats."""
        textures, samplers, images = (entries(self.content, key, "glTF") for key in ("textures", "samplers", "images"))
        texture = textures[index(told, "index", where, below=len(textures))]
        sampler = samplers[index(texture, "sampler", where, below=len(samplers))] if "sampler" in texture else {}
        repeats = sampler.get("wrapS", _REPEAT) == _REPEAT and sampler.get("wrapT", _REPEAT) == _REPEAT
        if "source" not in texture:
            refuse(where, "its picture is stored by an extension", COMPRESSED["KHR_texture_basisu"])
        number = index(texture, "source", where, below=len(images))
        key, image = f"image {number}", images[number]
        if key not in self.pictures:
            if "uri" in image:
                name = file_name(image["uri"], key)
                if name not in self.beside:
                    refuse(key, f"the file {shown(name)} is missing", "Give it beside the model")
                data = memoryview(self.beside[name])
            else:
                data = self.store.view(index(image, "bufferView", key, below=NODES_MAX), key)
            self.pictures[key] = decode(data, key, self.budget)
        return key, repeats


def _indices(owner: Entry, key: str, where: str, *, below: int) -> list[int]:
    held = owner.get(key, [])
    if not isinstance(held, list) or len(held) > NODES_MAX:
        refuse(where, f"its {key} are no list of at most {NODES_MAX}")
    return [index({key: one}, key, where, below=below) for one in held]


def _transform(node: Entry, where: str) -> Doubles:
    """A node's own matrix [4,4], from its matrix or from translation, rotation and scale."""
    if "matrix" in node:
        flat = numbers(node, "matrix", where, default=tuple(np.eye(4).ravel()))
        matrix = np.array(flat, np.float64).reshape(4, 4).T
        if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
            refuse(where, "its matrix is no affine transform")
        return matrix
    x, y, z, w = numbers(node, "rotation", where, default=(0.0, 0.0, 0.0, 1.0))
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if length < 1e-6:
        refuse(where, "its rotation is zero")
    x, y, z, w = x / length, y / length, z / length, w / length
    turn = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(numbers(node, "scale", where, default=(1.0, 1.0, 1.0)))
    matrix[:3, 3] = numbers(node, "translation", where, default=(0.0, 0.0, 0.0))
    return matrix


def _change(moved: Entry, where: str) -> Doubles:
    """KHR_texture_transform as a matrix [3,3] on (u, v, 1)."""
    across, down = numbers(moved, "offset", where, default=(0.0, 0.0))
    wide, tall = numbers(moved, "scale", where, default=(1.0, 1.0))
    angle = numbers({"r": [moved.get("rotation", 0.0)]}, "r", where, default=(0.0,))[0]
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos * wide, sin * tall, across], [-sin * wide, cos * tall, down], [0.0, 0.0, 1.0]])


def holds_gaussians(data: Octets) -> bool:
    """Whether a GLB says that it uses KHR_gaussian_splatting.  Raises MeshError if its JSON cannot be read."""
    used = chunks(data)[0].get("extensionsUsed", [])
    return isinstance(used, list) and "KHR_gaussian_splatting" in used
