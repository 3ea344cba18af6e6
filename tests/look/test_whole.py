"""Looks, a watched fit that is killed, and a performer, with real custodians and workers on a real PostgreSQL.

The tests of this module share a house and run in order.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from custody.house import NAMES, PASSPHRASE, House, build, letters
from custody.kit import CAPTURE, PERFORMER, PERFORMER_KEY, REPLICA, Story, consent, creation, ident, permission
from look import hurried_worker
from look.kit import LOOK, PHOTOS, PX
from look.test_worker import parted, view
from perform.test_rehearse import VALUES, packed
from stagedoor.adapters.home import create_home
from stagedoor.capture.read import parse
from stagedoor.core.facts.asset import AssetKind
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED, Receipt
from stagedoor.core.steps.attest import counts_agree
from stagedoor.custodian.desk import Deposit
from stagedoor.custodian.intake import accept
from stagedoor.custodian.keys import open_keys, open_trust
from stagedoor.custodian.papers import Pinned
from stagedoor.seal import join, open_bytes
from stagedoor.wire import blobs, container
from stagedoor.wire.looks import END, Photo
from stagedoor.worker.double.train import TrainSettings, train
from stagedoor.worker.formats.ply import write_ply
from worker.kit import ARC, asset, capture_files

SIGNED = consent(
    consent=ident("consent", 77),
    grants=(creation(), creation(unit=WATCHED), permission(), permission(unit=PHOTOGRAPH)),
)
"""Terms that say every word."""

EXPRESSIONS, PERFORMED = ident("asset", 31), ident("asset", 32)
FIT = {"gaussians": 400, "gaussians_max": 0, "iterations": 800, "seed": 5, "degree": 1, "threads": 1}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a capture, and a worker that hurries."""
    made = build(tmp_path_factory.mktemp("h"))
    try:
        made.fund()
        for name in NAMES:
            made.start_custodian(name)
        made.take_in(capture_files(PX))
        made.wait("both custodians take the capture's shares", lambda: made.taken(CAPTURE))
        yield made
    finally:
        made.close()


def plaintext(house: House, receipt: Receipt, shares: dict[str, bytes]) -> bytes:
    """A sealed replica, opened as both custodians together could."""
    halves = []
    for name in NAMES:
        keys = open_keys(house.root / f"custodian-{name}", PASSPHRASE)
        given = Deposit(
            asset=receipt.result_asset, envelope=shares[name], performer=PERFORMER,
            performer_key=PERFORMER_KEY.public_hex,
        )  # fmt: skip
        capture = Pinned(
            asset=CAPTURE, capture=CAPTURE, performer=PERFORMER, performer_key=PERFORMER_KEY.public_hex, brought=False
        )
        trust = open_trust(house.root / f"custodian-{name}", keys)
        halves.append(accept(given, keys=keys, trust=trust, pins_of=lambda _, held=capture: held)[0])
    source = blobs.pieces(house.blobs, receipt.sealed_sha256, size=receipt.sealed_bytes)
    return bytes(open_bytes(source, key=join(*halves), context=receipt.result_asset.encode()))


def keep(house: House, receipt: Receipt, shares: dict[str, bytes], **over: Any) -> None:
    """The replica becomes an asset, whose shares the custodians take."""
    with house.store.unit() as unit:
        capture = next(item for item in unit.all(type(asset())) if item.asset == CAPTURE)
    made = asset(
        asset=receipt.result_asset, kind=AssetKind.REPLICA, made_from=(capture.digest(),),
        sealed_sha256=receipt.sealed_sha256, sealed_bytes=receipt.sealed_bytes, **over,
    )  # fmt: skip
    house.keep(made, shares)
    house.wait("both custodians take the replica's shares", lambda: house.taken(receipt.result_asset))


def test_a_watched_fit_that_is_killed_is_taken_up_again_and_ends_in_the_same_bytes(house: House) -> None:
    """SIGKILL in the middle: the state that lies on disk is sealed, and what was shown before it counts."""
    house.start_worker(module=hurried_worker.__name__)
    story = house.permit(use=Use.CREATE, asset_id=CAPTURE, consent=SIGNED, unit=WATCHED)
    order = house.dispatch(story, FIT | {"previews": 3}, recipe="fit-previewed", result_asset=REPLICA)
    house.wait("the worker asks for a key", lambda: house.grant(story, lease_seconds=3))
    state = house.blobs / "resume" / f"{order.order.partition(':')[2]}.sealed"
    folder = house.out / order.order
    house.wait("a state and a preview lie there", lambda: state.exists() and any(folder.glob("preview-*.png")))
    assert house.end("worker", signal.SIGKILL) == -signal.SIGKILL
    assert b"SD" not in state.read_bytes()[:2] and house.receive() is None
    shown = {path.name: path.read_bytes() for path in folder.glob("preview-*.png")}
    # A minute later the store offers the order again; the dead worker's lease has lapsed by then.
    house.query("UPDATE work.queue SET taken_at = taken_at - interval '70 seconds' RETURNING 1")
    house.wait(
        "the lease lapses",
        lambda: not house.query("SELECT 1 FROM work.lease WHERE ends_at > clock_timestamp()"),
    )
    house.start_worker(module=hurried_worker.__name__)
    house.wait("it asks again", lambda: house.grant(story, grant=ident("grant", 500)))
    receipt, shares = house.wait("the replica is delivered", house.receive, 60)
    assert (receipt.unit, receipt.units) == (WATCHED, 1) and not state.exists()
    assert [output.name for output in receipt.outputs] == [f"preview-{number:06d}.png" for number in (1, 2, 3)]
    assert all((folder / name).read_bytes() == data for name, data in shown.items())
    began = [line["done"] for line in after_last(house, "opened")]
    assert began[0] > 20, "it went on where it stood"
    whole = train(parse(capture_files(PX)), settings=TrainSettings(
        gaussians=FIT["gaussians"], iterations=FIT["iterations"], seed=FIT["seed"], degree=FIT["degree"], threads=1,
    ))  # fmt: skip
    assert plaintext(house, receipt, shares) == write_ply(whole.splats)
    keep(house, receipt, shares)


