"""The real page, in a real browser, against a worker that draws."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from look.kit import LOOK, looking, served
from pages.browser import Browser
from pages.test_in_browser import CONTRAST, OVERFLOW
from stagedoor.worker.stamp import band_rows

NUMBERS = LOOK | {"frames": 8}


@dataclass(frozen=True)
class Address:
    """A page that is served, where other tests have one in a file."""

    url: str

    def as_uri(self) -> str:
        """As it is opened."""
        return self.url


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for what a page does by itself."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def text(window: Browser, name: str) -> str:
    """What stands in an element."""
    return str(window.js("return document.getElementById(arguments[0]).textContent", name))


def shows(window: Browser, words: str) -> Callable[[], bool]:
    """Whether the picture from there is shown."""
    return lambda: words in str(window.js("return document.getElementById('picture').alt"))


def drag(window: Browser, across: int, up: int) -> None:
    """A hand on the picture."""
    from selenium.webdriver.common.action_chains import ActionChains

    stage = window.driver.find_element("id", "stage")
    ActionChains(window.driver, duration=50).click_and_hold(stage).move_by_offset(across, up).release().perform()


def press(window: Browser, *names: str) -> None:
    """Keys on the picture."""
    from selenium.webdriver.common.keys import Keys

    for name in names:
        window.driver.find_element("id", "stage").send_keys(getattr(Keys, name))


def test_a_person_goes_round_by_keys_hand_and_slider_and_each_new_picture_counts(
    window: Browser, tmp_path: Path
) -> None:
    with looking(tmp_path / "o", NUMBERS) as run, served(run) as server:
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        assert text(window, "left") == "7" and text(window, "permit") in run.plan.order.permit
        assert window.js("return location.hash") == "" and "#" not in window.driver.current_url
        press(window, "ARROW_RIGHT")
        until(shows(window, "5 degrees to the right"))
        press(window, "ARROW_LEFT")
        until(shows(window, "0 degrees, 0 degrees"))
        assert text(window, "left") == "6" and "no frame" in text(window, "cost")
        press(window, "PAGE_UP")
        until(shows(window, "20 degrees to the right"))
        press(window, "ARROW_RIGHT")
        assert window.js("return document.getElementById('round').value") == "20"
        press(window, "ARROW_UP")
        until(shows(window, "5 degrees up"))
        before = int(text(window, "left"))
        drag(window, 600, 0)
        until(shows(window, "20 degrees to the left"))
        left = int(text(window, "left"))
        assert left < before
        window.driver.refresh()
        until(shows(window, "0 degrees, 0 degrees"))
        assert int(text(window, "left")) == left
        window.driver.find_element("id", "end").click()
        until(lambda: "has ended" in text(window, "said"))
        made = run.ended()
        assert made.units == 8 - left == server.door.frames
        urls, console = window.drain()
        assert console == []
        # A browser that has just started opens a page of its own beside ours.
        asked = [url for url in urls if not url.startswith("chrome")]
        assert all(url.startswith((server.origin + "/", "blob:", "data:")) for url in asked), asked
        assert not any(server.door.token in url.partition("#")[0] for url in urls)


SMALL = """return [...document.querySelectorAll('button,select,input')]
    .filter((e) => e.offsetParent && e.offsetHeight < 40).map((e) => e.id)"""
"""What is shown and too small for a finger."""


def names(window: Browser) -> None:
    """Everything that is shown has a name for those who do not see it."""
    for tag in ("input", "select", "button", "progress"):
        for found in window.driver.find_elements("tag name", tag):
            assert not found.is_displayed() or found.accessible_name.strip(), tag


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [(1200, 900), (360, 740), (320, 640)])
def test_it_fits_it_can_be_read_and_everything_has_a_name(
    window: Browser, tmp_path: Path, device: tuple[int, int], scheme: str
) -> None:
    with (
        looking(tmp_path / "o", NUMBERS, recipe="look-relit") as run,
        looking(tmp_path / "p", recipe="look-capture") as photos,
        served(run, photos) as server,
    ):
        window.show(Address(server.address), width=device[0], height=device[1], scheme=scheme)  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        window.driver.find_element("id", "lamp").click()
        until(shows(window, "the lamp at -60 and 30 degrees"))
        small = window.js(SMALL)
        names(window)
        window.driver.find_element("id", "both").click()
        until(lambda: "dB" in text(window, "decibel"))
        assert window.js(OVERFLOW) == [0, []]
        seen, poor = window.js(CONTRAST)
        assert seen > 15 and poor == []
        names(window)
        assert "Arrow keys" in window.driver.find_element("id", "stage").accessible_name
        assert small == window.js(SMALL) == []


def test_what_is_shown_is_the_stamped_picture(window: Browser, tmp_path: Path) -> None:
    with looking(tmp_path / "o", NUMBERS) as run, served(run) as server:
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        assert window.js("const p = document.getElementById('picture'); return [p.naturalWidth, p.naturalHeight]") == [
            192,
            192,
        ]
        shot = window.driver.find_element("id", "picture").screenshot_as_png
        band = np.asarray(Image.open(io.BytesIO(shot)).convert("L"))[-14:]
        assert band.max() > 180 and np.median(band) < 60


def test_a_lease_that_ends_is_told_and_a_copied_address_opens_nothing(window: Browser, tmp_path: Path) -> None:
    with looking(tmp_path / "o", NUMBERS) as run, served(run) as server:
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        run.lease.ended = True
        run.ended()
        press(window, "ARROW_RIGHT")
        until(lambda: "lease_lapsed" in text(window, "said"))
        window.js("sessionStorage.clear()")
        window.driver.get("about:blank")
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(lambda: "used before" in text(window, "said"))


def set_to(window: Browser, name: str, value: int) -> None:
    """A slider, moved and let go."""
    window.js(
        "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
        "e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'));",
        name,
        value,
    )


def test_the_lamp_is_moved_and_taken_away_again(window: Browser, tmp_path: Path) -> None:
    with looking(tmp_path / "o", NUMBERS, recipe="look-relit") as run, served(run) as server:
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        assert "cast shadows" in text(window, "light") and not window.driver.find_element("id", "turn").is_displayed()
        window.driver.find_element("id", "lamp").click()
        until(shows(window, "the lamp at -60 and 30 degrees"))
        set_to(window, "turn", 90)
        until(shows(window, "the lamp at 90 and 30 degrees"))
        assert text(window, "left") == "5" and text(window, "turn-at") == "90°"
        window.driver.find_element("id", "lamp").click()
        until(lambda: "lamp" not in str(window.js("return document.getElementById('picture').alt")))
        assert text(window, "left") == "5" and "no frame" in text(window, "cost")


def test_the_capture_stands_beside_with_the_difference_in_decibels(window: Browser, tmp_path: Path) -> None:
    with (
        looking(tmp_path / "o", NUMBERS | {"elevation_to_deg": 20}) as run,
        looking(tmp_path / "p", recipe="look-capture") as photos,
        served(run, photos) as server,
    ):
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        assert text(window, "photos-left") == "4" and not window.driver.find_element("id", "photo").is_displayed()
        window.driver.find_element("id", "both").click()
        until(lambda: "dB" in text(window, "decibel"))
        assert text(window, "left") == "6" and text(window, "photos-left") == "3"
        assert "one frame and one photograph" in text(window, "cost")
        told = float(text(window, "decibel").removesuffix(" dB"))
        assert abs(told - decibels(tmp_path / "o" / "frame-000002.png", tmp_path / "p" / "frame-000001.png")) < 0.06
        press(window, "ARROW_RIGHT")  # the nearest captured view stays the same: nothing is drawn
        window.driver.find_element("id", "both").click()
        until(shows(window, "5 degrees to the right"))
        assert text(window, "photos-left") == "3" and not window.driver.find_element("id", "photo").is_displayed()
        photos.lease.ended = True
        photos.ended()
        window.driver.find_element("id", "both").click()
        until(lambda: window.driver.find_element("id", "photo").is_displayed())  # seen before: shown again
        window.driver.find_element("id", "end").click()
        until(lambda: "has ended" in text(window, "said"))
        assert (run.ended().units, photos.ended().units) == (3, 1)
        assert (server.door.frames, server.door.photographs) == (3, 1)


def decibels(double: Path, photo: Path) -> float:
    """The page's own measure, in another language."""
    pictures = [np.asarray(Image.open(path).convert("RGB"), np.float64) for path in (double, photo)]
    rows = len(pictures[0]) - band_rows(pictures[0].shape[1], permit="sha256:" + "0" * 64)
    pictures = [picture[:rows] for picture in pictures]
    seen = np.maximum(*(np.abs(picture - [18, 20, 26]).max(axis=2) for picture in pictures)) > 12
    error = ((pictures[0] - pictures[1]) ** 2).mean(axis=2)[seen].mean()
    return float(10 * np.log10(255**2 / error))


def test_a_capture_that_is_over_leaves_the_double(window: Browser, tmp_path: Path) -> None:
    with (
        looking(tmp_path / "o", NUMBERS | {"elevation_to_deg": 20}) as run,
        looking(tmp_path / "p", recipe="look-capture") as photos,
        served(run, photos) as server,
    ):
        window.show(Address(server.address))  # type: ignore[arg-type]
        until(shows(window, "0 degrees, 0 degrees"))
        photos.lease.ended = True
        assert photos.thread is not None
        photos.thread.join(10)
        window.driver.find_element("id", "both").click()
        until(lambda: "The capture is shown no more" in text(window, "said"))
        assert text(window, "left") == "7" and not window.driver.find_element("id", "both").is_enabled()
        press(window, "ARROW_RIGHT")
        until(shows(window, "5 degrees to the right"))
        assert text(window, "left") == "6" and run.thread is not None and run.thread.is_alive()
