"""KHR_gaussian_splatting (ratified) in a GLB: linear scales, opacities of 0 to 1, y up, in and out.

Attributes of a POINTS primitive: POSITION; KHR_gaussian_splatting:ROTATION (unit quaternion xyzw), :SCALE (linear),
:OPACITY (after the sigmoid) and :SH_DEGREE_l_COEF_n; kernel "ellipse", colour space "srgb_rec709_display" (Gaussians
are blended as they are encoded).  COLOR_0, for readers that know only points, is the colour of degree 0, linear as glTF
has it, in bytes.  Its `extras` say "antialiased" where it is to be drawn so.  A double's frame is glTF's: nothing is
turned.

Written are float32, so nothing is lost but one rounding of exp and of the sigmoid.  What comes back:
  position, colour, harmonics    the same bits
  rotation                       the same turn, as a unit quaternion
  scale                          its logarithm to within 1.2e-7, or within one step of float32 where that is more
  opacity                        to within one step of float32 as 0 to 1; logits above 16 come back as 16 to 17.4

Read besides: rotations and opacities as normalised whole numbers; several nodes and primitives, moved, turned and
evenly scaled (the harmonics turn too).  Refused by name: compression, other kernels and colour spaces, other files.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.sh import COEFFICIENTS
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError, shown
from stagedoor.worker.formats.linear import LEAST, linear
from stagedoor.worker.formats.made import UNWARNED, Floats, Octets, made
from stagedoor.worker.formats.nodes import ANTIALIASED, Placed, placed
from stagedoor.worker.formats.turning import turned
from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.gltf_data import AGAIN, MAGIC, Entry, Store, chunks, entries, index, packed

__all__ = ["MAGIC", "read_glb", "write_glb"]

EXTENSION: Final = "KHR_gaussian_splatting"
_PREFIX: Final = EXTENSION + ":"
KERNEL: Final = MappingProxyType(
    {"kernel": "ellipse", "colorSpace": "srgb_rec709_display", "projection": "perspective",
     "sortingMethod": "cameraDistance"}
)  # fmt: skip
"""What a double's Gaussians are, in the extension's words."""
UNDERSTOOD: Final = frozenset({EXTENSION, "KHR_mesh_quantization"})
"""Extensions that a file may require."""
NEAR_ONE: Final = 1.0 - 2.0**-25
"""An opacity of 1 is read as half a step of float32 below it: its logit is finite, and writes as 1."""


def write_glb(splats: Splats, *, extras: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """The double as a GLB; `extras` (a permit's reference, say) stand in its `asset`.  The same double, the same bytes.

    Raises FormatError where a scale is beyond float32.
    """
    columns: list[tuple[str, NDArray[Any]]] = list(_columns(splats).items())
    views: list[Entry] = []
    accessors: list[Entry] = []
    at = 0
    for name, values in columns:
        width = values.shape[1]
        views.append({"buffer": 0, "byteOffset": at, "byteLength": values.nbytes, "target": 34962})
        told: Entry = {"bufferView": len(accessors), "componentType": 5126, "count": len(splats)}
        told["type"] = "SCALAR" if width == 1 else f"VEC{width}"
        if name == "COLOR_0":
            told |= {"componentType": 5121, "normalized": True}
        if name == "POSITION":
            told |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        accessors.append(told)
        at += values.nbytes
    attributes = {name: number for number, (name, _) in enumerate(columns)}
    primitive: Entry = {"mode": 0, "attributes": attributes, "extensions": {EXTENSION: dict(KERNEL)}}
    if splats.antialiased:
        primitive["extras"] = {ANTIALIASED: True}
    content: Entry = {
        "asset": {"version": "2.0", "generator": "Stagedoor"} | ({"extras": dict(extras)} if extras else {}),
        "extensionsUsed": [EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": at}],
    }
    return packed(content, b"".join(values.tobytes() for _, values in columns))


@UNWARNED
def read_glb(data: Octets) -> Splats:
    """The Gaussians of all a GLB's nodes as one double, in the file's own frame.  Raises FormatError for all else."""
    try:
        content, binary = chunks(data)
        if any("uri" in one for one in entries(content, "buffers", "glTF")):
            _refuse("glTF", "it keeps its numbers in another file", "Export it as one binary glTF (.glb)")
        wanted = content.get("extensionsRequired", [])
        for one in wanted if isinstance(wanted, list) else [wanted]:
            if not isinstance(one, str) or one not in UNDERSTOOD:
                _refuse("glTF", f"it requires {shown(one)}, which is not read here", "Export it uncompressed")
        found = placed(content)
        store = Store(content, binary, {})
        return _together([_part(store, one) for one in found])
    except MeshError as fault:
        raise FormatError(where=fault.where, what=fault.what, todo=fault.todo) from None


def coefficients(degree: int) -> tuple[str, ...]:
    """The attributes beyond degree 0, in the order of sh.py."""
    return tuple(f"{_PREFIX}SH_DEGREE_{d}_COEF_{n}" for d in range(1, degree + 1) for n in range(2 * d + 1))


def _refuse(where: str, what: str, todo: str = AGAIN) -> NoReturn:
    raise FormatError(where=where, what=what, todo=todo)


def _columns(splats: Splats) -> dict[str, NDArray[Any]]:
    held = linear(splats, "glTF")
    columns: dict[str, NDArray[Any]] = {
        "POSITION": splats.means.astype("<f4"),
        _PREFIX + "ROTATION": np.roll(held.quats, -1, axis=1).astype("<f4"),
        _PREFIX + "SCALE": held.scales.astype("<f4"),
        _PREFIX + "OPACITY": held.opacities[:, None].astype("<f4"),
        _PREFIX + "SH_DEGREE_0_COEF_0": splats.colours.astype("<f4"),
    }
    for place, name in enumerate(coefficients(splats.degree)):
        columns[name] = np.ascontiguousarray(splats.rest[:, place], "<f4")
    encoded = np.clip(0.28209479177387814 * splats.colours + 0.5, 0.0, 1.0)
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    fallback = np.column_stack([light, held.opacities])
    columns["COLOR_0"] = np.floor(fallback * 255.0 + 0.5).astype(np.uint8)
    return columns


def _part(store: Store, one: Placed) -> Splats:
    """One primitive, where its node puts it."""
    told, where = one.attributes, one.where
    degree = _degree(told, where)
    numbered = {name: index(told, name, where, below=1 << 31) for name in told}
    counts = {store.count(number, where) for number in numbered.values()}
    if counts != {one.count}:
        _refuse(where, "its attributes are of different lengths")

    def take(name: str, shape: str) -> Floats:
        if name not in numbered:
            _refuse(where, f"it has no {name}")
        return store.floats(numbered[name], f"{where} {name}", shapes=(shape,))

    x, y, z, w = take(_PREFIX + "ROTATION", "VEC4").T
    scales = take(_PREFIX + "SCALE", "VEC3").astype(np.float64)
    alpha = take(_PREFIX + "OPACITY", "SCALAR")[:, 0].astype(np.float64)
    if not (scales.min() >= 0 and scales.max() <= np.finfo(np.float32).max):
        _refuse(where, "a scale of it is negative or not finite")
    if not (alpha.min() >= 0 and alpha.max() <= 1):
        _refuse(where, "an opacity of it is not 0 to 1")
    alpha = np.clip(alpha, LEAST, NEAR_ONE)
    rest = [take(name, "VEC3") for name in coefficients(degree)]
    read = made(
        where,
        means=take("POSITION", "VEC3"),
        log_scales=np.log(np.maximum(scales, LEAST)).astype(np.float32),
        quats=np.stack([w, x, y, z], axis=1),
        opacity_logits=(np.log(alpha) - np.log1p(-alpha)).astype(np.float32),
        colours=take(_PREFIX + "SH_DEGREE_0_COEF_0", "VEC3"),
        rest=np.stack(rest, axis=1) if rest else np.empty((one.count, 0, 3), np.float32),
        antialiased=one.antialiased,
    )
    return turned(read, one.matrix, where)


def _degree(told: Entry, where: str) -> int:
    """Of the harmonics that a primitive has: all of a degree or none, and no attribute that is not known."""
    ours = {name for name in told if name.startswith(_PREFIX)} - {_PREFIX + "SH_DEGREE_0_COEF_0"}
    ours -= {_PREFIX + name for name in ("ROTATION", "SCALE", "OPACITY")}
    for degree in range(len(COEFFICIENTS)):
        if ours == set(coefficients(degree)):
            return degree
    _refuse(where, "its spherical harmonics are not all of degree 0, 1, 2 or 3")


def _together(parts: list[Splats]) -> Splats:
    if len(parts) == 1:
        return parts[0]
    rest = max(part.rest.shape[1] for part in parts)
    filled = [np.pad(part.rest, ((0, 0), (0, rest - part.rest.shape[1]), (0, 0))) for part in parts]
    return made(
        "glTF",
        means=np.concatenate([part.means for part in parts]),
        log_scales=np.concatenate([part.log_scales for part in parts]),
        quats=np.concatenate([part.quats for part in parts]),
        opacity_logits=np.concatenate([part.opacity_logits for part in parts]),
        colours=np.concatenate([part.colours for part in parts]),
        rest=np.concatenate(filled),
        antialiased=all(part.antialiased for part in parts),
    )
