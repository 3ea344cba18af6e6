"""Each template is decided on as its sentences say, and refuses every blank that is missing or badly filled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consents.blanks import AT, COMMON, OWN, blanks, drawn
from core import builders as make
from stagedoor.core.facts.consent import Audience, Capacity, Consent, Content, Purpose, Quality, Use, WithdrawalMode
from stagedoor.core.facts.decision import Effect
from stagedoor.core.facts.request import Request
from stagedoor.core.rules.giving import can_be_signed
from stagedoor.core.rules.rights import judge_consent
from stagedoor.core.rules.sentences import sentences
from stagedoor.core.rules.templates import TEMPLATES, TemplateError, build

NAMES = sorted(TEMPLATES)


def said(consent: Consent, **over: Any) -> str:
    """What the consent says to a request: permit, ask, or the code of its refusal."""
    asked = make.request(consent, **over)
    standing = make.standing(asked, consent, (), replica_kind=consent.replica_kind, **stood(asked))
    found = judge_consent(asked, standing, consent)
    forbidden = [finding.code for finding in found if finding.effect is Effect.FORBID]
    if forbidden:
        return min((code.number, code.value) for code in forbidden if code)[1]
    return "ask" if any(finding.effect is Effect.ASK for finding in found) else "permit"


def stood(asked: Request) -> dict[str, Any]:
    """What is outside the request: nothing was used before, and the outputs show what is asked for."""
    return {"arc_together_deg": asked.arc_to_deg - asked.arc_from_deg}


@pytest.mark.parametrize("name", NAMES)
def test_every_template_draws_up_a_consent_that_can_be_signed(name: str) -> None:
    """It carries the template's name, binds nobody yet, and leaves the restrictive answer wherever it was not asked."""
    consent = drawn(name)
    assert can_be_signed(consent) is None
    assert consent.template == name
    assert any(name in line for line in sentences(consent))
    assert consent.capacity is Capacity.ADULT
    assert consent.withdrawal.mode is WithdrawalMode.AT_WILL and consent.withdrawal.may_withdraw == ("remaining_use",)
    assert not consent.assignable and consent.delete_at_end and consent.signed_apart
    assert not any(grant.standing for grant in consent.grants)
    assert all(grant.contents == (Content.ORDINARY,) for grant in consent.grants)
    assert consent.version == 1 and not consent.supersedes and not consent.rider_to


@pytest.mark.parametrize("name", [name for name in NAMES if "shots" in OWN[name]])
def test_a_picture_may_be_rendered_and_nothing_else(name: str) -> None:
    """The named shots, the named days, so many frames, ordinary scenes; no training, no advertising."""
    consent = drawn(name)
    quality = Quality.BROADCAST if name == "background_scan" else Quality.CINEMA
    fine: dict[str, Any] = {"quality": quality}
    assert said(consent, **fine) == "permit"
    assert said(consent, **fine, shot="sc99_sh010") == "outside_consent"
    assert said(consent, **fine, units=241) == "quantity_exhausted"
    assert said(consent, **fine, content=Content.NUDITY) in ("outside_consent", "purpose_forbidden")
    assert said(consent, **fine, audience=Audience.CHILDREN) == "outside_consent"
    assert said(consent, **fine, purpose=Purpose.ADVERTISING) == "purpose_forbidden"
    assert said(consent, use=Use.TRAIN, purpose=Purpose.TRAINING) == "training_forbidden"
    assert said(consent, **fine, use=Use.ALTER) == "no_consent"
    assert said(consent, **fine, arc_from_deg=0, arc_to_deg=61) == "outside_consent"
    making = {"use": Use.CREATE, "shot": "", "unit": "replica", "units": 1, "arc_from_deg": 0, "arc_to_deg": 0}
    assert said(consent, **making) == "permit"
    assert said(consent, **making | {"units": 2}) == "quantity_exhausted"


