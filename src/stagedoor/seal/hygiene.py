"""Keeping keys and plaintext out of core dumps. Call it first thing in a worker's and a custodian's process."""

from __future__ import annotations

import ctypes
import os
import sys

from stagedoor.seal.errors import HygieneError

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """No core file, and on Linux no tracing by another process of the same user. It cannot be undone for RLIMIT_CORE.

    On Linux the process's /proc entries become root's: debuggers and samplers then cannot attach, which is the point.
    Elsewhere only the limit is set, and where there is no such limit nothing happens. It does not keep pages out of
    swap or hibernation images: encrypt those.
    """
    try:
        import resource
    except ImportError:  # not a POSIX system: it writes no core files
        return
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        raise HygieneError("The operating system refused to forbid core files.") from None
    if sys.platform.startswith("linux"):
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0) != 0:
            raise HygieneError(f"The kernel refused to make the process undumpable: {os.strerror(ctypes.get_errno())}.")
