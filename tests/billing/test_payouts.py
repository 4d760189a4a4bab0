"""Leftover credit is paid out to its owner by two of the staff; held money whose refund failed goes by the same two hands."""

import contextlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts import hold
from accounts.models import Line, LineOwnership, Subscriber
from billing import held_money, ledger
from billing.authority import Authority, NotAllowed, OwnLine, SamePerson
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import refunds
from billing.ledger import Posting
from billing.models import (
    AccountKind,
    Dispute,
    DisputeState,
    EntryKind,
    LedgerEntry,
    Order,
    OrderState,
    Payout,
    PayoutState,
    Refund,
    ReviewItem,
    ReviewKind,
    ReviewOutcome,
)
from billing.paying_out import payouts, payouts_at_the_desk
from billing.paying_out.bank_accounts import BankAccount
from billing.paying_out.payouts import DisputeOpen, NothingLeft, NotYours, TooLate, TooSoon
from billing.paying_out.payouts_at_the_desk import CanGoBack, NobodyToPay
from lib import clock
from lib.models import Audit
from notifications.models import Message
from tests.billing.money import NOW, give_credit
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay
from tests.billing.test_adjustments import owes
from tests.billing.test_ledger import run_together
from tests.cast import anna, emma

pytestmark = pytest.mark.django_db
ACCOUNT = BankAccount(holder="Anna Berg", iban="DE89370400440532013000")
FIRST = Authority(person_id=2_000_000_901, limit_minor=10_000, may_decide=True, address="203.0.113.7")
SECOND = Authority(person_id=2_000_000_902, limit_minor=10_000, may_decide=True)
AGENT = Authority(person_id=2_000_000_903, limit_minor=1000)


@pytest.fixture
def owner(db: None) -> Subscriber:
    return anna()


@pytest.fixture
def line(owner: Subscriber) -> Line:
    line = owner.lines.get()
    give_credit(line, 1200)
    give_credit(line, 300, bonus=True)
    return line


def asked(line: Line, **more: Any) -> Payout:
    subscriber = more.get("subscriber") or Subscriber.objects.get(email="anna@example.com")
    return payouts.ask(line=line, subscriber=subscriber, account=ACCOUNT, now=more.get("now", NOW))


def balances(line: Line) -> dict[str, int]:
    paid, bonus = ledger.credit_of(line)
    return {"paid": paid.minor, "bonus": bonus.minor, "owed": ledger.owed_by(line).minor, "due": due()}


def due() -> int:
    """What waits to be paid out by hand."""
    into = LedgerEntry.objects.filter(target__kind=AccountKind.PAYOUTS_DUE)
    out = LedgerEntry.objects.filter(source__kind=AccountKind.PAYOUTS_DUE)
    return sum(into.values_list("amount_minor", flat=True)) - sum(out.values_list("amount_minor", flat=True))


def kinds_told() -> list[str]:
    return list(Message.objects.filter(kind__startswith="payout").order_by("id").values_list("kind", flat=True))


def test_asking_sets_the_whole_paid_credit_aside_at_once_and_leaves_the_bonus(line: Line) -> None:
    payout = asked(line)
    assert (payout.amount_minor, payout.state, payout.bank_hint) == (1200, PayoutState.REQUESTED, "DE•••3000")
    assert balances(line) == {"paid": 0, "bonus": 300, "owed": 0, "due": 1200}
    assert kinds_told() == ["payout_asked"]


def test_what_the_line_owes_is_paid_first(line: Line) -> None:
    owes(line, 500)
    assert asked(line).amount_minor == 700
    assert balances(line) == {"paid": 0, "bonus": 300, "owed": 0, "due": 700}


def test_a_line_that_owes_as_much_as_it_has_is_paid_nothing(line: Line) -> None:
    owes(line, 1200)
    with pytest.raises(NothingLeft):
        asked(line)
    assert balances(line) == {"paid": 1200, "bonus": 300, "owed": 1200, "due": 0}
    assert not Payout.objects.exists()


def test_bonus_alone_is_never_paid_out(owner: Subscriber) -> None:
    line = owner.lines.get()
    give_credit(line, 300, bonus=True)
    with pytest.raises(NothingLeft):
        asked(line)


def test_only_the_owner_of_today_asks(line: Line) -> None:
    with pytest.raises(NotYours):
        asked(line, subscriber=emma())
    LineOwnership.objects.filter(line=line).update(until_at=NOW)
    with pytest.raises(NotYours):
        asked(line)
    assert not Payout.objects.exists()


