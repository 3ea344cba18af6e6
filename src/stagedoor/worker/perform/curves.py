"""Curve files: which control has which weight in which frame.

Two forms are read.  Our own, JSON, with nothing left out and nothing more:

    {"stagedoor": "curve", "version": 1, "frames_per_second": 24,
     "controls": ["jawOpen", "browInnerUp"],
     "frames": [[1001, 0.0, 0.25], [1005, 0.5, 0.25]]}

each frame being its number and one weight for each control; between frames weights run straight, before the first and
after the last they stand.  And CSV as recorders of ARKit's blendshapes write it: Timecode (HH:MM:SS:FF, with decimals
of a frame), BlendShapeCount, then the controls' names and, last, rotations of head and eyes, which are read past: a
performer's head is turned by the camera.  A row with a count of 0 says that no face was seen, and is left out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stagedoor.worker.perform.controls import ARKIT, CONTROLS_MAX, Expression, checked_name, unknown
from stagedoor.worker.perform.errors import PerformError, shown

BYTES_MAX: Final = 16 << 20
"""Bytes of a curve file: five minutes of ARKit at 60 frames a second, as recorders write it."""
FRAMES_MAX: Final = 100_000
"""Frames of one curve: over an hour at 24 a second."""
FRAMES_PER_SECOND_MAX: Final = 240
NUMBER_MAX: Final = 24 * 3_600 * FRAMES_PER_SECOND_MAX
"""Largest number of a frame: a day."""
COLUMNS_MAX: Final = CONTROLS_MAX + 16
CELL_CHARACTERS_MAX: Final = 64
HEAD_CHARACTERS_MAX: Final = COLUMNS_MAX * CELL_CHARACTERS_MAX
"""Characters of a CSV's first line."""
TURNS: Final = tuple(f"{part}{turn}" for part in ("head", "leftEye", "rightEye") for turn in ("Yaw", "Pitch", "Roll"))
"""Columns that are no weights: angles in radians."""
TIMECODE: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,3}(?:\.\d{1,9})?)")
NUMBER: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,40})?([eE][-+]?[0-9]{1,3})?")
_KEYS: Final = ("stagedoor", "version", "frames_per_second", "controls", "frames")
_WHERE: Final = "curve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """`numbers` float64 [F] of frames, ascending, at frames_per_second; `weights` float32 [F,C] from 0 to 1, one
    column for each of `controls`.  Read-only.  Raises PerformError for what no curve holds."""

    frames_per_second: int
    controls: tuple[str, ...]
    numbers: NDArray[np.float64]
    weights: NDArray[np.float32]

    def __post_init__(self) -> None:
        rate = self.frames_per_second
        if isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= FRAMES_PER_SECOND_MAX:
            raise _refused(f"{shown(rate)} frames a second", f"Give a whole number from 1 to {FRAMES_PER_SECOND_MAX}")
        for name in self.controls:
            checked_name(name, where=_WHERE)
        if not 1 <= len(self.controls) <= CONTROLS_MAX or len(set(self.controls)) != len(self.controls):
            raise _refused(
                f"{len(self.controls)} controls, or one of them twice", f"Name 1 to {CONTROLS_MAX}, each once"
            )
        numbers, weights = np.array(self.numbers, np.float64), np.array(self.weights, np.float32)
        if not 1 <= len(numbers) <= FRAMES_MAX or weights.shape != (len(numbers), len(self.controls)):
            raise _refused(f"{len(numbers)} frames, weights {weights.shape}", f"Give 1 to {FRAMES_MAX} whole frames")
        if not ((numbers >= 0) & (numbers <= NUMBER_MAX)).all() or not (np.diff(numbers) > 0).all():
            raise _refused("its frames are not numbered upwards within a day", "Sort them, each number once")
        bad = np.argwhere(~((weights >= 0) & (weights <= 1)))
        if len(bad):
            row, column = bad[0]
            where = f"curve, frame {numbers[row]:g}, {self.controls[column]}"
            raise PerformError(where=where, what=f"its weight is {weights[row, column]}", todo="Give 0 to 1")
        numbers.flags.writeable = weights.flags.writeable = False
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "weights", weights)

    @property
    def frames(self) -> int:
        """Whole frames from the first to the last, both counted."""
        return int(np.floor(self.numbers[-1] - self.numbers[0])) + 1

    def at(self, number: float) -> Expression:
        """The expression at a frame's number, between two by a straight line; beyond the ends, the end's."""
        k = int(np.searchsorted(self.numbers, number))
        if k == 0 or k == len(self.numbers):
            row = self.weights[min(k, len(self.numbers) - 1)].astype(np.float64)
        else:
            left, right = self.numbers[k - 1], self.numbers[k]
            share = (number - left) / (right - left)
            row = (1 - share) * self.weights[k - 1].astype(np.float64) + share * self.weights[k]
        held = np.clip(row, 0.0, 1.0)
        return Expression({name: float(weight) for name, weight in zip(self.controls, held, strict=True)})

    def fitted(self, controls: Iterable[str], *, leave_out: bool = False) -> Curve:
        """This curve for a performer that has `controls`.

        A control that she lacks is dropped if the curve never uses it.  One that it uses is refused with the nearest
        names; with `leave_out`, one of ARKit's 52 is dropped all the same, any other is still refused.
        """
        known = set(controls)
        kept = []
        for k, name in enumerate(self.controls):
            if name in known:
                kept.append(k)
            elif self.weights[:, k].any() and not (leave_out and name in ARKIT):
                raise unknown(name, known, where=_WHERE)
        if not kept:
            raise _refused("none of its controls is one that this performer has", "Drive one of hers")
        return Curve(
            frames_per_second=self.frames_per_second,
            controls=tuple(self.controls[k] for k in kept),
            numbers=self.numbers,
            weights=self.weights[:, kept],
        )

    def to_json(self) -> bytes:
        """The curve in our own form; the same bytes for the same curve."""
        rows = [
            [int(number) if number == int(number) else float(number), *(round(float(weight), 6) for weight in row)]
            for number, row in zip(self.numbers, self.weights, strict=True)
        ]
        body = (_WHERE, 1, self.frames_per_second, list(self.controls), rows)
        return (json.dumps(dict(zip(_KEYS, body, strict=True)), separators=(",", ":")) + "\n").encode("ascii")


def parse_curve(data: bytes, *, frames_per_second: int | None = None) -> Curve:
    """A curve from a file's bytes: JSON if it begins with a brace, else CSV.  Raises PerformError for all else.

    CSV does not tell its rate: `frames_per_second` must.  Given for JSON, it must agree with the file.
    """
    if len(data) > BYTES_MAX:
        raise _refused(f"it has {len(data)} bytes", f"At most {BYTES_MAX} are read: cut it, or thin it out")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("it is no UTF-8 text", "Save it as JSON or CSV in UTF-8") from None
    if text.lstrip().startswith("{"):
        curve = _from_json(text)
        if frames_per_second not in {None, curve.frames_per_second}:
            raise _refused(f"it says {curve.frames_per_second} frames a second", "Ask for the rate that it says")
        return curve
    if frames_per_second is None:
        raise _refused("a CSV does not tell how many frames a second has", "Say it: the recorder's rate, often 60")
    return _from_csv(text, frames_per_second)


def _from_json(text: str) -> Curve:
    # Before it is parsed: an empty list takes two letters in the file and sixty bytes in memory.
    if text.count("[") > FRAMES_MAX + 2 or text.count("{") > 1:
        raise _refused(f"it holds over {FRAMES_MAX} lists, or an object within another", "Cut it to what a curve holds")
    try:
        held = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        if isinstance(fault, PerformError):
            raise
        raise _refused("it is no JSON that can be read", "Mend it, or write it again") from None
    if not isinstance(held, dict) or set(held) != set(_KEYS):
        raise _refused("its keys are not those of a curve", "Give exactly: " + ", ".join(_KEYS))
    if held["stagedoor"] != _WHERE or isinstance(held["version"], bool) or held["version"] != 1:
        raise _refused("it is no curve of version 1", 'Give "stagedoor": "curve" and "version": 1')
    controls, rows = held["controls"], held["frames"]
    if not isinstance(controls, list) or not isinstance(rows, list):
        raise _refused("controls or frames are no lists", "Give two lists")
    if len(rows) > FRAMES_MAX or len(controls) > CONTROLS_MAX:
        raise _refused(
            f"{len(rows)} frames of {len(controls)} controls", f"At most {FRAMES_MAX} and {CONTROLS_MAX} are read"
        )
    names = tuple(checked_name(name, where=_WHERE) for name in controls)
    width = len(names) + 1
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width or not all(type(cell) in {int, float} for cell in row):
            raise _refused(f"frame {index} of the list is not its number and {len(names)} weights", "Mend that frame")
    return _made(held["frames_per_second"], names, [row[0] for row in rows], [row[1:] for row in rows])


def _from_csv(text: str, rate: int) -> Curve:
    if text.count("\n") > FRAMES_MAX + 1 or "\n" not in text[: HEAD_CHARACTERS_MAX + 1]:
        raise _refused(f"it has over {FRAMES_MAX} lines, or too long a first one", "Cut it to what a recorder writes")
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        head = [cell.strip() for cell in next(rows, [])]
        columns = _columns(head)
        numbers: list[float] = []
        weights: list[list[float]] = []
        for line, row in enumerate(rows, 2):
            if not row:
                continue
            if len(row) != len(head):
                raise _refused(f"line {line} has {len(row)} cells, the first has {len(head)}", "Mend that line")
            if len(numbers) >= FRAMES_MAX:
                raise _refused(f"it has over {FRAMES_MAX} frames", "Cut it")
            if row[1].strip() == "0":
                continue
            numbers.append(_frame_number(row[0].strip(), rate, line))
            weights.append([_cell(row[k], line, name) for name, k in columns])
    except csv.Error:
        raise _refused("it is no CSV that can be read", "Save it with commas and plain quotes") from None
    return _made(rate, tuple(name for name, _ in columns), numbers, weights)


def _columns(head: list[str]) -> list[tuple[str, int]]:
    """(control, column) of each control in a CSV's first line."""
    if len(head) > COLUMNS_MAX or [cell.lower() for cell in head[:2]] != ["timecode", "blendshapecount"]:
        raise _refused(
            "its first line is not that of a recorder", "Begin with Timecode, BlendShapeCount, then controls' names"
        )
    out = []
    for k, cell in enumerate(head[2:], 2):
        name = cell[:1].lower() + cell[1 : CELL_CHARACTERS_MAX + 1]
        if name in TURNS:
            continue
        if name not in ARKIT:
            raise unknown(name, ARKIT, where=f"curve, column {k + 1}")
        out.append((name, k))
    return out


