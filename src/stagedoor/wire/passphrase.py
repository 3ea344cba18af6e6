"""How a passphrase reaches a process: through a file descriptor, or an environment variable that is then removed."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

FD_VARIABLE: Final = "STAGEDOOR_PASSPHRASE_FD"
"""The number of an open descriptor to read the passphrase from, up to its end.  Better than a variable."""

BYTES_MAX: Final = 1024


class NoPassphraseError(ValueError):
    """No passphrase was handed in.  The text says how to."""


def take_passphrase(environ: MutableMapping[str, str], variable: str) -> str:
    """The passphrase; the variables are removed, so that no child process inherits them."""
    number = environ.pop(FD_VARIABLE, "")
    spoken = environ.pop(variable, "")
    if number:
        if not number.isdecimal():
            raise NoPassphraseError(f"{FD_VARIABLE} is not the number of an open file descriptor")
        try:
            with os.fdopen(int(number), "rb") as pipe:
                spoken = pipe.read(BYTES_MAX + 1).decode("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise NoPassphraseError(f"no passphrase could be read from {FD_VARIABLE}: {type(fault).__name__}") from None
    if not spoken:
        raise NoPassphraseError(f"there is no passphrase; set {FD_VARIABLE} or {variable}")
    return spoken
