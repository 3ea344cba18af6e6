"""The bar: what a double must reach on the head scan's held-out views.  No clock is asserted."""

from __future__ import annotations

from stagedoor.worker.double.train import FINE, train

from .heads import head

WHOLE_DB = 39.0
HEAD_DB = 35.0


def test_fine_training_passes_the_bar() -> None:
    result = train(head(), settings=FINE)
    assert result.psnr_whole_db >= WHOLE_DB
    assert result.psnr_head_db >= HEAD_DB
