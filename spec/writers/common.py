"""What the writers share."""

from __future__ import annotations

import hashlib
from typing import Any

from core import builders as make

Vectors = dict[str, dict[str, Any]]

ALL = list(make.BOOKS)


def plain_digest(kind: str, data: bytes) -> str:
    """A digest by its definition, apart from Stagedoor's own function."""
    return "sha256:" + hashlib.sha256(b"stagedoor/v1/" + kind.encode() + b"\0" + data).hexdigest()


def ref(label: str) -> str:
    """Stands for the digest of another fact."""
    return plain_digest("vector", label.encode())
