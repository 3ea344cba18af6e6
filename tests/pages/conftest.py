"""One browser for all page tests of a module, and a loud last word where there was none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.browser import MISSING, REQUIRE, Browser, browser


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless browser with a fresh profile."""
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was not tried."""
    for reason in dict.fromkeys(MISSING):
        terminalreporter.section("PAGES WERE NOT TRIED IN A BROWSER", yellow=True, bold=True)
        terminalreporter.line(f"{reason}. Set {REQUIRE}=1 to make this a failure.")
