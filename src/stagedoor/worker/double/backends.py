"""Which backend draws and fits: named by whoever runs the program (a worker's --backend), never by an order."""

from __future__ import annotations

from functools import cache

from stagedoor.worker.double.backend import Backend, BackendError
from stagedoor.worker.double.cpu import CpuBackend
from stagedoor.worker.double.names import CPU, CUDA, NAMES
from stagedoor.worker.double.train import TrainSettings


@cache
def choose(name: str) -> Backend[TrainSettings]:
    """The backend of that name.  Raises BackendError if it is not to be had here, saying why; nothing else steps in."""
    if name == CPU:
        return CpuBackend()
    if name == CUDA:
        from stagedoor.worker.double.cuda_fit import cuda_backend

        return cuda_backend()
    raise BackendError(f"there is no backend '{name[:40]}'; there are: {', '.join(NAMES)}")
