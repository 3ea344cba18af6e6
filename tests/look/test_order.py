"""Which permit a look is ordered under, what the command says when none fits, and previews in the terminal."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from custody.kit import CAPTURE, REPLICA, Story, ident, request
from stagedoor.cli import previewing
from stagedoor.cli.app import app
from stagedoor.cli.look_order import FRAME, check_same_head, elevations, find_permit
from stagedoor.core.base.canonical import short
from stagedoor.core.facts.asset import Asset, AssetKind
from stagedoor.core.facts.permit import PHOTOGRAPH, Permit
from stagedoor.ports.store import AssetState, PermitState
from worker.kit import asset, changed, fit_permit, photo_permit


@dataclass
class FakeUnit:
    """A fake, and named so: a few permits, all live unless told otherwise."""

    permits: list[Permit]
    over: dict[str, dict[str, Any]] = field(default_factory=dict)
    assets: list[Asset] = field(default_factory=list)
    ordered: int = 0
    asset_over: dict[str, Any] = field(default_factory=dict)

    def all(self, _kind: type) -> list[Permit]:
        """Every permit."""
        return self.permits

    def find(self, _kind: type, ident: str) -> Asset | None:
        """The asset of this id."""
        return next((item for item in self.assets if item.asset == ident), None)

    def permit_state(self, digest: str, *, lock: bool) -> PermitState:
        """Live, and nothing of it used."""
        assert not lock
        permit = next(item for item in self.permits if item.digest() == digest)
        given = {"status": "live", "live": True, "units": permit.units, "units_made": 0, "reserved_units": 0}
        return PermitState(permit=digest, **given | self.over.get(digest, {}))

    def asset_state(self, name: str, *, lock: bool) -> AssetState:
        """Open."""
        assert not lock
        return AssetState(**{"asset": name, "epoch": 1, "withdrawn": False, "holds": ()} | self.asset_over)

    def ordered_units(self, _digest: str) -> int:
        """In hand."""
        return self.ordered


PERMIT = changed(Story().permit(), epoch=1)
OTHER = replace(PERMIT, permit=ident("permit", 5), shot="sc99")
PHOTOS = replace(photo_permit(), epoch=1, permit=ident("permit", 6))


def unit(*permits: Permit, **over: Any) -> Any:
    """What the command reads."""
    return FakeUnit(list(permits), **over)


def test_the_only_permit_needs_no_name_and_others_are_told_apart() -> None:
    assert find_permit(unit(PERMIT, PHOTOS, changed(fit_permit(), epoch=1)), "", counts=FRAME) == PERMIT
    assert find_permit(unit(PERMIT, PHOTOS), "", counts=PHOTOGRAPH) == PHOTOS
    for named in (OTHER.permit, OTHER.digest(), short(OTHER.digest()), OTHER.digest()[7:13]):
        assert find_permit(unit(PERMIT, OTHER), named, counts=FRAME) == OTHER


@pytest.mark.parametrize(
    ("permitted", "ordered"),
    [((-30, 30), (-20, 30)), ((-10, 10), (-10, 10)), ((-30, -25), (-25, -25)), ((5, 8), (5, 8))],
)
def test_a_look_is_ordered_within_the_permits_elevations(permitted: tuple[int, int], ordered: tuple[int, int]) -> None:
    permit = replace(PERMIT, elevation_from_deg=permitted[0], elevation_to_deg=permitted[1])
    assert elevations(permit) == ordered


def test_several_are_listed_and_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        find_permit(unit(PERMIT, OTHER), "", counts=FRAME)
    said = " ".join(capsys.readouterr().err.split())
    assert short(PERMIT.digest()) in said and short(OTHER.digest()) in said and "8 frames" in said
    for permits, named in (((), ""), ((PERMIT,), "abcdef"), ((PERMIT,), PERMIT.digest()[7:12]), ((PHOTOS,), "")):
        with pytest.raises(typer.Exit):
            find_permit(unit(*permits), named, counts=FRAME)
        assert "frames left" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "over",
    [{"over": {PERMIT.digest(): {"live": False}}}, {"over": {PERMIT.digest(): {"status": "void"}}},
     {"over": {PERMIT.digest(): {"units_made": 8}}}, {"ordered": 8}, {"asset_over": {"withdrawn": True}},
     {"asset_over": {"epoch": 2}}, {"asset_over": {"holds": ("strike",)}}],
)  # fmt: skip
def test_a_permit_that_opens_nothing_any_more_is_not_offered(over: dict[str, Any]) -> None:
    with pytest.raises(typer.Exit):
        find_permit(unit(PERMIT, **over), "", counts=FRAME)


def test_a_double_is_held_beside_its_own_capture_only(capsys: pytest.CaptureFixture[str]) -> None:
    capture = asset(asset=CAPTURE, kind=AssetKind.CAPTURE, replica_kind=None)
    own, another = asset(made_from=(capture.digest(),)), asset(made_from=("sha256:" + "0" * 64,))
    assert (own.asset, PERMIT.asset, PHOTOS.asset) == (REPLICA, REPLICA, CAPTURE)
    check_same_head(unit(assets=[own, capture]), PERMIT, PHOTOS)
    for assets in ([another, capture], [capture], [own]):
        with pytest.raises(typer.Exit):
            check_same_head(unit(assets=assets), PERMIT, PHOTOS)
    assert "another capture" in " ".join(capsys.readouterr().err.split())
    assert request().asset == REPLICA


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "one of the two"), (["f", "--permit", "any"], "one of the two"), (["f", "--photographs", "any"], "--beside"),
     (["f", "--wait", "0"], "No worker draws"), (["f", "--preview", "--wait", "0"], "watched-replica"),
     (["--permit", "any", "--home", "nowhere"], "not a Stagedoor home")],
)  # fmt: skip
def test_what_is_not_said_right_is_told_as_such(arguments: list[str], words: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        result = CliRunner().invoke(app, ["look", *arguments])
    assert result.exit_code != 0
    assert words in f"{' '.join(result.output.split())} {result.exception}"


def preview(folder: Path, number: int, side: int = 96) -> Path:
    """One as a worker releases it: red above, blue below."""
    image = Image.new("RGB", (side, side), (200, 0, 0))
    image.paste((0, 0, 200), (0, side // 2, side, side))
    path = folder / f"preview-{number:06d}.png"
    image.save(path)
    return path


def test_a_preview_is_drawn_in_half_blocks(tmp_path: Path) -> None:
    text = previewing.drawn(preview(tmp_path, 1), columns=40)
    lines = text.plain.splitlines()
    assert len(lines) == 20 and {len(line) for line in lines} == {40}
    colours = [str(span.style) for span in text.spans]
    assert "200,0,0" in colours[0] and "0,0,200" in colours[-1]


def test_previews_are_shown_as_they_come_and_then_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(previewing, "QUIET_SECONDS", 0.5)
    monkeypatch.setattr(previewing, "POLL_SECONDS", 0.05)
    preview(tmp_path, 1)
    preview(tmp_path, 2)
    (tmp_path / "preview-000003.png.part").write_bytes(b"")
    previewing.watch(tmp_path, seconds=5)
    said = capsys.readouterr().out
    assert "preview-000002.png: unmarked preview" in said and "2 previews came" in said


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"x" * 70_000])
def test_what_is_no_preview_is_not_drawn(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "preview-000001.png"
    path.write_bytes(data)
    with pytest.raises(typer.Exit):
        previewing.drawn(path, columns=80)
    large = io.BytesIO()
    Image.new("RGB", (600, 600)).save(large, "PNG")
    path.write_bytes(large.getvalue())
    with pytest.raises(typer.Exit):
        previewing.drawn(path, columns=80)
