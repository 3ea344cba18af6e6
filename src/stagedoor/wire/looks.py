"""The words between a worker that draws what is looked at, and the door that shows it: one question, one answer.

A question is one line of ASCII of at most LINE_BYTES_MAX bytes with its newline; one connection carries one question.

    about                      what may be asked for
    view AZIMUTH ELEVATION DIVISOR    a picture; whole degrees, and by what the ordered size is divided
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

LINE_BYTES_MAX: Final = 64
"""Bytes of one question or head with its newline: the longest honest one has 37."""

DEGREES_MAX: Final = 720
"""Whole degrees in a question, either way: more than any permit's arc."""

DIVISORS: Final = (1, 2, 4)
"""By what the ordered width and height may be divided: three sizes of one picture, and no others."""

BODY_BYTES_MAX: Final = 32 << 20
"""Bytes of one answer: a noisy PNG of the largest size that a look is ordered in has 12 MiB."""

WORDS_BYTES_MAX: Final = 8 << 10
"""Bytes of an answer that is words, not a picture."""

_NUMBER: Final = r"(?:0|-?[1-9][0-9]{0,2})"
_VIEW: Final = re.compile(rf"view ({_NUMBER}) ({_NUMBER}) ([0-9])")
_HEAD: Final = re.compile(
    r"(?:(about|ended) ([0-9]{1,9})|frame ([0-9]{1,7}) ([0-9]{1,7}) ([0-9]{1,9})|refused ([a-z_]{1,30}) ([0-9]{1,9}))"
)


class LooksError(Exception):
    """A question or an answer that is not of this form.  The text never quotes more than its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture that is asked for.  Degrees: azimuth 0 is the face and grows to +x, elevation grows upwards."""

    azimuth_deg: int
    elevation_deg: int
    divisor: int

    def line(self) -> bytes:
        """As it is asked."""
        return f"view {self.azimuth_deg} {self.elevation_deg} {self.divisor}\n".encode("ascii")


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


def parse_question(line: bytes) -> View | bytes:
    """A View, ABOUT or END.  Raises LooksError for every other line, and one without its newline."""
    if line in (ABOUT, END):
        return line
    found = _VIEW.fullmatch(_text(line))
    if found is None:
        raise LooksError("a question is 'about', 'end' or 'view AZIMUTH ELEVATION DIVISOR' with whole numbers")
    azimuth, elevation, divisor = (int(word) for word in found.groups())
    if abs(azimuth) > DEGREES_MAX or abs(elevation) > 90:
        raise LooksError(f"a direction has at most {DEGREES_MAX} degrees round and 90 up or down")
    if divisor not in DIVISORS:
        raise LooksError("a size is divided by 1, 2 or 4")
    return View(azimuth_deg=azimuth, elevation_deg=elevation, divisor=divisor)


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
