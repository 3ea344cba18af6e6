"""Write docs/rulebooks/ from the rulebooks, the words in RULE-LANGUAGE.md, the example of a crowd, the list of folders.

`python docs/make_rulebooks.py` writes everything anew; tests/rulebooks compares what is there with what it would write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

import typer
from typer.testing import CliRunner

from stagedoor.adapters.clock import today
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.cli.crowd import crowd as crowd_commands
from stagedoor.cli.rulebooks import head_lines, sides
from stagedoor.core.rules.declared import DECLARED, DECLARED_AMOUNTS, DECLARED_DATES, USUAL
from stagedoor.core.rules.differ import ADDED, CHANGED, DROPPED, Change, compare
from stagedoor.core.rules.outline import FileTold, RuleTold, confidences, outline
from stagedoor.core.rules.rulebook import Rulebook, Source
from stagedoor.core.rules.vocabulary import DATES, MONEY_WORDS, WORDS
from stagedoor.wiring import RULEBOOKS

DOCS: Final = Path(__file__).parent
PAGES: Final = DOCS / "rulebooks"
LANGUAGE: Final = DOCS / "RULE-LANGUAGE.md"
ROOM: Final = RULEBOOKS / "README.md"
CROWD: Final = DOCS / "how-to" / "plan-a-crowd.md"
MADE: Final = "Written by `docs/make_rulebooks.py` from the rulebook itself; do not edit."

KINDS: Final = {
    "agreement": "agreements",
    "waiver": "waivers",
    "deal": "deals of single companies",
    "plans": "pension and health plans",
    "law": "law",
    "house": "house rules",
}
DIFFS: Final = {"diff-tv-theatrical-2023-2026": ("sag_aftra_tv_theatrical_2023", "sag_aftra_tv_theatrical_2026")}
"""Pages that compare two rulebooks, by their name."""


def shipped() -> FolderRulebooks:
    """The rulebooks as they ship: nobody's own rates get onto a page."""
    return FolderRulebooks(RULEBOOKS, read_on=today())


def pages() -> dict[str, str]:
    """Every page under docs/rulebooks by its file name."""
    folder = shipped()
    books = tuple(folder.load(name) for name in folder.names())
    found = {"README.md": readme(books)}
    found |= {f"{book.name}.md": page(book) for book in books}
    for name, (old, new) in DIFFS.items():
        if {old, new} <= set(folder.names()):
            found[f"{name}.md"] = diff_page(old, new)
    return found


