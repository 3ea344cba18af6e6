"""Wavefront OBJ and its MTL, read strictly: vertices, texture coordinates, normals, polygons, base colours.

OBJ's v runs upwards and glTF's downwards: it is turned over here, once.  Negative indices count back from the last
vertex read.  Groups, objects and smoothing are left aside, so are Kd beside a picture (exporters leave a placeholder
there) and all of a material but its base colour.  Refused: free-form curves, pictures with options, other encodings.
"""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import MeshError, shown
from stagedoor.worker.mesh.gltf import Model
from stagedoor.worker.mesh.gltf_data import Octets, file_name
from stagedoor.worker.mesh.limits import (
    COORDINATE_MAX,
    LINE_BYTES_MAX,
    LINES_MAX,
    NODES_MAX,
    PARTS_MAX,
    POLYGON_CORNERS_MAX,
    TRIANGLES_MAX,
    UV_MAX,
    VERTICES_MAX,
)
from stagedoor.worker.mesh.parts import Material, Part
from stagedoor.worker.mesh.polygon import Cutter, quads_cut
from stagedoor.worker.mesh.texels import LIGHT
from stagedoor.worker.mesh.texture import Budget, decode

_AGAIN: Final = "Export it again as OBJ with triangles, or as binary glTF (.glb)"
_KINDS: Final = ("v", "vt", "vn")
_WHOLE: Final = re.compile(rb"-?[0-9]{1,9}")
_CONTINUED_MAX: Final = 1_000
"""Pieces of one line that ends in backslashes."""
_LEFT_ASIDE: Final = frozenset((b"o", b"g", b"s", b"l", b"p", b"mg", b"shadow_obj", b"trace_obj", b"lod"))
_CURVES: Final = frozenset((b"vp", b"curv", b"curv2", b"surf", b"cstype", b"deg", b"parm", b"trim", b"call"))


def read_obj(data: Octets, beside: Mapping[str, Octets] = MappingProxyType({})) -> Model:
    """An OBJ's parts, one for each material.  `beside`: its MTL files and pictures, by the names that it uses."""
    reader = _Reader()
    for number, words in _lines(data, "obj"):
        reader.take(words, f"obj line {number}")
    materials = _materials(reader.libraries, beside)
    budget, pictures = Budget(), {}
    for name in dict.fromkeys(m.texture for m in materials.values() if m.texture is not None):
        if name not in beside:
            _refuse("mtl", f"the picture {shown(name)} is missing", "Give it beside the model")
        pictures[name] = decode(bytes(beside[name]), shown(name), budget)
    parts = tuple(reader.part(name, faces, materials) for name, faces in reader.faces.items())
    used = {part.material.texture for part in parts}
    return Model(parts=parts, pictures={key: held for key, held in pictures.items() if key in used})


def wanted(data: Octets, beside: Mapping[str, Octets]) -> tuple[str, ...]:
    """Names of the files that it keeps beside it, as far as they can be known from those given already."""
    found: list[str] = []
    for number, words in _lines(data, "obj", only=b"mtllib"):
        found.append(_name(words, f"obj line {number}"))
    for library in tuple(dict.fromkeys(found)):
        if library in beside:
            found += [m.texture for m in _materials([library], beside).values() if m.texture is not None]
    return tuple(dict.fromkeys(found))