def test_a_watched_fit_that_a_hold_stops_tells_what_it_had_shown(house: House) -> None:
    """Nothing was made and nothing is owed, but pictures left: the receipt counts no unit and names each of them."""
    story = house.permit(use=Use.CREATE, asset_id=CAPTURE, consent=SIGNED, unit=WATCHED)
    numbers = FIT | {"previews": 3, "iterations": 1_000_000}
    order = house.dispatch(story, numbers, recipe="fit-previewed", result_asset=ident("asset", 33))
    house.wait("the worker asks for a key", lambda: house.grant(story, lease_seconds=2))
    folder = house.out / order.order
    house.wait("a preview lies there", lambda: any(folder.glob("preview-*.png")))
    with house.store.unit() as unit:
        unit.set_holds(CAPTURE, ("strike",))
    receipt, shares = house.wait("the receipt", house.receive, 20)
    with house.store.unit() as unit:
        unit.set_holds(CAPTURE, ())
    assert (receipt.units, receipt.sealed_sha256, shares) == (0, "", {})
    assert [output.name for output in receipt.outputs] == sorted(path.name for path in folder.iterdir())
    assert counts_agree(receipt)


def after_last(house: House, act: str) -> list[dict[str, Any]]:
    """The progress that was told after the last line of an act."""
    lines = [json.loads(line) for line in house.log("worker").splitlines()]
    last = max(number for number, line in enumerate(lines) if line["act"] == act)
    return [line for line in lines[last:] if line["act"] == "progress"]


def test_a_person_orders_a_look_and_holds_the_double_beside_the_capture(house: House) -> None:
    """`stagedoor look --permit ... --photographs ...` on a house that runs: two permits, two keys, two receipts."""
    home = create_home(house.root / "w")  # a socket lies below it: its path must be short
    home.outputs.rmdir()
    home.outputs.symlink_to(house.out)
    home.database.mkdir(mode=0o700)
    roles = json.loads((house.server.folder / "roles.json").read_text())
    # As on a server of one's own: the owner is in the URL, and no role of the house.
    kept = {role: password for role, password in roles.items() if role.startswith("stagedoor_")}
    (home.database / "roles.json").write_text(json.dumps(kept))
    house.start_worker("worker-2")
    stories = {
        "frame": house.permit(use=Use.RENDER, asset_id=REPLICA, consent=SIGNED),
        PHOTOGRAPH: house.permit(use=Use.RENDER, asset_id=CAPTURE, consent=SIGNED, unit=PHOTOGRAPH),
    }
    with gate(house, list(stories.values())):
        first_digits = stories["frame"].permit().digest()[7:17]
        command = [sys.executable, "-m", "stagedoor", "look", "--home", str(home.root), "--light", "--size", "192",
                   "--permit", first_digits, "--photographs", "any", "--minutes", "2"]  # fmt: skip
        environment = os.environ | {
            "STAGEDOOR_DATABASE_URL": house.server.owner_url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }  # fmt: skip
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            said: list[str] = []
            for line in running.stdout:
                said.append(line)
                if line.startswith("Open "):
                    break
            host, token = re.fullmatch(r"Open http://([0-9.:]+)/#(\S+)\n", said[-1]).groups()  # type: ignore[union-attr]
            walk_round(host, token)
            rest = running.stdout.read()
            assert running.wait(30) == 0
    assert "2 frames and 1 photograph came through" in rest
    receipts = [house.wait("a receipt", house.receive)[0] for _ in range(2)]
    assert {(receipt.unit, receipt.units) for receipt in receipts} == {("frame", 2), (PHOTOGRAPH, 1)}
    assert {receipt.permit for receipt in receipts} == {story.permit().digest() for story in stories.values()}
    assert house.end("worker-2") == 0