def readme(books: tuple[Rulebook, ...]) -> str:
    """The list of rulebooks with how sure anybody is of them."""
    lines = [
        "# Rulebooks",
        "",
        "Written by `docs/make_rulebooks.py` from the rulebooks themselves; do not edit. They encode public summaries, "
        "not the contracts' texts, and are not legal advice. How a rulebook is written is in "
        "[RULE-LANGUAGE.md](../RULE-LANGUAGE.md); how an officer adds a rate and a rule is in "
        "[how-to](../how-to/add-a-rate-and-a-rule.md).",
        "",
        "## How sure anybody is",
        "",
        "*High* was read in the agreement or in the union's own text. *Medium* was reported by several, or derived "
        "from what is high. *Low* was reported once: such a value never decides an amount. *Unseen* means that nobody "
        "has read the text: such a rule can only ask a person. "
        f"{sum(_carries(book) for book in books)} rules are carried over from a predecessor and count in both.",
        "",
        "| rulebook | kind | rules | high | medium | low | unseen | of them ask a person "
        "| values | high | medium | low | unseen | cases |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    total = [0] * 12
    for book in sorted(books, key=lambda item: (list(KINDS).index(item.kind), item.name)):
        told = confidences(book)
        counts = [sum(told.rules), *told.rules, told.asks, sum(told.values), *told.values, told.cases]
        total = [before + count for before, count in zip(total, counts, strict=True)]
        proposed = "" if book.decides else ", proposed"
        cells = " | ".join(map(str, counts))
        lines.append(f"| [{_safe(book.title)}]({book.name}.md) | {book.kind}{proposed} | {cells} |")
    lines += [f"| **in all** | | {' | '.join(f'**{count}**' for count in total)} |", ""]
    compared = [f"* [{name.replace('-', ' ')}]({name}.md)" for name, pair in DIFFS.items()
                if set(pair) <= {book.name for book in books}]  # fmt: skip
    if compared:
        lines += ["## What differs", "", *compared, ""]
    return "\n".join(lines)


def page(book: Rulebook) -> str:
    """One rulebook for a person."""
    told = confidences(book)
    files = outline(book)
    notes, carried = _Notes(), _carried(book)
    body = [line for subject, group in groupby(files, key=lambda item: item.subject)
            for line in _subject(subject, list(group), notes, carried)]  # fmt: skip
    until = f" until {book.last_day}" if book.last_day else ", with no last day"
    high, medium, low, unseen = told.rules
    lines = [f"# {_safe(book.title)}", "", MADE, "", *_facts(book, until), ""]
    lines += [
        f"{_count(sum(told.rules), 'rule')}: {high} high, {medium} medium, {low} low, {unseen} unseen; "
        f"{told.asks} of them ask a person. {_count(sum(told.values), 'dated value')}; "
        f"{_count(told.cases, 'worked case')}, all of which hold.",
        "",
        _safe(book.note),
        "",
        *body,
        *notes.lines(),
    ]
    return "\n".join(lines)


def _facts(book: Rulebook, until: str) -> list[str]:
    rows = [
        ("name and version", f"`{book.name}` {book.version}"),
        ("kind", book.kind if book.decides else f"{book.kind}, proposed: it is shown and never decides"),
        ("place", book.place),
        ("parties", _safe(book.parties)),
        ("ratified", _safe(book.ratified)),
        ("in force", f"from {book.first_day}{until}"),
        ("succeeds", f"[{book.succeeds}]({book.succeeds}.md)" if book.succeeds else ""),
        ("decides with", ", ".join(f"[{name}]({name}.md)" for name in book.decides_with)),
        ("digest", f"`{book.digest}`"),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows if value)]


def _carries(book: Rulebook) -> int:
    files, carried = dict(book.files), _carried(book)
    return sum(files[rule.rule] in carried for rule in (*book.judges, *book.pays))


def _carried(book: Rulebook) -> dict[str, str]:
    """The files that stand in a predecessor's folder, with its name."""
    own = {path.relative_to(RULEBOOKS / book.name).as_posix() for path in (RULEBOOKS / book.name).rglob("*.yaml")}
    return {file: book.succeeds for file in dict(book.files).values() if file not in own}


def _subject(subject: str, files: list[FileTold], notes: _Notes, carried: dict[str, str]) -> Iterator[str]:
    yield f"## {_heading(subject)}"
    yield ""
    for file in files:
        yield f"### `{file.file}`"
        yield ""
        if file.file in carried:
            yield f"Carried over unchanged from [{carried[file.file]}]({carried[file.file]}.md)."
            yield ""
        yield from _values(file, notes)
        for rule in file.rules:
            yield from _rule(rule, notes)


def _heading(subject: str) -> str:
    return "ICDR" if subject == "icdr" else f"{subject[0].upper()}{subject[1:].replace('_', ' ')}"


def _values(file: FileTold, notes: _Notes) -> Iterator[str]:
    if not file.parameters:
        return
    yield "| value | from | is | governed by | clause | confidence | source |"
    yield "|---|---|---|---|---|---|---|"
    for item in file.parameters:
        head = f"{_safe(item.title)} (`{item.name}`)"
        rest = f"{item.governed_by} | {_safe(item.clause)}"
        if not item.values:
            yield f"| {head} | | from your own file | {rest} | | |"
        for dated in item.values:
            sure = dated.source.confidence.value
            yield f"| {head} | {dated.since} | {dated.value} | {rest} | {sure} | {notes.of(dated.source)} |"
            head, rest = "", " | "
    yield ""


