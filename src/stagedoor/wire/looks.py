"""The words between a worker that draws what is looked at, and the door that shows it: one question, one answer.

A question is one line of ASCII of at most LINE_BYTES_MAX bytes with its newline; one connection carries one question.

    about                      what may be asked for
    view AZIMUTH ELEVATION DIVISOR    a picture; whole degrees, and by what the ordered size is divided
    lit AZIMUTH ELEVATION DIVISOR TURN RISE KEY AMBIENT    the same under a lamp: whole degrees and percents
    as WIDTH HEIGHT ...        the double as one of the capture's own cameras saw it: 13 whole numbers, see Pose
    camera NUMBER              asked of a look at a capture: that view's `as` line, and its stamp's rows; no picture
    photo NUMBER               asked of a look at a capture: that captured view
    end                        no more will be asked: the key is given back and the receipt handed in

An answer is a head, one line of the same form, and exactly as many bytes as the head says:

    about LENGTH               JSON of whole numbers and words
    frame NUMBER LEFT LENGTH   a PNG, its number from 1 on, and how many may still be drawn
    refused CODE LENGTH        a code of core.base.outcome.Code, and the reason in UTF-8
    ended 0
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from stagedoor.core.base.outcome import Code

LINE_BYTES_MAX: Final = 160
"""Bytes of one question or head with its newline: a camera of 13 whole numbers has 150 at most."""

DEGREES_MAX: Final = 720
"""Whole degrees in a question, either way: more than any permit's arc."""

DIVISORS: Final = (1, 2, 4)
"""By what the ordered width and height may be divided: three sizes of one picture, and no others."""

KEY_MAX: Final = 300
"""Percent of what a lamp may give a surface that faces it; three times white is glaring."""

AMBIENT_MAX: Final = 200
"""Percent of the light that comes from everywhere."""

PHOTOS_MAX: Final = 300
"""Captured views that one look may name: their places fit into one answer of words."""

BODY_BYTES_MAX: Final = 32 << 20
"""Bytes of one answer: a noisy PNG of the largest size that a look is ordered in has 12 MiB."""

WORDS_BYTES_MAX: Final = 8 << 10
"""Bytes of an answer that is words, not a picture."""

_NUMBER: Final = r"(?:0|-?[1-9][0-9]{0,2})"
_WIDE: Final = r"(?:0|-?[1-9][0-9]{0,8})"
_VIEW: Final = re.compile(rf"view ({_NUMBER}) ({_NUMBER}) ([0-9])")
_LIT: Final = re.compile(rf"lit ({_NUMBER}) ({_NUMBER}) ([0-9])" + rf" ({_NUMBER})" * 4)
_AS: Final = re.compile("as" + rf" ({_WIDE})" * 13)
_PHOTO: Final = re.compile(r"(camera|photo) (0|[1-9][0-9]{0,4})")
_HEAD: Final = re.compile(
    r"(?:(about|ended) ([0-9]{1,9})|frame ([0-9]{1,7}) ([0-9]{1,7}) ([0-9]{1,9})|refused ([a-z_]{1,30}) ([0-9]{1,9}))"
)


class LooksError(Exception):
    """A question or an answer that is not of this form.  The text never quotes more than its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """A lamp and light from everywhere.  Degrees say where the lamp stands, counted as the camera's are; percents are
    of what makes white paper white."""

    turn_deg: int
    rise_deg: int
    key: int
    ambient: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture that is asked for.  Degrees: azimuth 0 is the face and grows to +x, elevation grows upwards.

    `light` None leaves the light that the capture was taken in.
    """

    azimuth_deg: int
    elevation_deg: int
    divisor: int
    light: Light | None = None

    def line(self) -> bytes:
        """As it is asked."""
        place = f"{self.azimuth_deg} {self.elevation_deg} {self.divisor}"
        if self.light is None:
            return f"view {place}\n".encode("ascii")
        lamp = self.light
        return f"lit {place} {lamp.turn_deg} {lamp.rise_deg} {lamp.key} {lamp.ambient}\n".encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """A camera of the capture.  Size in pixels; lens fx fy cx cy in thousandths of a pixel; place x y z in millionths
    of the capture's unit; turn w x y z, world to camera, in 1e-8 of a unit quaternion."""

    width: int
    height: int
    lens: tuple[int, int, int, int]
    place: tuple[int, int, int]
    turn: tuple[int, int, int, int]

    def line(self) -> bytes:
        """As it is asked."""
        numbers = (self.width, self.height, *self.lens, *self.place, *self.turn)
        return f"as {' '.join(map(str, numbers))}\n".encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A captured view by its number from 0; only its camera, if `camera`."""

    number: int
    camera: bool

    def line(self) -> bytes:
        """As it is asked."""
        return f"{'camera' if self.camera else 'photo'} {self.number}\n".encode("ascii")


Question = View | Pose | Photo | bytes

ABOUT: Final = b"about\n"
END: Final = b"end\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What follows.  kind: about, frame, refused or ended; number and left count frames; length is in bytes."""

    kind: str
    length: int
    number: int = 0
    left: int = 0
    code: Code | None = None

    def line(self) -> bytes:
        """As it is sent."""
        if self.kind == "frame":
            return f"frame {self.number} {self.left} {self.length}\n".encode("ascii")
        if self.kind == "refused":
            assert self.code is not None, "a refusal has a code"
            return f"refused {self.code.value} {self.length}\n".encode("ascii")
        return f"{self.kind} {self.length}\n".encode("ascii")


