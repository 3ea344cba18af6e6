"""Bytes of other people's formats, read within bounds: JSON and XML in, JSON out.  Nothing is ever fetched."""

from __future__ import annotations

from stagedoor.adapters.exchange.documents import (
    read_cawg,
    read_consent,
    read_json,
    read_rsl,
    write_json,
)

__all__ = ["read_cawg", "read_consent", "read_json", "read_rsl", "write_json"]
