"""A bureau on a real store, one a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.conftest import House, embedded, house

from .kit import Bureau

__all__ = ["bureau", "embedded", "house"]


@pytest.fixture
def bureau(house: House) -> Iterator[Bureau]:
    """Everybody enrolled; whatever happened, every chain agrees."""
    yield Bureau.opened(house)
    assert house.auditor.verify() == ()
