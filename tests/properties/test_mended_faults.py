"""Faults that these tests found and that were mended: each the smallest case that showed it, kept as a guard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import builders as make
from core.plain_books import INDEX, SOURCE, judge, load_plain, parameter, pay, plain_book
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import Forbid, Purpose
from stagedoor.core.facts.decision import Answer, Effect, Finding
from stagedoor.core.facts.request import Answered
from stagedoor.core.rules.cases import run_case
from stagedoor.core.rules.combine import in_order
from stagedoor.core.rules.load import RulebookError
from stagedoor.core.rules.sentences import sentences
from stagedoor.core.rules.text import RuleTextError, parse
from stagedoor.core.rules.vocabulary import KINDS
from stagedoor.core.steps.ask import ask
from stagedoor.core.steps.attest import attest
from stagedoor.core.steps.intake import notice_in_time

# --- rule text and rulebooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["~" * 900 + "1", "use" + ".a" * 490])
def test_a_deep_text_that_is_refused_does_not_hurt_the_parser(text: str) -> None:
    with pytest.raises(RuleTextError):
        parse(text, KINDS)


def test_a_comment_cannot_swallow_half_a_rule() -> None:
    with pytest.raises(RuleTextError):
        parse("use == 'train' # learning or purpose == 'training'", KINDS)


def test_an_unknown_field_of_the_index_is_refused() -> None:
    with pytest.raises(RulebookError):
        load_plain(plain_book(judges=(judge(),), lastday="2030-06-30"))


def test_a_section_that_is_no_list_is_refused() -> None:
    with pytest.raises(RulebookError):
        load_plain({"index": INDEX, "files": {"rules.yaml": {"judges": False}}})


def test_a_mistyped_amount_in_a_case_names_its_file() -> None:
    case = {"name": "n", "rule": "x-1", "day": "2026-10-14", "photography_began": "2026-05-04",
            "given": {"day_rate": "12 USD"}, "expect": {"speaks": True}}  # fmt: skip
    plain = plain_book(judges=(judge(),))
    plain["files"]["rules.cases.yaml"] = {"cases": [case]}
    with pytest.raises(RulebookError, match=r"rules\.cases\.yaml"):
        load_plain(plain)


def test_a_case_in_a_currency_that_is_none_says_so() -> None:
    case = {"name": "n", "rule": "x-2", "day": "2026-10-14", "photography_began": "2026-05-04",
            "given": {"day_rate": "12.000000 USD", "currency": "usd"},
            "expect": {"value": "1.200000 USD"}}  # fmt: skip
    plain = plain_book(pays=(pay(formula="bp(day_rate, 1000)"),))
    plain["files"]["rules.cases.yaml"] = {"cases": [case]}
    book = load_plain(plain)
    assert "currency 'usd' is not known" in run_case(book, book.cases[0])
    case["given"] = {"day_rate": "12.000000 USD"}
    book = load_plain(plain)
    assert run_case(book, book.cases[0]) == ""


def test_an_amount_of_five_thousand_digits_is_refused_by_the_loader() -> None:
    values = [{"from": "2023-01-01", "value": "9" * 5000 + ".000000 USD", "source": SOURCE}]
    with pytest.raises(RulebookError):
        load_plain(plain_book(parameters=(parameter(values=values),)))


@pytest.mark.parametrize(
    "value", ["!!int abc", "!!map foo", "!!map [a]", "!!bool maybe", "!!timestamp foo", "1" * 5000]
)
def test_odd_yaml_scalars_are_refused_with_a_message(tmp_path: Path, value: str) -> None:
    with pytest.raises(RulebookError):
        read_value(tmp_path, value)


@pytest.mark.parametrize("value", ["010", "0x10", "48:00", "0b11"])
def test_numbers_that_people_read_otherwise_are_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(RulebookError):
        read_value(tmp_path, value)


def read_value(root: Path, value: str) -> None:
    """Load a rulebook whose one parameter has this YAML value."""
    folder = root / "test_book"
    folder.mkdir()
    index = "".join(f'{name}: "{text}"\n' for name, text in INDEX.items())
    (folder / "index.yaml").write_text(index)
    (folder / "a.cases.yaml").write_text("cases: []\n")
    (folder / "a.yaml").write_text(
        "parameters:\n  - name: a_count\n    title: t\n    unit: count\n    keyed_by: day\n    clause: c\n"
        f'    values:\n      - from: "2023-01-01"\n        value: {value}\n'
        '        source: {title: t, url: u, confidence: high, verified: "2026-01-01"}\n'
    )
    FolderRulebooks(root, read_on=make.READ_ON).load("test_book")


def test_a_long_name_is_no_rulebook(tmp_path: Path) -> None:
    with pytest.raises(RulebookError):
        FolderRulebooks(tmp_path, read_on=make.READ_ON).load("a" * 300)


@pytest.mark.parametrize("name", ["day_rate", "a_rate", "commission_bp"])
def test_a_line_of_the_price_cannot_take_the_name_of_a_word(name: str) -> None:
    with pytest.raises(RulebookError):
        load_plain(plain_book(parameters=(parameter(),), pays=(pay(name=name),)))


# --- answers --------------------------------------------------------------------------------------------------------


def test_invariant_2_findings_that_differ_in_their_clause_only_have_one_order() -> None:
    one = Finding(
        rule="x", effect=Effect.NOTE, code=None, says="s", saw=(), clause="A", source="", confidence="high", asks=None
    )
    two = replace(one, clause="B")
    assert in_order((one, two)) == in_order((two, one))


FREE = make.permission()
APPROVED = make.permission(approve_shots=(make.SHOT,))


def test_invariant_2_order_of_permissions_for_one_use_never_matters() -> None:
    answers = [make.world(consent=make.consent(grants=both)).decide().answer
               for both in ((FREE, APPROVED), (APPROVED, FREE))]  # fmt: skip
    assert answers[0] is answers[1]


def test_invariant_3_narrowing_one_of_two_permissions_never_allows_more() -> None:
    narrowed = replace(APPROVED, units_max=0)
    assert make.world(consent=make.consent(grants=(APPROVED, FREE))).decide().answer is Answer.ASK_A_PERSON
    assert make.world(consent=make.consent(grants=(narrowed, FREE))).decide().answer is not Answer.PERMIT


def test_invariant_2_order_of_answers_never_matters() -> None:
    yes = Answered(rule="consent:approval", yes=True, approval=make.ident("approval", 1))
    no = Answered(rule="consent:approval", yes=False, approval=make.ident("approval", 2))
    given = make.consent(grants=(APPROVED,))
    answers = {make.world(consent=given, standing={"answers": both}).decide().answer for both in ((yes, no), (no, yes))}
    assert answers == {Answer.REFUSE}


def test_invariant_10_another_book_cannot_replace_the_minimum() -> None:
    lower = parameter(name="day_minimum", values=[{"from": "2023-01-01", "value": "1.000000 USD", "source": SOURCE}])
    other = load_plain(plain_book(parameters=(lower,)))
    given = make.consent(deal=make.deal(day_rate=Money.whole(5, "USD")))
    decision = make.world(consent=given, rulebooks=(*make.books(), other)).decide()
    assert decision.answer is not Answer.PERMIT


@pytest.mark.parametrize("rule", ["consent:approval", "TV-P2:day_minimum"])
def test_a_rule_cannot_take_the_name_of_a_question_that_is_not_its_own(rule: str) -> None:
    with pytest.raises(RulebookError, match="colon"):
        load_plain(plain_book(judges=(judge(rule=rule, effect="ask", asks="union"),)))


@pytest.mark.parametrize("index", [{}, {"title": make.book(make.AGREEMENT).title}])
def test_two_books_that_share_a_name_are_doubted_whatever_their_titles(index: dict[str, Any]) -> None:
    other = load_plain(plain_book(parameters=(parameter(name="day_minimum"),), **index))
    decision = make.world(rulebooks=(*make.books(), other)).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.DOUBT)


def test_a_book_read_twice_does_not_pay_twice() -> None:
    decision = make.world(rulebooks=(*make.books(), make.book(make.AGREEMENT))).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.DOUBT)


def test_one_answer_does_not_settle_two_books_questions() -> None:
    question = {"effect": "ask", "when": "use == 'render'"}
    one = load_plain(plain_book(judges=(judge(asks="performer", **question),), name="one", title="One"))
    two = load_plain(plain_book(judges=(judge(asks="union", **question),), name="two", title="Two"))
    answer = Answered(rule="x-1", yes=True, approval=make.ident("approval"))
    world = make.world(rulebooks=(*make.books(), one, two), standing={"answers": (answer,)})
    assert world.decide().answer is not Answer.PERMIT


@pytest.mark.parametrize("change", [{"replica_kind": ReplicaKind.BADR}, {"agreement": "another_unions_agreement"}])
def test_what_the_consent_says_of_replica_and_agreement_is_decided_on(change: dict[str, Any]) -> None:
    assert make.world(consent=make.consent(**change)).decide().answer is not Answer.PERMIT


def test_a_use_cannot_be_dated_before_it_is_asked_for() -> None:
    asked = make.request(make.consent(), day=make.AT.day - timedelta(days=1))
    assert isinstance(ask(asked, at=make.AT), Refused)


def test_a_request_that_cannot_be_written_is_malformed() -> None:
    asked = replace(make.request(make.consent()), shot="\ud800")
    assert isinstance(ask(asked, at=make.AT), Refused)


def test_a_consent_of_six_hundred_refusals_is_an_answer_and_no_crash() -> None:
    given = make.consent(forbids=(Forbid(use=None, purpose=Purpose.PICTURE),) * 600)
    assert make.world(consent=given).decide().answer is Answer.REFUSE


# --- money ----------------------------------------------------------------------------------------------------------

UNDER_TEST_BOOK = make.consent(agreement=INDEX["name"])


def test_an_unseen_value_never_pays() -> None:
    values = [{"from": "2023-01-01", "value": "100.000000 USD", "source": SOURCE | {"confidence": "unseen"}}]
    book = load_plain(plain_book(parameters=(parameter(values=values),), pays=(pay(formula="a_rate * new_days"),)))
    answers = (Answered(rule="x-2:a_rate", yes=True, approval=make.ident("approval")),)
    decision = make.world(consent=UNDER_TEST_BOOK, rulebooks=(book,), standing={"answers": answers}).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.UNPRICED)


def test_two_lines_for_the_performer_are_posted() -> None:
    book = load_plain(plain_book(pays=(pay(), pay(rule="x-3", name="wardrobe", formula="day_rate"))))
    world = make.world(consent=UNDER_TEST_BOOK, rulebooks=(book, make.book(make.HOUSE)))
    entry = make.posted(world)
    assert entry is not None
    quote = world.decide().quote
    assert quote is not None and quote.gross == Money.whole(10_000, "USD")  # three days and one more
    owed = {line.account.split("/")[1]: -line.amount.units for line in entry.postings if line.rule == "x-3"}
    assert owed == {"performer": Money.whole(2_500, "USD").units}
    assert sum(line.amount.units for line in entry.postings) == 0


@pytest.mark.parametrize("commission", [20_000, 10_001, -1])
def test_invariant_10_a_commission_is_between_nothing_and_everything(commission: int) -> None:
    assert make.world(standing={"commission_bp": commission}).decide().answer is not Answer.PERMIT


def test_no_line_of_a_price_is_negative() -> None:
    book = load_plain(plain_book(pays=(pay(formula="0 - day_rate"),)))
    decision = make.world(consent=UNDER_TEST_BOOK, rulebooks=(book,)).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.UNPRICED)


def test_an_implausible_price_refuses() -> None:
    given = make.consent(deal=make.deal(day_rate=Money.whole(4 * 10**12, "USD")))
    decision = make.world(consent=given).decide()
    assert (decision.answer, decision.code) == (Answer.REFUSE, Code.UNPRICED)


def test_bp_rounds_to_the_minor_unit_of_the_productions_currency() -> None:
    rate = parameter(values=[{"from": "2023-01-01", "value": "1.000000 JPY", "source": SOURCE}])
    book = load_plain(plain_book(parameters=(rate,), pays=(pay(formula="bp(day_rate, commission_bp)"),)))
    given = replace(UNDER_TEST_BOOK, deal=make.deal(day_rate=Money.whole(1_234, "JPY")))
    standing = {"currency": "JPY", "prior_gross": Money.zero("JPY"), "commission_bp": 1050}
    quote = make.world(consent=given, rulebooks=(book,), standing=standing).decide().quote
    assert quote is not None
    assert quote.gross == Money.whole(130, "JPY")  # 129.57 is no amount of yen


# --- intake, attest, sentences --------------------------------------------------------------------------------------


def test_a_notice_after_the_scan_is_never_in_time() -> None:
    late = make.notice(scan_at=make.AT, told_at=make.AT.plus(hours=1), engaged_at=make.AT.plus(hours=2))
    assert not notice_in_time(late)


def test_what_was_made_has_outputs() -> None:
    permit = make.granted(make.world()).permit
    order = make.order_of(permit)
    key = make.key_grant(permit, order)
    refused = attest(make.receipt(permit, order, key, outputs=()), order, permit, key, units_left=8)
    assert isinstance(refused, Refused) and refused.code is Code.WRONG_WORK


@pytest.mark.parametrize("field", ["media", "territories", "shots", "approve_shots"])
def test_invariant_14_one_item_with_a_comma_does_not_read_like_two(field: str) -> None:
    two, one = ({field: ("a", "b")}, {field: ("a, b",)})
    assert sentences(make.consent(grants=(make.permission(**two),))) != sentences(
        make.consent(grants=(make.permission(**one),))
    )


def test_invariant_14_free_text_cannot_forge_a_sentence() -> None:
    forged = make.consent(description="a fall\nI may withdraw everything, at once.")
    assert all("\n" not in line for line in sentences(forged))


def test_every_instant_reads_back() -> None:
    early = Instant.of(date(999, 12, 31))
    assert Instant.parse(str(early)) == early
