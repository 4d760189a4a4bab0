"""Placing an order, and paying it from credit."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import LineState, Subscriber
from billing import ledger, orders
from billing.ledger import NotEnoughCredit
from billing.models import EntryKind, LedgerEntry, Method, Order, OrderState, Start
from billing.orders import LineNotPayable, PlanNotOnSale, PriceChanged
from billing.paying import credit
from lib.money import Money
from notifications.models import Message
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, load_reference_data, order_plan, order_top_up
from tests.billing.test_ledger import run_together
from tests.cast import anna

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def pay_by_credit(order: Order) -> Order:
    return credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOW)


def test_an_order_freezes_price_vat_grants_and_consents(buyer: Subscriber) -> None:
    order = order_plan(buyer)
    Plan.objects.filter(code="month-15").update(price_minor=9900)
    order.refresh_from_db()
    assert (order.price_minor, order.net_minor, order.vat_minor, order.vat_percent) == (1500, 1261, 239, Decimal(19))
    assert {grant["unit"]: grant["amount"] for grant in order.grants}["data"] == 15_000_000_000
    assert order.consents["text_version"] == "test"
    assert order.payer_email == buyer.email


def test_the_same_form_sent_twice_is_one_order(buyer: Subscriber) -> None:
    token = uuid.uuid4()
    first, second = (order_plan(buyer, form_token=token) for _click in range(2))
    assert first.pk == second.pk
    assert Order.objects.count() == 1


def test_a_price_that_changed_since_the_page_was_shown_is_said(buyer: Subscriber) -> None:
    with pytest.raises(PriceChanged) as caught:
        order_plan(buyer, shown_price_minor=1400)
    assert caught.value.price == Money(1500, "EUR")
    assert not Order.objects.exists()


def test_a_plan_that_is_not_on_sale_cannot_be_ordered(buyer: Subscriber) -> None:
    Plan.objects.filter(code="month-15").update(on_sale_from=NOW - timedelta(days=9), on_sale_until=NOW)
    with pytest.raises(PlanNotOnSale):
        order_plan(buyer)


def test_nothing_can_be_ordered_for_a_blocked_line(buyer: Subscriber) -> None:
    line = buyer.lines.get()
    line.move_to(LineState.BLOCKED, reason="stolen")
    with pytest.raises(LineNotPayable):
        order_plan(buyer)


def test_credit_pays_bonus_first_and_applies_at_once(buyer: Subscriber) -> None:
    line = buyer.lines.get()
    give_credit(line, 1400)
    give_credit(line, 300, bonus=True)
    order = pay_by_credit(order_plan(buyer, method=Method.CREDIT))
    assert order.state == OrderState.APPLIED
    assert ledger.credit_of(line) == (Money(200, "EUR"), Money(0, "EUR"))
    moves = LedgerEntry.objects.filter(order=order).order_by("id").values_list("kind", "source__kind", "amount_minor")
    assert list(moves) == [
        (EntryKind.CREDIT_SPENT, "credit_bonus", 300),
        (EntryKind.CREDIT_SPENT, "credit_paid", 1200),
        (EntryKind.SALE, "held", 1261),
        (EntryKind.VAT, "held", 239),
    ]
    assert ledger.held_for(order.pk) == {}


def test_paying_by_credit_twice_takes_it_once(buyer: Subscriber) -> None:
    line = buyer.lines.get()
    give_credit(line, 5000)
    order = order_plan(buyer, method=Method.CREDIT)
    pay_by_credit(order)
    pay_by_credit(order)
    assert ledger.credit_of(line)[0].minor == 3500
    assert PlanPeriod.objects.count() == 1


def test_credit_that_is_short_takes_nothing(buyer: Subscriber) -> None:
    line = buyer.lines.get()
    give_credit(line, 1499)
    order = order_plan(buyer, method=Method.CREDIT)
    with pytest.raises(NotEnoughCredit) as caught:
        pay_by_credit(order)
    order.refresh_from_db()
    assert caught.value.missing_minor == 1
    assert order.state == OrderState.PENDING
    assert ledger.credit_of(line)[0].minor == 1499
    assert not PlanPeriod.objects.exists()
    assert not Message.objects.exists()


def test_start_now_cuts_the_running_period(buyer: Subscriber) -> None:
    give_credit(buyer.lines.get(), 5000)
    pay_by_credit(order_plan(buyer, method=Method.CREDIT))
    later = NOW + timedelta(days=3)
    order = order_plan(buyer, "month-40", method=Method.CREDIT, start=Start.NOW, now=later)
    credit.pay(order.pk, line_id=order.line_id, actor="test", now=later)
    first, second = PlanPeriod.objects.order_by("starts_at")
    assert (first.ends_at, second.starts_at) == (later, later)


def test_a_top_up_sum_that_is_not_offered_is_refused(buyer: Subscriber) -> None:
    with pytest.raises(orders.CannotBeOrdered):
        order_top_up(buyer, 1234)


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_buying_from_one_credit_never_overdraw_it() -> None:
    load_reference_data()
    buyer = anna()
    line = buyer.lines.get()
    give_credit(line, 1000)
    placed = [order_plan(buyer, "day-1", method=Method.CREDIT) for _thread in range(20)]
    outcome: list[str] = []

    def buy(number: int) -> None:
        try:
            pay_by_credit(placed[number])
            outcome.append("applied")
        except NotEnoughCredit:
            outcome.append("short")

    run_together(20, buy)
    assert sorted(outcome) == ["applied"] * 5 + ["short"] * 15
    assert ledger.credit_of(line)[0].minor == 0
    assert PlanPeriod.objects.count() == 5
    assert sum(LedgerEntry.objects.filter(kind=EntryKind.CREDIT_SPENT).values_list("amount_minor", flat=True)) == 1000


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_by_ten_clicks_at_once_is_one_order() -> None:
    load_reference_data()
    buyer, token = anna(), uuid.uuid4()
    run_together(10, lambda _number: order_plan(buyer, form_token=token))
    assert Order.objects.count() == 1