def _rule(rule: RuleTold, notes: _Notes) -> Iterator[str]:
    yield f"**{_safe(rule.rule)}.** {_safe(rule.says)}"
    yield ""
    yield f"* {_safe(rule.words)}"
    yield f"* It {_safe(rule.does)}." if _verb(rule.does) else f"* {_safe(rule.does[0].upper() + rule.does[1:])}."
    yield f"* As written: {f'where `{rule.applies}`, ' if rule.applies else ''}`{rule.text}`"
    yield f"* Clause: {_safe(rule.clause)}. Source {notes.of(rule.source)}, confidence {rule.source.confidence.value}."
    yield ""


def _verb(does: str) -> bool:
    return does.startswith(("forbids", "asks", "is noted"))


class _Notes:
    """The sources of a page, each told once at its end."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], tuple[int, Source]] = {}

    def of(self, source: Source) -> str:
        """The number of a source, in brackets."""
        number, _ = self.known.setdefault((source.title, source.url), (len(self.known) + 1, source))
        return f"({number})"

    def lines(self) -> Iterator[str]:
        """The list of sources."""
        yield "## Sources"
        yield ""
        for number, source in self.known.values():
            yield f"{number}. {_link(source)}, read on {source.verified}"
        yield ""


def _link(source: Source) -> str:
    if re.match(r"https?://", source.url):
        return f"[{_safe(source.title)}](<{source.url}>)"
    if source.url.startswith("docs/"):
        return f"[{_safe(source.title)}](../{source.url.removeprefix('docs/')})"
    return f"{_safe(source.title)} ({_safe(source.url)})"


def diff_page(old_name: str, new_name: str) -> str:
    """Two rulebooks compared, subject by subject."""
    old, new = sides(shipped(), old_name, new_name, None)
    changes = compare(old, new)
    lines = [f"# {_safe(old.books[0].title)} against {_safe(new.books[0].title)}", "",
             f"{MADE} The same comes from `stagedoor rulebook diff {old_name} {new_name}`.", ""]  # fmt: skip
    lines += [f"{line}\n" for line in head_lines(old, new, changes)]
    lines += [
        "Each is seen in its own time: the older on its last day before the newer begins, the newer on its first. "
        "Every date that governs a value or a rule counts as that day. What is carried over unchanged is not told.",
        "",
    ]
    for subject, group in groupby(changes, key=lambda item: item.subject):
        lines += [f"## {_heading(subject)}", "", *_diff_subject(list(group))]
    return "\n".join(lines)


def _diff_subject(changes: list[Change]) -> Iterator[str]:
    numbers = [item for item in changes if item.thing == "value" and item.how == CHANGED]
    if numbers:
        yield "| value | what of it | before | after | change |"
        yield "|---|---|---|---|---|"
        for item in numbers:
            cells = (f"{_safe(item.title)} (`{item.name}`)", item.aspect, item.old, item.new, item.moved)
            yield f"| {' | '.join(map(_safe, cells))} |"
        yield ""
    for how, head in ((ADDED, "New"), (DROPPED, "Gone")):
        found = [item for item in changes if item.how == how]
        if found:
            yield f"{head}:"
            yield ""
            for item in found:
                whole = item.new if how == ADDED else item.old
                yield f"* **{_safe(item.name)}** {_safe(item.title.rstrip('.'))}: {_safe(whole)}"
            yield ""
    rules = [item for item in changes if item.how == CHANGED and item.thing != "value"]
    if rules:
        yield "Changed:"
        yield ""
        for item in rules:
            yield f"* **{_safe(item.name)}**, {item.aspect}: {_safe(item.old)} → {_safe(item.new)}"
        yield ""


def language() -> str:
    """RULE-LANGUAGE.md with its tables of words as the vocabulary has them now."""
    text = LANGUAGE.read_text(encoding="utf-8")
    known = {name: pair for name, pair in WORDS.items() if name not in DECLARED}
    for mark, table in (("words", _words(known)), ("declared words", _words(DECLARED)), ("date words", _dates())):
        pattern = re.compile(rf"(<!-- {mark}: [^>]*-->\n).*?(<!-- end of {mark} -->)", re.DOTALL)
        text, count = pattern.subn(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
        assert count == 1, mark
    return text


def room() -> str:
    """The page of the rulebooks' room with a row for each folder, where it has the marks for it."""
    folder = shipped()
    rows = ["| folder | is | kind |", "|---|---|---|"]
    for name in folder.names():
        book = folder.load(name)
        rows.append(f"| `{name}/` | {_safe(book.title)} | {book.kind if book.decides else book.kind + ', proposed'} |")
    inner = sorted({path.name for path in RULEBOOKS.glob("*/*/") if path.is_dir()})
    rows += ["", f"Folders inside them: {', '.join(f'`{name}/`' for name in inner)}."]
    pattern = re.compile(r"(<!-- folders: [^>]*-->\n).*?(<!-- end of folders -->)", re.DOTALL)
    table = "\n".join(rows)
    return pattern.sub(lambda found: f"{found[1]}{table}\n{found[2]}", ROOM.read_text(encoding="utf-8"))


