"""A PostgreSQL of your own, by URL: the same house on a cluster.  STAGEDOOR_DATABASE_URL is the owner's."""

from __future__ import annotations

import json
import os
from pathlib import Path

from stagedoor.adapters.postgres.faults import DataFolderError
from stagedoor.adapters.postgres.server import Server, new_passwords
from stagedoor.ports.store import StoreFault


class ExternalServer:
    """Somebody else's server: it is prepared and used here, and neither started nor stopped."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @staticmethod
    def start(folder: Path, owner_url: str) -> ExternalServer:
        """Make or check the house in that database; the roles' passwords are kept in `folder`, for this user only."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        server = Server(owner_url, _passwords(folder / "roles.json"))
        server.prepare()
        return ExternalServer(server)

    @property
    def owner_url(self) -> str:
        """How the owner connects.  Only for migrations and audits."""
        return self._server.owner_url

    def url_for(self, role: str) -> str:
        """How this role connects."""
        return self._server.url_for(role)

    def stop(self) -> None:
        """It is not ours to stop."""

    def kill(self) -> None:
        """It is not ours to kill."""
        raise StoreFault("The database is a server of your own: it is not killed for a demonstration.")

    def restart(self) -> None:
        """It is not ours to start."""


def _passwords(path: Path) -> dict[str, str]:
    if path.exists():
        try:
            return {str(role): str(password) for role, password in json.loads(path.read_text()).items()}
        except (ValueError, AttributeError, RecursionError) as fault:
            raise DataFolderError(
                "the file with the roles' passwords cannot be read", str(path), "Restore it."
            ) from fault
    fresh = new_passwords()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(fresh, file)
    return fresh
