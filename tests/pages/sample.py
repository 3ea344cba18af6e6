"""A statement of Mara, who does not exist: three uses, a retake, two refusals.  Built as a door would build it."""

from __future__ import annotations

import hashlib
import io
import math
from datetime import date
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat
from PIL.PngImagePlugin import PngInfo

from stagedoor.core.base.money import Money
from stagedoor.core.facts.decision import Reading
from stagedoor.portal import model as m
from stagedoor.portal.chains import steps_of
from stagedoor.portal.pictures import MARK_KEY, PERMIT_KEY, reel, thumbnail
from stagedoor.stories.answer_why import Chain, Link, posting_name

MARA = Path(__file__).parents[2] / "examples" / "mara" / "capture" / "images"
PLANS_TITLE = "SAG-AFTRA Plans, theatrical reporting"
FRAMES = 48


def usd(amount: int) -> m.Amount:
    """So many dollars."""
    return m.Amount.of(Money.whole(amount, "USD"))


def digest(of: str) -> str:
    """A digest-shaped value."""
    return "sha256:" + hashlib.sha256(of.encode()).hexdigest()


MINIMUM = Reading(
    name="day_minimum", value="1,283.00 USD", unit="money", keyed_by="day", keyed_on=date(2026, 10, 14),
    since=date(2026, 7, 1), source="Derived: the year before raised by 3 %; report on the deal",
    confidence="low", decided=False,
)  # fmt: skip
RATE = Reading(
    name="ph_rate_bp", value="2100 bp (21 %)", unit="bp", keyed_by="photography_began", keyed_on=date(2026, 5, 4),
    since=date(2022, 7, 1), source=PLANS_TITLE, confidence="high", decided=True,
)  # fmt: skip
CEILING = Reading(
    name="ph_ceiling", value="232,000.00 USD", unit="money", keyed_by="photography_began", keyed_on=date(2026, 5, 4),
    since=date(2005, 7, 1), source=PLANS_TITLE, confidence="high", decided=True,
)  # fmt: skip

CONSENT = (
    "This is consent consent-7, drawn up on 2026-09-28T10:00:00.000Z.",
    "I am the performer performer-1. I am an adult and sign for myself.",
    "It is for one production only, production-1, under the agreement 'sag_aftra_tv_theatrical_2026'.",
    "What it is for: Mara's double stands at the harbour rail in scenes 41 and 42.",
    "Permission 2: they may render, for the purpose picture, in the media theatrical, for the territory worldwide.",
    "  Shots: sc041, sc042. At most 600 frames in all, from 2026-10-01 to 2026-12-31.",
    "  One camera move may span 120 degrees; when all outputs together show more than 160 degrees round my head, "
    "I am asked first.",
    "  I approve each of these shots before it is made: sc042.",
    "Refusal 1: they may not train for any purpose, whatever else is said here.",
    "I am paid 2,500.00 USD a day, or the agreement's minimum if that is more; this is no flat Schedule F deal.",
    "Whatever is not permitted above is refused.",
)


def chain_of(shot: str, says: str, arithmetic: str, readings: tuple[Reading, ...], *, line: int = 1) -> Chain:
    """A chain as the ledger tells it."""
    entry = digest(f"entry {shot}")
    texts = tuple(
        f"{item.name} = {item.value} {item.unit} since {item.since}, by {item.keyed_by.replace('_', ' ')} "
        f"{item.keyed_on} (confidence {item.confidence}{'' if item.decided else ', decided nothing'})"
        for item in readings
    )

    def link(kind: str, what: str, *details: str) -> Link:
        return Link(kind=kind, digest=digest(kind + shot), says=what, details=details)

    return Chain(
        entry=entry,
        line=line,
        links=(
            Link(kind="posting", digest=entry, says=says,
                 details=(f"Gross for the estimated days of {shot}", "rule TV-P2")),
            Link(kind="entry", digest=entry, says="post entry of 2026-10-16",
                 details=("8,970.00 USD  reserved/permit-4", "−6,750.00 USD  owed/performer/performer-1",
                          "−750.00 USD  owed/agent/agent-1", "−1,470.00 USD  owed/plans/sag-aftra-health-plan")),
            link("receipt", "48 frame(s) made by worker-1",
                 "frame_0001.png  sha256 3fb01c22a09d8e71  'unmarked preview'", "and 47 more"),
            link("permit", f"render {shot}: 48 frame(s) by worker-1",
                 "cost 8,970.00 USD reserved before any key was released", "grade studio-run"),
            link("decision", "permit, 6 rules spoke",
                 "consent permit: permission 2 covers it", "TV-P4 note: EBDR residuals (TV-P4)"),
            Link(kind="clause", digest="", says="EBDR use: the higher of daily rate and minimum, times estimated days "
                 "(TV-P2); SAG-AFTRA summary of the 2023 agreement", details=(arithmetic, *texts)),
            link("estimate", "3 day(s) estimated by the production", "Stunt schedule 14 to 16 October, second unit"),
            link("approval", "performer-1 said yes", "Yes. I have seen the storyboard; keep the scarf."),
            link("mandate", "the performer's mandate: 10 % to agent-1"),
            link("consent", "the performer's own words", *CONSENT),
            link("signature", "signed by performer-1 on 2026-09-28", "Ed25519 8f2d61c09b7a4e13…"),
            link("signature", "signed by studio-1 on 2026-09-29", "Ed25519 c41e07a95d2b8f60…"),
        ),
    )  # fmt: skip


