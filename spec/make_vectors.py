"""Write the vectors of these folders. Deterministic: the same files, byte for byte, on every run.

    python spec/make_vectors.py [folder]

What is expected is written here by hand: the answer and the code of every decision, every amount by its own arithmetic
(in `decimal`, not by Stagedoor). Stagedoor only fills in the long middle, as the list of rules that spoke, and the
writer stops if the two disagree. Rerun it when a rulebook of the story changes, and read what changed. A change under
`facts/` or `canonical/` is never an update: it would break every signature made so far, and needs a new form.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

SPEC = Path(__file__).resolve().parent
sys.path[:0] = [str(SPEC), str(SPEC.parent / "tests")]  # the builders of facts are shared with the tests

from writers.canonical import canonical  # noqa: E402
from writers.common import Vectors  # noqa: E402
from writers.decisions import decisions  # noqa: E402
from writers.facts import facts  # noqa: E402
from writers.postings import postings  # noqa: E402
from writers.refusals import refusals  # noqa: E402

PARTS: dict[str, Callable[[], Vectors]] = {
    "canonical": canonical,
    "facts": facts,
    "decisions": decisions,
    "refusals": refusals,
    "postings": postings,
}


def main(folder: Path) -> None:
    """Write every vector."""
    for part, write in PARTS.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, vector in write().items():
            text = json.dumps(vector, indent=2, ensure_ascii=True) + "\n"
            (folder / part / f"{name}.json").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SPEC)
