"""How the story is told on a terminal: headings, lines, trees, progress bars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.tree import Tree

from stagedoor.core.base.outcome import Refused
from stagedoor.core.rules.explain import Node

_TONES = {
    "permit": "green",
    "ask-a-person": "yellow",
    "ask": "yellow",
    "refuse": "red",
    "forbid": "red",
    "price": "cyan",
    "note": "dim",
}


class Teller:
    """Prints the story, and remembers what `--json` gives; the story then goes to standard error, beside it."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self.console = Console(stderr=True) if as_json else console
        self._out = console
        self._as_json = as_json
        self.told: dict[str, object] = {}
        self._number = 0

    def scene(self, title: str) -> None:
        """A numbered heading."""
        self._number += 1
        self.console.print(f"\n[bold]{self._number}. {title}[/bold]")

    def line(self, text: str, style: str = "") -> None:
        """One thing that happened."""
        self.console.print(f"   {text}", style=style, highlight=False, markup=False, soft_wrap=True)

    def good(self, text: str) -> None:
        """Something held."""
        self.console.print(f"   ✓ {text}", style="green", highlight=False, markup=False, soft_wrap=True)

    def refused(self, what: str, refused: Refused) -> None:
        """Something was refused, as it must be."""
        clause = f" ({refused.clause})" if refused.clause else ""
        text = f"   ✗ {what}: refused [{refused.code.value}] {refused.why}{clause}"
        self.console.print(text, style="red", highlight=False, markup=False, soft_wrap=True)

    def tree(self, node: Node, *, brief: bool = False) -> None:
        """A decision with every rule that spoke; `brief` leaves out what stands below each."""
        self.console.print(_tree(_pruned(node) if brief else node))

    def keep(self, name: str, value: object) -> None:
        """Remember a figure for `--json`."""
        self.told[name] = value

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Progress]:
        """A progress bar; its task is 0."""
        columns = (TextColumn("   {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=False) as bar:
            bar.add_task(what, total=total)
            yield bar
            bar.update(bar.task_ids[0], completed=total)

    def end(self) -> None:
        """Print the JSON, if that was asked for."""
        if self._as_json:
            self._out.print_json(json.dumps(self.told))


def _pruned(node: Node) -> Node:
    return Node(node.text, node.tone, tuple(Node(item.text, item.tone) for item in node.below))


def _tree(node: Node, above: Tree | None = None) -> Tree:
    style = _TONES.get(node.tone, "")
    here = Tree(_text(node), style=style, guide_style="dim") if above is None else above.add(_text(node), style=style)
    for item in node.below:
        _tree(item, here)
    return here


def _text(node: Node) -> str:
    return node.text.replace("[", "\\[")