@dataclass(slots=True)
class _Reader:
    """What was read so far; numbers in flat arrays, 8 bytes each."""

    places: array[float] = field(default_factory=lambda: array("d"))
    colours: array[float] = field(default_factory=lambda: array("d"))
    coordinates: array[float] = field(default_factory=lambda: array("d"))
    normals: array[float] = field(default_factory=lambda: array("d"))
    libraries: list[str] = field(default_factory=list)
    faces: dict[str, array[int]] = field(default_factory=dict)
    quads: dict[str, array[int]] = field(default_factory=dict)
    material: str = ""
    triangles: int = 0
    cutter: Cutter = field(default_factory=Cutter)

    def take(self, words: list[bytes], where: str) -> None:
        """One line."""
        kind = words[0]
        if max(len(self.coordinates) // 2, len(self.normals) // 3) > VERTICES_MAX:
            _refuse(where, f"more than {VERTICES_MAX} texture coordinates or normals", "Reduce it in your modeller")
        if kind == b"v":
            self._vertex(_numbers(words[1:], where), where)
        elif kind == b"vt":
            read = _numbers(words[1:], where)
            if len(read) not in (1, 2, 3):
                _refuse(where, "a texture coordinate has two numbers")
            self.coordinates.extend((read[0], read[1] if len(read) > 1 else 0.0))
        elif kind == b"vn":
            read = _numbers(words[1:], where)
            if len(read) != 3:
                _refuse(where, "a normal has three numbers")
            self.normals.extend(read)
        elif kind == b"f":
            self._face(words[1:], where)
        elif kind == b"usemtl":
            self.material = _text(b" ".join(words[1:]), where)
            if len(self.faces) >= PARTS_MAX and self.material not in self.faces:
                _refuse(where, f"it uses more than {PARTS_MAX} materials", "Join materials")
        elif kind == b"mtllib":
            self.libraries.append(_name(words, where))
            if len(self.libraries) > PARTS_MAX:
                _refuse(where, f"it names more than {PARTS_MAX} material files", "Join them")
        elif kind in _CURVES:
            _refuse(where, "it has free-form curves or surfaces", "Convert them to polygons")
        elif kind not in _LEFT_ASIDE:
            _refuse(where, f"{shown(kind[:40])} is no statement of an OBJ")

    def _vertex(self, read: list[float], where: str) -> None:
        if len(read) not in (3, 4, 6):
            _refuse(where, "a vertex has three numbers, or six with its colour")
        if len(self.places) >= 3 * VERTICES_MAX:
            _refuse(where, f"more than {VERTICES_MAX} vertices", "Reduce it in your modeller")
        if len(read) == 6 or self.colours:
            if len(read) != 6 or len(self.colours) != len(self.places):
                _refuse(where, "some vertices have a colour and some have none")
            self.colours.extend(read[3:])
        self.places.extend(read[:3])

    def _face(self, words: list[bytes], where: str) -> None:
        if not 3 <= len(words) <= POLYGON_CORNERS_MAX:
            _refuse(where, f"a polygon has 3 to {POLYGON_CORNERS_MAX} corners")
        self.triangles += len(words) - 2
        if self.triangles > TRIANGLES_MAX:
            _refuse(where, f"more than {TRIANGLES_MAX} triangles", "Reduce it in your modeller")
        counts = (len(self.places) // 3, len(self.coordinates) // 2, len(self.normals) // 3)
        corners = [_corner(word, counts, where) for word in words]
        held = self.faces.setdefault(self.material, array("i"))
        if len(corners) <= 4:
            # Most polygons have four corners: they are cut all together at the end.
            whole = held if len(corners) == 3 else self.quads.setdefault(self.material, array("i"))
            for rooms in corners:
                whole.extend(rooms)
            return
        points = np.array([self.places[3 * v : 3 * v + 3] for v, _, _ in corners], np.float64)
        for triangle in self.cutter.cut(points, where):
            for corner in triangle:
                held.extend(corners[corner])

    def part(self, name: str, faces: array[int], materials: Mapping[str, Material]) -> Part:
        """The triangles of one material; corners that agree in everything become one vertex."""
        where = f"material {shown(name)}" if name else "obj"
        if name and self.libraries and name not in materials:
            _refuse(where, "no material file describes it", "Give the MTL file that the model was saved with")
        corners = np.frombuffer(faces, np.intc).reshape(-1, 3).astype(np.int64)
        quads = np.frombuffer(self.quads.get(name, array("i")), np.intc).reshape(-1, 4, 3).astype(np.int64)
        halves = quads_cut(_table(self.places, 3)[quads[:, :, 0]])
        corners = np.concatenate([corners, quads[np.arange(len(quads))[:, None, None], halves].reshape(-1, 3)])
        keys = ((corners[:, 0] + 1) << 42) | ((corners[:, 1] + 1) << 21) | (corners[:, 2] + 1)
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        vertices = corners[first]
        material = materials.get(name, Material())
        whole = {axis: bool((vertices[:, axis] >= 0).all()) for axis in (1, 2)}
        if material.texture is not None and not whole[1]:
            _refuse(where, "it has a texture and no coordinates for it", "Unwrap it and export again")
        for axis, table, most in (
            (0, self.places, COORDINATE_MAX),
            (1, self.coordinates, UV_MAX),
            (2, self.normals, 1e6),
        ):
            if not (np.abs(np.frombuffer(table, np.float64)) <= most).all():
                _refuse(where, f"a number of {_KINDS[axis]} is not finite or is beyond {most:g}")
        return Part(
            where=where,
            positions=_table(self.places, 3)[vertices[:, 0]].astype(np.float32),
            triangles=inverse.astype(np.int32).reshape(-1, 3),
            normals=_table(self.normals, 3)[vertices[:, 2]].astype(np.float32) if whole[2] else None,
            uvs=self._uvs(vertices[:, 1]) if whole[1] else None,
            colours=self._linear(vertices[:, 0], where) if self.colours else None,
            material=material,
        )

    def _uvs(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        read = _table(self.coordinates, 2)[numbers]
        return np.stack([read[:, 0], 1.0 - read[:, 1]], axis=1).astype(np.float32)

    def _linear(self, numbers: NDArray[np.int64], where: str) -> NDArray[np.float32]:
        """Vertex colours are what a scanner saw, so sRGB; held as light."""
        shown_colour = _table(self.colours, 3)[numbers]
        if not ((shown_colour >= 0.0) & (shown_colour <= 1.0)).all():
            _refuse(where, "a vertex colour is not 0 to 1")
        light = LIGHT[np.floor(shown_colour * 255.0 + 0.5).astype(np.int64)]
        return np.concatenate([light, np.ones((len(light), 1), np.float32)], axis=1)


def _lines(data: Octets, kind: str, only: bytes = b"") -> Iterator[tuple[int, list[bytes]]]:
    """(number, words) of each line that says something, continued lines joined, comments cut off."""
    # A look at the bytes: bytes() of bytes is the same object, and BytesIO copies when it is written to.
    text = bytes(data)
    if text.count(b"\n") + text.count(b"\r") > LINES_MAX or text.count(b"\nv ") > VERTICES_MAX:
        _refuse(kind, f"more than {LINES_MAX} lines, or {VERTICES_MAX} vertices", "Reduce it in your modeller")
    if b"\0" in text[:4096] or text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        _refuse(kind, "it is not plain text")
    stream = io.BytesIO(text.removeprefix(b"\xef\xbb\xbf"))
    number, held, pieces = 0, b"", 0
    while line := stream.readline(LINE_BYTES_MAX + 1):
        number += 1
        held += line
        if len(held) > LINE_BYTES_MAX or pieces > _CONTINUED_MAX:
            _refuse(f"{kind} line {number}", f"longer than {LINE_BYTES_MAX} bytes or {_CONTINUED_MAX} pieces")
        if held.endswith((b"\\\n", b"\\\r\n")):
            held = held.rstrip(b"\r\n")[:-1] + b" "
            pieces += 1
            continue
        if not only or held.lstrip().startswith(only):
            words = held.partition(b"#")[0].split()
            if words:
                yield number, words
        held, pieces = b"", 0


def _numbers(words: list[bytes], where: str) -> list[float]:
    try:
        read = [float(word) for word in words]
    except ValueError:
        _refuse(where, "a number cannot be read")
    if any(b"_" in word for word in words):
        _refuse(where, "a number cannot be read")
    return read


def _corner(word: bytes, counts: tuple[int, int, int], where: str) -> tuple[int, int, int]:
    """(vertex, texture coordinate, normal) from 0; -1 where there is none."""
    rooms = word.split(b"/")
    if not 1 <= len(rooms) <= 3:
        _refuse(where, "a corner is v, v/vt, v//vn or v/vt/vn")
    out = [-1, -1, -1]
    for axis, room in enumerate(rooms):
        if not room and axis > 0:
            continue
        if _WHOLE.fullmatch(room) is None:
            _refuse(where, "a corner is not whole numbers")
        number = int(room)
        number = number - 1 if number > 0 else counts[axis] + number
        if not 0 <= number < counts[axis]:
            _refuse(where, "a corner points to something that was not read before it")
        out[axis] = number
    return out[0], out[1], out[2]


def _materials(libraries: list[str], beside: Mapping[str, Octets]) -> dict[str, Material]:
    """Every material of the MTL files, by name; the first of a name counts."""
    found: dict[str, Material] = {}
    for library in dict.fromkeys(libraries):
        if library not in beside:
            _refuse("obj", f"the material file {shown(library)} is missing", "Give it beside the model")
        name = ""
        for number, words in _lines(beside[library], "mtl"):
            where = f"mtl line {number}"
            if words[0] == b"newmtl":
                name = _text(b" ".join(words[1:]), where)
                found.setdefault(name, Material())
                if len(found) > NODES_MAX:
                    _refuse(where, f"more than {NODES_MAX} materials", "Join materials")
            elif words[0] == b"Kd" and name and found[name].texture is None:
                read = _numbers(words[1:], where)
                if len(read) != 3 or not all(0.0 <= value <= 1.0 for value in read):
                    _refuse(where, "Kd is not three numbers 0 to 1")
                found[name] = replace(found[name], factor=(read[0], read[1], read[2], 1.0))
            elif words[0] == b"map_Kd" and name:
                found[name] = replace(found[name], texture=_name(words, where), factor=(1.0, 1.0, 1.0, 1.0))
    return found


def _name(words: list[bytes], where: str) -> str:
    """The file that a line names, spaces and all."""
    if len(words) < 2 or words[1].startswith(b"-"):
        _refuse(where, "it names no file, or one with options", "Remove the options, and bake what they do")
    # An OBJ's name is no URI: a percent sign in it is a percent sign.
    return file_name(_text(b" ".join(words[1:]), where).replace("%", "%25"), where)


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise MeshError(where=where, what="a name is not UTF-8", todo="Rename it in plain letters") from fault


def _table(numbers: array[float], width: int) -> NDArray[np.float64]:
    return np.frombuffer(numbers, np.float64).reshape(-1, width)


def _refuse(where: str, what: str, todo: str = _AGAIN) -> NoReturn:
    raise MeshError(where=where, what=what, todo=todo)
