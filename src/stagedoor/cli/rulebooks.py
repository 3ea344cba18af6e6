"""Commands about rulebooks: check one or all, show one to a person, compare two, run the worked cases."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.cli.reading import AsJson
from stagedoor.cli.saying import day_option, no, say
from stagedoor.core.rules.cases import run_case, uncovered
from stagedoor.core.rules.differ import Change, Side, compare
from stagedoor.core.rules.load import RulebookError
from stagedoor.core.rules.outline import Confidences, FileTold, confidences, outline
from stagedoor.core.rules.rulebook import Confidence, Rulebook
from stagedoor.wiring import RULEBOOKS, rulebooks

rulebook = typer.Typer(help="Rulebooks: check, show, compare, run their cases.", no_args_is_help=True)

Books = Annotated[Path, typer.Option("--books", help="The folder of rulebooks.")]
Name = Annotated[str, typer.Argument(help="The rulebook's name: that of its folder.")]
OnDay = Annotated[str, typer.Option(metavar="DAY", help="A day, as 2026-07-01.")]

BAR_AFTER_SECONDS: Final = 2.0
"""A progress bar before that only flickers."""


@rulebook.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The rulebook's name; without it, all.")] = "",
    books: Books = RULEBOOKS,
    as_json: AsJson = False,
) -> None:
    """Read one rulebook, or all, and run its cases; say what a person must mend."""
    folder = rulebooks(books)
    names = (name,) if name else folder.names()
    if not names:
        raise no(f"There is no rulebook in {books}. Name a folder that holds rulebook folders.", 2)
    told: list[dict[str, Any]] = []
    unread = 0
    with late_bar("reading rulebooks", len(names)) as tick:
        for each in names:
            try:
                told.append(_checked(folder.load(each)))
            except RulebookError as fault:
                if name:
                    raise
                unread += 1
                told.append({"name": each, "faults": [str(fault)]})
                if not as_json:
                    say(str(fault))
            else:
                if not as_json:
                    _tell_checked(told[-1])
            tick()
    if as_json:
        typer.echo(json.dumps(told))
    if unread:
        raise typer.Exit(2)
    if any(item["faults"] for item in told):
        raise typer.Exit(1)


def _checked(book: Rulebook) -> dict[str, Any]:
    wrong = [said for said in (run_case(book, case) for case in book.cases) if said]
    wrong += [f"no case runs '{rule}'" for rule in uncovered(book)]
    return {
        "name": book.name,
        "version": book.version,
        "status": book.status,
        "parameters": len(book.parameters),
        "rules": len(book.judges) + len(book.pays),
        "cases": len(book.cases),
        "faults": wrong,
    }


def _tell_checked(told: dict[str, Any]) -> None:
    console = Console(soft_wrap=True)
    for said in told["faults"]:
        console.print(f"✗ {told['name']}: {said}", style="red", markup=False, highlight=False)
    proposed = ", proposed: it never decides" if told["status"] == "proposed" else ""
    typer.echo(f"{told['name']} {told['version']}: {told['parameters']} parameters, {told['rules']} rules, "
               f"{told['cases']} cases{proposed}")  # fmt: skip


@contextmanager
def late_bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error, once it has taken over two seconds; the caller tells it of each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    began = time.monotonic()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total)

    def tick() -> None:
        bar.advance(task)
        if bar.console.is_terminal and not bar.live.is_started and time.monotonic() - began > BAR_AFTER_SECONDS:
            bar.start()

    try:
        yield tick
    finally:
        if bar.live.is_started:
            bar.stop()


@rulebook.command("show")
def show(name: Name, books: Books = RULEBOOKS, as_json: AsJson = False) -> None:
    """Print a rulebook for a person: every value with its date and source, every rule in plain words and as written."""
    book = rulebooks(books).load(name)
    files = outline(book)
    if as_json:
        typer.echo(json.dumps(_plain(book, files), default=_text))
        return
    console = Console(soft_wrap=True, highlight=False)
    until = f" until {book.last_day}" if book.last_day else ""
    lines = [f"{book.title} ({book.name} {book.version})", f"In force from {book.first_day}{until}."]
    lines += [f"Between {book.parties}."] if book.parties else []
    lines += [f"Ratified: {book.ratified}."] if book.ratified else []
    lines += [f"It succeeds {book.succeeds}."] if book.succeeds else []
    lines += ["Proposed: it is shown and never decides."] if not book.decides else []
    lines += [book.note, "", *confidence_lines(confidences(book)), ""]
    for line in lines:
        console.print(line, markup=False)
    for subject, group in groupby(files, key=lambda item: item.subject):
        console.rule(escape(subject), align="left")
        for file in group:
            _tell_file(file)


def confidence_lines(told: Confidences) -> list[str]:
    """How sure anybody is, in two lines."""
    levels = [level.value for level in Confidence]
    return [
        f"Rules: {', '.join(f'{count} {level}' for count, level in zip(told.rules, levels, strict=True))}; "
        f"{told.asks} ask a person.",
        f"Values: {', '.join(f'{count} {level}' for count, level in zip(told.values, levels, strict=True))}. "
        f"{told.cases} worked cases.",
    ]


def _tell_file(file: FileTold) -> None:
    console = Console(highlight=False)
    console.print(f"\n[bold]{escape(file.file)}[/bold]")
    for item in file.parameters:
        console.print(f"[bold]{escape(item.title)}[/bold] ({item.name}), by {item.governed_by}; {escape(item.clause)}",
                      soft_wrap=True)  # fmt: skip
        if item.supplied:
            console.print("    from your own file")
        for dated in item.values:
            source = f"{dated.source.title} (confidence {dated.source.confidence.value})"
            console.print(f"    from {dated.since}: {dated.value}  [dim]{escape(source)}[/dim]", soft_wrap=True)
    for rule in file.rules:
        console.print(f"[bold]{escape(rule.rule)}[/bold] {escape(rule.says)}", soft_wrap=True)
        for label, text in (
            ("does", rule.does),
            ("in words", rule.words),
            ("as written", f"{rule.applies} | {rule.text}" if rule.applies else rule.text),
            ("clause", rule.clause),
            ("source", f"{rule.source.title} (confidence {rule.source.confidence.value})"),
        ):
            console.print(f"    [dim]{label}:[/dim] {escape(text)}", soft_wrap=True)


def _plain(book: Rulebook, files: tuple[FileTold, ...]) -> dict[str, Any]:
    """The whole of `show` as plain values."""
    counted = confidences(book)
    levels = [level.value for level in Confidence]
    return {
        "name": book.name,
        "version": book.version,
        "title": book.title,
        "kind": book.kind,
        "status": book.status,
        "place": book.place,
        "parties": book.parties,
        "ratified": book.ratified,
        "succeeds": book.succeeds,
        "decides_with": book.decides_with,
        "first_day": book.first_day,
        "last_day": book.last_day,
        "note": book.note,
        "digest": book.digest,
        "rules_by_confidence": dict(zip(levels, counted.rules, strict=True)),
        "values_by_confidence": dict(zip(levels, counted.values, strict=True)),
        "rules_that_ask": counted.asks,
        "cases": counted.cases,
        "files": [asdict(file) for file in files],
    }


def _text(value: object) -> str:
    return value.value if isinstance(value, Confidence) else str(value)


@rulebook.command("cases")
def cases(name: Name, books: Books = RULEBOOKS, as_json: AsJson = False) -> None:
    """Run a rulebook's worked cases, one line each."""
    book = rulebooks(books).load(name)
    results = [(case.file, case.name, run_case(book, case)) for case in book.cases]
    if as_json:
        typer.echo(json.dumps([{"file": file, "case": case, "fault": said} for file, case, said in results]))
    else:
        for file, case, said in results:
            typer.echo(f"{'ok ' if not said else 'BAD'} {file}: {case}{' - ' + said if said else ''}")
    if any(said for _, _, said in results):
        raise typer.Exit(1)


