"""Armour for every test: no network but this machine's own, and a last word about what was not tried.

The network is closed by an audit hook: it sees every socket that Python opens, by whatever name a library reached it.
Unix sockets and loopback stay open (the embedded PostgreSQL, a browser's driver).  Processes that a test starts, and
libraries in C that open sockets by themselves, are not seen by it.
"""

from __future__ import annotations

import ipaddress
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

CUDA_REASON = "CUDA: "
"""How the reason of a skipped test begins that needs a CUDA device."""

_NAMES_OF_OURSELVES = {"", "localhost", "localhost.localdomain", "ip6-localhost"}


class NetworkRefused(RuntimeError):
    """A test tried to reach the network."""


def reaches_out(host: object) -> bool:
    """Whether that host is somebody else."""
    if isinstance(host, bytes):
        host = host.decode("ascii", errors="replace")
    if host is None or not isinstance(host, str) or host.lower() in _NAMES_OF_OURSELVES:
        return False
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return not (address.is_loopback or address.is_unspecified)


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None  # Unix sockets have a path, or nothing
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    if reaches_out(host):
        raise NetworkRefused(
            f"a test reached for {host!r} ({event}). Tests use this machine alone: give it a file, a Unix socket or "
            "loopback (tests/conftest.py)."
        )


sys.addaudithook(_guard)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say at the very end what was not tried: below pytest's own summary, where nobody scrolls past it."""
    yield
    _tell_what_was_not_tried(terminalreporter)


def _tell_what_was_not_tried(terminalreporter: pytest.TerminalReporter) -> None:
    """What, and why: a tier that skips in silence is a tier that nobody has."""
    reasons: Counter[str] = Counter()
    for kind in ("skipped", "xfailed"):
        for report in terminalreporter.stats.get(kind, []):
            said = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
            reasons[str(said).removeprefix("Skipped: ") or "no reason given"] += 1
    if not reasons:
        if not terminalreporter.config.option.collectonly:
            terminalreporter.line("Nothing was skipped.", green=True)
        return
    terminalreporter.section(f"NOT TRIED: {sum(reasons.values())} tests", yellow=True, bold=True)
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:>4}  {reason}", yellow=True)
    for reason, count in reasons.items():
        if reason.startswith(CUDA_REASON):
            why = reason.removeprefix(CUDA_REASON)
            terminalreporter.line(f"!! CUDA: {count} contract tests DID NOT RUN here: {why}", red=True, bold=True)
