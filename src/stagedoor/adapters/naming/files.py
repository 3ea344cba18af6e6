"""Names from a file of the user's own: YAML or CSV, read inertly and within limits."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Final

import yaml

from stagedoor.adapters.naming.limits import CSV_BYTES_MAX, YAML_BYTES_MAX
from stagedoor.ports.naming import EntryError, NameEntry

_PARTY_MAX: Final = 120


class _Loader(yaml.SafeLoader):
    """Safe YAML in which everything is text ("No" is a name), without tags, aliases and keys given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = [key.value for key, _ in node.value]
        if len(seen) != len(set(map(str, seen))):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):  # an alias can make a kilobyte unfold to gigabytes
            raise yaml.composer.ComposerError(None, None, "aliases are not used here", None)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}


def read_names(path: Path) -> tuple[NameEntry, ...]:
    """The performers of a file; raises EntryError for what a person must mend."""
    suffix = path.suffix.lower()
    if suffix not in (".yaml", ".yml", ".csv"):
        raise EntryError(f"{path.name}: names are read from a file that ends in .yaml or .csv.")
    most = CSV_BYTES_MAX if suffix == ".csv" else YAML_BYTES_MAX
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise EntryError(f"{path.name} has more than {most >> 20} MiB. Split it, or write it as CSV.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise EntryError(f"{path.name}: byte {fault.start} is no UTF-8. Save the file as UTF-8.") from None
    found = _from_csv(path.name, text) if suffix == ".csv" else _from_yaml(path.name, text)
    if not found:
        raise EntryError(f"{path.name} names no performer.")
    return found


def _from_csv(file: str, text: str) -> tuple[NameEntry, ...]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names: dict[str, list[str]] = {}
    try:
        if rows.fieldnames is None or list(rows.fieldnames) != ["party", "name"]:
            raise EntryError(f"{file}: the first line must be 'party,name'; then one name a line.")
        for row in rows:
            party, name = row["party"], row["name"]
            if not party or not name or None in row or len(party) > _PARTY_MAX:
                raise EntryError(
                    f"{file}, line {rows.line_num}: write a party and one name, as 'performer:1,Mara Quill'."
                )
            names.setdefault(party, []).append(name)
    except csv.Error as fault:
        raise EntryError(f"{file}, line {rows.line_num}: {fault}. Correct the quotes.") from None
    return tuple(NameEntry(party=party, names=tuple(said)) for party, said in names.items())


def _from_yaml(file: str, text: str) -> tuple[NameEntry, ...]:
    try:
        given = yaml.load(text, Loader=_Loader)  # noqa: S506 - our own safe loader
    except yaml.YAMLError as fault:
        where = getattr(fault, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        raise EntryError(f"{file}{line}: {getattr(fault, 'problem', None) or 'no YAML'}. Correct it.") from None
    except RecursionError:
        raise EntryError(
            f"{file}: nested too deeply. A list of performers, each with a list of names, is enough."
        ) from None
    items = given.get("performers") if isinstance(given, dict) and set(given) == {"performers"} else None
    if not isinstance(items, list):
        raise EntryError(f"{file}: begin it with 'performers:' and a list below, each with 'party' and 'names'.")
    return tuple(_entry(file, number, item) for number, item in enumerate(items, 1))


def _entry(file: str, number: int, item: Any) -> NameEntry:
    if not isinstance(item, dict) or set(item) != {"party", "names"}:
        raise EntryError(f"{file}, performer {number}: write 'party' and 'names', and nothing else.")
    party, names = item["party"], item["names"]
    if not isinstance(party, str) or not 0 < len(party) <= _PARTY_MAX:
        raise EntryError(f"{file}, performer {number}: 'party' is a text of 1 to {_PARTY_MAX} characters.")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise EntryError(f"{file}, performer {number}: 'names' is a list of texts, with one at least.")
    return NameEntry(party=party, names=tuple(names))
