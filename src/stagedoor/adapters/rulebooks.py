"""Rulebooks from folders of YAML, read inertly and within limits."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from stagedoor.core.rules.load import RulebookError, load
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wire.plain_yaml import PlainYamlError, read_plain

FILE_BYTES_MAX: Final = 1 << 20
"""Bytes of one rulebook file; the largest of ours has 4 kB."""

NAME_CHARS_MAX: Final = 80
"""Characters of a rulebook's name."""

NEAR_MAX: Final = 3
"""Names that are told to somebody who mistyped one."""

FILES_MAX: Final = 2_000
"""Files of one rulebook."""


CARRIED_DEPTH_MAX: Final = 8
"""Predecessors in a row: thirty years of three-year agreements are ten, and each may start anew."""


class FolderRulebooks:
    """Rulebooks in one folder, each in a folder of its own name.

    `rates` is the user's own folder with one file a rulebook, for rates that are not public; None where there is none.
    """

    def __init__(self, root: Path, *, read_on: date, rates: Path | None = None) -> None:
        self._root = root
        self._read_on = read_on
        self._rates = rates

    def names(self) -> tuple[str, ...]:
        """What is there."""
        return tuple(sorted(path.parent.name for path in self._root.glob("*/index.yaml")))

    def plain(self, name: str) -> dict[str, Any]:
        """A rulebook's files as plain values: what its digest covers, and what an evidence bundle carries."""
        folder = self._folder(name)
        index = _read(folder / "index.yaml")
        files = self._carried(name, index, depth=0) | _files(folder)
        if isinstance(index, dict) and index.get("user_rates") is True:
            self._supply(name, files)
        return {"index": index, "files": files}

    def load(self, name: str) -> Rulebook:
        """Read, check and parse one rulebook."""
        try:
            return load(self.plain(name), read_on=self._read_on)
        except RulebookError as fault:
            raise RulebookError(f"rulebook {name[:NAME_CHARS_MAX]}", str(fault).rstrip("."), "") from fault

    def deciding(self, agreement: str) -> tuple[Rulebook, ...]:
        """The rulebooks that decide a use under this agreement: itself, the plans it names, the house, every law.

        Proposed law is left out: it is present, shown and never decides.
        """
        book = self.load(agreement)
        names = [agreement, *book.decides_with]
        joining = (self.load(name) for name in self.names() if name not in names and self._joins(name))
        return (book, *(self.load(name) for name in book.decides_with), *(other for other in joining if other.decides))

    def _joins(self, name: str) -> bool:
        """Whether a rulebook decides beside every agreement, by its index alone."""
        index = _read(self._folder(name) / "index.yaml")
        return isinstance(index, dict) and index.get("kind") in ("house", "law")

    def _folder(self, name: str) -> Path:
        folder = self._root / name
        if len(name) > NAME_CHARS_MAX or not name.replace("_", "").isalnum() or not (folder / "index.yaml").is_file():
            near = get_close_matches(name[:NAME_CHARS_MAX], self.names(), NEAR_MAX, 0.4)
            some = f"Near it: {', '.join(near)}" if near else "'stagedoor rulebook check' lists what there is"
            raise RulebookError(name[:60], "there is no such rulebook", f"{some}.")
        return folder

    def _carried(self, name: str, index: Any, *, depth: int) -> dict[str, Any]:
        """The predecessor's files that hold here unchanged, with their cases: nothing is written twice."""
        wanted = index.get("carried_over") if isinstance(index, dict) else None
        if not wanted:
            return {}
        if depth >= CARRIED_DEPTH_MAX:
            raise RulebookError(name, f"more than {CARRIED_DEPTH_MAX} predecessors in a row", "Copy the files.")
        before = index.get("succeeds")
        if not isinstance(before, str) or not isinstance(wanted, list):
            raise RulebookError(name, "'carried_over' needs 'succeeds' and a list of files", "Name the predecessor.")
        folder = self._folder(before)
        known = self._carried(before, _read(folder / "index.yaml"), depth=depth + 1) | _files(folder)
        taken: dict[str, Any] = {}
        for path in wanted:
            cases = str(path).removesuffix(".yaml") + ".cases.yaml"
            if path not in known or cases not in known:
                raise RulebookError(name, f"{before} has no file '{path}' to carry over", "Correct 'carried_over'.")
            taken |= {path: known[path], cases: known[cases]}
        return taken

    def _supply(self, name: str, files: dict[str, Any]) -> None:
        """Put the user's own values where the rulebook leaves room for them."""
        path = self._rates / f"{name}.yaml" if self._rates else None
        if path is None or not path.is_file():
            return
        given = _read(path)
        items = given.get("parameters") if isinstance(given, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise RulebookError(path.name, "it holds no list of parameters", "Begin it with 'parameters:'.")
        values = {str(item.get("name")): item.get("values") for item in items}
        for place, content in files.items():
            if not isinstance(content, dict) or not isinstance(content.get("parameters"), list):
                continue
            files[place] = content | {"parameters": [_supplied(item, values) for item in content["parameters"]]}
        if values:
            unknown = ", ".join(sorted(values))
            raise RulebookError(path.name, f"{name} leaves no room for: {unknown}", "Correct the names.")


def _supplied(item: Any, values: dict[str, Any]) -> Any:
    name = item.get("name") if isinstance(item, dict) else None
    if not isinstance(name, str) or name not in values or item.get("supplied") is not True:
        return item
    return item | {"values": values.pop(name)}


def _files(folder: Path) -> dict[str, Any]:
    paths = sorted(path for path in folder.rglob("*.yaml") if path != folder / "index.yaml")
    if len(paths) > FILES_MAX:
        raise RulebookError(folder.name, f"{len(paths)} files", f"At most {FILES_MAX} are read.")
    for path in paths:
        if not path.name.endswith(".cases.yaml") and not path.with_suffix(".cases.yaml").is_file():
            raise RulebookError(f"{folder.name}/{path.relative_to(folder)}", "no worked cases stand beside it",
                                f"Add {path.stem}.cases.yaml.")  # fmt: skip
    return {str(path.relative_to(folder)): _read(path) for path in paths}


def _read(path: Path) -> Any:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise RulebookError(path.name, f"{path.stat().st_size} bytes", f"At most {FILE_BYTES_MAX} are read.")
    try:
        return read_plain(path.read_text(encoding="utf-8"))
    except (PlainYamlError, UnicodeDecodeError) as fault:
        said = str(fault).replace('in "<unicode string>", ', "")
        raise RulebookError(path.name, f"it is not readable YAML: {said}", "Mend it.") from fault
