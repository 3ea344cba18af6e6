"""Links live, records have their headings, the change log is dated, and nothing tells of one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.pages import DOCS, PAGES, ROOT, read
from stagedoor.wiring import rulebooks

HEADINGS = ("Context", "Decision", "Consequences", "Negative consequences")
RECORDS = sorted(path for path in DOCS.glob("adr/*.md"))
PICTURE_BYTES_MAX = 200_000


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_relative_links_live(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"<?https?:", target):
            continue
        path = (page.parent / target.partition("#")[0]).resolve()
        assert path.exists(), target
        assert path.is_relative_to(ROOT), f"{target} leads out of the repository"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_nothing_tells_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(work|tmp|home|root|Users)/", text)
    assert "—" not in text, "write two sentences"


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_every_record_has_the_templates_headings(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert re.match(rf"# {record.name[:4]}: \S", text)
    assert re.search(r"^Status: (proposed|accepted|superseded by \d{4}|template)\b", text, re.MULTILINE)
    told = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert tuple(told[:4]) == HEADINGS
    for heading in HEADINGS:
        body = re.search(rf"^## {heading}\n\n(.+?)(?=\n## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert body is not None and len(body.group(1)) > 20, heading
    assert len(text.splitlines()) <= 40


def test_records_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(len(RECORDS)))
    template = read("docs/adr/0000-template.md")
    for record in RECORDS[1:]:
        assert f"({record.name})" in template, record.name


def test_the_change_log_is_dated_and_newest_first() -> None:
    text = read("CHANGELOG.md")
    found = re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)$", text, re.MULTILINE)
    assert found and len(found) == len(re.findall(r"^## ", text, re.MULTILINE))
    assert [day for _, day in found] == sorted((day for _, day in found), reverse=True)
    version = re.search(r'^version = "(.+)"$', read("pyproject.toml"), re.MULTILINE)
    assert version is not None and found[0][0] == version.group(1)
    assert "★" in text


def test_the_change_log_tells_of_every_rulebook_that_ships() -> None:
    text = read("CHANGELOG.md")
    for name in rulebooks().names():
        book = rulebooks().load(name)
        assert re.search(rf"\*\*{re.escape(book.title)}\*\*, version {re.escape(book.version)}\b", text), name
    for part in ("*Kind*", "*Periods*", "*Zones*", "*In plain words*"):
        assert text.count(part) >= len(rulebooks().names()), part


def test_the_readme_is_short_and_its_pictures_are_small() -> None:
    text = read("README.md")
    assert len(text.splitlines()) <= 150
    pictures = sorted((DOCS / "pictures").iterdir())
    assert pictures
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    for picture in pictures:
        assert picture.stat().st_size < PICTURE_BYTES_MAX, picture.name
        # The front page shows it, or a page beside the pictures does.
        assert f"docs/pictures/{picture.name}" in text or f"](pictures/{picture.name})" in pages, picture.name


def test_the_house_that_the_readme_draws_is_the_house() -> None:
    drawn = set(re.findall(r"^  ([a-z]+)/ ", read("README.md"), re.MULTILINE))
    rooms = {path.parent.name for path in (ROOT / "src" / "stagedoor").glob("*/__init__.py")} | {"rulebooks"}
    assert drawn == rooms
