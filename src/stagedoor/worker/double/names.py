"""The backends by name; light, so that a worker can be told one before anything heavy is imported."""

from __future__ import annotations

from typing import Final

CPU: Final = "cpu"
"""The numba kernels, on the processor."""
CUDA: Final = "cuda"
"""gsplat and torch (the `gpu` extra), on an NVIDIA device."""
NAMES: Final = (CPU, CUDA)
