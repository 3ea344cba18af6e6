"""Every bound on what a mesh may be, with its unit and its reason: meshes come from outside."""

from __future__ import annotations

from typing import Final

FILE_BYTES_MAX: Final = 512 << 20
"""Bytes of one model or texture file: two million triangles with an uncompressed 8K texture take 380 MB."""

JSON_BYTES_MAX: Final = 4 << 20
"""Bytes of a glTF's JSON: a scan takes 3 KB, a character of a thousand parts 1 MB."""

VERTICES_MAX: Final = 2_000_000
"""Vertices of a mesh, all its parts and instances together: a film scan is reduced to a tenth of it."""

TRIANGLES_MAX: Final = 2_000_000
"""Triangles of a mesh, likewise."""

NODES_MAX: Final = 10_000
"""Nodes, meshes, materials or pictures that a file may declare, each."""

DEPTH_MAX: Final = 64
"""Nodes above one another: a rig is under 40 deep."""

PARTS_MAX: Final = 1_000
"""Primitives that are merged into one mesh."""

COORDINATE_MAX: Final = 1e6
"""Largest magnitude of a coordinate, in the file's units after its transforms: a person in tenths of a millimetre."""

UV_MAX: Final = 1e4
"""Largest magnitude of a texture coordinate: beyond it float32 no longer tells the texels of an 8K texture apart."""

TEXTURE_SIDE_PX_MAX: Final = 8192
"""Pixels along a side of a texture, read from its header before anything is decoded: 256 MiB of RGBA."""

TEXTURES_PX_MAX: Final = 8192 * 8192
"""Pixels of all textures of a file together: what one atlas can hold."""

LINE_BYTES_MAX: Final = 64 << 10
"""Bytes of one line of an OBJ or MTL: a polygon of 2,000 corners."""

LINES_MAX: Final = 8_000_000
"""Lines of an OBJ: as many vertices, coordinates, normals and faces as a mesh may have.  Counted before any is read."""

POLYGON_CORNERS_MAX: Final = 1_000
"""Corners of one polygon of an OBJ: cutting it into triangles takes the square of that."""

NAME_CHARACTERS_MAX: Final = 200
"""Characters of a file's name that a model asks for."""
