"""Scenes 5 to 8: the replica is created, shots are asked for, one is approved, some are refused."""

from __future__ import annotations

from typing import Final

from stagedoor.cli.demo import cast
from stagedoor.cli.demo.asking import (
    Wish,
    answer,
    ask,
    order,
    order_render,
    refuse,
    request_of,
    see_through,
    tell_decision,
)
from stagedoor.cli.demo.stage import CUSTODIANS, Stage, start_worker
from stagedoor.cli.look_order import Wish as Wanted
from stagedoor.cli.look_order import order_look
from stagedoor.cli.looking import SOCKET, serve
from stagedoor.core.facts.consent import Content, Purpose, Use
from stagedoor.core.facts.decision import Answer, Decision
from stagedoor.core.facts.party import Production
from stagedoor.core.facts.permit import PHOTOGRAPH, Receipt
from stagedoor.core.rules.shot_rows import ShotRow
from stagedoor.stories.foresee_shots import Foresight, foresee_shots
from stagedoor.stories.request_use import Asked, quote_use
from stagedoor.stories.take_in_capture import custodians_have_it

LOOK: Final = Wanted(frames=0, size=512, minutes=20, light=True)
"""What the look of the demonstration is ordered with: its permit's frames, at most 120."""

ITERATIONS: Final = 2_000
ITERATIONS_FAST: Final = 300
GAUSSIANS: Final = 10_000
GAUSSIANS_FAST: Final = 3_000
SEED: Final = 20_261_012


def create(stage: Stage) -> None:
    """Creating the replica is itself a use: asked, decided, permitted, keyed, trained, sealed, paid."""
    stage.teller.scene("The replica is created")
    stage.clock.move_to(cast.CREATED)
    wish = Wish(use=Use.CREATE, asset="capture", shot="", unit="replica", units=1, estimate="estimate-scan")
    asked = _granted(stage, "create", wish)
    tell_decision(stage, asked, brief=True)
    stage.ids["replica"] = stage.house.ids.new("asset")
    values = {
        "gaussians": GAUSSIANS_FAST if stage.fast else GAUSSIANS,
        "iterations": ITERATIONS_FAST if stage.fast else ITERATIONS,
        "seed": SEED,
        "gaussians_max": 0,
        "degree": 1 if stage.fast else 3,
        "threads": 0,
    }
    made = order(stage, stage.permits["create"], recipe="fit-splats", values=values, makes=stage.id("replica"))
    receipt = see_through(stage, "create", made, "the worker fits the double under its lease")
    whole, head = _psnr(receipt)
    stage.teller.keep("psnr_whole_db", whole)
    stage.teller.keep("psnr_head_db", head)
    stage.wait_for(
        "both custodians taking their share of the replica",
        lambda: custodians_have_it(stage.house.store, stage.id("replica"), wanted=len(CUSTODIANS)),
    )
    stage.teller.good(
        f"held-out views: {whole:.2f} dB whole frame, {head:.2f} dB on the head; sealed, {receipt.sealed_bytes:,} bytes"
    )


def shoot(stage: Stage) -> None:
    """A quote, a shot of 48 frames, and a retake that costs nothing more."""
    stage.teller.scene("A shot is quoted, asked for, and made")
    stage.clock.move_to(cast.SHOT_DAY)
    frames = 12 if stage.fast else 48
    wish = Wish(shot="12A", units=frames, arc=(-20, 20))
    quoted = quote_use(stage.house.store, stage.house.verifier, stage.books, request_of(stage, wish), at=stage.clock.at)
    assert isinstance(quoted, Decision) and quoted.quote is not None
    stage.teller.line(f"quote: {quoted.quote.cost.shown()} for {frames} frames, {quoted.quote.days} estimated days")
    _foresee(stage, frames)
    asked = _granted(stage, "shot", wish)
    tell_decision(stage, asked)
    stage.teller.good(f"permit granted; {stage.permits['shot'].cost.shown()} reserved before any key is released")
    receipt = see_through(stage, "shot", order_render(stage, stage.permits["shot"]), "the worker renders the shot")
    stage.teller.good(f"{receipt.units} frames rendered, stamped 'unmarked preview', receipt signed by the worker")
    stage.clock.move_to(cast.RETAKE_DAY)
    again = Wish(shot="12A", units=4 if stage.fast else 10, arc=(-5, 5), retake_of=stage.permits["shot"].digest())
    _granted(stage, "retake", again)
    retake = see_through(
        stage, "retake", order_render(stage, stage.permits["retake"], first_frame=frames), "the retake"
    )
    cost = stage.permits["retake"].cost.shown()
    stage.teller.good(f"retake: {retake.units} frames metered inside the same estimated days, costs {cost}")


