"""OpenUSD's ParticleField3DGaussianSplat (usdVol, from 26.03) as .usda text, written without a library.

Text, because USD's own library writes its packed .usdc through a file, and a worker writes no replica to a disk.  Every
number is printed so that it reads back as the same float32; loss as in gltf.py.  `usdcat x.usda -o x.usdc` packs it,
to a third, wherever the file may lie.  Not read: give the same double as PLY, SPZ or GLB.

Y up, one unit one metre (as glTF has it; a capture does not say more), orientations as wxyz, harmonics Gaussian by
Gaussian from degree 0 up, in the order of sh.py.  The schema does not name the colours' encoding: they are
sRGB-encoded, as the layer's customLayerData says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.linear import linear
from stagedoor.worker.formats.made import Octets

MAGIC: Final = b"#usd"
PACKED: Final = b"PXR-"
NUMBERS_MAX: Final = 24_000_000
"""Numbers in one text: 400,000 Gaussians of degree 3, a quarter of a gigabyte and ten seconds."""
PRIM: Final = "double"
_SIGMAS: Final = 3.0
"""Of a Gaussian, to which its box reaches, as USD has it."""


def write_usda(splats: Splats) -> bytes:
    """The double as a layer with one prim, /double.  Raises FormatError where it is too large for text."""
    held = linear(splats, "usd")
    wide = 3 * (1 + splats.rest.shape[1])
    if len(splats) * (11 + wide) > NUMBERS_MAX:
        what, todo = f"{len(splats)} Gaussians of degree {splats.degree} make too long a text", "Write GLB or SPZ"
        raise FormatError(where="usd", what=what, todo=todo)
    reach = _SIGMAS * held.scales.max(axis=1, keepdims=True)
    extent = np.stack([(splats.means - reach).min(axis=0), (splats.means + reach).max(axis=0)])
    harmonics = np.concatenate([splats.colours[:, None], splats.rest], axis=1).reshape(-1, 3)
    drawn = ["        bool antialiased = true"] if splats.antialiased else []
    lines = (
        *("#usda 1.0", "(", "    customLayerData = {", '        string colours = "sRGB-encoded, Rec.709 primaries"'),
        *(*drawn, "    }", f'    defaultPrim = "{PRIM}"', "    metersPerUnit = 1", '    upAxis = "Y"', ")", ""),
        *(f'def ParticleField3DGaussianSplat "{PRIM}"', "{"),
        _array("float3[] extent", extent),
        _array("float[] opacities", held.opacities[:, None]),
        _array("quatf[] orientations", held.quats),
        _array("point3f[] positions", splats.means),
        '    uniform token projectionModeHint = "perspective"',
        _array("float3[] radiance:sphericalHarmonicsCoefficients", harmonics),
        f"    uniform int radiance:sphericalHarmonicsDegree = {splats.degree}",
        _array("float3[] scales", held.scales),
        '    uniform token sortingModeHint = "zDepth"',
        *("}", ""),
    )
    return "\n".join(lines).encode("ascii")


def read_none(data: Octets) -> NoReturn:
    """The answer to every USD file that is given to be read: a refusal that says what to give instead."""
    kind = "text" if bytes(data[:4]) == MAGIC else "packed"
    raise FormatError(where="usd", what=f"{kind} USD is written here, not read", todo="Give it as PLY, SPZ or GLB")


def _array(name: str, values: NDArray[np.floating]) -> str:
    return f"    {name} = [{', '.join(_words(values.astype(np.float32)))}]"


def _words(values: NDArray[np.float32]) -> Iterator[str]:
    # The shortest decimals that read back as the same float32.
    words = values.astype("U").tolist()
    return (row[0] if len(row) == 1 else f"({', '.join(row)})" for row in words)
