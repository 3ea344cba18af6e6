"""The page says everything, adds up, asks nobody, and is the same each time."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from pages import sample
from pages.parsed import Parsed
from stagedoor.portal import model as m
from stagedoor.portal.bars import Segment, bar, ceiling_bar
from stagedoor.portal.sections import percentages
from stagedoor.portal.statement import BYTES_MAX, PageTooLarge, render


@pytest.fixture(scope="module")
def whole() -> str:
    return render(sample.page())


def test_it_parses_balanced_and_is_the_same_each_time(whole: str) -> None:
    Parsed(whole)
    assert whole == render(sample.page())


def test_48_frames_stay_far_below_three_megabytes(whole: str) -> None:
    assert whole.count("data-frame=") == 48
    assert len(whole.encode()) < 1_000_000 < BYTES_MAX


def test_pictures_too_large_for_a_page_are_refused() -> None:
    page = sample.page(frames=2)
    shot = page.shots[0]
    heavy = replace(shot.frames[0], picture=replace(shot.frames[0].picture, data=b"\0" * BYTES_MAX))
    with pytest.raises(PageTooLarge, match="fewer frames"):
        render(replace(page, shots=(replace(shot, frames=(heavy,)),)))


def test_the_policy_lets_nothing_in_but_this_style_and_this_script(whole: str) -> None:
    page = Parsed(whole)
    policy = next(value for tag, name, value in page.fixed if tag == "meta" and "default-src" in value)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.inside[tag].encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in policy
    assert whole.index("Content-Security-Policy") < whole.index("<style")


def test_nothing_points_outside(whole: str) -> None:
    page = Parsed(whole)
    for tag, name, value in page.fixed:
        assert name != "style" and not name.startswith("on"), (tag, name)
        if name in ("src", "href"):
            assert value.startswith(("data:", "#")), value[:40]
    bare = re.sub(r"base64,[A-Za-z0-9+/=]+", "", whole)
    assert "http://" not in bare and "https://" not in bare and "@import" not in bare
    assert set(re.findall(r"url\(([^)]*)\)", bare)) == {"#hatch", "#dots", "#beyond"}


def test_it_says_all_that_it_was_given(whole: str) -> None:
    page, given = Parsed(whole), sample.page()
    cost = given.spending.cost.text
    for word in (given.performer, given.production, given.total.text, given.note, "31 Oct 2026", cost):
        assert word in page.text
    for share in given.spending.shares:
        assert share.who in page.text and share.amount.text in page.text
    both: tuple[m.Line | m.Contribution, ...] = (*given.lines, *given.contributions)
    for line in both:
        assert line.name in page.text and line.what in page.text and line.amount.text in page.text
        for step in line.chain:
            assert step.says in page.text and step.kind in page.text
            assert not step.digest or step.digest in page.free
            assert all(detail in page.text for detail in step.details)
    for refusal in given.refusals:
        assert all(word in page.text for word in (refusal.what, refusal.code, refusal.reason, refusal.clause))
    assert given.beside is not None and given.beside.psnr in page.text
    assert f"stagedoor why {given.lines[0].name}" in page.text and "stagedoor verify BUNDLE" in page.text


def test_every_chain_runs_from_the_posting_to_the_signature(whole: str) -> None:
    chains = re.findall(r'<ol class="chain">(.*?)</ol>', whole, re.S)
    assert len(chains) == 6
    for chain in chains:
        kinds = re.findall(r'<span class="kind">(\w+)</span>', chain)
        assert kinds[:6] == ["posting", "entry", "receipt", "permit", "decision", "clause"]
        assert kinds[-1] == "signature" and "consent" in kinds


def test_unverified_values_say_so_and_tell_the_date_that_governed(whole: str) -> None:
    text = Parsed(whole).text
    assert text.count("unverified: low") == 6  # three openers and three clauses
    assert "day of service, 2026-10-14; stands beside it, decided nothing" in text
    assert "start of principal photography, 2026-05-04; decided the amount" in text
    assert "confidence: high" in text and "unverified: high" not in text


def test_a_retake_is_metered_and_costs_nothing(whole: str) -> None:
    row = re.search(r'<tr role="row" class="free">(.*?)</tr>', whole, re.S)
    assert row is not None
    assert "retake" in row[1] and "48 frames" in row[1] and ">0<" in row[1] and "0.00 USD" in row[1]


def test_pictures_of_a_double_are_called_unmarked_previews(whole: str) -> None:
    assert whole.count('<span class="mark">unmarked preview</span>') == 2


def test_what_does_not_add_up_is_never_a_page() -> None:
    page = sample.page(frames=2)
    with pytest.raises(ValueError, match="do not add up to its total"):
        replace(page, total=sample.usd(11_251))
    with pytest.raises(ValueError, match="do not add up"):
        m.Spending(cost=sample.usd(1), shares=())


def test_a_picture_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="image/svg"):
        m.Picture(data=b"<svg/>", mime="image/svg+xml", width=1, height=1, alt="")


def test_an_empty_period_is_a_page_too() -> None:
    nothing = sample.usd(0)
    page = replace(
        sample.page(frames=2), lines=(), total=nothing, contributions=(), metered=(), refusals=(), beside=None,
        shots=(), spending=m.Spending(cost=nothing, shares=()),
    )  # fmt: skip
    text = Parsed(render(page)).text
    assert "No request was refused" in text and "stagedoor why POSTING" in text


def test_a_shot_without_frames_and_a_missing_chain_say_so() -> None:
    page = sample.page(frames=2)
    bare = replace(page.lines[0], chain=())
    page = replace(page, shots=(replace(page.shots[0], frames=()),), lines=(bare, *page.lines[1:]))
    text = Parsed(render(page)).text
    assert "No frame came with this statement" in text and "No chain was given" in text


def test_a_correction_below_zero_is_listed_and_not_drawn() -> None:
    shares = (
        m.Share(kind=m.Kind.PERFORMER, who="You", amount=sample.usd(110)),
        m.Share(kind=m.Kind.AGENT, who="Agent", amount=sample.usd(-10)),
    )
    page = replace(sample.page(frames=2), spending=m.Spending(cost=sample.usd(100), shares=shares))
    text = render(page)
    assert "−10.00 USD" in text and 'class="seg agent" x="0"' in text  # the legend's swatch, and no segment
    assert text.count("seg agent") == 1


def test_bars_fill_their_track_and_small_parts_stay_visible() -> None:
    drawn = bar((Segment(tone="performer", units=1), Segment(tone="agent", units=10**9)), describes="x")
    widths = [float(width) for width in re.findall(r'class="seg \w+" x="[\d.]+%" y="0" width="([\d.]+)%"', drawn)]
    assert widths[0] > 0.6 and widths[1] > 99
    assert bar((), describes="nothing") == ""


def test_the_ceiling_bar_never_draws_beyond_its_end() -> None:
    drawn = ceiling_bar(ceiling=100, before=250, counted=0, above=10**9, describes="x")
    for x, width in re.findall(r'class="seg \w+" x="([\d.]+)%" y="0" width="([\d.]+)%"', drawn):
        assert float(x) + float(width) <= 100.001
    assert 'class="tick"' in drawn


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ((1, 2), ("33.3 %", "66.7 %")),
        ((1, 1, 1), ("33.4 %", "33.3 %", "33.3 %")),
        ((-5, 3), ("0.0 %", "100.0 %")),
        ((0, 0), ("0.0 %", "0.0 %")),
    ],
)
def test_percentages_add_up_to_the_whole(units: tuple[int, ...], said: tuple[str, ...]) -> None:
    assert percentages(units) == said
