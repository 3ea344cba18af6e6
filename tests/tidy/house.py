"""Checks of the tree as a whole: links, folders, weights, files that nothing uses.  Each takes a root, so that a
planted tree can be shown to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

BYTES_MAX = 512 * 1024

_LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HTML_LINK = re.compile(r"<(?:img|a)\b[^>]*\b(?:src|href|srcset)=\"([^\"]+)\"")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)


def dead_links(root: Path, paths: Iterable[str]) -> list[str]:
    """Relative links of Markdown pages that lead to no file, or to no heading."""
    dead = []
    for path in (path for path in paths if path.endswith(".md")):
        text = _without_code((root / path).read_text(encoding="utf-8"))
        for target in (*_LINK.findall(text), *_HTML_LINK.findall(text)):
            if re.match(r"[a-z][a-z0-9+.-]*:", target, re.I):
                continue
            name, _, heading = target.partition("#")
            page = (root / path).parent / name if name else root / path
            if not page.exists():
                dead.append(f"{path}: '{target}' leads to no file")
            elif root.resolve() not in (page.resolve(), *page.resolve().parents):
                dead.append(f"{path}: '{target}' leads out of the repository")
            elif heading and page.suffix == ".md" and heading not in headings(page.read_text(encoding="utf-8")):
                dead.append(f"{path}: '{target}' leads to no heading")
    return dead


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", lambda code: "`" * len(code[0]), _FENCE.sub("", text))


def headings(text: str) -> set[str]:
    """The names by which GitHub lets a page's headings be reached."""
    made: set[str] = set()
    for line in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", _FENCE.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line).lower()
        slug = re.sub(r"\s", "-", re.sub(r"[^\w\- ]", "", plain))
        number = 0
        while (name := slug if number == 0 else f"{slug}-{number}") in made:
            number += 1
        made.add(name)
    return made | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def untold_folders(root: Path, paths: Iterable[str], under: str) -> list[str]:
    """Folders of which nobody says what they are: no README, no package docstring, no word in a README above."""
    files = [Path(path) for path in paths if path.startswith(f"{under}/")]
    folders = {folder for path in files for folder in path.parents if folder.is_relative_to(under)}
    return sorted(str(folder) for folder in folders if not _is_told(root, folder, Path(under)))


def _is_told(root: Path, folder: Path, top: Path) -> bool:
    if (root / folder / "README.md").is_file():
        return _sentences((root / folder / "README.md").read_text(encoding="utf-8"))
    package = root / folder / "__init__.py"
    if package.is_file():
        return _sentences(ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or "")
    above = (parent / "README.md" for parent in folder.parents if parent.is_relative_to(top))
    return any((root / page).is_file() and f"`{folder.name}/`" in (root / page).read_text() for page in above)


def _sentences(text: str) -> bool:
    return len(text.split()) > 2 and "." in text


def heavy_files(root: Path, paths: Iterable[str], listed: Mapping[str, str]) -> list[str]:
    """Files over the limit that no reason is given for, and reasons whose file is gone or no longer heavy."""
    heavy = {path for path in paths if (root / path).stat().st_size > BYTES_MAX}
    return sorted(
        [f"{path} has more than {BYTES_MAX // 1024} KiB" for path in heavy - set(listed)]
        + [f"{path} is listed as heavy and is not" for path in set(listed) - heavy]
    )


def modules(root: Path, paths: Iterable[str], top: str) -> dict[str, str]:
    """Dotted name to path of every module under `top`."""
    found = {}
    for path in paths:
        if path.startswith(f"{top}/") and path.endswith(".py"):
            name = ".".join(Path(path).relative_to(top).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imported(root: Path, paths: Iterable[str]) -> set[str]:
    """Every dotted name that the import statements of these files mention."""
    names: set[str] = set()
    for path in (path for path in paths if path.endswith(".py")):
        rooms = Path(path).parts[1:]
        for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                above = rooms[: len(rooms) - node.level] if node.level else ()
                module = ".".join([*above, *([node.module] if node.module else [])])
                names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def unimported(root: Path, paths: Iterable[str], top: str, known: Mapping[str, str]) -> list[str]:
    """Modules under `top` that no file there imports, but for entry points.  Packages are carried by their members."""
    here = modules(root, paths, top)
    names = imported(root, here.values())
    lone = {name for name, path in here.items() if name not in names and not path.endswith("__init__.py")}
    return sorted(
        [f"{here[name]} is imported by nothing" for name in lone - set(known)]
        + [f"{name} is listed as an entry point and is not one" for name in set(known) - lone]
    )


def caseless_rules(root: Path, paths: Iterable[str]) -> list[str]:
    """Rulebook files without worked cases, cases without a file, and files of cases that hold none."""
    books = {Path(path).parent for path in paths if path.endswith("/index.yaml")}
    told = {path for path in paths if path.endswith(".yaml") and set(Path(path).parents) & books}
    faults = []
    for path in sorted(told):
        if path.endswith(".cases.yaml"):
            if path.replace(".cases.yaml", ".yaml") not in told:
                faults.append(f"{path} has no file of rules beside it")
            if not re.search(r"^\s*- .*\bname:|^\s*-\s*name:", (root / path).read_text(encoding="utf-8"), re.M):
                faults.append(f"{path} holds no case")
        elif not path.endswith("/index.yaml") and path.replace(".yaml", ".cases.yaml") not in told:
            faults.append(f"{path} has no worked cases beside it")
    return faults


def unread_vectors(root: Path, paths: Iterable[str], top: str, readers: Mapping[str, tuple[str, str]]) -> list[str]:
    """Vectors in no listed folder, and listed folders whose reader is gone or no longer takes the whole folder."""
    vectors = {path for path in paths if path.startswith(f"{top}/") and path.endswith((".json", ".yaml"))}
    faults = [
        f"{path} lies in no folder that a test is known to read"
        for path in sorted(vectors)
        if not any(_is_in(Path(path), Path(folder)) for folder in readers)
    ]
    for folder, (reader, says) in sorted(readers.items()):
        if not any(_is_in(Path(path), Path(folder)) for path in vectors):
            faults.append(f"{folder} is listed and holds no vector")
        elif not (root / reader).is_file() or says not in (root / reader).read_text(encoding="utf-8"):
            faults.append(f"{folder}: {reader} no longer says {says!r}")
    return faults


def _is_in(path: Path, folder: Path) -> bool:
    """A vector lies directly in its folder, where `*.json` finds it; only rulebooks have folders of their own."""
    return path.parent == folder or (path.suffix == ".yaml" and path.is_relative_to(folder))
