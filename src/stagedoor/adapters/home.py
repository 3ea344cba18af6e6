"""One folder holds a whole world: database, sealed blobs, keys, outputs.  Its form has a version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOME_FORM: Final = 1
_NAME: Final = "stagedoor-home"


class HomeError(ValueError):
    """A folder that is no home of this version: what is wrong, where, what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The places in a home."""

    root: Path

    @property
    def database(self) -> Path:
        """The embedded PostgreSQL's folder."""
        return self.root / "database"

    @property
    def blobs(self) -> Path:
        """Sealed captures and replicas."""
        return self.root / "blobs"

    @property
    def keys(self) -> Path:
        """Signing keys, each under its own passphrase."""
        return self.root / "keys"

    @property
    def outputs(self) -> Path:
        """Frames that workers released, a folder for each order."""
        return self.root / "outputs"

    @property
    def logs(self) -> Path:
        """What custodians and workers said, a line for each act."""
        return self.root / "logs"

    @property
    def papers(self) -> Path:
        """Statements and bundles for people."""
        return self.root / "papers"

    def custodian(self, name: str) -> Path:
        """A custodian's own folder (in a real house on a machine of its own)."""
        return self.root / f"custodian-{name}"

    @property
    def worker(self) -> Path:
        """The worker's own folder."""
        return self.root / "worker"


def create_home(root: Path) -> Home:
    """Make a home in a folder that is empty or not there yet."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeError(f"{root} is not empty. Choose a folder that does not exist yet, or an empty one.")
    home = Home(root.resolve())
    for place in (home.root, home.blobs, home.keys, home.outputs, home.logs, home.papers):
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)
    (home.root / "home.json").write_text(json.dumps({"form": HOME_FORM, "name": _NAME}) + "\n", encoding="ascii")
    return home


def open_home(root: Path) -> Home:
    """A home that is there; refuses a folder of another version."""
    try:
        plain = json.loads((root / "home.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise HomeError(
            f"{root} is not a Stagedoor home (its home.json cannot be read). Make one with "
            f"'stagedoor demo --keep {root}', or name another folder with --home."
        ) from fault
    form = plain.get("form") if isinstance(plain, dict) and plain.get("name") == _NAME else None
    if form != HOME_FORM:
        raise HomeError(
            f"{root} was made by another version of Stagedoor (form {form}; this one reads {HOME_FORM}). "
            "Open it with the version that made it; nothing was changed."
        )
    return Home(root.resolve())
