"""The trade's formats of splats and of pictures, in and out, each with its stated loss.  See door.py first."""

from __future__ import annotations

from stagedoor.worker.formats.door import KINDS, read_splats, write_splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.exr import write_exr
from stagedoor.worker.formats.moving import write_mp4, write_prores
from stagedoor.worker.formats.pictures import opaque, write_png

__all__ = [
    "KINDS",
    "FormatError",
    "opaque",
    "read_splats",
    "write_exr",
    "write_mp4",
    "write_png",
    "write_prores",
    "write_splats",
]
