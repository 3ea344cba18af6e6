"""The real page in a real browser: it fits, it asks nobody, it can be worked by keyboard, and it can be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pages import sample
from pages.browser import Browser
from stagedoor.portal.statement import render

DEVICES = {"desktop": (1200, 900), "tablet": (768, 1024), "phone": (360, 740), "narrow": (320, 640)}

# Every element that holds words of its own: its colour against the nearest ground that is painted.
CONTRAST = """
const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
const ground = (el) => {
  for (let at = el; at; at = at.parentElement) {
    const [r, g, b, a] = rgba(getComputedStyle(at).backgroundColor);
    if (a === 1) return [r, g, b];
  }
  return [255, 255, 255];
};
const poor = []; let seen = 0;
for (const el of document.querySelectorAll('body *')) {
  const words = [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!words || ['SCRIPT', 'STYLE'].includes(el.tagName) || !el.checkVisibility({visibilityProperty: true})) continue;
  const svg = el.tagName === 'text';
  const style = getComputedStyle(el);
  const ink = rgba(svg ? style.fill : style.color);
  const bar = svg && el.parentElement.querySelector('.seg.' + el.classList[1]);
  const behind = svg ? rgba(getComputedStyle(bar).fill) : ground(el);
  const [hi, lo] = [light(ink), light(behind)].sort((a, b) => b - a);
  const ratio = (hi + 0.05) / (lo + 0.05);
  const size = parseFloat(style.fontSize); seen += 1;
  if (ratio < (size >= 24 ? 3 : 4.5)) poor.push([el.tagName, el.textContent.slice(0, 30), ratio]);
}
return [seen, poor];
"""

OVERFLOW = """
const wide = document.documentElement.clientWidth + 0.5;
const all = [...document.querySelectorAll('body *')].filter((el) => {
  const box = el.getBoundingClientRect();
  const seen = el.checkVisibility() && !el.classList.contains('unseen') && !el.classList.contains('skip');
  return box.width > 0 && seen && (box.right > wide || box.left < -0.5);
});
return [document.documentElement.scrollWidth - document.documentElement.clientWidth,
        all.map((el) => el.tagName + '.' + el.className).slice(0, 5)];
