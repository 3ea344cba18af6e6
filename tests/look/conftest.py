"""One browser for the page of a look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.browser import Browser, browser


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless browser with a fresh profile."""
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found
