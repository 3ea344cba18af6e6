"""A template for a training licence: machine learning on the data, only where the performer opts in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import Audience, Consent, Forbid, Grant, Purpose, Quality, Use
from stagedoor.core.rules.templates.blanks import COMMON, Blank, Filled, Template, TemplateError, deal_of
from stagedoor.core.rules.templates.kinds import Kind
from stagedoor.core.rules.templates.pictures import drawn

_OTHER_USES: Final = tuple(use for use in Use if use is not Use.TRAIN)


def _training(filled: Filled) -> Consent:
    """Training alone: every other use of the result, a voice service among them, needs a consent of its own."""
    if not filled.yes("opt_in"):
        raise TemplateError("A training licence needs the performer's own yes: opt_in=yes, or draw up nothing.")
    learning = Grant(
        use=Use.TRAIN, purposes=(Purpose.TRAINING,), media=filled.texts("media"),
        territories=filled.texts("territories"), shots=filled.texts("models"), approve_shots=(), unit="token",
        units_max=filled.number("tokens"), first_day=filled.day("first_day"), last_day=filled.day("last_day"),
        arc_max_deg=0, ask_above_arc_deg=360, audiences=(Audience.INTERNAL,), quality_max=Quality.PREVIEW,
    )  # fmt: skip
    refused = tuple(Forbid(use=use, purpose=None) for use in _OTHER_USES)
    drafted = drawn(filled, "training_licence", ReplicaKind.ICDR, (learning,), *refused)
    return replace(drafted, deal=deal_of(filled, flat_fee=filled.money("licence_fee")))


TRAINING: Final = Template(
    name="training_licence",
    title="A training licence: the performer opts in, for named models and so many tokens, and for nothing else.",
    blanks=(
        *COMMON,
        Blank(name="opt_in", kind=Kind.YES, asks="whether the performer opts in to machine learning"),
        Blank(name="media", kind=Kind.TEXTS, asks="what the data are, as performance_capture", default="data"),
        Blank(name="territories", kind=Kind.TEXTS, asks="where the training may run, as US"),
        Blank(name="models", kind=Kind.TEXTS, asks="the models that may learn from it, each by its name"),
        Blank(name="tokens", kind=Kind.NUMBER, asks="how many tokens may be taken in all"),
        Blank(name="licence_fee", kind=Kind.MONEY, asks="the fee for one training as a whole, as 5000 USD"),
    ),
    draw=_training,
)
