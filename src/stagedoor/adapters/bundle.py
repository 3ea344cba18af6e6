"""Evidence bundles as ZIP files: facts as canonical JSON lines, rulebooks as they were, outputs as they were made.

Reading is bounded and stays in memory: every size is checked before it is read, no name is ever used as a path.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from stagedoor.core.base.canonical import CanonicalError, canonical_bytes
from stagedoor.core.base.fact import Fact
from stagedoor.core.base.limits import FACT_BYTES_MAX
from stagedoor.core.rules.load import RulebookError, load
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.wire.decode import DecodeError, decode_any

FORMAT: Final = "stagedoor-bundle/1"
BUNDLE_BYTES_MAX: Final = 4 << 30
"""Bytes of all members together, unpacked: an hour of preview frames."""
TEXT_BYTES_MAX: Final = 1 << 30
"""Bytes of the facts, or of one rulebook: what is read into memory at once."""
PIECE_BYTES: Final = 1 << 20
MEMBERS_MAX: Final = 200_000
FACTS_MAX: Final = 1_000_000
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Two bundles of the same facts are the same bytes."""


class BundleError(ValueError):
    """A file that is no bundle: what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a bundle holds, read strictly: facts, rulebooks by digest, and the SHA-256 of each output by its name."""

    facts: tuple[Fact, ...]
    books: Mapping[str, Rulebook]
    files: Mapping[str, str]


def write(
    path: Path, facts: tuple[Fact, ...], rulebooks: tuple[str, ...], outputs: Mapping[str, tuple[Path, str]]
) -> None:
    """Write the bundle beside its name and move it there whole.

    `outputs` gives each output's file and the SHA-256 that its receipt signs for: no other content gets in.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        with zipfile.ZipFile(draft, "x", zipfile.ZIP_STORED) as bundle:
            _put(bundle, "bundle.json", canonical_bytes({"format": FORMAT}))
            _put(bundle, "facts.jsonl", b"\n".join(fact.canonical() for fact in facts))
            for index, text in enumerate(rulebooks):
                _put(bundle, f"rulebooks/{index}.json", text.encode())
            for name, (file, sha256) in sorted(outputs.items()):
                data = file.read_bytes()
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise BundleError(f"{file.name} is not the file that its receipt names. Look who changed it.")
                _put(bundle, f"outputs/{name}", data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path, *, read_on: date) -> Bundle:
    """Read a bundle; raises BundleError."""
    try:
        with zipfile.ZipFile(path) as bundle:
            members = _members(bundle)
            if _member(bundle, members, "bundle.json") != canonical_bytes({"format": FORMAT}):
                raise BundleError(f"{path.name} is not a bundle of format {FORMAT}. Ask its sender to write it again.")
            lines = _member(bundle, members, "facts.jsonl").split(b"\n")
            if len(lines) > FACTS_MAX:
                raise BundleError(f"{path.name} holds {len(lines)} facts; at most {FACTS_MAX} are read.")
            facts = tuple(decode_any(line) for line in lines)
            books = {book.digest: book for book in _books(bundle, members, read_on)}
            files = {
                name.removeprefix("outputs/"): _sha256(bundle, members[name])
                for name in members
                if name.startswith("outputs/")
            }
    except OSError as fault:
        raise BundleError(f"{path}: {fault.strerror or fault}. Name a bundle that exists.") from fault
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as fault:
        if isinstance(fault, BundleError):
            raise
        what = (
            str(fault)
            if isinstance(fault, DecodeError | RulebookError | CanonicalError)
            else "it is not a whole ZIP file"
        )
        raise BundleError(
            f"{path.name} cannot be read as evidence: {what.rstrip('.')}. Ask its sender for it again."
        ) from fault
    return Bundle(facts=facts, books=books, files=files)


def _put(bundle: zipfile.ZipFile, name: str, data: bytes) -> None:
    bundle.writestr(zipfile.ZipInfo(name, _FIXED_DATE), data)


def _members(bundle: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = bundle.infolist()
    names = {info.filename: info for info in infos}
    if len(infos) > MEMBERS_MAX or len(names) != len(infos):
        raise BundleError("The bundle holds too many members, or one name twice. Ask its sender for it again.")
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
        raise BundleError("The bundle is compressed, which bundles never are: it could unfold to anything. Ask again.")
    if any(info.file_size > TEXT_BYTES_MAX for info in infos if not info.filename.startswith("outputs/")):
        raise BundleError(f"The bundle's facts are larger than {TEXT_BYTES_MAX} bytes. Ask for a smaller one.")
    if sum(info.file_size for info in infos) > BUNDLE_BYTES_MAX:
        raise BundleError(f"The bundle unpacks to more than {BUNDLE_BYTES_MAX} bytes. Ask for a smaller one.")
    return names


def _member(bundle: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str) -> bytes:
    info = members.get(name)
    if info is None:
        raise BundleError(f"The bundle holds no {name}. Ask its sender to write it again.")
    with bundle.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise BundleError(f"{name} is larger than the bundle says. Do not trust its sender.")
    return data


def _sha256(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """An output's digest, read in pieces."""
    running, told = hashlib.sha256(), 0
    with bundle.open(info) as member:
        while piece := member.read(PIECE_BYTES):
            running.update(piece)
            told += len(piece)
    if told != info.file_size:
        raise BundleError(f"{info.filename} is not as large as the bundle says. Do not trust its sender.")
    return running.hexdigest()


def _books(bundle: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], read_on: date) -> list[Rulebook]:
    books: list[Rulebook] = []
    for name in sorted(members):
        if name.startswith("rulebooks/"):
            data = _member(bundle, members, name)
            if len(data) > FACT_BYTES_MAX:
                raise BundleError(f"{name} is larger than a rulebook can be.")
            plain = msgspec.json.decode(data)
            if not isinstance(plain, dict) or canonical_bytes(plain) != data:
                raise BundleError(f"{name} is not a rulebook in its one spelling.")
            books.append(load(plain, read_on=read_on))
    return books
