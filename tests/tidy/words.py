"""What no tracked file says: where somebody's machine keeps things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidy.tree import Finding, Rule

_MACHINE = re.compile(
    r"(?<![\w.$}])/(?:root|home/\w+|Users/\w+|opt|work/(?:main|shared)|mnt)/[\w.]+|\b[A-Z]:\\\\?Users\b"
)
_REGISTRY = re.compile(
    r"py" r"pi\.org/simple|files\.python" r"hosted\.org|https?://[^\s/]*(?:artifactory|nexus|mirror)[^\s/]*"
    r"|\b(?:10|192\.168)\.\d{1,3}\.\d{1,3}(?:\.\d{1,3})?:\d+|--(?:extra-)?index-url\s+\S*//|find-links\s*=\s*\S*/"
)  # fmt: skip


def machine_words(text: str) -> Iterator[Finding]:
    """Paths of one machine and hosts of one network."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _MACHINE.search(line):
            yield number, f"'{found[0]}' is a path of somebody's machine"
        if found := _REGISTRY.search(line):
            yield number, f"'{found[0]}' is a host of somebody's network"


RULES = (
    Rule(
        name="no file names a machine or a registry",
        where=lambda path: path != "tests/tidy/words.py",
        check=machine_words,
        bad=(
            "see @root@.pyenv/bin\n".replace("@", "/"),
            "cd @work@main/src\n".replace("@", "/"),
            "path = '/home/ann/x'\n",
            "C:\\Users\\ann\n",
            "pip install --index-url https://x.example/a b\n",
            "https://py@.org/simple/\n".replace("@", "pi"),
            "url = http://10.1.2.3:8080\n",
        ),
        good=(
            "https://py@.org/project/numba/\n".replace("@", "pi"),
            "/tmp/x and $HOME/work/main/x\n",
            "a@root@b and 10.1.2\n".replace("@", "/"),
        ),
    ),
)
