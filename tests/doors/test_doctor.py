"""What the doctor says of CUDA: what is missing, what is there, and that it does not guess."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from stagedoor.adapters import processes
from stagedoor.cli import running
from stagedoor.worker.double import gpu

THERE = {"torch": "2.14", "gsplat": "1.5.3", "device": "Some Card", "kernels": True, "lack": ""}


@pytest.mark.parametrize(
    ("told", "status", "found", "means"),
    [
        (THERE, 0, "Some Card, torch 2.14, gsplat 1.5.3", "--backend cuda"),
        (THERE | {"lack": "not installed: torch"}, 0, "not installed: torch", "by the processor"),
        ({}, 1, "unknown", "not answered"),
        ({"other": 1}, 0, "unknown", "not answered"),
    ],
)
def test_the_row_says_what_is_there(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, object], status: int, found: str, means: str
) -> None:
    def listen(arguments: list[str], heard: Callable[[dict[str, object]], None]) -> int:
        assert arguments == [gpu.__name__]
        heard(told)
        return status

    monkeypatch.setattr(processes, "listen", listen)
    row = running._gpu()
    assert row[:2] == ("CUDA", found) and means in row[2]


def test_the_program_that_it_asks_answers_in_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    gpu.main()
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert set(told) == set(THERE)
    assert told["lack"] == gpu.look().lack()
