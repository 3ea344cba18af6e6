"""Two custodians and a worker as processes on a real PostgreSQL: what they hand out, refuse, survive and forget.

The tests of one module share a house and run in order; each has permits and orders of its own.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from PIL import Image

from custody.house import NAMES, PASSPHRASE, House, build, letters
from custody.kit import CAPTURE, PERFORMER_KEY, REPLICA, ident
from stagedoor.core.facts.asset import AssetKind
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import KeyGrant, ShareDestroyed, ShareReleased
from stagedoor.seal import CommitmentError, OneTimeKey, join, open_bytes
from stagedoor.wire import blobs, container
from stagedoor.wire.envelopes import RELEASE, release_binding
from worker.kit import ARC, FIT, asset, capture_files


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with money, both custodians running, and a capture in their keeping."""
    made = build(tmp_path_factory.mktemp("house"))
    try:
        made.fund()
        for name in NAMES:
            made.start_custodian(name)
        made.take_in(capture_files())
        made.wait("both custodians take the capture's shares", lambda: made.taken(CAPTURE))
        yield made
    finally:
        made.close()


def released(house: House, grant: KeyGrant, one_time: OneTimeKey) -> list[bytearray]:
    """Both shares, opened as the worker opens them."""
    rows = house.query(
        "SELECT custodian, envelope FROM custody.answer WHERE grant_digest = %s ORDER BY custodian", grant.digest()
    )
    shares = []
    for name, envelope in rows:
        binding = release_binding(
            grant=grant.digest(), permit=grant.permit, asset=grant.asset, epoch=grant.epoch, custodian=name
        )
        shares.append(one_time.open(bytes(envelope), purpose=RELEASE, bound_to=binding))
    return shares


def asked(house: House, one_time: OneTimeKey, **over: object) -> KeyGrant:
    """A permit for the capture, an order, and a grant: what custodians answer."""
    story = house.permit(use=Use.CREATE, asset_id=str(over.pop("asset_id", CAPTURE)))
    house.ask(house.dispatch(story, FIT, recipe="fit-splats", result_asset=ident("asset", 90 + house.number)), one_time)
    made = house.grant(story, **over)
    assert made is not None
    return made


def both_answered(house: House, grant: KeyGrant) -> dict[str, tuple[bool, str]]:
    """Wait for both custodians."""
    house.wait("both custodians answer", lambda: len(house.answers(grant)) == 2)
    return house.answers(grant)


