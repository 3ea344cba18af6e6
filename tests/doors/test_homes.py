"""Homes that are not ours to open: another version, somebody else's, hostile names, two at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stagedoor.adapters.home import create_home
from stagedoor.adapters.postgres.embedded import EmbeddedServer

from .kit import environment, files_below, run, says_no

READERS = (
    ("ledger", "verify"),
    ("statement",),
    ("why", "3f2a9c1b7d04/1"),
    ("explain", "3f2a9c1b7d04"),
    ("bundle", "evidence.zip"),
)


@pytest.fixture
def short() -> Iterator[Path]:
    """A short folder outside pytest's tree: PostgreSQL lives in it."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def empty_house() -> Iterator[Path]:
    """A home whose database was made and stopped, with nobody in it."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    home = create_home(folder / "home")
    EmbeddedServer.start(home.database).stop()
    yield home.root
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("arguments", READERS, ids=lambda value: value[0])
def test_a_folder_that_is_no_home(arguments: tuple[str, ...], tmp_path: Path) -> None:
    says_no(run(*arguments, "--home", tmp_path, cwd=tmp_path), "is not a Stagedoor home", "stagedoor demo --keep")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"form": 99, "name": "stagedoor-home"}', "form 99; this one reads 1"),
        ('{"form": 0, "name": "stagedoor-home"}', "another version"),
        ('{"form": "1", "name": "stagedoor-home"}', "another version"),
        ('{"form": 1, "name": "somebody-elses"}', "another version"),
        ('{"form": [[[["\\u001b[2J"]]]], "name": "stagedoor-home"}', "another version"),
        ("[]", "another version"),
        ("null", "another version"),
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_home_of_another_version(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text(text)
    before = files_below(tmp_path)
    says_no(run("ledger", "verify", "--home", tmp_path), words)
    assert files_below(tmp_path) == before, "nothing was changed"


def test_a_home_json_that_is_a_folder_or_noise(tmp_path: Path) -> None:
    (tmp_path / "home.json").mkdir()
    says_no(run("ledger", "verify", "--home", tmp_path), "cannot be read")
    (tmp_path / "home.json").rmdir()
    (tmp_path / "home.json").write_bytes(b"\xff\xfe" + os.urandom(60))
    says_no(run("ledger", "verify", "--home", tmp_path), "cannot be read")


HOSTILE = {
    "not there": "nowhere",
    "above": "../../../../nowhere",
    "escapes": "x\x1b[2J\x1b]0;owned\x07",
    "a line break": "x\ny",
    "markup": "[red]x[/red]",
    "no end": "x" * 5_000,
    "SQL": "x'; DROP TABLE facts.fact; --",
    "a device": "/dev/null",
    "a process": "/proc/self",
    "nothing": "",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_home_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    says_no(run("ledger", "verify", "--home", HOSTILE[what], cwd=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["two words", "it's", 'say "x"', "a$HOME", "100%", "back\\slash"])
def test_a_folder_that_postgresql_cannot_live_in(name: str, short: Path) -> None:
    """The wheel breaks on blanks in a path: it is told before anything is made."""
    said = run("demo", "--fast", "--keep", short / name)
    says_no(said, "blanks or quotes", "Choose another folder")
    assert not (short / name / "database" / "postgres").exists()
    assert not (short / name).exists(), "a refusal leaves no half-made home behind"


def test_a_home_with_a_missing_database_is_told_or_made(short: Path) -> None:
    """A home without its database (a half-restored backup) must not look like an honest empty one."""
    home = create_home(short / "home")
    said = run("ledger", "verify", "--home", home.root)
    assert "Traceback" not in said.err
    assert said.status in (0, 2)


def test_a_keep_that_is_a_file(short: Path) -> None:
    (short / "file").write_text("mine")
    says_no(run("demo", "--fast", "--keep", short / "file"), "is not empty")
    assert (short / "file").read_text() == "mine"


def test_a_keep_that_holds_something(short: Path) -> None:
    (short / "mine.txt").write_text("mine")
    says_no(run("demo", "--fast", "--keep", short), "is not empty")
    assert files_below(short) == {"mine.txt": b"mine"}


def test_a_database_of_another_postgresql(empty_house: Path) -> None:
    version = empty_house / "database" / "postgres" / "PG_VERSION"
    own = version.read_bytes()
    version.write_text("14\n")
    try:
        says_no(run("ledger", "verify", "--home", empty_house), "PostgreSQL 14", "pg_dump", "nothing was changed")
        assert version.read_text() == "14\n"
    finally:
        version.write_bytes(own)
    assert run("ledger", "verify", "--home", empty_house).status == 0


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("schema_version", "9999", "newer Stagedoor (schema 9999"), ("postgres_major", "14", "made with PostgreSQL 14")],
)
def test_a_database_of_another_schema(key: str, value: str, words: str, empty_house: Path) -> None:
    with EmbeddedServer.start(empty_house / "database") as server:
        with psycopg.connect(server.owner_url) as connection:
            (kept,) = connection.execute("SELECT value FROM meta.house WHERE key = %s", (key,)).fetchone() or ("",)
            connection.execute("UPDATE meta.house SET value = %s WHERE key = %s", (value, key))
        owner = server.owner_url
        assert owner
    try:
        says_no(run("ledger", "verify", "--home", empty_house), words, "nothing was changed")
    finally:
        # The server outlives a refusal to start the house or not: either way it is joined, and the value put back.
        _put_back(empty_house, key, kept)
    assert run("ledger", "verify", "--home", empty_house).status == 0


def _put_back(home: Path, key: str, value: str) -> None:
    from stagedoor.adapters.postgres import embedded

    passwords = json.loads((home / "database" / "roles.json").read_text())
    wheel = embedded._wheel_server(home / "database" / "postgres")
    wheel.start()
    socket = (home / "database" / "postgres" / "postmaster.pid").read_text().splitlines()[4].strip()
    with psycopg.connect(host=socket, user="postgres", password=passwords["postgres"], dbname="stagedoor") as link:
        link.execute("UPDATE meta.house SET value = %s WHERE key = %s", (value, key))
    wheel.stop()


def test_a_refused_folder_leaves_no_server_running(empty_house: Path) -> None:
    """After a refusal nobody holds the folder: no process works in it."""
    with EmbeddedServer.start(empty_house / "database") as server, psycopg.connect(server.owner_url) as connection:
        connection.execute("UPDATE meta.house SET value = '9999' WHERE key = 'schema_version'")
    try:
        assert run("ledger", "verify", "--home", empty_house).status == 2
        time.sleep(0.3)
        left = [path for path in Path("/proc").glob("[0-9]*") if _works_in(path, empty_house / "database")]
        assert left == [], "the embedded PostgreSQL was left running by a command that refused the folder"
    finally:
        _put_back(empty_house, "schema_version", "0001")


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return str((process / "cwd").readlink()).startswith(str(folder))
    except OSError:
        return False


def test_roles_that_are_missing_or_noise(empty_house: Path) -> None:
    roles = empty_house / "database" / "roles.json"
    own = roles.read_bytes()
    try:
        roles.unlink()
        says_no(run("ledger", "verify", "--home", empty_house), "roles.json", "backup")
        assert not roles.exists()
        roles.write_bytes(b"{ noise")
        says_no(run("ledger", "verify", "--home", empty_house), "roles.json")
    finally:
        roles.write_bytes(own)
        roles.chmod(0o600)


def test_an_empty_house_has_no_statement_and_no_bundle(empty_house: Path, tmp_path: Path) -> None:
    says_no(run("statement", "--home", empty_house), "0 performers gave a consent here")
    says_no(run("bundle", tmp_path / "evidence.zip", "--home", empty_house), "No production")
    assert list(tmp_path.iterdir()) == []
    says_no(run("why", "3f2a9c1b7d04/1", "--home", empty_house), "names no posting")


def test_two_demos_at_once_in_one_folder(short: Path) -> None:
    """The second is refused clearly while the first runs, and disturbs nothing of it."""
    home = short / "home"
    first = subprocess.Popen(
        [sys.executable, "-m", "stagedoor", "demo", "--fast", "--keep", str(home)],
        env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(home / "database" / "owner.lock", first)
        for arguments in (("demo", "--fast", "--keep", home), ("demo", "--fast", "--keep", home, "--json")):
            says_no(run(*arguments), str(home))
        _wait_for(home / "database" / "postgres" / "postmaster.pid", first)
        says_no(run("ledger", "verify", "--home", home), "another Stagedoor", str(first.pid), "End that one first")
        assert first.poll() is None, "the first goes on"
        assert (home / "home.json").exists()
    finally:
        # Its custodians and its worker each lead a session of their own; the demo stops them at its end.
        first.send_signal(signal.SIGINT)
        try:
            said, _ = first.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            first.kill()
            said, _ = first.communicate()
    assert first.returncode in (3, 128 + signal.SIGINT) and b"Traceback" not in said, said
    left = [path for path in Path("/proc").glob("[0-9]*") if _works_in(path, home)]
    assert left == [], "no server is left behind"
    assert _mentioning(home) == [], "no custodian and no worker is left behind"


def test_two_demos_that_begin_in_the_same_moment(short: Path) -> None:
    """Both find the folder empty; one of them gets it."""
    home = short / "home"
    pair = [
        subprocess.Popen(
            [sys.executable, "-m", "stagedoor", "demo", "--fast", "--keep", str(home)],
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        until = time.monotonic() + 15
        while all(process.poll() is None for process in pair) and time.monotonic() < until:
            time.sleep(0.02)
        ended = [process for process in pair if process.poll() is not None]
        assert len(ended) == 1, "one of two is refused"
        _, err = ended[0].communicate()
        assert ended[0].returncode == 2 and b"Traceback" not in err, err
    finally:
        for process in pair:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.communicate(timeout=40)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
    assert _mentioning(home) == []


def _mentioning(home: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = path.read_bytes()
        except OSError:
            continue
        if str(home).encode() in said and int(path.parent.name) != os.getpid():
            found.append(said.replace(b"\0", b" ").decode())
    return found


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None and time.monotonic() < until, "the first demo did not begin"
        time.sleep(0.01)
    time.sleep(0.1)
