"""One capture that holds several expressions is taken apart by what its frames say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stagedoor.worker.perform.captured import parse_expressions
from stagedoor.worker.perform.controls import REST, Expression
from stagedoor.worker.perform.errors import PerformError
from worker.kit import capture_files


def files(expressions: dict[int, Any]) -> dict[str, bytes]:
    """Ten small pictures, some of which are of an expression."""
    held = dict(capture_files())
    table = json.loads(held["transforms.json"])
    for number, expression in expressions.items():
        table["frames"][number]["expression"] = expression
    return held | {"transforms.json": json.dumps(table).encode()}


def test_frames_go_to_their_expressions() -> None:
    half, full = {"jawOpen": 0.5}, {"jawOpen": 1, "browInnerUp": 0.0}
    found = parse_expressions(files({2: half, 5: half, 7: full, 8: {}}))
    assert set(found) == {REST, Expression({"jawOpen": 0.5}), Expression({"jawOpen": 1.0})}
    assert found[Expression({"jawOpen": 0.5})].names == ("images/2.png", "images/5.png")
    assert found[REST].splits.count("test") == 1
    assert sum(len(one.images) for one in found.values()) == 10


@pytest.mark.parametrize("bad", [[], "jawOpen", None, 0.5, {"jawOpen": 2}, {"Jaw": 0.5}, {"jawOpen": True}])
def test_an_expression_that_is_none_names_its_frame(bad: object) -> None:
    with pytest.raises(PerformError, match="frame 3"):
        parse_expressions(files({3: bad}))
