"""The local door of a look: one page and a few questions over HTTP, for one browser on this machine.

It listens on 127.0.0.1 at a port of the system's choice.  The page itself holds no secret.  A token in the address's
fragment, which browsers never send, is exchanged once for a key; every question must carry that key in a header of its
own, which no other site can send here without being asked, and is not.  Host and Origin must be this door's very own,
so that a name which is made to point here (DNS rebinding) gets nothing.  Pictures that were seen stay in memory, within
a bound, and are shown again without being drawn, or counted, again.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import re
import secrets
import socketserver
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Protocol

from stagedoor.cli.saying import say
from stagedoor.core.base.outcome import Code
from stagedoor.core.steps.dispatch import STAMP
from stagedoor.portal.look import page_and_policy
from stagedoor.wire.looks import ABOUT, END, Head, LooksError, Photo, Pose, Question, View, parse_question

HOST: Final = "127.0.0.1"

KEY_HEADER: Final = "X-Stagedoor-Key"

SEEN_BYTES_MAX: Final = 256 << 20
"""Pictures held to be shown again: about five hundred of 512 pixels square."""

BODY_BYTES_MAX: Final = 128
"""Bytes of a request's body: the token has 43, and nothing else has any."""

REQUEST_SECONDS: Final = 10
"""How long a browser may take to say what it wants."""

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_STAMP_WITHIN: Final = 1024
"""Bytes at a PNG's beginning among which its stamp must stand, before the pixels."""

_VIEW_PATH: Final = re.compile(r"/(view|lit)((?:/-?[0-9]{1,3}){3,7})")
_BESIDE_PATH: Final = re.compile(r"/(photo|double)/([0-9]{1,5})")


class Asks(Protocol):
    """What the door asks of the worker's channel."""

    def ask(self, line: bytes) -> tuple[Head, bytes]:
        """Head and body of the answer; raises an exception of class `gone`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer: HTTP status, PNG or JSON, how many are left if a new picture was drawn, whether it was seen before,
    and how many rows of a captured picture are its stamp's (0: not told)."""

    status: int
    body: bytes
    left: int | None = None
    seen: bool = False
    band: int = 0


