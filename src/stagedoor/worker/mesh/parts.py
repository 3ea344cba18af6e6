"""Several parts, each with its own material, become one mesh with one texture: an atlas where they have several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.limits import TEXTURE_SIDE_PX_MAX
from stagedoor.worker.mesh.model import Floats, Mesh, smooth_normals, unit
from stagedoor.worker.mesh.texture import Texels

GUTTER_PX: Final = 8
"""Texels round each picture of an atlas that repeat its edge: three levels of smaller pictures mix no neighbours in."""

WHITE_PX: Final = 4
"""Side of the white patch that parts without a texture point to."""

UV_SLACK: Final = 1e-3
"""How far a coordinate may lie outside its picture and still be held to its edge: exporters round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """texture: a key into the pictures given to `merged`, or None.  The rest as in Mesh; repeats as the file says."""

    texture: str | None = None
    factor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    double_sided: bool = False
    unlit: bool = False
    alpha_cutoff: float = 0.0
    repeats: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some triangles of one material.  Shapes as in Mesh; colours float32 [V,4], linear, 0 to 1."""

    where: str
    positions: Floats
    triangles: NDArray[np.int32]
    normals: Floats | None = None
    uvs: Floats | None = None
    colours: Floats | None = None
    material: Material = Material()


def merged(parts: Sequence[Part], pictures: Mapping[str, Texels]) -> Mesh:
    """One mesh of all parts.  Raises MeshError where their materials cannot become one."""
    if not parts:
        raise MeshError(where="model", what="it holds no triangles", todo="Export the mesh itself")
    cutoffs = {part.material.alpha_cutoff for part in parts}
    if len(cutoffs - {0.0}) > 1:
        raise MeshError(
            where="materials", what="they cut alpha off at different values", todo="Give them all one alpha cutoff"
        )
    texture, uvs, repeat = _textured(parts, pictures, mixed=len(cutoffs) > 1)
    factors = {part.material.factor for part in parts}
    one = len(factors) == 1
    plain = one and all(part.colours is None for part in parts)
    starts = np.cumsum([0, *(len(part.positions) for part in parts)])
    return Mesh(
        positions=np.concatenate([part.positions for part in parts]),
        triangles=np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)]),
        normals=np.concatenate([_normals(part) for part in parts]),
        uvs=uvs,
        texture=texture,
        colours=None if plain else np.concatenate([_colours(part, with_factor=not one) for part in parts]),
        factor=parts[0].material.factor if one else (1.0, 1.0, 1.0, 1.0),
        double_sided=any(part.material.double_sided for part in parts),
        unlit=all(part.material.unlit for part in parts),
        alpha_cutoff=max(cutoffs),
        repeat=repeat,
    )


def _normals(part: Part) -> Floats:
    if part.normals is None:
        return smooth_normals(part.positions, part.triangles)
    return unit(part.normals).astype(np.float32)


def _colours(part: Part, *, with_factor: bool) -> NDArray[np.uint16]:
    """Linear RGBA over 65535; opaque parts get alpha 1 whatever they say."""
    given = np.ones((len(part.positions), 4), np.float64) if part.colours is None else part.colours.astype(np.float64)
    if not ((given >= 0.0) & (given <= 1.0)).all():
        raise MeshError(where=part.where, what="a vertex colour is not 0 to 1", todo="Export the colours again")
    if with_factor:
        given = given * np.array(part.material.factor)
    if part.material.alpha_cutoff == 0.0:
        given = np.concatenate([given[:, :3], np.ones((len(given), 1))], axis=1)
    return np.floor(given * 65535.0 + 0.5).astype(np.uint16)


def _textured(
    parts: Sequence[Part], pictures: Mapping[str, Texels], *, mixed: bool
) -> tuple[Texels | None, Floats | None, bool]:
    """(texture, uvs, repeat) of all parts together.  `mixed`: some parts cut alpha off and some do not."""
    for part in parts:
        if part.material.texture is not None and part.uvs is None:
            raise MeshError(
                where=part.where, what="it has a texture and no coordinates for it", todo="Unwrap it and export again"
            )
    keys = {(part.material.texture, mixed and part.material.alpha_cutoff == 0.0) for part in parts}
    if len(keys) > 1:
        texture, uvs = _atlas(parts, pictures, mixed=mixed)
        return texture, uvs, False
    (key, _) = next(iter(keys))
    if key is None:
        return None, None, False
    uvs = np.concatenate([part.uvs for part in parts if part.uvs is not None])
    inside = bool(((uvs >= 0.0) & (uvs <= 1.0)).all())
    clamped = next((part for part in parts if not part.material.repeats), None)
    if not inside and clamped is not None:
        raise MeshError(
            where=clamped.where,
            what="its coordinates leave a picture that is clamped or mirrored at its edges",
            todo="Unwrap it within the picture",
        )
    return pictures[key], uvs, not inside


def _atlas(parts: Sequence[Part], pictures: Mapping[str, Texels], *, mixed: bool) -> tuple[Texels, Floats]:
    """Every picture once on one sheet, and the coordinates that find them there."""
    tiles: dict[tuple[str | None, bool], Texels] = {}
    for part in parts:
        key = (part.material.texture, mixed and part.material.alpha_cutoff == 0.0)
        if key in tiles:
            continue
        white = np.full((WHITE_PX, WHITE_PX, 4), 255, np.uint8)
        tile = white if key[0] is None else pictures[key[0]]
        if key[1] and key[0] is not None:
            tile = np.concatenate([tile[..., :3], np.full((*tile.shape[:2], 1), 255, np.uint8)], axis=2)
        tiles[key] = tile
    places, (height, width) = _packed({key: tile.shape[:2] for key, tile in tiles.items()})
    sheet = np.zeros((height, width, 4), np.uint8)
    for key, (row, column) in places.items():
        tile = tiles[key]
        padded = np.pad(tile, ((GUTTER_PX, GUTTER_PX), (GUTTER_PX, GUTTER_PX), (0, 0)), mode="edge")
        sheet[row : row + padded.shape[0], column : column + padded.shape[1]] = padded
    uvs = []
    for part in parts:
        key = (part.material.texture, mixed and part.material.alpha_cutoff == 0.0)
        row, column = places[key]
        size = np.array(tiles[key].shape[1::-1], np.float64)
        local = np.full((len(part.positions), 2), 0.5) if key[0] is None else _inside(part)
        corner = np.array([column, row], np.float64) + GUTTER_PX
        uvs.append(((corner + local * size) / np.array([width, height], np.float64)).astype(np.float32))
    return sheet, np.concatenate(uvs)


def _inside(part: Part) -> NDArray[np.float64]:
    """The part's coordinates within its picture, moved by whole pictures where all of it lies on another one."""
    assert part.uvs is not None, "checked in _textured"
    uvs = part.uvs.astype(np.float64)
    uvs = uvs - np.floor(uvs.min(axis=0) + UV_SLACK)
    if not (uvs <= 1.0 + UV_SLACK).all():
        raise MeshError(
            where=part.where,
            what="its texture repeats, and the model has several textures, which are put on one sheet",
            todo="Unwrap it within the picture, or bake one texture for the whole model",
        )
    return np.asarray(np.clip(uvs, 0.0, 1.0), dtype=np.float64)


