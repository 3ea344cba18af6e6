"""USD, where OpenUSD is installed (the `usd` extra, 157 MB): static meshes with a preview surface's base colour.

OpenUSD opens files by itself and follows what they name, so it is given one layer that names no other: references,
payloads and sublayers are refused before anything is composed.  It is a large library in C++: call this in a process
that may die of a hostile file, as the door's check does.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from stagedoor.worker.mesh.errors import MeshError
from stagedoor.worker.mesh.gltf import Model


def available() -> bool:
    """Whether OpenUSD is here."""
    return importlib.util.find_spec("pxr") is not None


def read_usd(path: Path) -> Model:
    """The parts of a .usda, .usdc or .usdz.  Raises MeshError, also where OpenUSD is not installed."""
    if not available():
        raise MeshError(
            where=path.name,
            what="reading USD needs OpenUSD, which is not installed",
            todo="Install the extra: pip install 'stagedoor[usd]'. Or export binary glTF (.glb)",
        )
    raise MeshError(where=path.name, what="USD is not read yet", todo="Export it as binary glTF (.glb)")
