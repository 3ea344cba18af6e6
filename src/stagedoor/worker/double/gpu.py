"""What CUDA needs, and whether it is here.  `python -m stagedoor.worker.double.gpu` says so in one line of JSON.

Nothing is compiled and nothing is drawn for the answer.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Versions, "" where it is absent; the device's own name; whether gsplat's kernels are here or can be compiled."""

    torch: str
    gsplat: str
    device: str
    kernels: bool

    def lack(self) -> str:
        """What is missing, in words; "" if nothing is."""
        if not self.torch or not self.gsplat:
            absent = " and ".join(name for name in ("torch", "gsplat") if not getattr(self, name))
            return f"not installed: {absent} (pip install 'stagedoor[gpu]')"
        if not self.device:
            return "no CUDA device: torch finds no NVIDIA device, no driver, or was built without CUDA"
        if not self.kernels:
            return "no kernels of gsplat: install the CUDA toolkit (nvcc), or a gsplat built already"
        return ""


def look() -> Found:
    """Asks the packages and the driver.  Importing torch takes seconds; it is not imported where gsplat is absent."""
    torch, gsplat = _version("torch"), _version("gsplat")
    device, kernels = "", False
    if torch and gsplat:
        module: Any = importlib.import_module("torch")
        device = str(module.cuda.get_device_name(0)) if module.cuda.is_available() else ""
    if device:
        extension: Any = importlib.import_module("torch.utils.cpp_extension")
        compiler = bool(extension.CUDA_HOME) or shutil.which("nvcc") is not None
        kernels = compiler or importlib.util.find_spec("gsplat.csrc") is not None
    return Found(torch=torch, gsplat=gsplat, device=device, kernels=kernels)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def main() -> None:
    """One line of JSON for `stagedoor doctor`."""
    found = look()
    print(json.dumps(asdict(found) | {"lack": found.lack()}))


if __name__ == "__main__":
    main()