@rulebook.command("diff")
def diff(  # noqa: PLR0917 - Typer reads a command's options from its arguments
    name: Name,
    other: Annotated[str, typer.Argument(help="The rulebook to compare it with; without it, two days of one.")] = "",
    on: OnDay = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The earlier day, of one rulebook.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The later day, of one rulebook.")] = "",
    books: Books = RULEBOOKS,
    as_json: AsJson = False,
) -> None:
    """Say in plain words what differs between two rulebooks, or between two days of one.

    Two rulebooks are compared each in its own time: the first on its last day in force before the other begins, the
    other on its first day; with --on both on that day.  The books of their plans are compared with them.
    """
    if other and (first or last):
        raise no("Two rulebooks are compared with --on DAY; --from and --to are for two days of one.", 2)
    if not other and (on or not (first and last)):
        raise no("To compare two days of one rulebook write --from DAY --to DAY; or name another rulebook.", 2)
    folder = rulebooks(books)
    if other:
        old, new = sides(folder, name, other, day_option("--on", on) if on else None)
    else:
        together = with_plans(folder, name)
        old = Side(books=together, day=day_option("--from", first))
        new = Side(books=together, day=day_option("--to", last))
    changes = compare(old, new)
    if as_json:
        told = {"old": _side(old), "new": _side(new), "changes": [asdict(item) for item in changes]}
        typer.echo(json.dumps(told))
        return
    console = Console(soft_wrap=True, highlight=False)
    for line in head_lines(old, new, changes):
        console.print(line, markup=False)
    for subject, group in groupby(changes, key=lambda item: item.subject):
        console.print(f"\n[bold]{escape(subject)}[/bold]")
        for item in group:
            console.print(f"  {item.sentence}", markup=False)


def with_plans(folder: FolderRulebooks, name: str) -> tuple[Rulebook, ...]:
    """An agreement with the books that it names to decide with it."""
    book = folder.load(name)
    return (book, *(folder.load(each) for each in book.decides_with))


def sides(folder: FolderRulebooks, name: str, other: str, on: date | None) -> tuple[Side, Side]:
    """Two rulebooks, each on its own day unless one day is given for both."""
    old, new = with_plans(folder, name), with_plans(folder, other)
    if on is not None:
        return Side(books=old, day=on), Side(books=new, day=on)
    before, last = new[0].first_day - timedelta(days=1), old[0].last_day
    day = max(old[0].first_day, before if last is None else min(before, last))
    return Side(books=old, day=day), Side(books=new, day=new[0].first_day)


def head_lines(old: Side, new: Side, changes: tuple[Change, ...]) -> list[str]:
    """What is compared, and how much of it differs."""
    lines = [f"{old.books[0].title}, on {old.day}, against {new.books[0].title}, on {new.day}."]
    for side in (old, new):
        if not side.books[0].in_force(side.day):
            lines.append(f"{side.books[0].title} is not in force on {side.day}: its rules do not count then.")
    counts = [
        f"{len({item.name for item in changes if (item.thing, item.how) == (thing, how)})} {how}"
        for thing in ("value", "rule", "payment")
        for how in ("changed", "added", "dropped")
    ]
    lines.append(
        f"Values: {', '.join(counts[:3])}. Rules: {', '.join(counts[3:6])}. Payments: {', '.join(counts[6:])}."
    )
    return lines


def _side(side: Side) -> dict[str, Any]:
    book = side.books[0]
    return {
        "name": book.name,
        "version": book.version,
        "title": book.title,
        "day": str(side.day),
        "with": [each.name for each in side.books[1:]],
    }
