"""The terminal says the same, and obeys nothing that it is given."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console, RenderableType

from pages import sample
from stagedoor.core.rules.explain import Node
from stagedoor.portal.terminal import chain_tree, money_bar, statement_table, tree


def printed(what: RenderableType, *, colour: bool = False, width: int = 140) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None).print(what)
    return out.getvalue()


def test_the_statement_shows_every_line_the_bar_and_the_refusals() -> None:
    page = sample.page(frames=2)
    text = printed(statement_table(page))
    for line in page.lines:
        assert line.name in text and line.amount.text in text
    assert page.total.text in text and "unverified: low" in text and "█" in text and "▓" in text and "░" in text
    assert page.contributions[1].name in text and "1,470.00 USD" in text
    assert (
        "training_forbidden" in text
        and "48 frames" in text
        and "1 replica " in text
        and "retake" in text
        and "not legal advice" in text
    )


def test_the_bar_is_exactly_as_wide_as_asked_and_reads_without_colour() -> None:
    bar = printed(money_bar(sample.page(frames=2).spending, 50)[0]).strip()
    assert len(bar) == 50 and bar == "█" * bar.count("█") + "▓" * bar.count("▓") + "░" * bar.count("░")


def test_hostile_text_moves_no_cursor_and_opens_no_markup() -> None:
    page = replace(sample.page(frames=2), performer="\x1b[2J[bold red]Mara[/]\x9b31m\nx")
    text = printed(statement_table(page))
    assert "\x1b" not in text and "\x9b" not in text and "[bold red]Mara[/]" in text


def test_a_decision_is_a_tree_in_its_tones() -> None:
    node = Node("Yes.", "permit", (Node("rule forbids", "forbid", (Node("clause", "note"),)), Node("asks", "ask")))
    text = printed(tree(node), colour=True)
    for coloured in ("\x1b[1;32mYes.", "\x1b[31mrule forbids", "\x1b[33masks", "\x1b[2mclause"):
        assert coloured in text
    assert "[odd]" in printed(tree(Node("[odd]", "unheard of")))


def test_a_chain_is_a_tree_down_to_the_signature_and_marks_what_is_unverified() -> None:
    chain = sample.chain_of("sc042", "6,750.00 USD to you", "max(a, b) * 3", (sample.MINIMUM, sample.RATE))
    text = printed(chain_tree(chain), width=200)
    assert (
        text.index("─ posting")
        < text.index("─ receipt")
        < text.index("─ clause")
        < text.index("the performer's own words")
    )
    assert text.index("the performer's own words") < text.index("─ signature")
    assert text.count("unverified: ") == 1 and "unverified: day_minimum" in text
