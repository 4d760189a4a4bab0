"""Staff give back, whole or in part; never more than was paid, never twice, never alone beyond the rules."""

import contextlib
import uuid
from datetime import timedelta

import pytest

from accounts.models import Subscriber
from billing import held_money, ledger
from billing.by_voucher import vouchers
from billing.by_voucher.vouchers import Redemption
from billing.gateways.disputes import DisputeFactState
from billing.gateways.facts import RefundFactState
from billing.giving_back import refund_requests, refunds
from billing.giving_back.refund_requests import DisputeOpen, MoreThanPaid, NothingLeft, SecondPersonNeeded
from billing.models import (
    AccountKind,
    EntryKind,
    LedgerEntry,
    Method,
    OrderState,
    Refund,
    RefundRequest,
    RefundRequestState,
    RefundState,
    ReviewItem,
    ReviewKind,
    VoucherNature,
)
from billing.paying import credit
from lib.models import Alarm
from lib.money import Money
from notifications.models import Message
from plans.models import PlanPeriod
from tests.billing import printing
from tests.billing.giving_back import answer, ask, balance, dispute
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.billing.test_ledger import run_together
from tests.cast import anna
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def test_a_partial_refund_leaves_the_plan_as_it_was(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    ask(order, now=LATER, amount_minor=400, takes_back=False)
    assert (order.state, Refund.objects.get().amount_minor) == (OrderState.APPLIED, 400)
    assert PlanPeriod.objects.get(origin=order.subject).ends_at > LATER + timedelta(days=20)


def test_parts_round_to_the_same_cent_as_the_whole(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    for part in (333, 333, 333, 501):
        ask(order, now=LATER, amount_minor=part, takes_back=False)
    assert balance(AccountKind.SALES) == balance(AccountKind.VAT) == 0
    assert balance(AccountKind.REFUNDS_DUE) == 1500
    assert order.state == OrderState.REVERSED


def test_more_than_was_paid_is_refused(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    ask(order, now=LATER, amount_minor=1000, takes_back=False)
    with pytest.raises(MoreThanPaid):
        ask(order, now=LATER, amount_minor=501, takes_back=False)
    assert Refund.objects.count() == 1


def test_an_order_that_is_not_applied_has_nothing_to_give_back(buyer: Subscriber) -> None:
    with pytest.raises(NothingLeft):
        ask(order_plan(buyer), now=LATER)


def test_beyond_the_rules_a_second_person_decides(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    request = ask(order, now=LATER, amount_minor=1500, may_grant=False, reason="was ill")
    assert (request.state, Refund.objects.count()) == (RefundRequestState.ASKED, 0)
    with pytest.raises(SecondPersonNeeded):
        refund_requests.decide(request, is_granted=True, actor="staff:1", now=LATER)
    granted = refund_requests.decide(request, is_granted=True, actor="staff:2", now=LATER)
    assert (granted.state, granted.decided_by, Refund.objects.get().amount_minor) == ("granted", "staff:2", 1500)


def test_a_refused_request_moves_nothing(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    request = ask(order, now=LATER, amount_minor=1500, may_grant=False)
    refund_requests.decide(request, is_granted=False, actor="staff:2", now=LATER)
    order.refresh_from_db()
    assert (order.state, Refund.objects.count(), balance(AccountKind.REFUNDS_DUE)) == (OrderState.APPLIED, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_of_the_staff_at_once_give_it_back_once() -> None:
    load_reference_data()
    order = order_plan(anna())
    pay(order)

    def click(number: int) -> None:
        with contextlib.suppress(NothingLeft):
            ask(order, now=LATER, key=f"staff:{number}", amount_minor=1500, actor=f"staff:{number}")

    run_together(8, click)
    assert [row.amount_minor for row in Refund.objects.all()] == [1500]
    assert RefundRequest.objects.count() == 1
    assert broken() == {}


def test_credit_that_was_spent_is_owed_and_the_next_top_up_pays_it_first(buyer: Subscriber) -> None:
    top_up = order_top_up(buyer, 2000)
    pay(top_up)
    plan = order_plan(buyer, method=Method.CREDIT)
    credit.pay(plan.pk, line_id=plan.line_id, actor="test", now=NOW)
    ask(top_up, now=LATER, amount_minor=2000)
    assert (ledger.credit_of(top_up.line)[0].minor, ledger.owed_by(top_up.line)) == (0, Money(1500, "EUR"))
    pay(order_top_up(buyer, 1000))
    assert (ledger.credit_of(top_up.line)[0].minor, ledger.owed_by(top_up.line)) == (0, Money(500, "EUR"))
    pay(order_top_up(buyer, 1000))
    assert (ledger.credit_of(top_up.line)[0], ledger.owed_by(top_up.line).minor) == (Money(500, "EUR"), 0)
    assert LedgerEntry.objects.filter(kind=EntryKind.SHORTFALL_PAID).count() == 2
    assert broken() == {}


def test_a_refund_that_needs_the_payers_bank_data_says_so_and_is_seen_by_staff(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    ask(order, now=LATER)
    answer(Refund.objects.get(), RefundFactState.NEEDS_PAYER, now=LATER)
    item = ReviewItem.objects.get()
    assert (item.kind, item.closed_at) == (ReviewKind.REFUND_NEEDS_PAYER, None)
    assert Message.objects.filter(subject=order.subject, kind="refund_needs_payer").count() == 1
    answer(Refund.objects.get(), RefundFactState.SUCCEEDED, now=LATER)
    item.refresh_from_db()
    assert item.outcome == "settled"
    assert balance(AccountKind.REFUNDS_DUE) == 0


def test_a_refund_that_fails_weeks_later_is_held_for_the_payer_with_an_alarm(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    request = ask(order, now=LATER)
    refund = Refund.objects.get()
    answer(refund, RefundFactState.SUCCEEDED, now=LATER)
    answer(refund, RefundFactState.FAILED, now=LATER + timedelta(days=21))
    order.refresh_from_db()
    assert ledger.held_for(order.pk) == {"EUR": request.amount_minor}
    assert (order.state, ReviewItem.objects.get(order=order).kind) == (OrderState.REVERSED, ReviewKind.REFUND_FAILED)
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["refund.failed"]
    assert Message.objects.filter(subject=order.subject, kind="money_held").count() == 1
    assert broken() == {}


def test_what_could_not_be_sent_is_sent_again_or_kept_as_credit(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    request = ask(order, now=LATER)
    answer(Refund.objects.get(), RefundFactState.FAILED, now=LATER)
    held_money.give_back(ReviewItem.objects.get(), actor="test", now=LATER)
    again = Refund.objects.get(state=RefundState.REQUESTED)
    assert again.amount_minor == request.amount_minor
    answer(again, RefundFactState.FAILED, now=LATER)
    held_money.keep_as_credit(ReviewItem.objects.get(closed_at=None), subscriber=buyer, now=LATER)
    assert ledger.credit_of(order.line)[0].minor == request.amount_minor
    assert broken() == {}


@pytest.mark.parametrize("state", [DisputeFactState.INQUIRY, DisputeFactState.OPEN, DisputeFactState.UNDER_REVIEW])
def test_while_a_bank_decides_nothing_is_given_back(buyer: Subscriber, state: DisputeFactState) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    dispute(payment, state, now=LATER, is_withdrawn=state != DisputeFactState.INQUIRY)
    with pytest.raises(DisputeOpen):
        ask(order, now=LATER)
    assert not Refund.objects.exists()


def test_a_refund_not_yet_sent_waits_for_the_bank(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    ask(order, now=LATER)
    dispute(payment, DisputeFactState.OPEN, now=LATER)
    refunds.submit(Refund.objects.get().pk, now=LATER)
    assert Refund.objects.get().state == RefundState.REQUESTED


@pytest.mark.parametrize("nature", VoucherNature)
def test_credit_of_a_voucher_is_not_given_back_by_a_refund(buyer: Subscriber, nature: VoucherNature) -> None:
    printed = printing.one(nature=nature)
    voucher = vouchers.look_up(printed.code, line=buyer.lines[0], buyer=buyer, address="192.0.2.1", now=NOW)
    wish = Redemption(voucher_id=voucher.pk, line=buyer.lines[0], buyer=buyer, form_token=uuid.uuid4())
    order = vouchers.redeem(wish, now=NOW)
    with pytest.raises(NothingLeft):
        ask(order, now=LATER, amount_minor=500)
    assert sum(part.minor for part in ledger.credit_of(order.line)) == 1000


def test_credit_in_two_parts_comes_back_in_the_same_parts_however_it_is_cut(buyer: Subscriber) -> None:
    line = buyer.lines[0]
    give_credit(line, 500, bonus=True)
    give_credit(line, 1000)
    order = order_plan(buyer, method=Method.CREDIT)
    credit.pay(order.pk, line_id=line.pk, actor="test", now=NOW)
    for part in (1, 1, 1, 700, 797):
        ask(order, now=LATER, amount_minor=part, takes_back=False)
    paid, bonus = ledger.credit_of(line)
    assert (paid.minor, bonus.minor) == (1000, 500)
    assert broken() == {}
