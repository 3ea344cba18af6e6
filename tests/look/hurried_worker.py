"""`python -m look.hurried_worker ...`: the worker, but for clocks that a test cannot wait for."""

from __future__ import annotations

import sys

from stagedoor.worker.__main__ import main
from stagedoor.worker.double import train

if __name__ == "__main__":
    train.KEEP_SECONDS = 0.4
    train.PREVIEW_SECONDS = 0.3
    sys.exit(main())
