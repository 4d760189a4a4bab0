"""The table "what came, what happens": each row is a test."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import LineState, Subscriber
from billing import ledger, orders
from billing.fulfilment import settle
from billing.gateways.facts import FactState, PaymentFact
from billing.models import (
    EntryKind,
    LedgerEntry,
    Order,
    OrderState,
    PaymentState,
    ReviewItem,
    ReviewKind,
    ReviewOutcome,
)
from billing.paying.cancellation import cancel
from lib.models import Alarm
from lib.money import Money
from notifications.models import Message
from plans.models import Plan, PlanPeriod
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up, pay, payment_for, received
from tests.cast import anna

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def messages(order: Order, channel: str = "email") -> list[str]:
    return list(
        Message.objects.filter(subject=order.subject, channel=channel)
        .order_by("created_at")
        .values_list("kind", flat=True)
    )


def entries(order: Order) -> list[tuple[str, int]]:
    return list(LedgerEntry.objects.filter(order=order).order_by("id").values_list("kind", "amount_minor"))


def open_items(order: Order) -> list[tuple[str, str]]:
    return list(ReviewItem.objects.filter(order=order, closed_at=None).values_list("kind", "currency"))


def test_the_exact_amount_is_applied_and_every_cent_has_its_place(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    assert order.state == OrderState.APPLIED
    assert (payment.state, payment.received_minor, payment.method_label) == (
        PaymentState.SUCCEEDED,
        1500,
        "Visa ···4242",
    )
    assert entries(order) == [(EntryKind.PAYMENT, 1500), (EntryKind.SALE, 1261), (EntryKind.VAT, 239)]
    assert ledger.held_for(order.pk) == {}
    assert PlanPeriod.objects.get().starts_at == NOW
    assert open_items(order) == []
    assert messages(order) == ["payment_received", "renewed"]
    assert messages(order, "sms") == ["renewed"]


def test_more_is_applied_and_the_rest_stays_held(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order, 1700)
    assert order.state == OrderState.APPLIED
    assert ledger.held_for(order.pk) == {"EUR": 200}
    assert open_items(order) == [(ReviewKind.OVER, "EUR")]
    assert messages(order) == ["payment_received", "renewed", "money_held"]


def test_less_is_held_for_review_and_the_payer_is_told(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order, 1200)
    assert order.state == OrderState.REVIEW
    assert ledger.held_for(order.pk) == {"EUR": 1200}
    assert open_items(order) == [(ReviewKind.SHORT, "EUR")]
    assert not PlanPeriod.objects.exists()
    assert messages(order) == ["payment_received", "money_held"]


def test_less_is_completed_by_a_further_payment(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order, 1200)
    pay(order, 300)
    assert order.state == OrderState.APPLIED
    assert ledger.held_for(order.pk) == {}
    assert open_items(order) == []
    assert ReviewItem.objects.get(order=order).outcome == ReviewOutcome.APPLIED
    assert PlanPeriod.objects.count() == 1


def test_zero_books_nothing_and_raises_an_alarm(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = payment_for(order)
    settle(payment, received(payment, 0), now=NOW)
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    assert entries(order) == []
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["payment.zero"]
    assert messages(order) == []


def test_another_currency_is_held_in_that_currency(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order, 1500, "USD")
    assert order.state == OrderState.REVIEW
    assert ledger.held_for(order.pk) == {"USD": 1500}
    assert open_items(order) == [(ReviewKind.OTHER_CURRENCY, "USD")]
    assert not PlanPeriod.objects.exists()


def expired(order: Order) -> Order:
    with transaction.atomic():
        _line, locked = orders.lock(order.pk, line_id=order.line_id)
        orders.expire(locked, at=NOW)
    order.refresh_from_db()
    return order


def test_late_money_is_applied_while_the_plan_is_sold_at_the_frozen_price(buyer: Subscriber) -> None:
    order = expired(order_plan(buyer))
    pay(order)
    assert order.state == OrderState.APPLIED
    assert ledger.held_for(order.pk) == {}
    assert open_items(order) == []


@pytest.mark.parametrize("change", [{"price_minor": 1600}, {"on_sale_until": NOW - timedelta(days=1)}])
def test_late_money_for_what_is_not_sold_at_that_price_any_more_is_held(
    buyer: Subscriber, change: dict[str, object]
) -> None:
    order = expired(order_plan(buyer))
    Plan.objects.filter(code="month-15").update(on_sale_from=NOW - timedelta(days=9), **change)
    pay(order)
    assert order.state == OrderState.REVIEW
    assert ledger.held_for(order.pk) == {"EUR": 1500}
    assert open_items(order) == [(ReviewKind.LATE, "EUR")]
    assert not PlanPeriod.objects.exists()


def test_money_for_a_cancelled_order_is_held(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    cancel(order, actor="test", now=NOW)
    pay(order)
    assert order.state == OrderState.REVIEW
    assert ledger.held_for(order.pk) == {"EUR": 1500}
    assert open_items(order) == [(ReviewKind.CANCELLED, "EUR")]
    assert not PlanPeriod.objects.exists()


def test_a_second_success_for_an_applied_order_is_held(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    pay(order)
    pay(order)
    assert order.state == OrderState.APPLIED
    assert ledger.held_for(order.pk) == {"EUR": 1500}
    assert open_items(order) == [(ReviewKind.TWICE, "EUR")]
    assert PlanPeriod.objects.count() == 1


def test_two_orders_both_paid_both_apply_one_queued_behind_the_other(buyer: Subscriber) -> None:
    first, second = order_plan(buyer), order_plan(buyer)
    pay(first)
    pay(second)
    periods = list(PlanPeriod.objects.order_by("starts_at"))
    assert [first.state, second.state] == [OrderState.APPLIED] * 2
    assert (periods[0].starts_at, periods[0].ends_at) == (NOW, periods[1].starts_at)


def test_a_top_up_becomes_credit_without_vat(buyer: Subscriber) -> None:
    order = order_top_up(buyer, 2000)
    pay(order)
    assert order.state == OrderState.APPLIED
    assert ledger.credit_of(order.line)[0] == Money(2000, "EUR")
    assert entries(order) == [(EntryKind.PAYMENT, 2000), (EntryKind.TOP_UP, 2000)]
    assert messages(order) == ["payment_received", "topped_up"]


def test_money_for_a_line_that_was_blocked_meanwhile_is_held(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    order.line.move_to(LineState.BLOCKED, reason="reported stolen")
    pay(order)
    assert order.state == OrderState.REVIEW
    assert open_items(order) == [(ReviewKind.NOT_APPLICABLE, "EUR")]
    assert ledger.held_for(order.pk) == {"EUR": 1500}


def test_the_same_fact_again_changes_nothing(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = payment_for(order)
    for _time in range(3):
        settle(payment, received(payment), now=NOW)
    assert len(entries(order)) == 3
    assert PlanPeriod.objects.count() == 1
    assert messages(order) == ["payment_received", "renewed"]


@pytest.mark.parametrize("ended", [FactState.FAILED, FactState.EXPIRED, FactState.CANCELLED])
def test_the_gateways_success_wins_over_an_end_it_told_before(buyer: Subscriber, ended: FactState) -> None:
    order = order_plan(buyer)
    payment = payment_for(order)
    settle(payment, PaymentFact(state=ended), now=NOW)
    settle(payment, received(payment), now=NOW)
    order.refresh_from_db()
    assert order.state == OrderState.APPLIED


@pytest.mark.parametrize("ended", [FactState.FAILED, FactState.EXPIRED, FactState.CANCELLED, FactState.OPEN])
def test_no_later_word_takes_a_booked_success_back(buyer: Subscriber, ended: FactState) -> None:
    order = order_plan(buyer)
    payment = pay(order)
    settle(payment, PaymentFact(state=ended), now=NOW)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state) == (PaymentState.SUCCEEDED, OrderState.APPLIED)


def test_a_declined_card_leaves_everything_as_it_was(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = payment_for(order)
    settle(payment, PaymentFact(state=FactState.OPEN, intent_id="pi_1", failure_code="card_declined"), now=NOW)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, payment.failure_code, order.state) == (
        PaymentState.OPEN,
        "card_declined",
        OrderState.PENDING,
    )
    assert entries(order) == []
    assert messages(order) == []
    assert [event.kind for event in order.events.all()] == ["placed", "declined"]


def test_money_on_its_way_that_fails_makes_the_order_payable_again(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    payment = payment_for(order)
    settle(payment, PaymentFact(state=FactState.PROCESSING, intent_id="pi_1"), now=NOW)
    order.refresh_from_db()
    assert order.state == OrderState.PROCESSING
    settle(payment, PaymentFact(state=FactState.FAILED, intent_id="pi_1"), now=NOW)
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    assert entries(order) == []
    assert messages(order) == ["payment_failed"]


def test_fulfilling_a_plan_order_takes_at_most_sixteen_queries(buyer: Subscriber) -> None:
    pay(order_plan(buyer))
    order = order_plan(buyer)
    payment = payment_for(order)
    with CaptureQueriesContext(connection) as captured:
        settle(payment, received(payment), now=NOW)
    control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SET ")
    statements = [query["sql"] for query in captured if not query["sql"].startswith(control)]
    assert len(statements) + 1 <= 16, "\n".join(
        statements
    )  # fulfil() reads the payment once before it asks the gateway
