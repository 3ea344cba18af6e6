"""The local door: one address, one token, one key; what another page, host or program asks is refused."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from look.kit import LOOK, looking, served
from stagedoor.adapters.look_channel import LookChannel, LookGone
from stagedoor.cli.look_door import KEY_HEADER, LookDoor, LookServer
from stagedoor.wire.looks import Head, LooksError, parse_head
from stagedoor.worker.formats.ply import write_ply
from worker.kit import ball

PNG = b"\x89PNG\r\n\x1a\n"


class Answer:
    """What came back."""

    def __init__(self, got: http.client.HTTPResponse) -> None:
        self.status = got.status
        self.headers = got.headers
        self.body = got.read()

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


def ask(server: LookServer, path: str, *, method: str = "POST", body: bytes = b"", **headers: str) -> Answer:
    """One request, with exactly these headers beside Host."""
    line = http.client.HTTPConnection(*server.server_address[:2], timeout=60)  # type: ignore[misc]
    try:
        line.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(line.getresponse())
    finally:
        line.close()


def opened(server: LookServer) -> dict[str, str]:
    """The header that a page has which exchanged its token."""
    assert server.door.token is not None
    return {KEY_HEADER: ask(server, "/session", body=server.door.token.encode()).json()["key"]}


def test_a_page_with_its_key_sees_stamped_pictures_and_pays_once_for_each(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        assert ask(server, "/about", **key).json()["left"] == 4
        first = ask(server, "/view/-20/0/1", **key)
        assert first.status == 200 and first.body.startswith(PNG) and b"unmarked preview" in first.body
        assert first.headers["X-Stagedoor-Left"] == "3" and first.headers["Cache-Control"] == "no-store"
        again = ask(server, "/view/-20/0/1", **key)
        assert again.body == first.body and again.headers["X-Stagedoor-Seen"] == "1"
        beyond = ask(server, "/view/21/0/1", **key)
        assert beyond.status == 409 and beyond.json()["code"] == "wrong_work"
        assert ask(server, "/about", **key).json()["left"] == 3
        assert ask(server, "/end", **key).status == 200
        assert server.door.over.is_set() and server.door.frames == 1
        made = run.ended()
        gone = ask(server, "/view/5/0/1", **key)
        assert gone.status == 410 and gone.json()["code"] == "lease_lapsed"
        assert ask(server, "/view/-20/0/1", **key).body == first.body  # what was seen stays seen
    assert made.units == 1 and made.outputs[0].bytes == len(first.body)


def test_the_token_opens_once_and_a_wrong_one_never(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        assert ask(server, "/session", body=b"x" * 43).status == 403
        assert ask(server, "/session").status == 403
        assert ask(server, "/session", body=b"\xff" * 43).status == 403
        key = opened(server)
        assert ask(server, "/session", body=(server.door.token or "").encode()).status == 403
        for wrong in ({}, {KEY_HEADER: ""}, {KEY_HEADER: "x" * 43}, {"Cookie": f"key={key[KEY_HEADER]}"}):
            for path in ("/about", "/view/0/0/1", "/end"):
                refused = ask(server, path, **wrong)
                assert refused.status == 403 and refused.json()["code"] == "not_permitted"
        assert not server.door.over.is_set()
        assert ask(server, "/about", **key).json()["left"] == 4


@pytest.mark.parametrize("host", ["localhost", "evil.example", "127.0.0.1", "", "127.0.0.1:1"])
def test_another_host_gets_nothing(tmp_path: Path, host: str) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        named = host if host in {"", "127.0.0.1", "127.0.0.1:1"} else f"{host}:{server.server_address[1]}"
        assert ask(server, "/", method="GET", Host=named).status == 421
        assert ask(server, "/view/0/0/1", Host=named, **key).status == 421
        assert ask(server, "/about", **key).json()["left"] == 4


def test_another_page_gets_nothing(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        for origin in ("http://evil.example", "null", server.origin.replace("http:", "https:")):
            assert ask(server, "/view/0/0/1", Origin=origin, **key).status == 403
        assert ask(server, "/about", Origin=server.origin, **key).json()["left"] == 4
        for method in ("OPTIONS", "PUT", "DELETE", "HEAD"):
            refused = ask(server, "/view/0/0/1", method=method, Origin="http://evil.example", **key)
            assert refused.status == 501 and not any(name.startswith("Access-Control") for name in refused.headers)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/view/0/0/3", 400), ("/view/999/0/1", 400), ("/view/00/0/1", 400), ("/view/0/0/1/", 404), ("/view/0/0", 404),
     ("/view/0%0aend/0/1", 404), ("/../../etc/passwd", 404),
     ("/weights", 404), ("/view/١/0/1".encode().decode("latin-1"), 404)],
)  # fmt: skip
def test_hostile_paths_reach_no_worker(tmp_path: Path, path: str, status: int) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        with socket.create_connection(server.server_address[:2], timeout=10) as line:  # type: ignore[arg-type]
            asked = f"POST {path} HTTP/1.1\r\nHost: {server.host}\r\n{KEY_HEADER}: {key[KEY_HEADER]}\r\n\r\n"
            line.sendall(asked.encode("latin-1"))
            assert line.recv(4096).split(b" ")[1] == str(status).encode()
        assert ask(server, "/about", **key).json()["left"] == 4


def test_large_and_odd_bodies_are_refused_unread(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        for headers in ({"Content-Length": "999999999999"}, {"Content-Length": "-1"}, {"Transfer-Encoding": "chunked"}):
            with socket.create_connection(server.server_address[:2], timeout=10) as line:  # type: ignore[arg-type]
                told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                line.sendall(f"POST /session HTTP/1.1\r\nHost: {server.host}\r\n{told}\r\n".encode())
                assert line.recv(4096).split(b" ")[1] == b"413"


def test_the_page_holds_no_secret_and_asks_nobody_else(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        page = ask(server, "/", method="GET")
        assert page.status == 200
        for secret in (server.door.token or "", key[KEY_HEADER], run.plan.order.permit):
            assert secret.encode() not in page.body
        assert b"http" not in page.body.replace(b"http-equiv", b"").replace(b"http://www.w3.org/2000/svg", b"")
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_nothing_of_the_replica_passes_the_door(tmp_path: Path) -> None:
    whole = write_ply(ball())
    rows = whole[whole.index(b"end_header\n") + 11 :]
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        answers = [ask(server, path, **key) for path in ("/about", "/view/1/0/1", "/view/99/0/1", "/weights")]
        answers.append(ask(server, "/", method="GET"))
    for answer in answers:
        assert b"f_dc" not in answer.body and b"end_header" not in answer.body
        assert not any(rows[at : at + 12] in answer.body for at in range(0, len(rows) - 12, 64))


class FakeChannel:
    """A fake worker with one answer to everything."""

    def __init__(self, head: Head, body: bytes) -> None:
        self.answer = (head, body)

    def ask(self, line: bytes) -> tuple[Head, bytes]:
        """The answer."""
        return self.answer


@pytest.mark.parametrize(
    "body", [b"", PNG, b"ply\nformat", b"GIF unmarked preview", PNG + b"\0" * 2000 + b"unmarked preview"]
)
def test_what_is_no_stamped_picture_is_not_shown(body: bytes) -> None:
    door = LookDoor(FakeChannel(Head(kind="frame", length=len(body), number=1, left=1), body), gone=LookGone)
    with LookServer(door) as server:
        from stagedoor.wire.looks import View

        shown = server.door.view(View(azimuth_deg=0, elevation_deg=0, divisor=1))
    assert shown.status == 502 and json.loads(shown.body)["code"] == "unmarked"
    assert shown.left is None and not shown.seen


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"camera": 5, "band": 1}', b'{"camera": "view 0 0 1\\n", "band": 1}',
     b'{"camera": "about\\n", "band": 1}', b'{"camera": "as 1 1 1 1 1 1 1 1 1 1 1 1 1\\n", "band": "x"}',
     b'{"camera": "as 0 1 1 1 1 1 1 1 1 1 1 1 1\\n", "band": 1}', b"\xff"],
)  # fmt: skip
def test_a_camera_that_is_none_draws_nothing(body: bytes) -> None:
    beside = FakeChannel(Head(kind="about", length=len(body)), body)
    drawing = FakeChannel(Head(kind="frame", length=0, number=1, left=1), b"")
    door = LookDoor(drawing, beside=beside, gone=LookGone)
    for shown in (door.photo(0), door.double(0)):
        assert shown.status == 502 and json.loads(shown.body)["code"] == "malformed"
    assert (door.frames, door.photographs) == (0, 0)


def test_without_a_look_at_the_capture_there_is_no_photo(tmp_path: Path) -> None:
    with looking(tmp_path / "o") as run, served(run) as server:
        key = opened(server)
        assert json.loads(ask(server, "/about", **key).body)["beside"] is None
        for path in ("/photo/0", "/double/0"):
            refused = ask(server, path, **key)
            assert refused.status == 409 and refused.json()["code"] == "not_permitted"
            assert ask(server, path).status == 403
        assert ask(server, "/about", **key).json()["left"] == 4


@pytest.mark.parametrize(
    "line",
    [b"", b"frame 1 1 5", b"frame 1 1 999999999\n", b"frame -1 1 5\n", b"about 99999\n", b"ended x\n", b"frame 1 1\n",
     b"refused lease_lapsed 99999\n", b"refused Lease 1\n", b"x" * 70 + b"\n", b"frame 1 1 5\n\n", b"\xff 1\n"],
)  # fmt: skip
def test_a_false_head_is_refused(line: bytes) -> None:
    with pytest.raises(LooksError):
        parse_head(line)


@pytest.mark.parametrize("answer", [b"about 5\n123", b"about 2\n123", b"", b"x" * 100_000, b"frame 1 1 9\n"])
def test_a_false_worker_is_told_as_one(tmp_path: Path, answer: bytes) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)
        import threading

        def speak() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(64)
                try:
                    line.sendall(answer)
                except OSError:
                    return

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(LookGone):
            LookChannel(path).ask(b"about\n")
        thread.join(10)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LookGone, match="not a socket"):
        LookChannel(tmp_path / "file").ask(b"about\n")
    with pytest.raises(LookGone, match="Order another"):
        LookChannel(tmp_path / "nothing").ask(b"about\n")


def test_a_look_without_frames_left_refuses_at_the_door(tmp_path: Path) -> None:
    with looking(tmp_path / "o", LOOK | {"frames": 1}) as run, served(run) as server:
        key = opened(server)
        assert ask(server, "/view/0/0/1", **key).headers["X-Stagedoor-Left"] == "0"
        assert run.ended().units == 1
        assert ask(server, "/view/1/0/1", **key).status == 410
