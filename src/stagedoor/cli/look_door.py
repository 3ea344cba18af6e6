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
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Protocol

from stagedoor.cli.saying import say
from stagedoor.core.base.outcome import Code
from stagedoor.core.steps.dispatch import STAMP
from stagedoor.portal.look import page_and_policy
from stagedoor.wire.looks import ABOUT, END, Head, LooksError, View, parse_question

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

_VIEW_PATH: Final = re.compile(r"/view/(-?[0-9]{1,3})/(-?[0-9]{1,3})/([0-9])")


class Asks(Protocol):
    """What the door asks of the worker's channel."""

    def ask(self, line: bytes) -> tuple[Head, bytes]:
        """Head and body of the answer; raises an exception of class `gone`."""


class LookDoor:
    """What the server may say.  `gone`: the exception by which the channel tells that nobody answers."""

    def __init__(self, channel: Asks, *, gone: type[Exception]) -> None:
        self._channel = channel
        self._gone = gone
        self._lock = threading.Lock()
        self._seen: OrderedDict[View, bytes] = OrderedDict()
        self._token: str | None = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._told: dict[str, Any] | None = None
        self.token = self._token
        self.frames = 0
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
        try:
            head, body = self._channel.ask(ABOUT)
            told = json.loads(body) if head.kind == "about" else None
        except (self._gone, ValueError):
            told = None
        if not isinstance(told, dict):
            if self._told is None:
                return _wrong(HTTPStatus.GONE, Code.LEASE_LAPSED, "The look has ended. Order another.")
            told = self._told | {"seconds_left": 0, "left": 0}
        self._told = told
        return HTTPStatus.OK, json.dumps(told).encode()

    def view(self, view: View) -> tuple[int, bytes, int | None, bool]:
        """(HTTP status, PNG or JSON, frames left if a new one was drawn, whether it was seen before)."""
        with self._lock:
            seen = self._seen.get(view)
        if seen is not None:
            return HTTPStatus.OK, seen, None, True
        try:
            head, body = self._channel.ask(view.line())
        except self._gone as fault:
            return *_wrong(HTTPStatus.GONE, Code.LEASE_LAPSED, str(fault)), None, False
        if head.kind == "refused":
            code = head.code or Code.NOT_PERMITTED
            status = HTTPStatus.GONE if code is Code.LEASE_LAPSED else HTTPStatus.CONFLICT
            return *_wrong(status, code, body.decode("utf-8", "replace")), None, False
        if head.kind != "frame" or not body.startswith(PNG_HEAD) or STAMP.encode() not in body[:_STAMP_WITHIN]:
            why = "The worker's answer is no stamped picture: it is not shown."
            return *_wrong(HTTPStatus.BAD_GATEWAY, Code.UNMARKED, why), None, False
        self._keep(view, body)
        return HTTPStatus.OK, body, head.left, False

    def end(self) -> tuple[int, bytes]:
        """Have the worker give its key back.  A worker that is gone has done so."""
        with contextlib.suppress(self._gone):
            self._channel.ask(END)
        self.over.set()
        return HTTPStatus.OK, b"{}"

    def _keep(self, view: View, body: bytes) -> None:
        with self._lock:
            self.frames += 1
            self._seen[view] = body
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
        found = _VIEW_PATH.fullmatch(self.path)
        try:
            asked = parse_question(f"view {' '.join(found.groups())}\n".encode()) if found else None
        except LooksError as fault:
            self._send(*_wrong(HTTPStatus.BAD_REQUEST, Code.MALFORMED, str(fault)))
            return
        if not isinstance(asked, View):
            self._send(*_wrong(HTTPStatus.NOT_FOUND, Code.MALFORMED, "There is no such question here."))
            return
        status, body, left, seen = door.view(asked)
        kind = "image/png" if status == HTTPStatus.OK else "application/json"
        more = {"X-Stagedoor-Seen": "1" if seen else "0"}
        self._send(status, body, kind=kind, more=more if left is None else more | {"X-Stagedoor-Left": str(left)})

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


def _wrong(status: int, code: Code, why: str) -> tuple[int, bytes]:
    return status, json.dumps({"code": code.value, "why": why}).encode()
