"""The vectors of spec/naming: a register, a prompt, who is named and how; or a refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stagedoor.adapters.naming import NameIndex
from stagedoor.ports.naming import NameEntry, PromptError

FOLDER = Path(__file__).parents[2] / "spec" / "naming"
VECTORS = sorted(FOLDER.glob("*.json"))


def test_there_are_vectors() -> None:
    assert len(VECTORS) >= 30


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    text = path.read_text(encoding="ascii")
    vector = json.loads(text)
    assert text == json.dumps(vector, indent=2, ensure_ascii=True) + "\n"
    assert vector["says"].endswith(".")
    index = NameIndex.build(NameEntry(party=one["party"], names=tuple(one["names"])) for one in vector["register"])
    if "refused" in vector:
        with pytest.raises(PromptError, match=vector["refused"]):
            index.find(vector["prompt"])
        return
    found = [
        {"party": one.party, "alias": one.alias, "said": one.said, "how": one.how.value, "grade": one.grade.value}
        for one in index.find(vector["prompt"])
    ]
    assert found == vector["named"]
