"""How well a double moves.  `python bench/perform.py [--json] [--quick] [--full-only] [--picture FILE]`

An invented person (bench/people) is captured at rest and in ten controls, each at a quarter, a half, three quarters and
in full; the performer learned from that is held to expressions it has never seen, two controls at once, from cameras it
has never seen, at 256 px.  Printed for each: PSNR in dB of head pixels, mean and worst view; of those head pixels alone
in which the face moved (by more than MOVED of 255); and the same of the face at rest, which is a statue's score.
`--full-only` leaves the slighter captures out, to show what they are for.  Times depend on what else runs: the load is
printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from people.captures import capture, rig
from people.person import Person
from PIL import Image

from stagedoor.capture.limits import MASK_ALPHA_MIN
from stagedoor.capture.read import Capture
from stagedoor.worker.double.render import render_frame
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.double.train import TrainSettings, camera_of, psnr_db
from stagedoor.worker.perform.controls import REST, Expression
from stagedoor.worker.perform.fit import train_performance
from stagedoor.worker.perform.performer import Performer
from stagedoor.worker.perform.settings import PerformSettings

SIZE = 256
CONTROLS = (
    *("browDownLeft", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight", "jawOpen"),
    *("mouthFunnel", "mouthPucker", "mouthSmileLeft", "mouthSmileRight", "noseSneerLeft"),
)
SLIGHT = (0.25, 0.5, 0.75)
HELD_OUT = (
    {"jawOpen": 0.5, "browInnerUp": 0.5},
    {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
    {"eyeBlinkLeft": 0.5, "mouthPucker": 0.5},
    {"jawOpen": 0.5, "mouthSmileRight": 0.5},
    {"browDownLeft": 0.5, "noseSneerLeft": 0.5},
    {"mouthFunnel": 0.5, "eyeBlinkRight": 0.5},
    {"jawOpen": 0.8, "mouthSmileLeft": 0.8},
    {"mouthPucker": 1.0, "browInnerUp": 1.0},
)
"""Two at once, half weights; and two stronger ones."""
BAR_DB = 30.0
MOVED = 8
SHOWN = (0, 2, 3, 6)
"""Which of HELD_OUT the picture shows, from which the second held-out camera sees them."""
GREY = (0.22, 0.23, 0.25)


def main() -> None:
    """Draws the captures, fits, scores, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer Gaussians and steps")
    parser.add_argument("--full-only", action="store_true", help="capture each control in full only")
    parser.add_argument("--picture", type=Path, help="write a contact sheet here")
    asked = parser.parse_args()
    figures: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2)}
    started = time.perf_counter()
    person = Person()
    captures = learned(person, () if asked.full_only else SLIGHT)
    held = unseen(person)
    figures["pictures"] = sum(len(one.images) for one in captures.values())
    figures["pictures_s"] = round(time.perf_counter() - started, 1)
    started, worked = time.perf_counter(), time.process_time()
    result = train_performance(captures, settings=settings(quick=asked.quick))
    figures |= {"fit_s": round(time.perf_counter() - started, 1), "fit_cpu_s": round(time.process_time() - worked, 1)}
    data = result.performer.to_bytes()
    performer = Performer.from_bytes(data)
    figures |= {"gaussians": len(performer.neutral), "controls": len(performer.controls)}
    figures |= {"megabytes": round(len(data) / 1e6, 2), "pose_ms": pose_ms(performer)}
    figures["rest_head_db"] = round(result.scores[0].head_db, 2)
    rows = [scored(performer, expression, held) for expression in held if expression]
    figures["held_out"] = rows
    half = rows[: len(HELD_OUT) - 2]
    figures["half_weights_head_db"] = round(float(np.mean([row["head_db"] for row in half])), 2)
    figures["half_weights_worst_view_db"] = min(row["worst_db"] for row in half)
    figures["bar"] = f"{BAR_DB} dB: {'met' if all(row['head_db'] >= BAR_DB for row in rows) else 'missed'}"
    figures["load_after"] = round(os.getloadavg()[0], 2)
    if asked.picture:
        contact_sheet(performer, held, asked.picture)
    report(figures, as_json=asked.json)


def settings(*, quick: bool) -> PerformSettings:
    """About a minute on two quiet cores; quick is a third of that."""
    if quick:
        return PerformSettings(rest=TrainSettings(gaussians=5_000, iterations=500), iterations=1_500)
    return PerformSettings(rest=TrainSettings(gaussians=8_000, iterations=1_200), iterations=4_000)