def test_a_line_that_came_to_its_owner_today_waits_a_day(line: Line) -> None:
    LineOwnership.objects.filter(line=line).update(from_at=NOW - timedelta(hours=23))
    with pytest.raises(TooSoon) as caught:
        asked(line)
    assert caught.value.until == NOW + timedelta(hours=1)
    assert asked(line, now=NOW + timedelta(hours=1)).amount_minor == 1200


@pytest.mark.parametrize("change", [{"email": "other@example.com"}, {"msisdn": "+4917604069099"}])
def test_a_changed_sign_in_holds_the_credit_for_a_day(line: Line, owner: Subscriber, change: dict[str, str]) -> None:
    Subscriber.objects.filter(pk=owner.pk).update(**change)
    with pytest.raises(TooSoon) as caught:
        asked(line, subscriber=owner)
    assert timedelta(hours=23) < caught.value.until - clock.real_now() <= timedelta(hours=24)
    assert not Payout.objects.exists()
    Subscriber.objects.filter(pk=owner.pk).update(sign_in_changed_at=clock.real_now() - timedelta(hours=24))
    assert asked(line, subscriber=owner).amount_minor == 1200


def test_proving_a_first_number_or_adding_a_first_e_mail_is_no_change(owner: Subscriber) -> None:
    newcomer = Subscriber.objects.create_user(email="")
    Subscriber.objects.filter(pk=newcomer.pk).update(email="new@example.com", msisdn="+4917604069098")
    assert hold.until(newcomer) is None


def dispute_about(line: Line) -> Dispute:
    load_reference_data()
    payment = pay(order_top_up(Subscriber.objects.get(ownerships__line=line)))
    return Dispute.objects.create(
        payment=payment, gateway_id="dp_1", state=DisputeState.OPEN, amount_minor=1000, currency="EUR"
    )


def test_nothing_is_paid_out_while_a_payer_s_bank_asks_for_money_of_the_line(line: Line) -> None:
    payout = asked(line)
    dispute_about(line)
    with pytest.raises(DisputeOpen):
        asked(line)
    with pytest.raises(DisputeOpen):
        payouts_at_the_desk.approve(payout.pk, by=FIRST, now=NOW)
    payout.refresh_from_db()
    assert payout.state == PayoutState.REQUESTED


def test_a_second_click_finds_the_first_pay_out(line: Line) -> None:
    assert asked(line) == asked(line)
    assert due() == 1200
    assert len(kinds_told()) == 1


def test_taken_back_it_is_credit_again_and_the_bank_data_is_gone(line: Line, owner: Subscriber) -> None:
    payout = payouts.cancel(asked(line).pk, subscriber=owner, now=NOW)
    assert (payout.state, payout.bank_data) == (PayoutState.CANCELLED, None)
    assert balances(line) == {"paid": 1200, "bonus": 300, "owed": 0, "due": 0}
    assert payouts.cancel(payout.pk, subscriber=owner, now=NOW).state == PayoutState.CANCELLED
    assert asked(line).pk != payout.pk


def test_an_approved_one_cannot_be_taken_back_and_nobody_takes_back_another_s(line: Line, owner: Subscriber) -> None:
    payout = asked(line)
    with pytest.raises(NotYours):
        payouts.cancel(payout.pk, subscriber=emma(), now=NOW)
    payouts_at_the_desk.approve(payout.pk, by=FIRST, now=NOW)
    with pytest.raises(TooLate):
        payouts.cancel(payout.pk, subscriber=owner, now=NOW)
    assert due() == 1200


def test_one_approves_another_sends_and_the_money_has_left(line: Line) -> None:
    payout = asked(line)
    payouts_at_the_desk.approve(payout.pk, by=FIRST, now=NOW)
    sent = payouts_at_the_desk.send(payout.pk, by=SECOND, now=NOW)
    assert (sent.state, sent.approved_by, sent.ended_by) == (PayoutState.SENT, FIRST.actor, SECOND.actor)
    assert sent.bank_data is None
    entry = LedgerEntry.objects.latest("id")
    assert (entry.kind, entry.source.kind, entry.target.kind) == (EntryKind.PAYOUT_SENT, "payouts_due", "bank")
    assert balances(line) == {"paid": 0, "bonus": 300, "owed": 0, "due": 0}
    assert kinds_told() == ["payout_asked", "payout_sent"]
    assert [row.deed for row in Audit.objects.order_by("id")] == ["payout.approved", "payout.sent"]