"""
SHOWN = "return [...document.querySelectorAll('.stage img.on')].map((image) => image.dataset.frame)"
ACTIVE = "const at = document.activeElement; return at.tagName + (at.className ? '.' + at.className : '')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The statement, as a file that somebody got by mail."""
    path = tmp_path_factory.mktemp("page") / "statement.html"
    path.write_text(render(sample.page()), encoding="utf-8", newline="\n")
    return path


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what a page does by itself."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def keys(window: Browser, *names: str) -> None:
    """Press keys, wherever the focus is."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    for name in names:
        ActionChains(window.driver).send_keys(getattr(Keys, name)).perform()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", DEVICES)
def test_it_fits_asks_nobody_and_the_console_is_silent(window: Browser, page: Path, device: str, scheme: str) -> None:
    width, height = DEVICES[device]
    window.show(page, width=width, height=height, scheme=scheme)
    for opened in (False, True):
        window.js("for (const it of document.querySelectorAll('details')) it.open = arguments[0]", opened)
        assert window.js(OVERFLOW) == [0, []]
    urls, console = window.drain()
    assert console == []
    assert [url for url in urls if not url.startswith("data:")] == [page.as_uri()]
    assert window.js("return [...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    assert window.js("return getComputedStyle(document.querySelector('h1')).fontSize.replace('px', '') > 30")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_every_word_has_contrast(window: Browser, page: Path, device: str, scheme: str) -> None:
    width, height = DEVICES[device]
    window.show(page, width=width, height=height, scheme=scheme)
    window.js("for (const it of document.querySelectorAll('details')) it.open = true")
    seen, poor = window.js(CONTRAST)
    assert seen > 300 and poor == []


def test_dark_is_dark_and_light_is_light(window: Browser, page: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        window.show(page, scheme=scheme)
        grounds.append(window.js("return getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 243, 236)", "rgb(23, 21, 19)"]


def test_the_scrubber_works_by_keyboard(window: Browser, page: Path) -> None:
    window.show(page)
    assert window.js(SHOWN) == ["1"]
    window.js("document.querySelector('input[type=range]').focus()")
    keys(window, "ARROW_RIGHT", "ARROW_RIGHT")
    assert window.js(SHOWN) == ["3"]
    keys(window, "END")
    assert window.js(SHOWN) == ["48"]
    assert window.js("return document.querySelector('input').getAttribute('aria-valuetext')") == "frame 48 of 48"
    assert window.js("return document.querySelector('[data-number]').textContent") == "48 / 48"
    keys(window, "HOME")
    assert window.js(SHOWN) == ["1"]


def test_the_shot_plays_and_pauses(window: Browser, page: Path) -> None:
    window.show(page)
    window.js("document.querySelector('[data-play]').focus()")
    keys(window, "SPACE")
    assert window.js("return document.querySelector('[data-play]').textContent") == "Pause"
    until(lambda: int(window.js(SHOWN)[0]) >= 3)
    keys(window, "ENTER")
    assert window.js("return document.querySelector('[data-play]').textContent") == "Play"
    stopped = window.js(SHOWN)
    time.sleep(0.25)
    assert window.js(SHOWN) == stopped


def test_the_picture_is_scrubbed_by_touch(window: Browser, page: Path) -> None:
    window.show(page, width=360, height=740)
    window.js("document.querySelector('.stage').scrollIntoView({block: 'center'})")
    x, y, width = window.js(
        "const b = document.querySelector('.stage').getBoundingClientRect();"
        "return [b.left, b.top + b.height / 2, b.width]"
    )
    window.cdp("Emulation.setTouchEmulationEnabled", enabled=True)
    try:
        for kind, share in (("touchStart", 0.1), ("touchMove", 0.3), ("touchMove", 0.75)):
            window.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x + width * share, "y": y}])
        until(lambda: 30 <= int(window.js(SHOWN)[0]) <= 40)
        window.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    finally:
        window.cdp("Emulation.setTouchEmulationEnabled", enabled=False)


def test_chains_open_by_keyboard_and_the_focus_is_seen(window: Browser, page: Path) -> None:
    window.show(page)
    for _ in range(12):
        keys(window, "TAB")
        if window.js(ACTIVE).startswith("SUMMARY"):
            break
    assert window.js(ACTIVE) == "SUMMARY"
    assert window.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys(window, "ENTER")
    assert window.js("return document.activeElement.parentElement.open")
    assert window.js("return document.activeElement.parentElement.querySelector('.consent .details').checkVisibility()")
    keys(window, "SPACE")
    assert not window.js("return document.activeElement.parentElement.open")


def test_tab_reaches_the_skip_link_first_and_every_control(window: Browser, page: Path) -> None:
    window.show(page)
    reached = []
    for _ in range(12):
        keys(window, "TAB")
        reached.append(window.js(ACTIVE))
    assert reached[:4] == ["A.skip", "BUTTON", "INPUT", "BUTTON"]
    assert reached[4:10] == ["SUMMARY"] * 6


def test_one_button_opens_and_closes_every_chain(window: Browser, page: Path) -> None:
    window.show(page)
    count = "return document.querySelectorAll('details[open]').length"
    window.js("document.querySelector('[data-open]').click()")
    assert window.js(count) == 6
    window.js("document.querySelector('[data-open]').click()")
    assert window.js(count) == 0


def test_controls_are_large_enough_for_a_thumb(window: Browser, page: Path) -> None:
    window.show(page, width=360, height=740)
    heights = window.js(
        "return [...document.querySelectorAll('button, input, summary')].map((el) => el.getBoundingClientRect().height)"
    )
    assert heights and min(heights) >= 44


def test_without_a_script_the_first_frame_shows_and_no_dead_control(window: Browser, page: Path) -> None:
    window.show(page, script=False)
    try:
        window.cdp("Emulation.setScriptExecutionDisabled", value=False)
        assert window.js(SHOWN) == ["1"]
        assert window.js(
            "return [...document.querySelectorAll('.controls, [data-open]')].every((el) => !el.checkVisibility())"
        )
        assert window.js("return document.querySelector('.stage img').checkVisibility({visibilityProperty: true})")
    finally:
        window.cdp("Emulation.setScriptExecutionDisabled", value=False)


def test_reduced_motion_plays_slowly_and_moves_nothing_else(window: Browser, page: Path) -> None:
    window.show(page, reduced=True)
    assert window.js("return getComputedStyle(document.querySelector('summary')).transitionDuration") == "0s"
    window.js("document.querySelector('[data-play]').click()")
    time.sleep(0.3)
    assert window.js(SHOWN) == ["1"]
    until(lambda: window.js(SHOWN) == ["2"])


def test_on_paper_every_chain_is_open_and_the_shot_is_a_strip(window: Browser, page: Path, tmp_path: Path) -> None:
    window.show(page, scheme="dark", media="print")
    assert window.js("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    visible = "return [...document.querySelectorAll(arguments[0])].filter((el) => el.checkVisibility()).length"
    assert window.js(visible, ".stage img") == 6
    assert window.js(visible, "button, .controls") == 0
    assert window.js(visible, ".chain") == 6
    assert window.js(CONTRAST)[1] == []
    data = window.paper(tmp_path / "statement.pdf")
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 2
    assert window.js("return document.querySelectorAll('details[open]').length") == 0


def test_a_hostile_name_runs_nothing_and_the_policy_would_stop_it(window: Browser, tmp_path: Path) -> None:
    from pages.test_escaping import with_text

    path = tmp_path / "hostile.html"
    path.write_text(render(with_text(sample.page(frames=2), "\"'><img src=x onerror=document.title='gone'>")), "utf-8")
    window.show(path, width=360, height=740)
    assert "gone'>" in window.js("return document.title")
    assert window.js("return document.querySelectorAll('img[onerror]').length") == 0
    assert window.js(OVERFLOW)[0] == 0
    urls, console = window.drain()
    assert console == [] and [url for url in urls if not url.startswith("data:")] == [path.as_uri()]
    window.js("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    window.js("const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    window.js("const s = document.createElement('style'); s.textContent = 'p {color: red}'; document.body.append(s)")
    said: list[str] = []

    def stopped() -> bool:
        said.extend(window.drain()[1])
        return len(said) >= 3

    until(stopped)
    assert all("Content Security Policy" in text for text in said), said
    assert window.js("return window.ran === undefined")


def test_the_page_names_its_parts_for_those_who_listen(window: Browser, page: Path) -> None:
    window.show(page)
    tree = window.cdp("Accessibility.getFullAXTree")["nodes"]
    named = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if "role" in node}
    for role, name in (
        ("main", ""), ("heading", "Where the money went"), ("slider", "Frame"), ("button", "Play"),
        ("table", "Lines of this statement"), ("columnheader", "Amount"),
        ("rowheader", "The double at the harbour rail"),
    ):  # fmt: skip
        assert (role, name) in named
    assert any(role in ("image", "img") and name.startswith("14,495.00 USD in all") for role, name in named)
