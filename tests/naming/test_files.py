"""Files of names: what is read, and what is refused with a place and a cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagedoor.adapters.naming import files
from stagedoor.adapters.naming.files import read_names
from stagedoor.ports.naming import EntryError, NameEntry

QUILL = (NameEntry(party="performer:1", names=("Mara Quill", "No")),)


def _file(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_yaml_in_which_everything_is_text(tmp_path: Path) -> None:
    path = _file(tmp_path, "n.yaml", "performers:\n  - party: performer:1\n    names: [Mara Quill, No]\n")
    assert read_names(path) == QUILL


def test_csv_with_one_name_a_line(tmp_path: Path) -> None:
    path = _file(tmp_path, "n.csv", "\ufeffparty,name\nperformer:1,Mara Quill\nperformer:1,No\n")
    assert read_names(path) == QUILL


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("n.txt", "", "ends in"),
        ("n.yaml", "", "begin it with"),
        ("n.yaml", "performers: []", "no performer"),
        ("n.yaml", "performers: [1]", "performer 1"),
        ("n.yaml", "performers:\n- {party: a, names: []}", "performer 1"),
        ("n.yaml", "performers:\n- {party: a, names: [[x]]}", "performer 1"),
        ("n.yaml", "performers:\n- {party: a, names: [x], face: y}", "nothing else"),
        ("n.yaml", "performers: []\nperformers: []", "twice"),
        ("n.yaml", "a: &a [x]\nb: *a", "aliases"),
        ("n.yaml", "performers: !!python/name:os.system x", "line 1"),
        ("n.yaml", "performers: [" + "[" * 5_000, "nested|line"),
        ("n.yaml", b"\xff\xfe", "UTF-8"),
        ("n.csv", "", "first line"),
        ("n.csv", "name,party\n", "first line"),
        ("n.csv", "party,name\nperformer:1\n", "line 2"),
        ("n.csv", "party,name\nperformer:1,Mara,Quill\n", "line 2"),
        ("n.csv", 'party,name\nperformer:1,"Mara\n', "Correct the quotes"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, name: str, data: str | bytes, says: str) -> None:
    with pytest.raises(EntryError, match=says):
        read_names(_file(tmp_path, name, data))


def test_an_enormous_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CSV_BYTES_MAX", 1 << 10)
    with pytest.raises(EntryError, match="more than"):
        read_names(_file(tmp_path, "n.csv", "party,name\n" + "p,Mara Quill\n" * 100))
