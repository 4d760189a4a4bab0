"""A broken promise: tried again, then a ticket by itself, one for an order, solved by itself when the order has come right."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from billing import reviews
from billing.fulfilment import settle
from billing.journal import Journal
from billing.models import Order, OrderState, ReviewKind, WebhookEvent
from lib import clock, queue
from lib.models import Alarm
from notifications.models import Message
from support import conversation, late_orders
from support.models import Ticket, TicketEntry
from tests.billing.ordering import load_reference_data, order_plan, payment_for, received
from tests.cast import anna

MINUTE = timedelta(minutes=1)


@pytest.fixture
def woken(monkeypatch: Any) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(queue, "wake", lambda task, **ids: found.append(task))
    return found


def paid_unheard(minutes: float, *, state: str = "received", kind: str = "payment_intent.succeeded") -> Order:
    """The gateway has told us that the money is there, and nobody could act on it since."""
    load_reference_data()
    order = order_plan(anna(), now=clock.now())
    payment = payment_for(order)
    event = WebhookEvent.objects.create(
        event_id="evt_1", kind=kind, object_id="pi_1", payment_id=payment.pk, happened_at=clock.now(), state=state
    )
    WebhookEvent.objects.filter(pk=event.pk).update(received_at=clock.real_now() - minutes * MINUTE)
    return order


@pytest.mark.django_db
def test_before_the_promise_is_broken_it_is_tried_again_and_nobody_is_told(woken: list[str]) -> None:
    paid_unheard(3)
    assert late_orders.sweep(now=clock.now()) == 0
    assert woken == ["billing.fulfil"]
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_broken_promise_opens_one_ticket_with_everything_attached(woken: list[str]) -> None:
    order = paid_unheard(6)
    assert [late_orders.sweep(now=clock.now()) for _sweep in range(3)] == [1, 0, 0]
    ticket = Ticket.objects.get()
    assert (ticket.order, ticket.payment, ticket.line, ticket.opened_by) == (
        order,
        order.payments.get(),
        order.line,
        "system",
    )
    assert Message.objects.get().kind == "order_late"
    assert Message.objects.get().context["why"] == "late"
    assert Alarm.objects.get().kind == "order.late"
    assert "billing.fulfil" in woken


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("minutes", "state", "kind"),
    [
        (6, "done", "payment_intent.succeeded"),
        (6, "received", "payment_intent.payment_failed"),
        (1, "received", "charge.succeeded"),
    ],
)
def test_what_was_handled_what_brings_no_money_and_what_is_fresh_is_no_broken_promise(
    woken: list[str], minutes: int, state: str, kind: str
) -> None:
    paid_unheard(minutes, state=state, kind=kind)
    assert late_orders.sweep(now=clock.now()) == 0
    assert woken == []


@pytest.mark.django_db
def test_once_the_order_is_applied_the_ticket_is_solved_by_itself(woken: list[str]) -> None:
    order = paid_unheard(6)
    late_orders.sweep(now=clock.now())
    settle(order.payments.get(), received(order.payments.get()), now=clock.now())
    for _sweep in range(2):
        late_orders.sweep(now=clock.now())
    ticket = Ticket.objects.get()
    assert ticket.state == "solved"
    assert list(ticket.entries.values_list("event", flat=True)) == ["late", "arrived"]
    whys = [row.context["why"] for row in Message.objects.filter(kind="order_late").order_by("created_at")]
    assert whys == ["late", "arrived"]


@pytest.mark.django_db
def test_what_its_person_wrote_is_answered_before_it_ends(woken: list[str]) -> None:
    order = paid_unheard(6)
    late_orders.sweep(now=clock.now())
    ticket = Ticket.objects.get()
    conversation.reply(ticket.pk, text="I paid twice!", actor="subscriber:1", now=clock.now())
    settle(order.payments.get(), received(order.payments.get()), now=clock.now())
    for _sweep in range(2):
        late_orders.sweep(now=clock.now())
    ticket.refresh_from_db()
    assert ticket.is_open
    assert list(ticket.entries.values_list("event", flat=True)) == ["late", "said", "arrived"]


@pytest.mark.django_db
def test_applied_a_moment_before_the_ticket_opens_none() -> None:
    order = paid_unheard(6)
    settle(order.payments.get(), received(order.payments.get()), now=clock.now())
    assert late_orders.open_ticket(order.pk, line_id=order.line_id, now=clock.now()) is False
    assert not Ticket.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "opened"), [(ReviewKind.NOT_APPLICABLE, 1), (ReviewKind.SHORT, 0)])
def test_held_money_has_a_ticket_unless_its_payer_has_to_act(woken: list[str], kind: ReviewKind, opened: int) -> None:
    load_reference_data()
    order = order_plan(anna(), now=clock.now())
    with transaction.atomic():
        journal = Journal(order, clock.now() - 6 * MINUTE)
        reviews.open_item(journal, kind, currency="EUR")
    assert late_orders.sweep(now=clock.now()) == opened
    assert [row.context["why"] for row in Message.objects.filter(kind="order_late")] == ["held"] * opened
    assert list(TicketEntry.objects.values_list("event", flat=True)) == ["held"] * opened


@pytest.mark.django_db
def test_the_database_keeps_it_at_one_ticket_by_itself_an_order(woken: list[str]) -> None:
    order = paid_unheard(6)
    late_orders.sweep(now=clock.now())
    ticket = Ticket.objects.get()
    fields = (
        "subscriber",
        "language",
        "time_zone",
        "topic",
        "title",
        "order",
        "opened_by",
        "opened_at",
        "promised_at",
        "last_at",
    )
    again = {name: getattr(ticket, name) for name in fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.create(**again)
    assert order.tickets.count() == 1


@pytest.mark.django_db(transaction=True)
def test_three_sweeps_at_once_open_one_ticket(woken: list[str]) -> None:
    paid_unheard(6)
    barrier = threading.Barrier(3)
    opened: list[int] = []

    def sweep() -> None:
        barrier.wait()
        opened.append(late_orders.sweep(now=clock.now()))
        connection.close()

    threads = [threading.Thread(target=sweep) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [0, 0, 1]
    assert Ticket.objects.count() == Message.objects.count() == 1
    assert Order.objects.get().state == OrderState.PENDING
