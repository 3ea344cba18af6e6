"""Every vector of `spec/seal` gives what it says, and the generator gives exactly these files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stagedoor.seal import (
    SealError,
    join,
    open_from,
    open_stream,
    read_keyfile,
    split,
    unwrap,
    verify,
)

SPEC = Path(__file__).parents[2] / "spec" / "seal"
VECTORS = sorted(SPEC.glob("*.json"))


def run_stream(vector: dict[str, Any], folder: Path) -> None:
    released = bytearray()
    try:
        for chunk in open_stream(
            bytes.fromhex(vector["sealed"]),
            key=bytes.fromhex(vector["key"]),
            context=bytes.fromhex(vector["context"]),
        ):
            released += chunk
    finally:
        assert released.hex() == vector["released"]


def run_share(vector: dict[str, Any], folder: Path) -> None:
    a, b, key = (bytes.fromhex(vector[name]) for name in ("a", "b", "key"))
    assert join(a, b) == key
    assert split(key, entropy=lambda count: a[:count]) == (a, b)


def run_wrap(vector: dict[str, Any], folder: Path) -> None:
    kek, wrapped, context = (bytes.fromhex(vector[name]) for name in ("kek", "wrapped", "context"))
    assert unwrap(kek, wrapped, context=context).hex() == vector["plain"]


def run_envelope(vector: dict[str, Any], folder: Path) -> None:
    private, envelope = bytes.fromhex(vector["private_key"]), bytes.fromhex(vector["envelope"])
    plain = open_from(private, envelope, purpose=vector["purpose"], bound_to=vector["bound_to"])
    assert plain.hex() == vector["plain"]


def run_sign(vector: dict[str, Any], folder: Path) -> None:
    verify(vector["public"], vector["domain"], bytes.fromhex(vector["message"]), vector["signature"])


def run_keyfile(vector: dict[str, Any], folder: Path) -> None:
    path = folder / "key.json"
    path.write_text(vector["file"], encoding="utf-8")
    path.chmod(0o600)
    secrets = read_keyfile(path, vector["passphrase"])
    assert {name: secret.hex() for name, secret in secrets.items()} == vector["secrets"]


RUNNERS: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "stream": run_stream,
    "share": run_share,
    "wrap": run_wrap,
    "envelope": run_envelope,
    "sign": run_sign,
    "keyfile": run_keyfile,
}


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(path: Path, tmp_path: Path) -> None:
    vector = json.loads(path.read_text())
    runner = RUNNERS[vector["kind"]]
    if vector["expect"] == "success":
        runner(vector, tmp_path)
        return
    with pytest.raises(SealError) as caught:
        runner(vector, tmp_path)
    assert caught.value.layer == vector["expect"]
    assert str(caught.value).endswith(".")


def test_the_generator_gives_exactly_these_files(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, str(SPEC / "make_vectors.py"), str(tmp_path)], check=True, env=environment)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
    assert made == {path.name: path.read_bytes() for path in VECTORS}


def test_there_is_a_success_and_a_failure_of_every_kind() -> None:
    seen = {(vector["kind"], vector["expect"] == "success") for vector in (json.loads(p.read_text()) for p in VECTORS)}
    assert seen == {(kind, good) for kind in RUNNERS for good in (True, False)}


def test_the_page_names_every_layer_that_a_vector_expects() -> None:
    page = (SPEC / "README.md").read_text()
    for path in VECTORS:
        assert f"`{json.loads(path.read_text())['expect']}`" in page
