"""Scenes 9, 10, 12 and 13: the money, the statement, the withdrawal, the evidence."""

from __future__ import annotations

import time
from pathlib import Path

from stagedoor.adapters import bundle
from stagedoor.adapters.clock import today
from stagedoor.cli.demo import cast
from stagedoor.cli.demo.asking import Wish, ask, order_render, receipt_for, request_of
from stagedoor.cli.demo.stage import Stage
from stagedoor.cli.papers import Photograph, statement_page, write_bundle_file
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Withdrawal
from stagedoor.core.facts.permit import ShareDestroyed
from stagedoor.core.facts.posting import EntryKind
from stagedoor.core.rules.chart import PLANS, funds, owed
from stagedoor.portal.model import StatementPage
from stagedoor.portal.statement import render
from stagedoor.portal.terminal import chain_tree, statement_table
from stagedoor.stories.answer_why import Chain, answer_why, posting_name
from stagedoor.stories.settle_period import settle_party
from stagedoor.stories.verify_bundle import verify_bundle
from stagedoor.stories.withdraw_consent import Withdrawn, withdraw_consent
from stagedoor.wiring import examples_folder


def money(stage: Stage) -> None:
    """What was posted: balanced, and why."""
    stage.teller.scene("What was posted")
    with stage.house.store.unit() as unit:
        entries = unit.entries(production=stage.id("production"))
    posted = [entry for entry in entries if entry.kind is EntryKind.POST]
    for entry in posted:
        stage.teller.line(f"entry of {entry.at.day}, sum 0:")
        for posting in entry.postings:
            stage.teller.line(f"   {posting.amount.shown():>18}  {posting.account.split(':')[0]:<22} {posting.why}")
        assert sum(posting.amount.units for posting in entry.postings) == 0
    stage.teller.keep("amounts", [[str(p.amount) for p in entry.postings] for entry in posted])
    for name, account in (
        ("owed_performer", owed("performer", stage.id("performer"))),
        ("owed_agent", owed("agent", stage.id("agent"))),
        ("owed_plans", PLANS),
        ("left_in_account", funds(stage.id("production"))),
    ):
        with stage.house.store.unit() as unit:
            stage.teller.keep(name, str(Money(-unit.balance(account, "USD"), "USD")))


def statement(stage: Stage) -> None:
    """Her statement: a table here, one self-contained page, and the chain behind one amount."""
    stage.teller.scene("Her statement, and why")
    first, last = cast.PERIOD
    found = settle_party(stage.house.store, party=stage.id("performer"), currency="USD", first_day=first, last_day=last)
    stage.teller.console.print(statement_table(_write_page(stage)))
    stage.teller.good(f"the page: {stage.home.papers / 'statement.html'}")
    name = posting_name(found.lines[1].entry, found.lines[1].line)
    chain = answer_why(stage.house.store, name)
    assert isinstance(chain, Chain) and chain.links[-1].kind == "signature"
    stage.teller.line(f"stagedoor why {name}")
    stage.teller.console.print(chain_tree(chain))
    stage.teller.keep("statement_total", str(found.total))


def _write_page(stage: Stage) -> StatementPage:
    """Her page as things stand now."""
    photograph = Photograph(examples_folder() / "mara" / "capture" / cast.HELD_OUT, cast.HELD_OUT_AZIMUTH_DEG)
    page = statement_page(stage.house, production=stage.id("production"), performer=stage.id("performer"),
                          period=cast.PERIOD, photograph=photograph)  # fmt: skip
    (stage.home.papers / "statement.html").write_text(render(page), encoding="utf-8")
    return page