def test_a_background_actor_is_not_shown_in_cinema_quality() -> None:
    """A scan for the crowd is no scan for a close-up."""
    assert said(drawn("background_scan"), quality=Quality.CINEMA) == "outside_consent"


def test_the_performer_approves_the_shots_that_they_name() -> None:
    """The blank for it is one that may stay empty."""
    assert said(drawn("replica_for_one_picture", approve_shots=make.SHOT)) == "ask"


def test_sensitive_content_stays_refused_even_where_it_was_granted() -> None:
    """Somebody adds a permission for nudity to the drawn consent: the refusal beats it."""
    consent = drawn("sensitive_content_refused")
    assert len([item for item in consent.forbids if item.content]) == len(Content) - 1
    wider = replace(
        consent, grants=tuple(replace(grant, contents=tuple(Content)) for grant in consent.grants)
    )  # fmt: skip
    for content in Content:
        expected = "permit" if content is Content.ORDINARY else "purpose_forbidden"
        assert said(wider, content=content) == expected


def test_a_voice_speaks_its_lines_each_of_them_approved() -> None:
    """Every line goes to the performer first; a voice service, politics and training stay refused."""
    consent = drawn("voice_for_an_advertisement")
    speak: dict[str, Any] = {
        "use": Use.GENERATE, "purpose": Purpose.ADVERTISING, "medium": "radio", "territory": "US", "shot": "line_1",
        "unit": "line", "units": 1, "arc_from_deg": 0, "arc_to_deg": 0,
    }  # fmt: skip
    assert said(consent, **speak) == "ask"
    assert said(consent, **speak | {"shot": "line_3"}) == "outside_consent"
    assert said(consent, **speak | {"units": 7}) == "quantity_exhausted"
    assert said(consent, **speak | {"territory": "DE"}) == "outside_consent"
    assert said(consent, **speak | {"purpose": Purpose.VOICE_SERVICE}) == "purpose_forbidden"
    assert said(consent, **speak | {"content": Content.POLITICAL}) == "purpose_forbidden"
    assert said(consent, **speak | {"use": Use.TRAIN}) == "training_forbidden"
    assert consent.deal.unit_rate is not None and consent.deal.unit_rate.shown() == "400.00 USD"


def test_a_training_licence_needs_the_opt_in_and_gives_training_alone() -> None:
    """Without the performer's own yes there is nothing to sign."""
    with pytest.raises(TemplateError, match="opt_in=yes"):
        drawn("training_licence", opt_in="no")
    consent = drawn("training_licence")
    learn: dict[str, Any] = {
        "use": Use.TRAIN, "purpose": Purpose.TRAINING, "medium": "data", "territory": "US", "shot": "voice_model_7",
        "unit": "token", "units": 100, "arc_from_deg": 0, "arc_to_deg": 0, "audience": Audience.INTERNAL,
        "quality": Quality.PREVIEW,
    }  # fmt: skip
    assert said(consent, **learn) == "permit"
    assert said(consent, **learn | {"shot": "another_model"}) == "outside_consent"
    assert said(consent, **learn | {"units": 100_001}) == "quantity_exhausted"
    for use in Use:
        if use is not Use.TRAIN:
            assert said(consent, **learn | {"use": use}) != "permit"


def test_equity_s_terms_are_not_signed_on_the_day() -> None:
    """On the day of the scan, or after it, the template refuses to draw anything up; the day before it does."""
    assert drawn("equity", scan_day="2026-10-13").law == "GB"
    for day in ("2026-10-12", "2026-10-11"):
        with pytest.raises(TemplateError, match="not signed on the day"):
            drawn("equity", scan_day=day)
    with pytest.raises(TemplateError, match="before the scan"):
        drawn("equity", scan_day="2026-11-01")


