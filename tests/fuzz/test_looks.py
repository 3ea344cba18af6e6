"""Lines of a look, from either side: read or refused, at once, and what is read is written back the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.wire.looks import (
    ABOUT,
    AMBIENT_MAX,
    BODY_BYTES_MAX,
    DIVISORS,
    END,
    KEY_MAX,
    LINE_BYTES_MAX,
    Head,
    Light,
    LooksError,
    Photo,
    Pose,
    View,
    parse_head,
    parse_question,
)

WORDS = st.lists(
    st.sampled_from(
        ["view", "lit", "as", "photo", "camera", "about", "end",
         "frame", "refused", "ended", "0", "1", "-1", "00", "+1", "20", "721", "91", "9" * 40,
         "lease_lapsed", "nan", "1e9", "", "\n", "\r", "\x00", "٣", "１"]
    ),
    max_size=14,
).map(lambda words: (" ".join(words) + "\n").encode())  # fmt: skip
LINES = st.binary(max_size=80) | WORDS | st.binary(max_size=70).map(lambda line: line + b"\n")


@settings(max_examples=600, deadline=None)
@given(LINES)
def test_a_question_is_read_whole_or_refused(line: bytes) -> None:
    try:
        asked = parse_question(line)
    except LooksError:
        return
    assert len(line) <= LINE_BYTES_MAX
    if isinstance(asked, bytes):
        assert asked in (ABOUT, END)
        return
    assert asked.line() == line
    if isinstance(asked, View):
        assert abs(asked.elevation_deg) <= 90 and asked.divisor in DIVISORS
        assert asked.light is None or (0 <= asked.light.key <= KEY_MAX and 0 <= asked.light.ambient <= AMBIENT_MAX)


@settings(max_examples=600, deadline=None)
@given(LINES)
def test_a_head_is_read_whole_or_refused(line: bytes) -> None:
    try:
        head = parse_head(line)
    except LooksError:
        return
    assert 0 <= head.length <= BODY_BYTES_MAX and len(line) <= LINE_BYTES_MAX


@settings(max_examples=200, deadline=None)
@given(st.integers(-720, 720), st.integers(-90, 90), st.sampled_from(DIVISORS))
def test_every_honest_view_is_read(azimuth: int, elevation: int, divisor: int) -> None:
    view = View(azimuth_deg=azimuth, elevation_deg=elevation, divisor=divisor)
    assert parse_question(view.line()) == view


LIGHTS = st.builds(
    Light, turn_deg=st.integers(-720, 720), rise_deg=st.integers(-90, 90), key=st.integers(0, KEY_MAX),
    ambient=st.integers(0, AMBIENT_MAX),
)  # fmt: skip
WIDE = st.integers(-999_999_999, 999_999_999)
POSES = st.builds(
    Pose, width=st.integers(1, 9_999), height=st.integers(1, 9_999),
    lens=st.tuples(st.integers(1, 999_999_999), st.integers(1, 999_999_999), WIDE, WIDE),
    place=st.tuples(WIDE, WIDE, WIDE), turn=st.tuples(WIDE, WIDE, WIDE, WIDE).filter(any),
)  # fmt: skip
PHOTOS = st.builds(Photo, number=st.integers(0, 99_999), camera=st.booleans())
LIT = st.builds(
    View, azimuth_deg=st.integers(-720, 720), elevation_deg=st.integers(-90, 90), divisor=st.sampled_from(DIVISORS),
    light=LIGHTS,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(LIT | POSES | PHOTOS)
def test_every_honest_lamp_camera_and_photo_is_read(asked: View | Pose | Photo) -> None:
    assert len(asked.line()) <= LINE_BYTES_MAX
    assert parse_question(asked.line()) == asked


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 4_000), st.integers(0, 4_000), st.integers(0, BODY_BYTES_MAX))
def test_every_honest_head_is_read(number: int, left: int, length: int) -> None:
    head = Head(kind="frame", number=number, left=left, length=length)
    assert parse_head(head.line()) == head
