"""`python -m stagedoor.worker --folder F --worker ID --blobs DIR --out DIR [--once]`: opens, works, attests, forgets.

Set up once with `--create`, which prints the public key, then with `--pin`, which needs the custodians'.

Environment: STAGEDOOR_DATABASE_URL (as role stagedoor_worker), and the passphrase of the key file through
STAGEDOOR_PASSPHRASE_FD (better) or STAGEDOOR_WORKER_PASSPHRASE.  Ends on SIGTERM or SIGINT.  Exit status: 0 ended as
told, 2 bad folder, passphrase or setting, 3 the operating system refused.  `--backend cuda` draws and fits splats by
CUDA (the `gpu` extra); where it cannot, the worker ends with status 2 before it takes an order.
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

from stagedoor.seal import HygieneError, SealError, forbid_core_dumps
from stagedoor.wire.passphrase import NoPassphraseError, take_passphrase
from stagedoor.wire.pinned import PinnedError, parse_pins, texts
from stagedoor.worker.double.names import CPU, NAMES
from stagedoor.worker.hatch import Hatch
from stagedoor.worker.identity import IdentityError, create, open_identity, pin
from stagedoor.worker.service import Places, Service, log_line

URL_VARIABLE = "STAGEDOOR_DATABASE_URL"
PASSPHRASE_VARIABLE = "STAGEDOOR_WORKER_PASSPHRASE"  # noqa: S105  the variable's name is no secret

CONNECT_SECONDS = 5
"""How long one attempt to connect may take: less than a lease, so that its end is noticed."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop."""
    given = _parser().parse_args(arguments)
    try:
        forbid_core_dumps()
    except HygieneError as fault:
        return _ended(3, fault)
    try:
        passphrase = take_passphrase(os.environ, PASSPHRASE_VARIABLE)
        if given.create:
            log_line({"act": "created", **asdict(create(given.folder, passphrase, given.worker))})
            return 0
        if given.pin is not None:
            custodians = parse_pins(given.pin, {"custodians"})["custodians"]
            pin(given.folder, passphrase, custodians=texts({"custodians": custodians}, "custodians"))
            log_line({"act": "pinned", "worker": given.worker, "custodians": custodians})
            return 0
        identity = open_identity(given.folder, passphrase, given.worker)
    except (NoPassphraseError, IdentityError, PinnedError, SealError, OSError) as fault:
        return _ended(2, fault)
    del passphrase
    url = os.environ.get(URL_VARIABLE, "")
    if not url or given.blobs is None or given.out is None:
        return _ended(2, ValueError(f"a worker needs {URL_VARIABLE}, --blobs and --out"))
    lack = _lack(given.backend)
    if lack:
        return _ended(2, ValueError(lack))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(
            url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="stagedoor worker"
        )

    service = Service(
        identity=identity,
        places=Places(blobs=given.blobs, out=given.out),
        hatch=Hatch(connect),
        heart=Hatch(connect),
        stop=stop,
        backend=given.backend,
    )
    service.run(once=given.once)
    return 0


def _lack(backend: str) -> str:
    """Why this backend cannot be used here; "" if it can.  The processor's is not even imported for the answer."""
    if backend == CPU:
        return ""
    from stagedoor.worker.double.backend import BackendError
    from stagedoor.worker.double.backends import choose

    try:
        choose(backend)
    except BackendError as fault:
        return str(fault)
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stagedoor.worker", description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="the worker's own folder, mode 700")
    parser.add_argument("--worker", required=True, help="the worker's id, as worker:<uuid7>")
    parser.add_argument("--blobs", type=Path, help="the folder of sealed blobs")
    parser.add_argument("--out", type=Path, help="where released pictures go, in a folder named after their order")
    parser.add_argument("--backend", choices=NAMES, default=CPU, help="what draws and fits splats")
    parser.add_argument("--once", action="store_true", help="end after one order")
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--create", action="store_true", help="make the folder and its key, print the public side, end")
    once.add_argument("--pin", metavar="JSON", help='trust, written once: {"custodians": {name: X25519 key, ...}}; end')
    return parser


def _ended(status: int, fault: Exception) -> int:
    log_line({"act": "ended", "status": status, "why": str(fault)})
    return status


if __name__ == "__main__":
    sys.exit(main())