class LookDoor:
    """What the server may say.  `beside`: a look at the capture, if there is one, under a permit of its own.  `gone`:
    the exception by which a channel tells that nobody answers."""

    def __init__(self, channel: Asks, *, beside: Asks | None = None, gone: type[Exception]) -> None:
        self._channel = channel
        self._beside = beside
        self._gone = gone
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, bytes] = OrderedDict()
        self._cameras: dict[int, tuple[Pose, int]] = {}
        self._token: str | None = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._told: dict[str, dict[str, Any]] = {}
        self.token = self._token
        self.frames = 0
        self.photographs = 0
        self.over = threading.Event()

    def exchange(self, token: str) -> str | None:
        """The key for the token, once."""
        with self._lock:
            if self._token is None or not hmac.compare_digest(self._token.encode(), token.encode()):
                return None
            self._token = None
            return self._key

    def knows(self, key: str) -> bool:
        """Whether this is the key."""
        return hmac.compare_digest(self._key.encode(), key.encode())

    def about(self) -> tuple[int, bytes]:
        """(HTTP status, JSON) of what may be asked for; of a look that has ended, what was known of it last."""
        told = self._about("double", self._channel)
        if told is None:
            return _wrong(HTTPStatus.GONE, Code.LEASE_LAPSED, "The look has ended. Order another.")
        beside = None if self._beside is None else self._about("capture", self._beside)
        return HTTPStatus.OK, json.dumps(told | {"beside": beside}).encode()

    def _about(self, name: str, channel: Asks) -> dict[str, Any] | None:
        try:
            head, body = channel.ask(ABOUT)
            told = json.loads(body) if head.kind == "about" else None
        except (self._gone, ValueError):
            told = None
        if isinstance(told, dict):
            self._told[name] = told
            return told
        return self._told[name] | {"seconds_left": 0, "left": 0} if name in self._told else None

    def view(self, view: View) -> Shown:
        """A picture of the double."""
        return self._picture(self._channel, view)

    def photo(self, number: int) -> Shown:
        """A captured view, from the look at the capture."""
        if self._beside is None:
            return self._no_capture()
        camera = self._camera(number)
        if isinstance(camera, Shown):
            return camera
        shown = self._picture(self._beside, Photo(number=number, camera=False))
        return replace(shown, band=camera[1])

    def double(self, number: int) -> Shown:
        """The double, as the camera of a captured view saw it."""
        if self._beside is None:
            return self._no_capture()
        camera = self._camera(number)
        return camera if isinstance(camera, Shown) else self._picture(self._channel, camera[0])

    def _camera(self, number: int) -> tuple[Pose, int] | Shown:
        """A captured view's camera and the rows of its picture's band, or why not.  It costs no picture."""
        assert self._beside is not None, "asked for beside a capture only"
        if number in self._cameras:
            return self._cameras[number]
        try:
            head, body = self._beside.ask(Photo(number=number, camera=True).line())
            if head.kind == "refused":
                return _refused(head, body)
            told = json.loads(body)
            pose, band = parse_question(told["camera"].encode("ascii")), told["band"]
        except self._gone as fault:
            return Shown(*_wrong(HTTPStatus.GONE, Code.LEASE_LAPSED, str(fault)))
        except (LooksError, ValueError, TypeError, KeyError, AttributeError):
            pose, band = ABOUT, 0
        if not isinstance(pose, Pose) or not isinstance(band, int):
            return Shown(*_wrong(HTTPStatus.BAD_GATEWAY, Code.MALFORMED, "The worker's answer is no camera."))
        self._cameras[number] = (pose, band)
        return self._cameras[number]

    def _no_capture(self) -> Shown:
        why = "No look at the capture is open beside this one: it needs an order and a permit of its own."
        return Shown(*_wrong(HTTPStatus.CONFLICT, Code.NOT_PERMITTED, why))

    def _picture(self, channel: Asks, question: Question) -> Shown:
        assert not isinstance(question, bytes), "a picture is asked for by where it is seen from"
        line = question.line()
        with self._lock:
            seen = self._seen.get(line)
        if seen is not None:
            return Shown(HTTPStatus.OK, seen, seen=True)
        try:
            head, body = channel.ask(line)
        except self._gone as fault:
            return Shown(*_wrong(HTTPStatus.GONE, Code.LEASE_LAPSED, str(fault)))
        if head.kind == "refused":
            return _refused(head, body)
        if head.kind != "frame" or not body.startswith(PNG_HEAD) or STAMP.encode() not in body[:_STAMP_WITHIN]:
            why = "The worker's answer is no stamped picture: it is not shown."
            return Shown(*_wrong(HTTPStatus.BAD_GATEWAY, Code.UNMARKED, why))
        self._keep(line, body, photograph=channel is self._beside)
        return Shown(HTTPStatus.OK, body, left=head.left)

    def end(self) -> tuple[int, bytes]:
        """Have the workers give their keys back.  A worker that is gone has done so."""
        for channel in (self._channel, self._beside):
            if channel is not None:
                with contextlib.suppress(self._gone):
                    channel.ask(END)
        self.over.set()
        return HTTPStatus.OK, b"{}"

    def _keep(self, line: bytes, body: bytes, *, photograph: bool) -> None:
        with self._lock:
            if photograph:
                self.photographs += 1
            else:
                self.frames += 1
            self._seen[line] = body
            while sum(map(len, self._seen.values())) > SEEN_BYTES_MAX:
                self._seen.popitem(last=False)


class LookServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """The door's listening socket.  `address` is what a person opens, with the token in its fragment."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, door: LookDoor) -> None:
        self.door = door
        super().__init__((HOST, 0), _Handler)
        self.host = f"{HOST}:{self.server_address[1]}"
        self.origin = f"http://{self.host}"
        self.address = f"{self.origin}/#{door.token}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away is no news; anything else is a mistake of ours, told without a traceback."""
        del request, client_address
        fault = sys.exc_info()[1]
        if not isinstance(fault, OSError):
            say(f"This is a mistake in the door of the look ({type(fault).__name__}). The picture was not shown.")


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "stagedoor"
    sys_version = ""
    timeout = REQUEST_SECONDS
    server: LookServer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: an address could hold what should not be kept."""

    def do_GET(self) -> None:
        """The page, and nothing else."""
        if not self._is_for_us():
            return
        if self.path != "/":
            self._send(*_wrong(HTTPStatus.NOT_FOUND, Code.MALFORMED, "There is only one page here: /"))
            return
        text, policy = page_and_policy()
        self._send(HTTPStatus.OK, text.encode(), kind="text/html; charset=utf-8", policy=policy)

    def do_POST(self) -> None:
        """A question of the page."""
        if not self._is_for_us():
            return
        body = self._body()
        if body is None:
            return
        if self.path == "/session":
            key = self.server.door.exchange(body.decode("ascii", "replace"))
            if key is None:
                why = "This address was used before, or is not whole. Start the look again for a new one."
                self._send(*_wrong(HTTPStatus.FORBIDDEN, Code.NOT_PERMITTED, why))
            else:
                self._send(HTTPStatus.OK, json.dumps({"key": key}).encode())
            return
        if not self.server.door.knows(self.headers.get(KEY_HEADER, "")):
            why = "This page has no key to this look. Open the address that the command printed."
            self._send(*_wrong(HTTPStatus.FORBIDDEN, Code.NOT_PERMITTED, why))
            return
        self._answer()

    def _answer(self) -> None:
        door = self.server.door
        plain: dict[str, Callable[[], tuple[int, bytes]]] = {"/about": door.about, "/end": door.end}
        if self.path in plain:
            self._send(*plain[self.path]())
            return
        if beside := _BESIDE_PATH.fullmatch(self.path):
            ask = door.photo if beside[1] == "photo" else door.double
            self._show(ask(int(beside[2])))
            return
        found = _VIEW_PATH.fullmatch(self.path)
        try:
            asked = parse_question(f"{found[1]}{found[2].replace('/', ' ')}\n".encode()) if found else None
        except LooksError as fault:
            self._send(*_wrong(HTTPStatus.BAD_REQUEST, Code.MALFORMED, str(fault)))
            return
        if not isinstance(asked, View):
            self._send(*_wrong(HTTPStatus.NOT_FOUND, Code.MALFORMED, "There is no such question here."))
            return
        self._show(door.view(asked))

    def _show(self, shown: Shown) -> None:
        kind = "image/png" if shown.status == HTTPStatus.OK else "application/json"
        more = {"X-Stagedoor-Seen": "1" if shown.seen else "0"}
        more |= {} if shown.left is None else {"X-Stagedoor-Left": str(shown.left)}
        more |= {"X-Stagedoor-Band": str(shown.band)} if shown.band else {}
        self._send(shown.status, shown.body, kind=kind, more=more)

    def _is_for_us(self) -> bool:
        hosts, origin = self.headers.get_all("Host", []), self.headers.get("Origin")
        if hosts != [self.server.host]:
            why = "This door answers to its own address only."
            self._send(*_wrong(HTTPStatus.MISDIRECTED_REQUEST, Code.NOT_PERMITTED, why), close=True)
            return False
        if origin is not None and origin != self.server.origin:
            self._send(*_wrong(HTTPStatus.FORBIDDEN, Code.NOT_PERMITTED, "Another page asked."), close=True)
            return False
        return True

    def _body(self) -> bytes | None:
        told = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not re.fullmatch(r"[0-9]{1,3}", told) or int(told) > BODY_BYTES_MAX:
            why = f"A question has at most {BODY_BYTES_MAX} bytes."
            self._send(*_wrong(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.MALFORMED, why), close=True)
            return None
        return self.rfile.read(int(told))

    def _send(
        self, status: int, body: bytes, *, kind: str = "application/json", policy: str = "default-src 'none'",
        more: dict[str, str] | None = None, close: bool = False,
    ) -> None:  # fmt: skip
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            **(more or {}),
            **({"Connection": "close"} if close else {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _refused(head: Head, body: bytes) -> Shown:
    code = head.code or Code.NOT_PERMITTED
    status = HTTPStatus.GONE if code is Code.LEASE_LAPSED else HTTPStatus.CONFLICT
    return Shown(*_wrong(status, code, body.decode("utf-8", "replace")))


def _wrong(status: int, code: Code, why: str) -> tuple[int, bytes]:
    return status, json.dumps({"code": code.value, "why": why}).encode()