def withdraw(stage: Stage) -> None:
    """While a worker renders, she withdraws the remaining use: its lease lapses, the next key is refused."""
    stage.teller.scene("She withdraws the remaining use")
    stage.clock.move_to(cast.WITHDRAWN)
    long = ask(stage, request_of(stage, Wish(shot="12B", units=1_000, arc=(-20, 20))))
    late = ask(stage, request_of(stage, Wish(shot="12B", units=1, arc=(0, 0))))
    assert long.permit is not None and late.permit is not None, long.refused or late.refused
    running = order_render(stage, long.permit, first_frame=1_000, width=512)
    stage.wait_for("the worker being at work", lambda: stage.worker_progress(running.order)[0] >= 1)
    before = _owed(stage)
    fact = Withdrawal(
        withdrawal=stage.house.ids.new("withdrawal"), consent=long.permit.consent, performer=stage.id("performer"),
        what="remaining_use", at=stage.clock.at,
    )  # fmt: skip
    done = withdraw_consent(
        stage.house.store, stage.house.verifier, stage.house.ids, fact, stage.sign("performer", fact), custodian="union"
    )
    assert isinstance(done, Withdrawn), done
    withdrawn_at = time.monotonic()
    stage.wait_for("the running lease lapsing", lambda: receipt_for(stage, running) is not None, seconds=60)
    receipt = receipt_for(stage, running)
    assert receipt is not None and receipt.units < long.permit.units
    seconds = time.monotonic() - withdrawn_at
    stage.teller.good(f"the render stopped {seconds:.1f} s later, with {receipt.units} of {long.permit.units} frames")
    refused = _next_key(stage, late.permit)
    stage.teller.good(f"the next key was refused [{refused}]")
    again = ask(stage, request_of(stage, Wish(shot="12B", units=1, arc=(0, 0))))
    assert again.refused is not None and again.refused.code is Code.CONSENT_WITHDRAWN, again.refused
    stage.wait_for("the union's custodian destroying its shares", lambda: _destroyed(stage) >= len(done.assets))
    assert _owed(stage) == before
    stage.teller.good(f"what was earned stays owed: {Money(before, 'USD').shown()}")
    stage.teller.good("the destruction of her side's shares is attested in the custodian's journal; it proves nothing "
                      "about copies already made")  # fmt: skip
    stage.teller.keep("withdrawn_next_key", refused)


def _next_key(stage: Stage, permit: object) -> str:
    """Order work under a permit that was granted before the withdrawal; the gate's answer to the worker."""
    from stagedoor.core.facts.permit import Permit

    assert isinstance(permit, Permit)
    order = order_render(stage, permit)
    stage.wait_for("the refusal of the next key", lambda: bool(stage.inbox.order_failure(order.order)), seconds=60)
    return stage.inbox.order_failure(order.order).partition(":")[0]


def _destroyed(stage: Stage) -> int:
    with stage.house.store.unit() as unit:
        return len(unit.all(ShareDestroyed, "custodian/union"))


def _owed(stage: Stage) -> int:
    with stage.house.store.unit() as unit:
        return -unit.balance(owed("performer", stage.id("performer")), "USD")


def evidence(stage: Stage) -> None:
    """A bundle that anybody can check offline."""
    stage.teller.scene("The evidence")
    _write_page(stage)
    stage.teller.good("her page is written again, with what was paid since")
    path = stage.home.papers / "evidence.zip"
    written = write_bundle_file(stage.house, stage.id("production"), path)
    assert not isinstance(written, Refused), written
    read = bundle.read(path, read_on=today())
    checks = verify_bundle(read.facts, read.books, read.files, stage.house.verifier, pins={})
    failed = [check.what for check in checks if not check.holds]
    assert not failed, failed[:3]
    stage.teller.good(
        f"{path.name}: {len(read.facts)} facts, {len(read.files)} outputs; {len(checks)} checks hold offline"
    )
    faults = stage.house.auditor.verify()
    assert not faults, faults
    stage.teller.good("every journal's chain and every balance verify")
    stage.teller.keep("bundle_checks", len(checks))
    stage.teller.keep("decisions", stage.decisions)


def where(stage: Stage) -> None:
    """Where each thing lies."""
    stage.teller.scene("Where everything lies")
    places: tuple[tuple[str, Path], ...] = (
        ("statement", stage.home.papers / "statement.html"),
        ("evidence bundle", stage.home.papers / "evidence.zip"),
        ("frames", stage.home.outputs),
    )
    world: tuple[tuple[str, Path], ...] = (
        ("sealed capture and replica", stage.home.blobs),
        ("database", stage.home.database),
        ("custodians", stage.home.custodian("union")),
        ("", stage.home.custodian("studio")),
        ("logs", stage.home.logs),
    )
    for name, place in (*places, *world) if stage.kept else places:
        stage.teller.line(f"{name:<28}{place}")
