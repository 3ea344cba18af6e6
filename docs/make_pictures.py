"""Make docs/pictures again from a world that the demo left: `python docs/make_pictures.py WORLD`.

WORLD is the folder of `stagedoor demo --keep WORLD`.  The frames need nothing but Pillow; the statement needs Chromium,
chromedriver and selenium, and is left as it is where they are missing.  Everybody in these pictures is invented.
"""

from __future__ import annotations

import base64
import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image

PICTURES = Path(__file__).parent / "pictures"
CAPTURE = Path(__file__).parents[1] / "examples" / "mara" / "capture" / "images"
HELD_OUT = "test_048.png"
"""The picture that the fit never sees; the demo names the same one."""

SHOT_FRAMES = 48
STRIP = 6
BYTES_MAX = 200_000
GROUND = (18, 20, 26)
"""The worker's own background, so that capture and double stand on the same one."""

SCREENS = (
    # name, width, height, scale, scheme, the section at the top of the picture
    ("statement-light", 1100, 960, 1, "light", ""),
    ("statement-dark", 1100, 1300, 1, "dark", "money"),
    ("statement-phone", 390, 844, 2, "light", "lines"),
)

SCROLL = """
const part = document.getElementById(arguments[0]);
if (part) {
  const why = document.querySelector("#lines details.why");
  if (why) why.open = true;
  part.style.paddingTop = "1.5rem";
  part.scrollIntoView({behavior: "instant", block: "start"});
}
"""


def main() -> int:
    """All pictures, or as many as this machine can make."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    world = Path(sys.argv[1])
    PICTURES.mkdir(exist_ok=True)
    order = _shot(world)
    frames = sorted(order.glob("frame-*.png"))
    _keep("beside", _strip([_flat(CAPTURE / HELD_OUT), _flat(_same_view(frames))], gap=8))
    chosen = [frames[index * (len(frames) - 1) // (STRIP - 1)] for index in range(STRIP)]
    _keep("shot", _strip([_flat(frame) for frame in chosen], gap=4))
    page = world / "papers" / "statement.html"
    try:
        from selenium import webdriver
    except ImportError:
        print("selenium is not installed: the statement's pictures stay as they are", file=sys.stderr)
        return 0
    if shutil.which("chromedriver") is None:
        print("there is no chromedriver: the statement's pictures stay as they are", file=sys.stderr)
        return 0
    _screens(webdriver, page)
    return 0


def _shot(world: Path) -> Path:
    """The order of 48 frames: shot 12A."""
    for order in sorted((world / "outputs").iterdir()):
        if len(list(order.glob("frame-*.png"))) == SHOT_FRAMES:
            return order
    raise SystemExit(f"{world} holds no shot of {SHOT_FRAMES} frames; run 'stagedoor demo --keep' without --fast")


def _same_view(frames: list[Path]) -> Path:
    """The frame nearest to the held-out camera: 11 degrees on an arc from -20 to 20."""
    return frames[round((11 + 20) / 40 * (len(frames) - 1))]


def _flat(path: Path) -> Image.Image:
    with Image.open(path) as image:
        whole = image.convert("RGBA")
    ground = Image.new("RGBA", whole.size, (*GROUND, 255))
    ground.alpha_composite(whole)
    return ground.convert("RGB").resize((256, 256), Image.Resampling.LANCZOS)


def _strip(images: list[Image.Image], *, gap: int) -> Image.Image:
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    strip = Image.new("RGB", (width, max(image.height for image in images)), (255, 255, 255))
    left = 0
    for image in images:
        strip.paste(image, (left, 0))
        left += image.width + gap
    return strip


def _keep(name: str, image: Image.Image) -> None:
    for quality in (90, 80, 70, 60):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=6)
        if len(out.getvalue()) < BYTES_MAX:
            break
    (PICTURES / f"{name}.webp").write_bytes(out.getvalue())
    print(f"{name}.webp  {image.width} x {image.height}  {len(out.getvalue()):,} bytes")


def _screens(webdriver: Any, page: Path) -> None:
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    # The driver is named, so that selenium does not look for one on the network.
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        for name, width, height, scale, scheme, section in SCREENS:
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500},
            )
            driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            )
            driver.get(page.resolve().as_uri())
            driver.execute_script(SCROLL, section)
            shot = driver.execute_cdp_cmd("Page.captureScreenshot", {})
            with Image.open(io.BytesIO(base64.b64decode(shot["data"]))) as image:
                _keep(name, image.convert("RGB"))
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