def crowd() -> str:
    """plan-a-crowd.md with what its example prints now."""
    plan = str(DOCS.parent / "examples" / "crowd" / "plan.csv")
    arguments = ["crowd", "check", plan, "--agreement", "sag_aftra_tv_theatrical_2023", "--day", "2026-05-11",
                 "--photography-began", "2026-05-04"]  # fmt: skip
    program = typer.Typer()
    program.add_typer(crowd_commands, name="crowd")
    printed = CliRunner().invoke(program, arguments, env={"COLUMNS": "110"}).stdout
    assert printed
    pattern = re.compile(r"(<!-- example: [^>]*-->\n).*?(<!-- end of example -->)", re.DOTALL)
    text, count = pattern.subn(
        lambda found: f"{found[1]}```\n{printed}```\n{found[2]}", CROWD.read_text(encoding="utf-8")
    )
    assert count == 1
    return text


def _words(words: dict[str, tuple[str, str]]) -> str:
    rows = []
    for name, (kind, means) in words.items():
        amount = name in MONEY_WORDS | DECLARED_AMOUNTS and "an amount" not in means
        usual = f"; {_usual(USUAL[name])}, if nothing is declared" if name in USUAL else ""
        rows.append(f"| `{name}` | {kind} | {means}{', an amount' if amount else ''}{usual} |")
    return "\n".join(["| word | kind | means |", "|---|---|---|", *rows])


def _usual(value: str | int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _dates() -> str:
    rows = [f"| `{name}` | {means} | {'declared' if name in DECLARED_DATES else 'known'} |"
            for name, means in DATES.items()]  # fmt: skip
    return "\n".join(["| date word | means | comes from |", "|---|---|---|", *rows])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _safe(text: str) -> str:
    """Text that Markdown reads as text, but for what stands in backticks."""
    parts = text.replace("—", ", ").split("`")
    parts[::2] = [re.sub(r"([\\*\[\]<>|]|(?<!\w)_|_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def main() -> None:
    """Write every page, and take away pages of rulebooks that are gone."""
    PAGES.mkdir(exist_ok=True)
    written = pages()
    for name, text in written.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    for path in PAGES.glob("*.md"):
        if path.name not in written:
            path.unlink()
    LANGUAGE.write_text(language(), encoding="utf-8")
    CROWD.write_text(crowd(), encoding="utf-8")
    ROOM.write_text(room(), encoding="utf-8")


if __name__ == "__main__":
    main()
    sys.exit(0)
