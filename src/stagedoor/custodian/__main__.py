"""`python -m stagedoor.custodian --folder F --name N`: one side of the key, as its own process.

Set up once with `--create`, which prints the public keys, then with `--pin`, which needs the gate's and the workers'.

Environment: STAGEDOOR_DATABASE_URL (as this custodian's own database role), and the passphrase of the key file through
STAGEDOOR_PASSPHRASE_FD (better) or STAGEDOOR_CUSTODIAN_PASSPHRASE.  Ends on SIGTERM or SIGINT.  Exit status: 0 ended as
told, 2 bad folder, passphrase or setting, 3 the operating system refused.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from stagedoor.custodian.keys import Keys, KeysError, create, open_keys, open_trust, pin
from stagedoor.custodian.papers import Trust
from stagedoor.custodian.service import Service, log_line
from stagedoor.seal import HygieneError, SealError, forbid_core_dumps
from stagedoor.wire.passphrase import NoPassphraseError, take_passphrase
from stagedoor.wire.pinned import PinnedError, parse_pins, text, texts

URL_VARIABLE = "STAGEDOOR_DATABASE_URL"
PASSPHRASE_VARIABLE = "STAGEDOOR_CUSTODIAN_PASSPHRASE"  # noqa: S105  the variable's name is no secret

CONNECT_SECONDS = 5
"""How long one attempt to connect may take."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop."""
    given = _parser().parse_args(arguments)
    try:
        forbid_core_dumps()
    except HygieneError as fault:
        return _ended(3, fault)
    folder: Path = given.folder
    try:
        passphrase = take_passphrase(os.environ, PASSPHRASE_VARIABLE)
        if given.create:
            log_line({"act": "created", **asdict(create(folder, passphrase, given.name))})
            return 0
        if given.pin is not None:
            told = parse_pins(given.pin, {"gate_key", "workers"})
            pin(folder, passphrase, gate_key=text(told, "gate_key"), workers=texts(told, "workers"))
            log_line({"act": "pinned", "name": given.name, **told})
            return 0
        keys, trust = _open(folder, passphrase, given.name)
    except (NoPassphraseError, KeysError, PinnedError, SealError, OSError) as fault:
        return _ended(2, fault)
    del passphrase
    url = os.environ.get(URL_VARIABLE, "")
    if not url:
        return _ended(2, ValueError(f"there is no database; set {URL_VARIABLE}"))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    service = Service(
        keys=keys,
        trust=trust,
        connect=lambda: _connected(url, keys.name),
    )
    try:
        service.run(stop)
    finally:
        keys.wipe()
    return 0


def _connected(url: str, name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name=f"stagedoor custodian {name}"
    )


def _open(folder: Path, passphrase: str, name: str) -> tuple[Keys, Trust]:
    keys = open_keys(folder, passphrase)
    if keys.name != name:
        keys.wipe()
        raise KeysError(f"the folder is custodian '{keys.name}''s, not '{name}''s")
    try:
        return keys, open_trust(folder, keys)
    except (PinnedError, SealError):
        keys.wipe()
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stagedoor.custodian", description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="the custodian's own folder, mode 700")
    parser.add_argument("--name", required=True, help="the custodian's name, as union or studio")
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--create", action="store_true", help="make the folder and its keys, print the public side, end")
    once.add_argument(
        "--pin", metavar="JSON", help='trust, written once: {"gate_key": key, "workers": {worker: key, ...}}; end'
    )
    return parser


def _ended(status: int, fault: Exception) -> int:
    log_line({"act": "ended", "status": status, "why": str(fault)})
    return status


if __name__ == "__main__":
    sys.exit(main())
