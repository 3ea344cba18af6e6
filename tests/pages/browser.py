"""A headless Chromium for tests of real pages; where there is none the tests skip loudly, or fail if it is required."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REQUIRE = "STAGEDOOR_REQUIRE_BROWSER"
MISSING: list[str] = []
"""Why the browser tests did not run; conftest prints it at the end of the run."""

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--force-device-scale-factor=1",
)  # fmt: skip


def _absent(reason: str) -> None:
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{REQUIRE}=1, but {reason}")
    MISSING.append(reason)
    pytest.skip(f"PAGES WERE NOT TRIED IN A BROWSER: {reason}")


def _first(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


class Browser:
    """One window; every page is opened from its file, as somebody who got it by mail would."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def cdp(self, command: str, **arguments: object) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def show(
        self, path: Path, *, width: int = 1200, height: int = 900, scheme: str = "light", reduced: bool = False,
        script: bool = True, media: str = "",
    ) -> None:  # fmt: skip
        """Open the page as a device of this size and taste would."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        motion = "reduce" if reduced else "no-preference"
        self.cdp("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ])  # fmt: skip
        self.cdp("Emulation.setScriptExecutionDisabled", value=not script)
        self.drain()
        self.driver.get(path.as_uri())

    def drain(self) -> tuple[list[str], list[str]]:
        """URLs asked for since the last call, and what the console said."""
        urls = []
        for item in self.driver.get_log("performance"):
            message = json.loads(item["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls, [item["message"] for item in self.driver.get_log("browser")]

    def js(self, code: str, *arguments: object) -> Any:
        """Run a function body in the page."""
        return self.driver.execute_script(code, *arguments)

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.cdp("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def paper(self, path: Path) -> bytes:
        """The page as PDF, A4."""
        made = self.cdp(
            "Page.printToPDF", printBackground=True, preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69
        )
        data = base64.b64decode(made["data"])
        path.write_bytes(data)
        return data


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """A browser with a fresh profile under `home`."""
    program = os.environ.get("STAGEDOOR_BROWSER") or _first("chromium", "chromium-browser", "google-chrome", "chrome")
    driver_program = os.environ.get("STAGEDOOR_BROWSER_DRIVER") or _first("chromedriver")
    if program is None or driver_program is None:
        _absent("there is no Chromium with a chromedriver (Debian: apt-get install chromium chromium-driver)")
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        _absent("selenium is not installed (pip install selenium)")
    options = webdriver.ChromeOptions()
    options.binary_location = str(program)
    for flag in (*_FLAGS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = Service(executable_path=str(driver_program))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
        if not isinstance(driver.command_executor, str):
            driver.command_executor.close()  # type: ignore[no-untyped-call]