def _frame_number(cell: str, rate: int, line: int) -> float:
    found = TIMECODE.fullmatch(cell[: CELL_CHARACTERS_MAX + 1])
    if found is None or int(found[2]) > 59 or int(found[3]) > 59 or float(found[4]) >= rate:
        raise _refused(f"line {line} has the timecode {shown(cell)}", f"Write HH:MM:SS:FF, with frames under {rate}")
    hours, minutes, seconds = (int(found[k]) for k in (1, 2, 3))
    return ((hours * 60 + minutes) * 60 + seconds) * rate + float(found[4])


def _cell(cell: str, line: int, name: str) -> float:
    # An empty cell, or a word, is no number; float() would also take underscores and spaces, which no recorder writes.
    if len(cell) <= CELL_CHARACTERS_MAX and NUMBER.fullmatch(cell):
        return float(cell)
    raise PerformError(where=f"curve, line {line}, {name}", what=f"{shown(cell)} is no number", todo="Give 0 to 1")


def _made(rate: Any, controls: tuple[str, ...], numbers: list[Any], weights: list[Any]) -> Curve:
    try:
        table = np.array(weights, np.float64).reshape(len(weights), len(controls))
        frames = np.array(numbers, np.float64)
    except OverflowError:
        raise _refused("it holds a number that no float holds", "Give weights from 0 to 1") from None
    # Checked before they are narrowed: a weight just above 1 would round to it.
    held = np.where((table >= 0) & (table <= 1), table, np.nan)
    return Curve(frames_per_second=rate, controls=controls, numbers=frames, weights=held.astype(np.float32))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _refused("a key stands in it twice", "Keep one of the two")
    return dict(pairs)


def _no_constant(word: str) -> Any:
    raise _refused(f"it holds {word}", "Give weights from 0 to 1")


def _refused(what: str, todo: str) -> PerformError:
    return PerformError(where=_WHERE, what=what, todo=todo)
