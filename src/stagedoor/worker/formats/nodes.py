"""Where a glTF's scene puts its Gaussians: nodes walked once each, primitives counted before a number is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.formats.errors import FormatError, shown
from stagedoor.worker.formats.made import check_count
from stagedoor.worker.mesh.gltf_data import COUNT_MAX, Entry, entries, entry, index, numbers
from stagedoor.worker.mesh.limits import NODES_MAX

DEPTH_MAX: Final = 64
"""Nodes above one another: an exporter's wrappers are under 10 deep."""
PRIMITIVES_MAX: Final = 256
"""Primitives of Gaussians in a scene: a double is one, a scene cut into parts has tens."""
ATTRIBUTES_MAX: Final = 64
"""Attributes of a primitive: degree 3 has 20 and a fallback colour."""

ANTIALIASED: Final = "antialiased"
"""True in a primitive's extras, our own word: how it was trained and is to be drawn (double/project.py)."""
_EXTENSION: Final = "KHR_gaussian_splatting"
_FIXED: Final = {
    "kernel": ("ellipse",),
    "colorSpace": ("srgb_rec709_display",),
    "projection": ("perspective", None),
}
"""What its Gaussians must be, as ours are drawn; None is the extension's own default.  Any order of drawing will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A primitive of Gaussians: its attributes, how many there are, its node's matrix [4,4] in the scene, and whether
    it says that it is antialiased."""

    where: str
    attributes: Entry
    count: int
    matrix: NDArray[np.float64]
    antialiased: bool


def placed(content: Entry) -> list[Placed]:
    """All primitives of the scene, at least one.  Raises FormatError or MeshError."""
    scenes, nodes = entries(content, "scenes", "glTF"), entries(content, "nodes", "glTF")
    scene = scenes[index(content, "scene", "glTF", below=len(scenes), default=0)] if scenes else {}
    meshes, accessors = entries(content, "meshes", "glTF"), entries(content, "accessors", "glTF")
    seen: set[int] = set()
    found: list[Placed] = []
    left = [(number, np.eye(4), 1) for number in reversed(_children(scene, "nodes", "scene", len(nodes)))]
    while left:
        number, above, depth = left.pop()
        if number in seen or depth > DEPTH_MAX:
            _refuse(f"node {number}", f"it is reached twice, or lies more than {DEPTH_MAX} deep")
        seen.add(number)
        node, where = nodes[number], f"node {number}"
        matrix = above @ _matrix(node, where)
        if not np.abs(matrix).max() <= 1e12:
            _refuse(where, "its transform is not finite")
        if "mesh" in node:
            mesh = index(node, "mesh", where, below=len(meshes))
            found += _primitives(meshes[mesh], f"mesh {mesh}", matrix, accessors)
            if len(found) > PRIMITIVES_MAX:
                _refuse("glTF", f"it has more than {PRIMITIVES_MAX} primitives of Gaussians")
            check_count(sum(one.count for one in found), "glTF")
        left += [(child, matrix, depth + 1) for child in reversed(_children(node, "children", where, len(nodes)))]
    if not found:
        _refuse("glTF", "its scene has no Gaussians", "Export it with KHR_gaussian_splatting")
    return found


def _primitives(mesh: Entry, where: str, matrix: NDArray[np.float64], accessors: list[Entry]) -> list[Placed]:
    out = []
    for place, one in enumerate(entries(mesh, "primitives", where)[: PRIMITIVES_MAX + 1]):
        name = f"{where} primitive {place}"
        extensions = entry(one, "extensions", name)
        if _EXTENSION not in extensions:
            _refuse(name, "it is a mesh, where a double is all Gaussians", "Export the Gaussians alone")
        if index(one, "mode", name, below=7, default=4) != 0:
            _refuse(name, "its Gaussians are not points")
        _check(entry(extensions, _EXTENSION, name), name)
        attributes = entry(one, "attributes", name)
        if len(attributes) > ATTRIBUTES_MAX:
            _refuse(name, f"it has more than {ATTRIBUTES_MAX} attributes")
        position = index(attributes, "POSITION", name, below=len(accessors))
        count = index(accessors[position], "count", f"accessor {position}", below=COUNT_MAX + 1)
        extras = one.get("extras")
        marked = isinstance(extras, dict) and extras.get(ANTIALIASED) is True
        out.append(Placed(where=name, attributes=attributes, count=count, matrix=matrix, antialiased=marked))
    return out


def _check(told: Entry, where: str) -> None:
    for key, fit in _FIXED.items():
        if told.get(key) not in fit:
            _refuse(where, f"its {key} is {shown(told.get(key))}, where {fit[0]!r} is read", f"Export it as {fit[0]}")
    if told.get("extensions"):
        _refuse(where, "its Gaussians are compressed or extended", "Export them without compression")


def _children(owner: Entry, key: str, where: str, below: int) -> list[int]:
    held = owner.get(key, [])
    if not isinstance(held, list) or len(held) > NODES_MAX:
        _refuse(where, f"its {key} are no list of at most {NODES_MAX} numbers")
    return [index({key: one}, key, where, below=below) for one in held]


def _matrix(node: Entry, where: str) -> NDArray[np.float64]:
    """A node's own matrix, from its matrix or from its translation, rotation and scale."""
    matrix = np.array(numbers(node, "matrix", where, default=tuple(np.eye(4).ravel()))).reshape(4, 4).T
    if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
        _refuse(where, "its matrix is no affine transform")
    if {"translation", "rotation", "scale"} & set(node):
        x, y, z, w = numbers(node, "rotation", where, default=(0.0, 0.0, 0.0, 1.0))
        length = float(np.sqrt(x * x + y * y + z * z + w * w))
        if not 0.9 < length < 1.1:
            _refuse(where, "its rotation is no unit quaternion")
        x, y, z, w = x / length, y / length, z / length, w / length
        turn = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        )
        own = np.eye(4)
        own[:3, :3] = turn * np.array(numbers(node, "scale", where, default=(1.0, 1.0, 1.0)))
        own[:3, 3] = numbers(node, "translation", where, default=(0.0, 0.0, 0.0))
        matrix = matrix @ own
    return matrix


def _refuse(where: str, what: str, todo: str = "Export it again as one double in a GLB") -> NoReturn:
    raise FormatError(where=where, what=what, todo=todo)
