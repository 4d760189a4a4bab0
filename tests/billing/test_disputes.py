"""A payer's bank takes money back: booked, frozen, decided; nothing is paid twice without a human."""

from datetime import timedelta
from itertools import permutations

import pytest

from accounts.models import Subscriber
from billing import held_money, ledger
from billing.gateways.disputes import DisputeFactState
from billing.gateways.facts import RefundFactState
from billing.models import (
    AccountKind,
    Dispute,
    DisputeState,
    Method,
    OrderState,
    Refund,
    RefundRequest,
    ReviewItem,
    ReviewKind,
)
from billing.paying import credit
from lib.models import Alarm
from plans.models import Allowance, PlanPeriod
from tests.billing.giving_back import answer, ask, balance, dispute
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.cast import anna
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=10)
OPEN, REVIEW, WON, LOST = (
    DisputeFactState.OPEN,
    DisputeFactState.UNDER_REVIEW,
    DisputeFactState.WON,
    DisputeFactState.LOST,
)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def frozen(buyer: Subscriber) -> set[bool]:
    return {row.frozen_at is not None for row in Allowance.objects.filter(line=buyer.lines[0])}


def alarms() -> list[str]:
    return list(Alarm.objects.order_by("id").values_list("kind", flat=True))


def test_an_opened_dispute_takes_the_money_freezes_the_rest_and_calls_staff(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    dispute(pay(order), OPEN, now=LATER)
    order.refresh_from_db()
    assert (balance(AccountKind.CLEARING), balance(AccountKind.DISPUTED)) == (0, -1500)
    assert frozen(buyer) == {True}
    assert (order.state, ReviewItem.objects.get().kind, alarms()) == (
        OrderState.APPLIED,
        ReviewKind.DISPUTE,
        ["dispute.opened"],
    )
    assert broken() == {}


def test_an_inquiry_moves_no_money_and_freezes_nothing(buyer: Subscriber) -> None:
    dispute(pay(order_plan(buyer)), DisputeFactState.INQUIRY, now=LATER, is_withdrawn=False)
    assert (balance(AccountKind.DISPUTED), frozen(buyer)) == (0, {False})
    assert Dispute.objects.get().state == DisputeState.INQUIRY


def test_a_won_dispute_brings_money_and_allowances_back(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    dispute(payment, OPEN, now=LATER)
    dispute(payment, WON, now=LATER)
    order.refresh_from_db()
    assert (balance(AccountKind.CLEARING), balance(AccountKind.DISPUTED)) == (-1500, 0)
    assert (frozen(buyer), order.state) == ({False}, OrderState.APPLIED)
    assert ReviewItem.objects.get().outcome == "settled"
    assert broken() == {}


def test_a_lost_dispute_takes_the_sale_and_the_plan_back(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    dispute(payment, OPEN, now=LATER)
    dispute(payment, LOST, now=LATER)
    order.refresh_from_db()
    assert order.state == OrderState.REVERSED
    assert {balance(kind) for kind in (AccountKind.DISPUTED, AccountKind.SALES, AccountKind.VAT)} == {0}
    assert PlanPeriod.objects.get(origin=order.subject).ends_at == LATER
    assert (RefundRequest.objects.get().cause, Refund.objects.count()) == ("dispute", 0)
    assert alarms() == ["dispute.opened", "dispute.lost"]
    assert broken() == {}


def test_a_lost_top_up_is_taken_from_the_credit_and_the_spent_part_is_owed(buyer: Subscriber) -> None:
    top_up = order_top_up(buyer, 2000)
    payment = pay(top_up)
    plan = order_plan(buyer, method=Method.CREDIT)
    credit.pay(plan.pk, line_id=plan.line_id, actor="test", now=NOW)
    dispute(payment, LOST, now=LATER)
    assert (ledger.credit_of(top_up.line)[0].minor, ledger.owed_by(top_up.line).minor) == (0, 1500)
    assert balance(AccountKind.DISPUTED) == 0
    assert broken() == {}


def test_held_money_that_the_bank_took_is_held_no_more(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    dispute(pay(order, 1200), LOST, now=LATER)
    order.refresh_from_db()
    assert (ledger.held_for(order.pk), order.state) == ({}, OrderState.CLOSED)
    assert not ReviewItem.objects.filter(closed_at=None).exists()
    assert broken() == {}


def test_of_two_payments_of_which_one_became_credit_only_the_credit_goes(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    second = pay(order)
    held_money.keep_as_credit(ReviewItem.objects.get(closed_at=None), subscriber=buyer, now=NOW)
    dispute(second, LOST, now=LATER)
    order.refresh_from_db()
    assert (order.state, ledger.credit_of(order.line)[0].minor) == (OrderState.APPLIED, 0)
    assert broken() == {}


def test_given_back_and_lost_as_well_is_a_loss_that_a_human_hears_of(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    ask(order, now=NOW + timedelta(days=1), amount_minor=1500)
    answer(Refund.objects.get(), RefundFactState.SUCCEEDED, now=LATER)
    dispute(payment, LOST, now=LATER)
    assert (balance(AccountKind.WRITTEN_OFF), balance(AccountKind.DISPUTED)) == (-1500, 0)
    assert alarms()[-1] == "dispute.paid_twice"
    assert broken() == {}


@pytest.mark.parametrize("end", [WON, LOST])
def test_whatever_the_order_of_its_news_the_end_is_the_same(buyer: Subscriber, end: DisputeFactState) -> None:
    seen = set()
    for order_of_news in permutations([OPEN, REVIEW, end, end]):
        order = order_plan(buyer)
        payment = pay(order)
        for state in order_of_news:
            dispute(payment, state, now=LATER)
        order.refresh_from_db()
        seen.add((order.state, Dispute.objects.get(payment=payment).state, balance(AccountKind.DISPUTED)))
        assert ReviewItem.objects.filter(closed_at=None).count() == 0
        assert broken() == {}
    assert len(seen) == 1