def line_of(day: date, what: str, *, shot: str, days: int, amount: int) -> m.Line:
    """One line with its chain."""
    says = f"{usd(amount).text} to owed/performer/performer-1"
    arithmetic = (
        f"max(day_rate, day_minimum) * new_days; day_minimum = 1,283.00 USD, day_rate = 2,500.00 USD, new_days = {days}"
    )
    chain = chain_of(shot or "create", says, arithmetic, (MINIMUM,))
    return m.Line(
        name=posting_name(chain.entry, chain.line), day=day, what=what, shot=shot or "–", days=str(days),
        amount=usd(amount), chain=steps_of(chain, (MINIMUM,)),
    )  # fmt: skip


def contribution_of(day: date, what: str, *, amount: int, before: int, gross: int) -> m.Contribution:
    """One contribution with its band under 232,000."""
    counted = max(0, min(232_000 - before, gross))
    arithmetic = (
        f"bp(ph_base, ph_rate_bp); ph_base = {usd(counted).text}, ph_rate_bp = 2100 bp (21 %); "
        "where ph_base = band(prior_gross, gross, 0, ph_ceiling); "
        f"gross = {usd(gross).text}, ph_ceiling = 232,000.00 USD, prior_gross = {usd(before).text}"
    )
    chain = chain_of(f"{what} plans", f"{usd(amount).text} to owed/plans", arithmetic, (RATE, CEILING), line=3)
    return m.Contribution(
        name=posting_name(chain.entry, chain.line), day=day, what=what, to="SAG-AFTRA Health Plan", amount=usd(amount),
        band=m.Band(
            ceiling=usd(232_000), before=usd(before), counted=usd(counted), above=usd(gross - counted),
            says=f"{usd(counted).text} of {usd(gross).text} still count below the ceiling; "
            f"21 % of them is {usd(amount).text}.",
        ),
        chain=steps_of(chain, (RATE, CEILING)),
    )  # fmt: skip