def test_who_approved_does_not_send(line: Line) -> None:
    payout = payouts_at_the_desk.approve(asked(line).pk, by=FIRST, now=NOW)
    with pytest.raises(SamePerson):
        payouts_at_the_desk.send(payout.pk, by=FIRST, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.update(state="sent", ended_by=FIRST.actor, ended_at=NOW, bank_data=None)
    assert due() == 1200


def test_unapproved_it_is_not_sent(line: Line) -> None:
    payout = asked(line)
    with pytest.raises(TooLate):
        payouts_at_the_desk.send(payout.pk, by=SECOND, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        Payout.objects.update(state="sent", approved_by="staff:1", ended_by="staff:2", bank_data=None)


ACTS: dict[str, Callable[[Payout, Authority], object]] = {
    "approve": lambda payout, by: payouts_at_the_desk.approve(payout.pk, by=by, now=NOW),
    "send": lambda payout, by: payouts_at_the_desk.send(payout.pk, by=by, now=NOW),
    "refuse": lambda payout, by: payouts_at_the_desk.refuse(payout.pk, reason="no", by=by, now=NOW),
    "see the account": lambda payout, by: payouts_at_the_desk.bank_account(payout, by=by),
}


@pytest.mark.parametrize("act", ACTS)
def test_only_finance_has_to_do_with_pay_outs(line: Line, act: str) -> None:
    payout = asked(line)
    with pytest.raises(NotAllowed):
        ACTS[act](payout, AGENT)
    assert not Audit.objects.exists()


def test_nobody_decides_about_their_own_money(line: Line, owner: Subscriber) -> None:
    payout = asked(line)
    themselves = Authority(person_id=owner.pk, limit_minor=10_000, may_decide=True)
    for act in (payouts_at_the_desk.approve, payouts_at_the_desk.send):
        with pytest.raises(OwnLine):
            act(payout.pk, by=themselves, now=NOW)
    with pytest.raises(OwnLine):
        payouts_at_the_desk.bank_account(payout, by=themselves)


@pytest.mark.parametrize("is_approved", [False, True])
def test_refused_it_is_credit_again_and_the_owner_reads_why(line: Line, is_approved: bool) -> None:
    payout = asked(line)
    if is_approved:
        payouts_at_the_desk.approve(payout.pk, by=FIRST, now=NOW)
    payouts_at_the_desk.refuse(payout.pk, reason="The account is closed.", by=SECOND, now=NOW)
    refused = payouts_at_the_desk.refuse(payout.pk, reason="again", by=SECOND, now=NOW)
    assert (refused.state, refused.bank_data, refused.reason) == ("refused", None, "The account is closed.")
    assert balances(line) == {"paid": 1200, "bonus": 300, "owed": 0, "due": 0}
    told = Message.objects.get(kind="payout_refused")
    assert (told.address, told.context["reason"]) == ("anna@example.com", "The account is closed.")


def test_the_bank_account_is_sealed_and_each_look_at_it_recorded(line: Line) -> None:
    payout = asked(line)
    payout.refresh_from_db()
    assert b"DE89" not in bytes(payout.bank_data or b"")
    assert payouts_at_the_desk.bank_account(payout, by=FIRST) == ACCOUNT
    row = Audit.objects.get()
    assert (row.deed, row.actor, row.line_id, row.address) == (
        "payout.bank_data_seen",
        FIRST.actor,
        line.pk,
        "203.0.113.7",
    )
    assert "DE89" not in repr(payouts_at_the_desk.bank_account(payout, by=FIRST))


def test_the_database_keeps_sum_and_receiver_and_forgets_the_bank_data(line: Line) -> None:
    payout = asked(line)
    for change in ({"amount_minor": 1}, {"bank_hint": "DE•••9999"}, {"asked_by": "staff:1"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Payout.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.update(state="refused")
    with pytest.raises(DatabaseError), transaction.atomic():
        payout.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.update(approved_by=payout.asked_by)


# Held money


def failed_refund(owner: Subscriber) -> tuple[Order, ReviewItem]:
    """Less was paid than asked for, given back, and the bank did not take it."""
    load_reference_data()
    order = order_plan(owner)
    pay(order, 1200)
    held_money.give_back(ReviewItem.objects.select_related("order").get(order=order), actor="test", now=NOW)
    refund = Refund.objects.get()
    refunds.settle(refund.pk, RefundFact(gateway_id="re_1", state=RefundFactState.FAILED), now=NOW)
    return order, ReviewItem.objects.select_related("order").get(order=order, closed_at=None)


def held_asked(item: ReviewItem, by: Authority = FIRST) -> Payout:
    return payouts_at_the_desk.ask_for_held(item, account=ACCOUNT, by=by, now=NOW)


def test_held_money_whose_refund_failed_is_paid_by_hand_and_closes_its_item(owner: Subscriber) -> None:
    order, item = failed_refund(owner)
    assert item.kind == ReviewKind.REFUND_FAILED
    payout = held_asked(item)
    order.refresh_from_db()
    item.refresh_from_db()
    assert (payout.amount_minor, payout.subscriber, payout.order) == (1200, owner, order)
    assert (item.outcome, order.state, ledger.held_for(order.pk)) == (
        ReviewOutcome.PAID_BY_HAND,
        OrderState.CLOSED,
        {},
    )
    assert held_asked(item) == payout
    told = Message.objects.get(kind="payout_asked")
    assert str(order.pk) in told.context["url"]
    assert due() == 1200


def test_whoever_typed_the_account_in_does_not_approve_it(owner: Subscriber) -> None:
    payout = held_asked(failed_refund(owner)[1])
    with pytest.raises(SamePerson):
        payouts_at_the_desk.approve(payout.pk, by=FIRST, now=NOW)
    payouts_at_the_desk.approve(payout.pk, by=SECOND, now=NOW)
    assert payouts_at_the_desk.send(payout.pk, by=FIRST, now=NOW).state == PayoutState.SENT
    assert due() == 0


def test_refused_it_is_held_again_and_waits_for_a_decision(owner: Subscriber) -> None:
    order, item = failed_refund(owner)
    payout = held_asked(item)
    payouts_at_the_desk.refuse(payout.pk, reason="The name is another.", by=SECOND, now=NOW)
    assert ledger.held_for(order.pk) == {"EUR": 1200}
    again = ReviewItem.objects.get(order=order, closed_at=None)
    assert again.kind == ReviewKind.REFUND_FAILED
    assert held_asked(again).pk != payout.pk


def test_held_money_that_can_go_back_by_the_way_it_came_is_not_paid_by_hand(owner: Subscriber) -> None:
    load_reference_data()
    order = order_plan(owner)
    pay(order, 1200)
    item = ReviewItem.objects.select_related("order").get(order=order)
    with pytest.raises(CanGoBack):
        held_asked(item)
    with pytest.raises(NotAllowed):
        held_asked(item, by=AGENT)
    assert ledger.held_for(order.pk) == {"EUR": 1200}


def test_one_s_own_held_money_and_what_is_settled_are_refused(owner: Subscriber) -> None:
    _order, item = failed_refund(owner)
    LineOwnership.objects.update(until_at=NOW)
    with pytest.raises(OwnLine):
        held_asked(item, by=Authority(person_id=owner.pk, may_decide=True))
    ReviewItem.objects.update(closed_at=NOW, outcome="given_back")
    with pytest.raises(NobodyToPay):
        held_asked(item)


# At once


@pytest.mark.django_db(transaction=True)
def test_of_ten_clicks_one_pay_out_is_made(line: Line) -> None:
    run_together(10, lambda _number: asked(line))
    assert Payout.objects.count() == 1
    assert balances(line)["due"] == 1200


@pytest.mark.django_db(transaction=True)
def test_credit_is_paid_out_or_spent_never_both(line: Line) -> None:
    def spend() -> None:
        pots = ledger.pots(AccountKind.CREDIT_PAID, AccountKind.HELD, currency="EUR", line=line)
        with transaction.atomic():
            ledger.post(
                Posting(
                    kind=EntryKind.CREDIT_SPENT,
                    source=pots[AccountKind.CREDIT_PAID],
                    target=pots[AccountKind.HELD],
                    amount_minor=1200,
                    key=f"spend:{uuid.uuid4()}",
                    event_at=NOW,
                    actor="test",
                )
            )

    def either(number: int) -> None:
        with contextlib.suppress(NothingLeft, ledger.NotEnoughCredit):
            asked(line) if number else spend()

    run_together(2, either)
    assert balances(line)["paid"] == 0
    spent = LedgerEntry.objects.filter(kind=EntryKind.CREDIT_SPENT).count()
    assert (spent, due()) in {(1, 0), (0, 1200)}


@pytest.mark.django_db(transaction=True)
def test_sent_and_refused_at_once_only_one_happens(line: Line) -> None:
    payout = payouts_at_the_desk.approve(asked(line).pk, by=FIRST, now=NOW)

    def either(number: int) -> None:
        with contextlib.suppress(TooLate):
            ACTS["send" if number else "refuse"](payout, SECOND)

    run_together(2, either)
    payout.refresh_from_db()
    assert payout.state in {PayoutState.SENT, PayoutState.REFUSED}
    assert due() == 0
    assert len(kinds_told()) == 2
