"""Compiles the loops of fields into numba's cache: `python -m stagedoor.worker.field.warm`, part of `warm`."""

from __future__ import annotations

from stagedoor.worker.double.warm import ball
from stagedoor.worker.field.grid import GridShape
from stagedoor.worker.field.train import FieldSettings, train_field


def compile_kernels() -> None:
    """Trains and draws a field of a grey ball: every kernel runs once.  About fifteen seconds, then half a second."""
    shape = GridShape(levels=2, coarsest=4, finest=16, table_log2=8)
    train_field(ball(), settings=FieldSettings(shape=shape, hidden=8, rays=64, iterations=2))


if __name__ == "__main__":
    compile_kernels()