@pytest.mark.parametrize("blank", ["last_day", "production", "scan_day"])
def test_equity_s_terms_have_an_end_a_production_and_a_scan_day(blank: str) -> None:
    """None of them has a default: without it nothing is drawn up."""
    given = blanks("equity")
    del given[blank]
    with pytest.raises(TemplateError, match=f"'{blank}'.*must be filled"):
        build(TEMPLATES["equity"], given, at=AT)


@pytest.mark.parametrize("blank", ["assignable", "delete_at_end", "law", "signed_apart"])
def test_what_equity_will_not_have_changed_is_no_blank(blank: str) -> None:
    """There is nothing to fill in."""
    with pytest.raises(TemplateError, match=f"no blank '{blank}'"):
        drawn("equity", **{blank: "yes"})


@pytest.mark.parametrize("name", NAMES)
def test_every_blank_that_has_no_default_must_be_filled(name: str) -> None:
    """And the message names it and what it asks for."""
    for blank in TEMPLATES[name].blanks:
        given = blanks(name)
        given.pop(blank.name, None)
        if blank.default is None:
            with pytest.raises(TemplateError) as fault:
                build(TEMPLATES[name], given, at=AT)
            assert blank.name in str(fault.value) and blank.asks in str(fault.value)
        else:
            assert build(TEMPLATES[name], given, at=AT).template == name


@pytest.mark.parametrize(
    ("blank", "text", "says"),
    [
        ("performer", "Mara Quill", "write it as party:<uuid7>"),
        ("performer", make.PRODUCTION, "write it as party:<uuid7>"),
        ("first_day", "13.10.2026", "write it as 2026-12-31"),
        ("first_day", "20261013", "write it as 2026-10-13"),
        ("first_day", "2027-01-01", "before first_day"),
        ("frames", "many", "no whole number"),
        ("frames", "-1", "no whole number"),
        ("frames", "9" * 5_000, "a page at most"),
        ("frames", "9" * 20, "no whole number"),
        ("arc_deg", "361", "a circle has 360"),
        ("day_rate", "2500", "not an amount"),
        ("day_rate", "2500.123 XYZ", "not known"),
        ("day_rate", "-5 USD", "an amount of nothing or more"),
        ("day_rate", "2500. USD", "not an amount"),
        ("description", "   ", "say it in words"),
        ("shots", "", "name one at least"),
        ("shots", "a,,b", "commas between them"),
        ("shots", "a,a", "stands twice"),
        ("shots", ",".join(str(number) for number in range(1_001)), "more than 1000"),
        ("notice_days", "two", "no whole number"),
        ("after_death", "perhaps", "continues, ends, estate"),
    ],
)  # fmt: skip
def test_a_badly_filled_blank_says_which_and_how(blank: str, text: str, says: str) -> None:
    """One message each, with what to write instead."""
    with pytest.raises(TemplateError) as fault:
        drawn("replica_for_one_picture", **{blank: text})
    assert says in str(fault.value) and blank in str(fault.value)


def test_two_currencies_in_one_deal_are_refused() -> None:
    """Nobody could add them up."""
    with pytest.raises(TemplateError, match="Use one"):
        drawn("voice_for_an_advertisement", line_rate="400 EUR")


def test_amounts_are_read_as_people_write_them() -> None:
    """Whole, with cents, or in the canonical form: one amount."""
    written = ("2500 USD", "2500.00 USD", "2500.000000 USD")
    assert len({drawn("replica_for_one_picture", day_rate=text).deal.day_rate for text in written}) == 1


@settings(max_examples=200)
@given(
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from([*COMMON, *OWN["equity"], "opt_in"]), st.text(max_size=30), max_size=4),
)
def test_whatever_is_filled_in_there_is_a_consent_or_a_template_error(name: str, over: dict[str, str]) -> None:
    """No other exception comes out of a template, and what comes out can be signed."""
    try:
        consent = build(TEMPLATES[name], blanks(name, **over), at=AT)
    except TemplateError:
        return
    assert can_be_signed(consent) is None
