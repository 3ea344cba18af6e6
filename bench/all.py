"""Every benchmark in one run, one after another, each in a process of its own: `make bench`.

A timing is a benchmark, never a test.  Each prints ours beside a peer or the physical limit in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS: tuple[tuple[str, list[str]], ...] = (
    ("The path: a decision, and from request to key", ["path.py"]),
    ("A whole decision beside Cedar", ["decision.py"]),
    ("Rules: one request, and uses in bulk", ["rules.py"]),
    ("Names in prompts", ["naming.py"]),
    ("Sealing beside raw AES-GCM", ["seal.py"]),
    ("The ledger beside a raw insert", ["ledger.py"]),
    ("The double: creating and rendering, on the benchmark scan", ["double.py"]),
    ("The bars of the double: views, sizes, a hollow thing, frame times", ["bars.py"]),
    ("A double that moves: expressions that it never saw", ["perform.py"]),
    ("A mesh: the same scan drawn the traditional way", ["mesh.py"]),
    ("What outputs give away, and a new light", ["light.py", "--quick"]),
    ("A radiance field beside splats of the same processor seconds", ["field.py"]),
    ("CUDA beside gsplat's own trainer, where there is a device", ["gpu.py"]),
    ("Splats, a field and a mesh on one page", ["compare.py"]),
)


def main() -> int:
    """Run all parts; with --json, one object by part."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told: dict[str, object] = {"load_before": os.getloadavg()[0], "cores": len(os.sched_getaffinity(0))}
    if not given.json:
        print(f"{told['cores']} cores, load {told['load_before']:.2f} before the run")
    for title, arguments in PARTS:
        command = [sys.executable, str(HERE / arguments[0]), *arguments[1:], *(["--json"] if given.json else [])]
        if not given.json:
            print(f"\n== {title}", flush=True)
        done = subprocess.run(command, check=False, capture_output=given.json, text=True)
        if done.returncode != 0:
            print(done.stderr or "", file=sys.stderr)
            return done.returncode
        if given.json:
            told[arguments[0].removesuffix(".py")] = json.loads(done.stdout)
    if given.json:
        print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
