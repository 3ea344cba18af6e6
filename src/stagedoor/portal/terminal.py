"""The same statement for a terminal: a table, a bar of blocks, and trees of reasons.

Outside text goes in as Text, never as Rich's own markup, and without the characters that a terminal obeys.
"""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from stagedoor.core.base.canonical import short
from stagedoor.core.base.money import split
from stagedoor.core.rules.explain import Node
from stagedoor.portal.chains import doubts_of
from stagedoor.portal.markup import clean
from stagedoor.portal.model import Kind, Spending, StatementPage
from stagedoor.stories.answer_why import Chain

TONES: Final = {
    "permit": "green", "ask": "yellow", "ask-a-person": "yellow", "forbid": "red", "refuse": "red", "note": "dim",
    "price": "cyan",
}  # fmt: skip
BLOCKS: Final = {Kind.PERFORMER: ("█", "blue"), Kind.AGENT: ("▓", "yellow"), Kind.PLANS: ("░", "green")}
"""A character as well as a colour for each, so that the bar reads without colours."""

BAR_WIDTH: Final = 60


def text(value: str, style: str = "") -> Text:
    """Outside text as it is: no markup, no control character, one line."""
    return Text(" ".join(clean(value).split()), style=style)


def statement_table(page: StatementPage) -> RenderableType:
    """The statement: who, the lines, the bar, what was metered, what was refused."""
    table = Table(
        title=text(f"{page.performer}, {page.production}, {page.first_day} to {page.last_day}"), title_justify="left",
        show_footer=True, expand=False,
    )  # fmt: skip
    table.add_column("Posting", footer="Total owed", style="dim", no_wrap=True)
    table.add_column("Date", no_wrap=True)
    table.add_column("What", overflow="fold")
    table.add_column("Shot", overflow="fold")
    table.add_column("Days", justify="right")
    table.add_column("Amount", footer=text(page.total.text), justify="right", no_wrap=True)
    for line in page.lines:
        doubts = dict.fromkeys(doubt for step in line.chain for doubt in step.doubts)
        what = text(line.what)
        for doubt in doubts:
            what.append("  ").append_text(text(f"unverified: {doubt}", "yellow"))
        table.add_row(
            text(line.name), text(str(line.day)), what, text(line.shot), text(line.days), text(line.amount.text)
        )
    parts: list[RenderableType] = [table, Text(), text("Where the money went", "bold"), *money_bar(page.spending)]
    if page.contributions:
        parts += [Text(), _contributions(page)]
    if page.metered:
        parts += [Text(), _metered(page)]
    for refusal in page.refusals:
        said = text(f"{refusal.day} {refusal.what}: {refusal.reason} [{refusal.code}]")
        parts += [Text.assemble(("no", "red"), " ", said), Padding(text(refusal.clause, "dim"), (0, 0, 0, 4))]
    return Group(*parts, Text(), text(page.note, "dim"))


def money_bar(item: Spending, width: int = BAR_WIDTH) -> list[RenderableType]:
    """The employer's cost as blocks, and its legend."""
    sizes = tuple(max(0, share.amount.units) for share in item.shares)
    bar = Text()
    if sum(sizes):
        for share, cells in zip(item.shares, split(width, sizes), strict=True):
            block, style = BLOCKS[share.kind]
            bar.append(block * cells, style=style)
    legend = Table.grid(padding=(0, 2))
    legend.add_column(no_wrap=True)
    legend.add_column(overflow="fold")
    legend.add_column(justify="right", no_wrap=True)
    for share in item.shares:
        block, style = BLOCKS[share.kind]
        legend.add_row(Text(block * 2, style=style), text(share.who), text(share.amount.text))
    legend.add_row(Text(), text("the employer's whole cost", "bold"), text(item.cost.text, "bold"))
    return [bar, legend]


def _contributions(page: StatementPage) -> Table:
    table = Table(title="Contributions on top of the pay", title_justify="left")
    table.add_column("Posting", style="dim", no_wrap=True)
    table.add_column("Date", no_wrap=True)
    for name in ("What", "Counted", "Above the ceiling"):
        table.add_column(name, overflow="fold", justify="left" if name == "What" else "right")
    table.add_column("Amount", justify="right", no_wrap=True)
    for item in page.contributions:
        counted, above = (item.band.counted.text, item.band.above.text) if item.band else ("", "")
        table.add_row(
            text(item.name), text(str(item.day)), text(item.what), text(counted), text(above), text(item.amount.text)
        )
    return table


def _metered(page: StatementPage) -> Table:
    table = Table(title="Metered and billed", title_justify="left")
    for name in ("Date", "What", "Shot"):
        table.add_column(name, overflow="fold")
    for name in ("Metered", "Days billed", "Cost"):
        table.add_column(name, justify="right")
    for item in page.metered:
        style = "dim" if item.cost.units == 0 else ""
        table.add_row(
            text(str(item.day), style), text(f"{item.what} {item.note}", style), text(item.shot, style),
            text(item.counted, style), text(str(item.days), style), text(item.cost.text, style),
        )  # fmt: skip
    return table


def tree(node: Node) -> Tree:
    """A decision's sentences, coloured by what they do."""
    grown = Tree(text(node.text, f"bold {TONES.get(node.tone, '')}".strip()), guide_style="dim")
    _grow(grown, node)
    return grown


def _grow(onto: Tree, node: Node) -> None:
    for item in node.below:
        _grow(onto.add(text(item.text, TONES.get(item.tone, ""))), item)


def chain_tree(chain: Chain) -> Tree:
    """From a posting to the signature, link by link; a tree of one level, so that it fits a narrow window."""
    grown = Tree(text(f"posting {short(chain.entry)}/{chain.line}", "bold"), guide_style="dim")
    for link in chain.links:
        label = Text.assemble(text(link.kind, "cyan"), "  ", text(link.says))
        if link.digest:
            label.append("  ").append_text(text(short(link.digest), "dim"))
        at = grown.add(label)
        for detail in link.details:
            weak = link.kind == "clause" and doubts_of(detail)
            at.add(text(f"unverified: {detail}" if weak else detail, "yellow" if weak else "dim"))
    return grown