def page(*, frames: int = FRAMES) -> m.StatementPage:
    """The whole statement."""
    lines = (
        line_of(date(2026, 10, 2), "Making the double from the capture", shot="", days=1, amount=2_250),
        line_of(date(2026, 10, 14), "The double at the harbour rail", shot="sc042", days=3, amount=6_750),
        line_of(date(2026, 10, 23), "The double on the ferry, far", shot="sc041", days=1, amount=2_250),
    )
    return m.StatementPage(
        performer="Mara Ellingsen-Okafor",
        production="The Harbour at Night",
        first_day=date(2026, 10, 1),
        last_day=date(2026, 10, 31),
        total=usd(11_250),
        digest=digest("statement"),
        agreement="SAG-AFTRA TV/Theatrical 2026",
        spending=m.Spending(
            cost=usd(14_495),
            shares=(
                m.Share(kind=m.Kind.PERFORMER, who="You, Mara Ellingsen-Okafor", amount=usd(11_250)),
                m.Share(kind=m.Kind.AGENT, who="Your agent, Lantern Artists (10 %)", amount=usd(1_250)),
                m.Share(kind=m.Kind.PLANS, who="Pension and health, on top of your pay", amount=usd(1_995)),
            ),
        ),
        lines=lines,
        contributions=(
            contribution_of(date(2026, 10, 2), "Making the double", amount=525, before=222_500, gross=2_500),
            contribution_of(date(2026, 10, 14), "Shot sc042", amount=1_470, before=225_000, gross=7_500),
            contribution_of(date(2026, 10, 23), "Shot sc041", amount=0, before=232_500, gross=2_500),
        ),
        metered=(
            m.Metered(day=date(2026, 10, 2), what="Fit", shot="–", units=1, unit="replica", days=1,
                      cost=usd(3_025), note=""),
            m.Metered(day=date(2026, 10, 14), what="Take 1", shot="sc042", units=48, unit="frame", days=3,
                      cost=usd(8_970), note=""),
            m.Metered(day=date(2026, 10, 15), what="Take 2, a retake", shot="sc042", units=48, unit="frame", days=0,
                      cost=usd(0), note="inside the three days already charged"),
            m.Metered(day=date(2026, 10, 23), what="Take 1", shot="sc041", units=32, unit="frame", days=1,
                      cost=usd(2_500), note=""),
        ),
        refusals=(
            m.Refusal(day=date(2026, 10, 19), who="Northlight Pictures", what="Training a voice model on the capture",
                      code="training_forbidden", reason="The performer forbade machine learning on their data.",
                      clause="Your consent, refusal 1; Stagedoor house rules: invariant 11"),
            m.Refusal(day=date(2026, 10, 27), who="Northlight Pictures", what="A perfume advertisement, 96 frames",
                      code="purpose_forbidden", reason="The performer forbade this purpose.",
                      clause="Your consent, refusal 2"),
        ),
        beside=beside(),
        shots=(shot(frames),),
    )  # fmt: skip


@cache
def _views() -> tuple[Image.Image, ...]:
    """Pictures of Mara from left to right where the example is there, gradients where it is not."""
    found = [MARA / f"train_{number:03d}.png" for number in (*range(31, 36), *range(16, 22))]
    if all(path.is_file() for path in found):
        return tuple(_flat(Image.open(path)) for path in found)
    return tuple(Image.linear_gradient("L").rotate(9 * step).convert("RGB") for step in range(11))


def _flat(image: Image.Image) -> Image.Image:
    with image:
        whole = image.convert("RGBA")
    flat = Image.new("RGB", whole.size, (255, 255, 255))
    flat.paste(whole, mask=whole.getchannel("A"))
    return flat


def stamped(image: Image.Image) -> Image.Image:
    """With a band below, as the worker sets it."""
    done = image.copy()
    draw = ImageDraw.Draw(done)
    draw.rectangle((0, done.height - 16, done.width, done.height), fill=(0, 0, 0))
    draw.text((4, done.height - 14), "unmarked preview", fill=(255, 255, 255))
    return done


def png(image: Image.Image, *, marked: bool) -> bytes:
    """As PNG, with the worker's text chunks where it is a double's."""
    info = PngInfo()
    if marked:
        info.add_text(MARK_KEY, "unmarked preview")
        info.add_text(PERMIT_KEY, digest("permit"))
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def beside() -> m.Beside:
    """A photograph, and a softer one that stands for the double."""
    photograph = _views()[6]
    render = photograph.filter(ImageFilter.GaussianBlur(1.1))
    error = sum(value / 3 for value in ImageStat.Stat(ImageChops.difference(photograph, render)).sum2)
    psnr = 10 * math.log10(255**2 / (error / (render.width * render.height)))
    return m.Beside(
        photograph=thumbnail(png(photograph, marked=False), alt="Mara from the front, photographed"),
        render=thumbnail(png(stamped(render), marked=True), alt="Mara's double from the front, rendered"),
        camera="azimuth 24°, elevation 10°",
        psnr=f"{psnr:.1f} dB",
        mark="unmarked preview",
    )


@cache
def shot(frames: int = FRAMES) -> m.Shot:
    """A move round her head and back, with single frames blended between the views."""
    views = _views()
    made = []
    for number in range(frames):
        way = (1 - math.cos(2 * math.pi * number / frames)) / 2 * (len(views) - 1)
        left = min(int(way), len(views) - 2)
        blend = Image.blend(views[left], views[left + 1], way - left)
        made.append(png(stamped(blend), marked=True))
    return m.Shot(
        name="sc042", title="The double at the harbour rail", frames=reel(tuple(made), alt="Mara's double"),
        whole=frames, fps=12, mark="unmarked preview",
    )  # fmt: skip