def _foresee(stage: Stage, frames: int) -> None:
    """A shot list is answered before anybody asks; nothing is recorded."""
    with stage.house.store.unit() as unit:
        production = unit.find(Production, stage.id("production"))
    assert production is not None
    shots = [("12A", "estimate-cliff", Purpose.PICTURE), ("14C", "estimate-close", Purpose.PICTURE),
             ("12A", "estimate-cliff", Purpose.ADVERTISING)]  # fmt: skip
    rows = [
        ShotRow(line=line, shot=shot, units=frames, arc_to_deg=20, estimate=stage.id(estimate), purpose=purpose)
        for line, (shot, estimate, purpose) in enumerate(shots, 2)
    ]
    found = foresee_shots(
        stage.house.store, stage.house.verifier, stage.books, rows, production=production, ids=stage.house.ids,
        at=stage.clock.at,
    )  # fmt: skip
    assert isinstance(found, Foresight), found
    answers = [item.answer for item in found.rows]
    assert answers == [Answer.PERMIT, Answer.ASK_A_PERSON, Answer.REFUSE], answers
    told = ", ".join(f"{item.row.shot} for {item.row.purpose.value}: {item.answer.value}" for item in found.rows)
    stage.teller.line(f"a shot list, foreseen and not recorded: {told}")


def approve(stage: Stage) -> None:
    """One shot waits for the performer; a full turn goes to a person as a high-risk use."""
    stage.teller.scene("One shot waits for the performer")
    stage.clock.move_to(cast.APPROVAL_DAY)
    wish = Wish(shot="14C", units=6 if stage.fast else 24, arc=(0, 30), estimate="estimate-close")
    request = request_of(stage, wish)
    asked = ask(stage, request)
    assert asked.decision is not None and asked.decision.answer is Answer.ASK_A_PERSON
    tell_decision(stage, asked, brief=True)
    answer(stage, asked, request, who="performer", rule="consent:approval", yes=True,
           words="I have seen the storyboard for 14C and agree.")  # fmt: skip
    asked = ask(stage, request_of(stage, wish, use_id=request.use_id))
    assert asked.permit is not None, asked.refused
    stage.permits["approved"] = asked.permit
    see_through(stage, "approved", order_render(stage, asked.permit), "the approved shot")
    stage.teller.good("she approved it; it was asked again under the same id, and made")
    orbit = Wish(shot="TT1", units=72, arc=(0, 360), estimate="estimate-turntable")
    request = request_of(stage, orbit)
    asked = ask(stage, request)
    assert asked.decision is not None and asked.decision.answer is Answer.ASK_A_PERSON
    stage.teller.line("a full turn round her head is asked for:")
    tell_decision(stage, asked, brief=True)
    for rule in ("consent:coverage", "house-orbit"):
        answer(stage, asked, request, who="performer", rule=rule, yes=False, words="Not in the round.")
    asked = ask(stage, request_of(stage, orbit, use_id=request.use_id))
    assert asked.permit is None and asked.refused is not None
    stage.teller.refused("she was asked and said no: the full turn", asked.refused)
    stage.refusals.append(
        ("A full turn (360 degrees)", asked.refused.code.value, "She was asked, and said no.", "view coverage")
    )


def look_round(stage: Stage) -> None:
    """Whoever runs the demonstration looks at her double, beside the capture and in another light."""
    if not stage.looking:
        return
    stage.teller.scene("You look at her")
    start_worker(stage, "worker-2")
    wishes = {
        "look": Wish(shot="12A", units=120, arc=(-20, 20), retake_of=stage.permits["shot"].digest()),
        "photographs": Wish(shot="12A", unit=PHOTOGRAPH, asset="capture", units=8, arc=(-20, 20)),
    }
    folders = []
    for key, wish in wishes.items():
        _granted(stage, key, wish)
        folders.append(order_look(stage.house, stage.permits[key], LOOK))
    for folder in folders:
        stage.wait_for("a worker beginning the look", (folder / SOCKET).exists)
    serve(folders[0], folders[1], tell=stage.teller.line)
    stage.children.pop("worker-2").stop()


def refusals(stage: Stage) -> None:
    """What must be refused is refused, each with its reason."""
    stage.teller.scene("What must be refused, is")
    refuse(stage, "A trailer for advertising", Wish(purpose=Purpose.ADVERTISING, arc=(-20, 20)))
    refuse(stage, "Training a generative model", Wish(use=Use.TRAIN, purpose=Purpose.TRAINING, unit="token"))
    refuse(stage, f"A shot on {cast.TOO_LATE}", Wish(day=cast.TOO_LATE, arc=(-20, 20)))
    refuse(stage, "The sequel", Wish(production="second-production", arc=(-20, 20)))
    refuse(stage, "The shot with nudity", Wish(content=Content.NUDITY, arc=(-20, 20)))
    refuse(stage, f"A prompt that names {cast.SECOND.name}", Wish(prompt=cast.PROMPT, arc=(-20, 20)))


def _granted(stage: Stage, key: str, wish: Wish) -> Asked:
    asked = ask(stage, request_of(stage, wish))
    assert asked.permit is not None, asked.refused or asked.decision
    stage.permits[key] = asked.permit
    return asked


def _psnr(receipt: Receipt) -> tuple[float, float]:
    measured = {item.name: item.value for item in receipt.measures}
    return measured["psnr_whole_millidb"] / 1000, measured["psnr_head_millidb"] / 1000
