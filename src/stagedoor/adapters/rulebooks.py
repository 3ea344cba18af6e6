"""Rulebooks from folders of YAML, read inertly (safe loader, no tags, dates stay text) and within limits."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from stagedoor.core.rules.load import RulebookError, load
from stagedoor.core.rules.rulebook import Rulebook

FILE_BYTES_MAX: Final = 1 << 20
"""Bytes of one rulebook file; the largest of ours has 4 kB."""

NAME_CHARS_MAX: Final = 80
"""Characters of a rulebook's name."""

FILES_MAX: Final = 2_000
"""Files of one rulebook."""


class _Loader(yaml.SafeLoader):
    """Safe YAML whose dates stay text, which refuses a key given twice (the second would win in silence)."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):  # an alias can make a kilobyte unfold to gigabytes
            raise yaml.composer.ComposerError(None, None, "aliases are not used in rulebooks", None)
        return super().compose_node(parent, index)


# Only what all people read alike: true, false, null, and decimal numbers without a leading zero.  YAML 1.1 would
# read 010 as eight, 48:00 as 2880 and "no" as false.  Dates and fractions stay text, which the loader then judges.
_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,18})$"), list("-0123456789"))


class FolderRulebooks:
    """Rulebooks in one folder, each in a folder of its own name."""

    def __init__(self, root: Path, *, read_on: date) -> None:
        self._root = root
        self._read_on = read_on

    def names(self) -> tuple[str, ...]:
        """What is there."""
        return tuple(sorted(path.parent.name for path in self._root.glob("*/index.yaml")))

    def plain(self, name: str) -> dict[str, Any]:
        """A rulebook's files as plain values: what its digest covers, and what an evidence bundle carries."""
        folder = self._root / name
        if len(name) > NAME_CHARS_MAX or not name.replace("_", "").isalnum() or not (folder / "index.yaml").is_file():
            raise RulebookError(name[:60], "there is no such rulebook", f"There are: {', '.join(self.names())}.")
        paths = sorted(path for path in folder.rglob("*.yaml") if path != folder / "index.yaml")
        if len(paths) > FILES_MAX:
            raise RulebookError(name, f"{len(paths)} files", f"At most {FILES_MAX} are read.")
        for path in paths:
            if not path.name.endswith(".cases.yaml") and not path.with_suffix(".cases.yaml").is_file():
                raise RulebookError(f"{name}/{path.relative_to(folder)}", "no worked cases stand beside it",
                                    f"Add {path.stem}.cases.yaml.")  # fmt: skip
        files = {str(path.relative_to(folder)): _read(path) for path in paths}
        return {"index": _read(folder / "index.yaml"), "files": files}

    def load(self, name: str) -> Rulebook:
        """Read, check and parse one rulebook."""
        try:
            return load(self.plain(name), read_on=self._read_on)
        except RulebookError as fault:
            raise RulebookError(f"rulebook {name[:NAME_CHARS_MAX]}", str(fault).rstrip("."), "") from fault


def _read(path: Path) -> Any:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise RulebookError(path.name, f"{path.stat().st_size} bytes", f"At most {FILE_BYTES_MAX} are read.")
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a stricter SafeLoader
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise RulebookError(
            path.name, f"it is not readable YAML: {' '.join(str(fault).split())}", "Mend it."
        ) from fault