def _packed(
    sizes: Mapping[tuple[str | None, bool], tuple[int, int]],
) -> tuple[dict[tuple[str | None, bool], tuple[int, int]], tuple[int, int]]:
    """(row, column) of each padded picture, on shelves, tallest first; and the sheet's (height, width)."""
    padded = {key: (height + 2 * GUTTER_PX, width + 2 * GUTTER_PX) for key, (height, width) in sizes.items()}
    # Python's sort is stable: equal heights stay in the model's order, so the same model gives the same sheet.
    order = sorted(padded, key=lambda key: -padded[key][0])
    widest = max(width for _, width in padded.values())
    width = 64
    while True:
        width = min(width * 2, TEXTURE_SIDE_PX_MAX)
        if width < widest and width < TEXTURE_SIDE_PX_MAX:
            continue
        places, top, left, shelf = {}, 0, 0, 0
        for key in order:
            tall, wide = padded[key]
            if left + wide > width:
                top, left, shelf = top + shelf, 0, 0
            places[key] = (top, left)
            left, shelf = left + wide, max(shelf, tall)
        height = top + shelf
        if height <= width and widest <= width:
            return places, (height, width)
        if width == TEXTURE_SIDE_PX_MAX:
            raise MeshError(
                where="textures",
                what=f"they do not fit on one sheet of {TEXTURE_SIDE_PX_MAX} pixels a side",
                todo="Make them smaller, or bake one texture for the whole model",
            )


def with_texture(parts: Sequence[Part], key: str) -> tuple[Part, ...]:
    """The parts, all with this picture: for a model whose texture comes as a file of its own.

    The materials' colours are left aside: they stood in for the missing picture.
    """
    return tuple(
        replace(part, material=replace(part.material, texture=key, factor=(1.0, 1.0, 1.0, 1.0))) for part in parts
    )


def flipped(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with v turned over, for pictures whose first row is the lowest."""
    return tuple(
        part if part.uvs is None else replace(part, uvs=np.stack([part.uvs[:, 0], 1 - part.uvs[:, 1]], axis=1))
        for part in parts
    )