def walk_round(host: str, token: str) -> None:
    """What the page asks: a lit view, a captured one with the double as that camera saw it, and the end."""
    key: dict[str, str] = {}

    def ask(path: str, body: str = "") -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection(host, timeout=30)) as line:
            line.request("POST", path, body=body, headers=key)
            answer = line.getresponse()
            return answer.status, answer.read()

    key["X-Stagedoor-Key"] = json.loads(ask("/session", token)[1])["key"]
    told = json.loads(ask("/about")[1])
    assert told["relit"] is True and [place[1] for place in told["beside"]["photos"]] == [0]
    for path in ("/lit/10/5/1/-60/30/130/30", "/double/0", "/photo/0"):
        status, body = ask(path)
        assert status == 200 and body.startswith(b"\x89PNG"), (path, body[:200])
    assert ask("/lit/30/5/1/-60/30/130/30")[0] == 409 and ask("/photo/1")[0] == 409
    assert ask("/end")[0] == 200


class gate:
    """The gate's part while a command waits: a grant for each question, under whichever of the permits it is."""

    def __init__(self, house: House, stories: list[Story]) -> None:
        self.house, self.stories = house, stories
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._answer)

    def _answer(self) -> None:
        number = 600
        while not self.over.wait(0.05):
            with self.house.store.unit() as unit:
                found = letters(unit).take_key_request()
                unit.roll_back()
            if found is None:
                continue
            story = next(item for item in self.stories if item.permit().digest() == found.order.permit)
            number += 1
            self.house.grant(story, grant=ident("grant", number), epoch=story.permit().epoch)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(10)


def test_a_withdrawal_ends_a_look_at_the_capture_and_the_photo_counts(house: House) -> None:
    """What left before counts; within the lease nothing more is shown."""
    story = house.permit(use=Use.RENDER, asset_id=CAPTURE, consent=SIGNED, unit=PHOTOGRAPH)
    order = house.dispatch(story, PHOTOS, recipe="look-capture")
    house.wait("the worker asks for a key", lambda: house.grant(story, lease_seconds=2))
    door = house.out / order.order / "look" / "door"
    house.wait("the look begins", door.exists)
    assert parted(asked(door, Photo(number=0, camera=False).line()))[0].number == 1
    with house.store.unit() as unit:
        unit.set_holds(CAPTURE, ("strike",))
    receipt, _ = house.wait("the receipt", house.receive, 20)
    assert (receipt.unit, receipt.units, len(receipt.outputs)) == (PHOTOGRAPH, 1, 1) and not door.exists()
    with house.store.unit() as unit:
        unit.set_holds(CAPTURE, ())


def asked(door: Path, line: bytes) -> bytes:
    """Everything that is answered to one line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(30)
        asking.connect(str(door))
        asking.sendall(line)
        answer = b""
        while piece := asking.recv(1 << 16):
            answer += piece
    return answer


def test_a_consent_that_does_not_say_photograph_opens_no_capture(house: House) -> None:
    """The gate that errs, or is bought, does not help: both custodians read the consent themselves."""
    story = house.permit(use=Use.RENDER, asset_id=CAPTURE, unit=PHOTOGRAPH)
    house.dispatch(story, PHOTOS, recipe="look-capture")
    house.wait("the worker asks for a key", lambda: house.grant(story))
    house.wait("the worker gives up", lambda: house.acts("worker", "failed"))
    assert house.acts("worker", "failed")[-1]["code"] == "outside_consent"


def test_a_performer_is_fitted_and_looked_at_through_the_worker(house: House) -> None:
    house.take_in(dict(container.read(packed())), EXPRESSIONS)
    house.wait("both custodians take its shares", lambda: house.taken(EXPRESSIONS))
    signed = consent(consent=ident("consent", 78), capture=EXPRESSIONS)
    story = house.permit(use=Use.CREATE, asset_id=EXPRESSIONS, consent=signed)
    house.dispatch(story, VALUES, recipe="fit-performance", result_asset=PERFORMED)
    house.wait("the worker asks for a key", lambda: house.grant(story))
    receipt, shares = house.wait("the performer is delivered", house.receive, 60)
    assert (receipt.unit, receipt.units, receipt.result_asset) == ("replica", 1, PERFORMED)
    assert {item.name for item in receipt.measures} >= {"controls", "gaussians"}
    keep(house, receipt, shares)
    story = house.permit(use=Use.RENDER, asset_id=PERFORMED, consent=signed)
    order = house.dispatch(story, LOOK)
    assert set(LOOK) != set(ARC)
    del order
    house.wait("the worker refuses settings of another recipe", lambda: len(house.acts("worker", "failed")) == 2)
    story = house.permit(use=Use.RENDER, asset_id=PERFORMED, consent=signed)
    order = house.dispatch(story, LOOK, recipe="look")
    house.wait("the worker asks for a key", lambda: house.grant(story))
    door = house.out / order.order / "look" / "door"
    house.wait("the look begins", door.exists)
    assert parted(asked(door, view(5)))[0].number == 1
    asked(door, END)
    receipt, _ = house.wait("the receipt", house.receive)
    assert (receipt.unit, receipt.units) == ("frame", 1)
    began = time.monotonic()
    assert house.end("worker") == 0 and time.monotonic() - began < 20
