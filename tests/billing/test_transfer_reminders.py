"""Somebody who chose bank transfer and has not sent it is reminded once, not when it is on its way or has become needless."""

from datetime import timedelta

import pytest

from billing import fulfilment, orders
from billing.gateways.facts import FactState, PaymentFact
from billing.gateways.transfers import TransferPlace
from billing.models import Method, Order, OrderState, Payment, PaymentState, PaymentWay, TransferAccount
from billing.paying import transfer_reminders, transfers
from lib.money import Money
from notifications.models import Message
from plans import periods
from plans.models import Plan
from tests.billing.ordering import NOW, load_reference_data, order_plan
from tests.cast import anna

pytestmark = pytest.mark.django_db

PLACE = TransferPlace(
    intent_id="pi_1", instructions={"iban": "DE89370400440532013000", "holder": "Refill", "reference": "ABC"}
)


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def awaited(monkeypatch: pytest.MonkeyPatch) -> Payment:
    """A transfer that Anna was asked for at NOW."""
    order = order_plan(anna(), method=Method.TRANSFER)
    payment = Payment.objects.create(
        order=order, way=PaymentWay.TRANSFER, amount_minor=1500, currency="EUR", idempotency_key="transfer"
    )
    monkeypatch.setattr("lib.clock.now", lambda: NOW)
    transfers._record(payment.pk, PLACE, order_id=order.pk, line_id=order.line_id)
    payment.refresh_from_db()
    return payment


def reminders() -> list[str]:
    return list(Message.objects.filter(kind="transfer_reminder").values_list("address", flat=True))


def days(count: float) -> timedelta:
    return timedelta(days=count)


def test_after_three_days_the_payer_hears_where_to_transfer_once_more_and_once(awaited: Payment) -> None:
    assert transfer_reminders.remind(now=NOW + days(2.99)) == 0
    assert transfer_reminders.remind(now=NOW + days(3)) == 1
    assert transfer_reminders.remind(now=NOW + days(3)) == 0
    assert transfer_reminders.remind(now=NOW + days(9)) == 0
    assert reminders() == ["anna@example.com"]
    said = Message.objects.get(kind="transfer_reminder").context
    assert (said["transfer_reference"], said["account"], said["amount"]["minor"]) == (
        "ABC",
        PLACE.instructions["iban"],
        1500,
    )


def test_a_day_before_the_plan_ends_is_soon_enough(awaited: Payment) -> None:
    line = awaited.order.line
    begun = NOW - days(28)
    period = periods.start_now(line=line, plan=Plan.objects.get(code="month-5"), now=begun, origin="test:1")
    assert transfer_reminders.remind(now=period.ends_at - days(1.01)) == 0
    assert transfer_reminders.remind(now=period.ends_at - days(1)) == 1
    assert transfer_reminders.remind(now=NOW + days(4)) == 0
    assert len(reminders()) == 1


def test_who_chose_it_today_is_left_alone_even_when_the_plan_ends(awaited: Payment) -> None:
    begun = NOW - days(30)
    period = periods.start_now(
        line=awaited.order.line, plan=Plan.objects.get(code="month-5"), now=begun, origin="test:1"
    )
    assert NOW < period.ends_at < NOW + days(2)
    assert transfer_reminders.remind(now=NOW + days(0.9)) == 0


def test_nobody_is_reminded_of_what_is_paid_cancelled_or_partly_here(awaited: Payment) -> None:
    assert awaited.order.buyer
    account = TransferAccount.objects.create(
        subscriber=awaited.order.buyer, currency="EUR", customer_id="cus_1", available_minor=800
    )
    assert transfer_reminders.remind(now=NOW + days(4)) == 0
    TransferAccount.objects.filter(pk=account.pk).update(available_minor=0)
    orders.note(awaited.order, "transfer_short", at=NOW, actor="gateway")
    assert transfer_reminders.remind(now=NOW + days(4)) == 0
    assert reminders() == []


@pytest.mark.parametrize("state", [FactState.SUCCEEDED, FactState.CANCELLED])
def test_nobody_is_reminded_of_what_has_ended(awaited: Payment, state: FactState) -> None:
    received = Money(1500, "EUR") if state == FactState.SUCCEEDED else None
    fulfilment.settle(awaited, PaymentFact(state=state, intent_id="pi_1", received=received), now=NOW)
    assert transfer_reminders.remind(now=NOW + days(4)) == 0
    assert reminders() == []


def test_who_paid_another_way_is_not_reminded(awaited: Payment) -> None:
    awaited.move_to(PaymentState.CANCELLED)
    Order.objects.get(pk=awaited.order_id, state=OrderState.PENDING)
    assert transfer_reminders.remind(now=NOW + days(4)) == 0
