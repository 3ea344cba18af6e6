"""The trade's formats of splats and of pictures, in and out, each with its stated loss.  See door.py first."""

from __future__ import annotations

from stagedoor.worker.formats.door import KINDS, read_splats, write_splats
from stagedoor.worker.formats.errors import FormatError

__all__ = ["KINDS", "FormatError", "read_splats", "write_splats"]