def parse_question(line: bytes) -> Question:
    """What is asked: ABOUT, END, or a picture.  Raises LooksError for every other line, and one without its newline."""
    if line in (ABOUT, END):
        return line
    text = _text(line)
    if found := _VIEW.fullmatch(text) or _LIT.fullmatch(text):
        return _view([int(word) for word in found.groups()])
    if found := _AS.fullmatch(text):
        return _pose([int(word) for word in found.groups()])
    if found := _PHOTO.fullmatch(text):
        return Photo(number=int(found[2]), camera=found[1] == "camera")
    raise LooksError("a question is 'about', 'end', or asks for a view, a photo or a camera in whole numbers")


def _view(numbers: list[int]) -> View:
    azimuth, elevation, divisor, *lamp = numbers
    if abs(azimuth) > DEGREES_MAX or abs(elevation) > 90:
        raise LooksError(f"a direction has at most {DEGREES_MAX} degrees round and 90 up or down")
    if divisor not in DIVISORS:
        raise LooksError("a size is divided by 1, 2 or 4")
    if not lamp:
        return View(azimuth_deg=azimuth, elevation_deg=elevation, divisor=divisor)
    turn, rise, key, ambient = lamp
    if abs(turn) > DEGREES_MAX or abs(rise) > 90 or not 0 <= key <= KEY_MAX or not 0 <= ambient <= AMBIENT_MAX:
        raise LooksError(f"a lamp gives 0 to {KEY_MAX} percent, and 0 to {AMBIENT_MAX} come from everywhere")
    light = Light(turn_deg=turn, rise_deg=rise, key=key, ambient=ambient)
    return View(azimuth_deg=azimuth, elevation_deg=elevation, divisor=divisor, light=light)


def _pose(numbers: list[int]) -> Pose:
    width, height, fx, fy, cx, cy, x, y, z, *turn = numbers
    if width < 1 or height < 1 or fx < 1 or fy < 1 or not any(turn):
        raise LooksError("a camera has a size, a lens and a direction")
    w, i, j, k = turn
    return Pose(width=width, height=height, lens=(fx, fy, cx, cy), place=(x, y, z), turn=(w, i, j, k))


def parse_head(line: bytes) -> Head:
    """The head of an answer; raises LooksError, and so it does for lengths above what such an answer may have."""
    found = _HEAD.fullmatch(_text(line))
    if found is None:
        raise LooksError("the worker's answer begins with no head that is known here")
    plain, plain_length, number, left, frame_length, code, code_length = found.groups()
    if plain is not None:
        head = Head(kind=plain, length=int(plain_length))
    elif number is not None:
        head = Head(kind="frame", number=int(number), left=int(left), length=int(frame_length))
    else:
        known = next((each for each in Code if each.value == code), Code.NOT_PERMITTED)
        head = Head(kind="refused", code=known, length=int(code_length))
    if head.length > (BODY_BYTES_MAX if head.kind == "frame" else WORDS_BYTES_MAX):
        raise LooksError(f"the worker's answer says that it has {head.length} bytes, more than such an answer may have")
    return head


def _text(line: bytes) -> str:
    if not 0 < len(line) <= LINE_BYTES_MAX or not line.endswith(b"\n") or not line.isascii():
        raise LooksError(f"a line has at most {LINE_BYTES_MAX} bytes of ASCII and ends with a newline")
    return line[:-1].decode("ascii")