def test_a_grant_is_answered_by_both_and_one_share_alone_opens_nothing(house: House) -> None:
    one_time = OneTimeKey.generate()
    grant = asked(house, one_time)
    assert both_answered(house, grant) == {"studio": (True, ""), "union": (True, "")}
    shares = released(house, grant, one_time)
    sealed = next(house.blobs.glob("*.sealed"))
    source = blobs.pieces(house.blobs, sealed.stem, size=sealed.stat().st_size)
    plain = open_bytes(source, key=join(*shares), context=CAPTURE.encode())
    assert container.read(plain) == capture_files()
    for share in shares:
        with pytest.raises(CommitmentError):
            open_bytes(sealed.read_bytes(), key=share, context=CAPTURE.encode())
    with house.store.unit() as unit:
        for name in NAMES:
            facts = unit.all(ShareReleased, f"custodian/{name}")
            assert [fact.grant for fact in facts] == [grant.digest()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_custodians_write_no_core_files(house: House) -> None:
    for name in NAMES:
        limits = Path(f"/proc/{house.processes[name].pid}/limits").read_text()
        (line,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"]


def test_a_grant_whose_key_was_swapped_is_refused(house: House) -> None:
    stranger = OneTimeKey.generate()
    grant = asked(house, OneTimeKey.generate(), one_time_key=stranger.public_hex)
    assert both_answered(house, grant) == dict.fromkeys(NAMES, (False, "signature_invalid"))


def test_a_grant_with_a_long_lease_is_refused(house: House) -> None:
    grant = asked(house, OneTimeKey.generate(), lease_seconds=3600)
    assert both_answered(house, grant) == dict.fromkeys(NAMES, (False, "malformed"))


def test_a_custodian_killed_in_the_middle_answers_once_when_it_is_back(house: House) -> None:
    """Stopped under the very locks that a release takes, then SIGKILL: nothing is half done, and nothing twice.

    The lock lets the gate point at the asset's row (a foreign key), and keeps everybody from locking it.
    """
    one_time = OneTimeKey.generate()
    with psycopg.connect(house.server.owner_url) as held:
        held.execute("SELECT 1 FROM assets.state WHERE asset = %s FOR NO KEY UPDATE", (CAPTURE,))
        grant = asked(house, one_time)
        house.wait(
            "the union's custodian waits for the lock",
            lambda: house.query(
                "SELECT 1 FROM pg_stat_activity WHERE usename = 'stagedoor_custodian_union'"
                " AND wait_event_type = 'Lock' AND query LIKE '%%check_grant%%'"
            ),
        )
        assert house.end("union", signal.SIGKILL) == -signal.SIGKILL
        held.rollback()
    house.wait("the studio answers", lambda: house.answers(grant) == {"studio": (True, "")})
    house.start_custodian("union")
    assert both_answered(house, grant) == {"studio": (True, ""), "union": (True, "")}
    assert len(join(*released(house, grant, one_time))) == 32
    with house.store.unit() as unit:
        facts = unit.all(ShareReleased, "custodian/union")
    assert [fact.grant for fact in facts].count(grant.digest()) == 1


def test_the_whole_line_from_capture_to_frames(house: House) -> None:
    """A real worker fits a replica from the capture and renders it; each is opened with keys of both custodians."""
    house.query("UPDATE work.queue SET status = 'failed' RETURNING 1")  # the orders above were never meant to be worked
    house.start_worker()
    story = house.permit(use=Use.CREATE, asset_id=CAPTURE)
    order = house.dispatch(story, FIT, recipe="fit-splats", result_asset=REPLICA)
    house.wait("the worker asks for a key", lambda: house.grant(story))
    receipt, shares = house.wait("the replica is delivered", house.receive, 90)
    assert (receipt.order, receipt.unit, receipt.units) == (order.digest(), "replica", 1)
    assert receipt.result_asset == REPLICA
    assert {measure.name for measure in receipt.measures} >= {"psnr_head_millidb", "gaussians"}
    made = asset(kind=AssetKind.REPLICA, sealed_sha256=receipt.sealed_sha256, sealed_bytes=receipt.sealed_bytes)
    house.keep(made, shares)
    house.wait("both custodians take the replica's shares", lambda: house.taken(REPLICA))

    story = house.permit(use=Use.RENDER, asset_id=REPLICA)
    order = house.dispatch(story, ARC)
    house.wait("the worker asks for a key", lambda: house.grant(story))
    receipt, shares = house.wait("the frames are delivered", house.receive, 60)
    assert (receipt.unit, receipt.units, shares) == ("frame", 3, {})
    folder = house.out / order.order
    assert {path.name for path in folder.iterdir()} == {output.name for output in receipt.outputs}
    with Image.open(folder / "frame-001001.png") as image:
        assert image.info["stagedoor:mark"] == "unmarked preview"
    house.wait("the worker hears of it", lambda: len(house.acts("worker", "answered")) == 2)
    assert house.query("SELECT count(*) FROM work.lease WHERE NOT ended AND permit = %s", receipt.permit) == [(0,)]


def test_no_plaintext_and_no_key_lies_on_disk_or_in_a_log(house: House) -> None:
    pictures = [data for name, data in capture_files().items() if name.endswith(".png")]
    table = capture_files()["transforms.json"]
    marks = [b"element vertex", b"property float f_dc_0", table[:64], *(data[40:72] for data in pictures), b"SDCAP"]
    marks += [PASSPHRASE.encode(), PERFORMER_KEY.private_bytes()]
    looked = 0
    for path in house.root.rglob("*"):
        if path.is_file() and "database" not in path.relative_to(house.root).parts and house.out not in path.parents:
            data = path.read_bytes()
            looked += 1
            assert not any(mark in data for mark in marks), path.name
    assert looked >= 10
    for path in (house.root / "database").rglob("*"):
        if path.is_file() and path.name != "postmaster.pid":
            data = path.read_bytes()
            assert not any(mark in data for mark in marks[:-2]), path.name


def test_a_receipt_outlives_the_database(house: House) -> None:
    """The database dies under a render: the lease runs out, and what was finished is handed in once it is back."""
    story = house.permit(use=Use.RENDER, asset_id=REPLICA, units=90)
    order = house.dispatch(story, ARC | {"frames": 90, "width": 2048, "height": 1536})
    house.wait("the worker asks for a key", lambda: house.grant(story, lease_seconds=4))
    folder = house.out / order.order
    house.wait("a frame is out", lambda: any(folder.glob("frame-*.png")))
    house.server.kill()
    house.store.close()
    house.wait("the worker notices", lambda: house.acts("worker", "database_away"))
    house.server.restart()
    receipt, _ = house.wait("the receipt of what was finished", house.receive, 30)
    assert 0 < receipt.units < 90
    assert len(list(folder.glob("frame-*.png"))) == receipt.units
    house.wait("the worker hears of it", lambda: house.acts("worker", "answered")[-1]["order"] == order.order)
    assert house.query("SELECT count(*) FROM work.delivery WHERE order_id = %s", order.order) == [(1,)]


def test_an_order_for_more_than_is_permitted_is_refused_before_any_key_is_asked_for(house: House) -> None:
    story = house.permit(use=Use.RENDER, asset_id=REPLICA)
    order = house.dispatch(story, ARC | {"frames": 9})
    house.wait("the worker refuses", lambda: house.acts("worker", "failed"))
    assert house.acts("worker", "failed")[-1]["code"] == "wrong_work"
    assert house.query("SELECT count(*) FROM work.key_request WHERE order_id = %s", order.order) == [(0,)]


def test_a_withdrawal_stops_a_running_render_within_its_lease(house: House) -> None:
    story = house.permit(use=Use.RENDER, asset_id=REPLICA, units=90)
    order = house.dispatch(story, ARC | {"frames": 90, "width": 2048, "height": 1536})
    house.wait("the worker asks for a key", lambda: house.grant(story, lease_seconds=4))
    folder = house.out / order.order
    house.wait("a frame is out", lambda: any(folder.glob("frame-*.png")))
    with house.store.unit() as unit:
        unit.advance_epoch(REPLICA, withdrawn=True)
    receipt, _ = house.wait("the receipt of what was finished", house.receive, 20)
    assert 0 < receipt.units < 90
    assert len(list(folder.glob("frame-*.png"))) == receipt.units
    assert not any(folder.glob("*.webp"))


def test_a_worker_gives_up_under_a_withdrawn_epoch(house: House) -> None:
    """Whoever speaks first, the store that does not renew or the custodians: nothing is opened."""
    story = house.permit(use=Use.RENDER, asset_id=REPLICA)
    made = house.dispatch(story, ARC)
    grant = house.wait("the worker asks for a key", lambda: house.grant(story))
    house.wait("the worker gives up", lambda: len(house.acts("worker", "failed")) == 2)
    assert house.acts("worker", "failed")[-1]["code"] in {"consent_withdrawn", "lease_lapsed"}
    assert set(house.answers(grant).values()) <= {(False, "consent_withdrawn")}
    assert made.order not in {act["order"] for act in house.acts("worker", "opened")}


def test_a_worker_ends_as_told(house: House) -> None:
    assert house.end("worker") == 0
    assert house.acts("worker", "stopped")


def test_a_grant_under_a_withdrawn_epoch_is_refused(house: House) -> None:
    """Without a worker, whose lease the store would end before the custodians are heard."""
    story = house.permit(use=Use.RENDER, asset_id=REPLICA)
    house.ask(house.dispatch(story, ARC), OneTimeKey.generate())
    grant = house.grant(story)
    assert grant is not None
    assert both_answered(house, grant) == dict.fromkeys(NAMES, (False, "consent_withdrawn"))


def test_a_held_asset_is_refused(house: House) -> None:
    with house.store.unit() as unit:
        unit.set_holds(CAPTURE, ("strike",))
    grant = asked(house, OneTimeKey.generate())
    assert both_answered(house, grant) == dict.fromkeys(NAMES, (False, "held"))
    with house.store.unit() as unit:
        unit.set_holds(CAPTURE, ())


def test_custodians_outlive_the_database(house: House) -> None:
    house.server.kill()
    for name in NAMES:
        house.wait("the custodian notices", lambda name=name: house.acts(name, "database_away"))
    house.server.restart()
    house.store.close()
    for name in NAMES:
        house.wait("the custodian is back", lambda name=name: house.acts(name, "database_back"))
    one_time = OneTimeKey.generate()
    grant = asked(house, one_time)
    assert both_answered(house, grant) == {"studio": (True, ""), "union": (True, "")}


def test_a_destroyed_share_is_gone_and_attested(house: House) -> None:
    with house.store.unit() as unit:
        letters(unit).ask_destruction(CAPTURE, "union", because="withdrawn")

    def attested() -> list[ShareDestroyed]:
        with house.store.unit() as unit:
            return list(unit.all(ShareDestroyed, "custodian/union"))

    (fact,) = house.wait("the union attests", attested)
    assert fact == ShareDestroyed(custodian="union", asset=CAPTURE, because="withdrawn")
    assert house.query("SELECT count(*) FROM custodian_union.share WHERE asset = %s", CAPTURE) == [(0,)]
    assert house.query("SELECT count(*) FROM custodian_studio.share WHERE asset = %s", CAPTURE) == [(1,)]
    grant = asked(house, OneTimeKey.generate())
    assert both_answered(house, grant) == {"studio": (True, ""), "union": (False, "key_destroyed")}


def test_processes_end_as_told_and_say_one_line_an_act(house: House) -> None:
    for name in NAMES:
        assert house.end(name) == 0
        lines = [json.loads(line) for line in house.log(name).splitlines()]
        assert lines[-1]["act"] == "stopped"


def test_a_process_without_its_passphrase_says_so_and_ends(house: House, tmp_path: Path) -> None:
    from stagedoor.custodian.__main__ import main as custodian_main

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("stagedoor.custodian.__main__.forbid_core_dumps", lambda: None)
        patched.setenv("STAGEDOOR_CUSTODIAN_PASSPHRASE", "wrong")
        folder = house.root / "custodian-union"
        assert custodian_main(["--folder", str(folder), "--name", "union"]) == 2
        patched.delenv("STAGEDOOR_CUSTODIAN_PASSPHRASE", raising=False)
        assert custodian_main(["--folder", str(folder), "--name", "union"]) == 2
        patched.setenv("STAGEDOOR_CUSTODIAN_PASSPHRASE", PASSPHRASE)
        assert custodian_main(["--folder", str(tmp_path / "none"), "--name", "union"]) == 2
