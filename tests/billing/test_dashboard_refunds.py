"""Somebody gives money back in the gateway's dashboard: our books follow, and staff hear of it."""

from datetime import timedelta

import pytest

from accounts.models import Subscriber
from billing import ledger
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import dashboard_refunds
from billing.models import (
    AccountKind,
    Order,
    OrderState,
    Payment,
    Refund,
    RefundRequest,
    RefundState,
    ReviewItem,
    ReviewKind,
)
from lib.models import Alarm
from lib.money import Money
from plans.models import PlanPeriod
from tests.billing.giving_back import ask, balance
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay
from tests.cast import anna
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def made(
    payment: Payment, minor: int, state: RefundFactState = RefundFactState.SUCCEEDED, name: str = "re_dash"
) -> Refund | None:
    fact = RefundFact(gateway_id=name, state=state, amount=Money(minor, "EUR"), intent_id=payment.intent_id)
    return dashboard_refunds.take_in(fact, now=LATER)


def seen(order: Order) -> tuple[str, str, list[str]]:
    order.refresh_from_db()
    item = ReviewItem.objects.get(kind=ReviewKind.REFUND_BY_GATEWAY)
    return (order.state, item.subject, list(Alarm.objects.values_list("kind", flat=True)))


def test_a_part_of_a_sale_is_taken_back_and_the_plan_stays(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    made(pay(order), 500)
    assert seen(order) == (OrderState.APPLIED, "refund:re_dash", ["refund.by_gateway"])
    assert (balance(AccountKind.REFUNDS_DUE), balance(AccountKind.CLEARING)) == (0, -1000)
    assert RefundRequest.objects.get().amount_minor == 500
    assert PlanPeriod.objects.get(origin=order.subject).ends_at > LATER
    assert broken() == {}


def test_all_of_a_sale_reverses_the_order(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    made(pay(order), 1500)
    assert seen(order)[0] == OrderState.REVERSED
    assert balance(AccountKind.SALES) == balance(AccountKind.VAT) == balance(AccountKind.CLEARING) == 0
    assert broken() == {}


def test_the_same_news_twice_is_one_refund(buyer: Subscriber) -> None:
    payment = pay(order_plan(buyer))
    assert made(payment, 500, RefundFactState.PENDING) == made(payment, 500)
    assert (Refund.objects.get().state, balance(AccountKind.CLEARING)) == (RefundState.SUCCEEDED, -1000)
    assert Alarm.objects.count() == 1


def test_held_money_goes_first_and_its_item_closes(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    made(pay(order, 1200), 1200)
    assert seen(order)[0] == OrderState.CLOSED
    assert ledger.held_for(order.pk) == {}
    assert broken() == {}


def test_a_top_up_is_taken_from_the_credit(buyer: Subscriber) -> None:
    order = order_top_up(buyer, 2000)
    made(pay(order), 1500)
    assert ledger.credit_of(order.line)[0].minor == 500
    assert broken() == {}


def test_one_that_failed_at_once_leaves_no_trace(buyer: Subscriber) -> None:
    assert made(pay(order_plan(buyer)), 500, RefundFactState.FAILED) is None
    assert not Refund.objects.exists()
    assert not ReviewItem.objects.exists()


def test_ours_and_theirs_together_never_exceed_what_came(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    ask(order, now=LATER, amount_minor=1000, takes_back=False)
    made(payment, 500)
    assert seen(order)[0] == OrderState.REVERSED
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 1500
    assert broken() == {}


def test_a_refund_of_no_payment_of_ours_is_none_of_ours(buyer: Subscriber) -> None:
    fact = RefundFact(
        gateway_id="re_x", state=RefundFactState.SUCCEEDED, amount=Money(500, "EUR"), intent_id="pi_unknown"
    )
    assert dashboard_refunds.take_in(fact, now=LATER) is None
    assert not Refund.objects.exists()