def learned(person: Person, slight: tuple[float, ...]) -> dict[Expression, Capture]:
    """24 views at rest, all round, and five held out; 12 of each full expression, within 100 degrees of the face; six
    of each slighter one."""
    captures = {REST: capture(person, {}, rig(views=24, size=SIZE), test_rig())}
    cameras = rig(views=12, size=SIZE, front_deg=100, turn=0.2)
    for control in CONTROLS:
        captures[Expression({control: 1.0})] = capture(person, {control: 1.0}, cameras)
        for weight in slight:
            captures[Expression({control: weight})] = capture(person, {control: weight}, cameras[::2])
    return captures


def test_rig() -> tuple:
    """Five cameras between the others."""
    return rig(views=5, size=SIZE, front_deg=80, turn=0.37)


def unseen(person: Person) -> dict[Expression, Capture]:
    """The held-out expressions from the held-out cameras, and the face at rest from the same."""
    return {Expression(weights): capture(person, weights, (), test_rig()) for weights in ({}, *HELD_OUT)}


def scored(performer: Performer, expression: Expression, held: dict[Expression, Capture]) -> dict:
    """One held-out expression's figures."""
    truth, rest = on_black(held[expression]), on_black(held[REST])
    head = held[expression].images[..., 3] >= MASK_ALPHA_MIN
    moved = head & (np.abs(truth - rest).max(axis=-1) > MOVED / 255)
    row: dict[str, object] = {"expression": repr(expression), "moved_px": int(moved.sum(axis=(1, 2)).mean())}
    for name, splats in (("", performer.posed(expression)), ("statue_", performer.neutral)):
        error = ((drawn(splats, held[expression], (0, 0, 0)) - truth) ** 2).mean(axis=-1)
        views = [psnr_db(error[k][head[k]]) for k in range(len(error))]
        seen = [psnr_db(error[k][moved[k]]) for k in range(len(error)) if moved[k].any()]
        row[f"{name}head_db"] = round(float(np.mean(views)), 2)
        row[f"{name}worst_db"] = round(min(views), 2)
        row[f"{name}moved_db"] = round(float(np.mean(seen)), 2)
    return row


def on_black(held: Capture) -> NDArray[np.float64]:
    """The pictures over black, 0 to 1."""
    pictures = held.images.astype(np.float64) / 255
    return pictures[..., :3] * pictures[..., 3:]


def drawn(splats: Splats, held: Capture, background: tuple[float, float, float]) -> NDArray[np.float64]:
    """The double from a capture's cameras, to 8 bits, 0 to 1."""
    cameras = [camera_of(held, view) for view in range(len(held.images))]
    frames = [render_frame(splats, one, width=SIZE, height=SIZE, background=background) for one in cameras]
    return np.stack(frames).astype(np.float64) / 255


def pose_ms(performer: Performer) -> float:
    """Median time to pose all controls at once."""
    weights, times = dict.fromkeys(performer.controls, 0.5), []
    for _ in range(15):
        started = time.perf_counter()
        performer.posed(weights)
        times.append(time.perf_counter() - started)
    return round(1000 * float(np.median(times)), 2)


def contact_sheet(performer: Performer, held: dict[Expression, Capture], path: Path) -> None:
    """Ground truth above, the double below: held-out expressions from a held-out camera."""
    columns = []
    for number in SHOWN:
        expression = Expression(HELD_OUT[number])
        one = held[expression]
        cover = one.images[1, ..., 3:].astype(np.float64) / 255
        truth = on_black(one)[1] + (1 - cover) * np.array(GREY)
        both = np.concatenate([truth, drawn(performer.posed(expression), one, GREY)[1]])
        columns.append(both[:, SIZE // 8 : -SIZE // 8])
    sheet = np.clip(np.concatenate(columns, axis=1) * 255 + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(sheet).save(path, optimize=True)


def report(figures: dict[str, object], *, as_json: bool) -> None:
    """Prints the figures."""
    if as_json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        if not isinstance(value, list):
            print(f"{name:28} {value}")
            continue
        print(f"\n{'held out':42} {'head':>6} {'worst':>6} {'moved':>6}   statue: {'head':>6} {'moved':>6}  moved px")
        for row in value:
            print(
                f"{row['expression']:42} {row['head_db']:6.2f} {row['worst_db']:6.2f} {row['moved_db']:6.2f}"
                f"           {row['statue_head_db']:6.2f} {row['statue_moved_db']:6.2f}  {row['moved_px']:8}"
            )
        print()


if __name__ == "__main__":
    main()
