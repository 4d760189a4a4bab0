"""Orders whose money has come and which have not what was bought in time: repaired first, else a ticket opens by itself.

The clock of an order starts when the gateway tells us that its money is there. Acting on that takes one transaction, so an order is late
while the notice waits; and held money starts the clock too, when what was ordered could not be given.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from billing import orders
from billing.models import (
    EventState,
    Order,
    OrderState,
    Payment,
    ReviewItem,
    ReviewKind,
    WebhookEvent,
)
from lib import clock, queue
from lib.alarm import alarm
from lib.transactions import whole
from support import asking, conversation, promise, telling
from support.models import Author, EntryEvent, OpenedBy, Ticket, TicketEntry, TicketState, Topic

BATCH = 100
#: So long before the promise is broken a worker is asked to try again, at each sweep.
REPAIR_AHEAD = timedelta(minutes=3)
#: What the gateway says when a payer has paid.
_PAID = ("payment_intent.succeeded", "checkout.session.completed", "checkout.session.async_payment_succeeded")
_NOT_THERE = (OrderState.PENDING, OrderState.PROCESSING, OrderState.PAID, OrderState.EXPIRED)
#: Held, though the payer did all that was asked of them.
_OURS = (ReviewKind.NOT_APPLICABLE, ReviewKind.LATE)
#: How an order ends, and what that means for its ticket.
_ENDS = {
    OrderState.APPLIED: EntryEvent.ARRIVED,
    OrderState.REVERSED: EntryEvent.GIVEN_BACK,
    OrderState.CLOSED: EntryEvent.GIVEN_BACK,
}


def sweep(*, now: datetime) -> int:
    """Try again what is nearly late, open a ticket for what is late, solve those whose order has ended. Returns how many were opened."""
    solve_by_themselves(now=now)
    wait = timedelta(minutes=settings.APPLIED_WITHIN_MINUTES)
    for payment_id in _payments(_paid(since=wait - REPAIR_AHEAD)):
        queue.wake("billing.fulfil", payment_id=str(payment_id))
    late = _paid(since=wait).union(_held(since=wait, now=now))
    found = list(late.values_list("pk", "line_id")[:BATCH])
    return sum(open_ticket(order_id, line_id=line_id, now=now) for order_id, line_id in found)


def _paid(*, since: timedelta) -> QuerySet[Order]:
    """Not there though the gateway has told us so long ago that the money is: its notice still waits to be acted on."""
    waiting = WebhookEvent.objects.filter(
        kind__in=_PAID, state=EventState.RECEIVED, received_at__lte=clock.real_now() - since
    )
    payments = Payment.objects.filter(pk__in=waiting.values("payment_id"))
    return _without_ticket(Order.objects.filter(pk__in=payments.values("order_id"), state__in=_NOT_THERE))


def _held(*, since: timedelta, now: datetime) -> QuerySet[Order]:
    items = ReviewItem.objects.filter(order=OuterRef("pk"), kind__in=_OURS, closed_at=None, opened_at__lte=now - since)
    return _without_ticket(Order.objects.filter(Exists(items), state=OrderState.REVIEW))


def _without_ticket(found: QuerySet[Order]) -> QuerySet[Order]:
    """Whoever paid for another's number has a page of their own, and is written to by it."""
    known = Ticket.objects.filter(order=OuterRef("pk"), opened_by=OpenedBy.SYSTEM)
    return found.filter(~Exists(known), buyer__isnull=False).order_by()


def _payments(found: QuerySet[Order]) -> Iterable[UUID]:
    return Payment.objects.filter(order__in=found).values_list("pk", flat=True)[:BATCH]


@whole
def open_ticket(order_id: UUID, *, line_id: UUID, now: datetime) -> bool:
    """One for the order, told to its buyer; False when it has come right meanwhile, or has one."""
    _line, order = orders.lock(order_id, line_id=line_id)
    buyer = order.buyer
    is_held = order.state == OrderState.REVIEW
    has_one = Ticket.objects.filter(order=order, opened_by=OpenedBy.SYSTEM).exists()
    if buyer is None or has_one or not (is_held or order.state in _NOT_THERE):
        return False
    ticket = Ticket.objects.create(
        subscriber=buyer,
        language=buyer.language,
        time_zone=buyer.time_zone,
        topic=Topic.PAYMENT,
        title=order.reference,
        line=order.line,
        order=order,
        payment=asking.payment_of(order),
        opened_by=OpenedBy.SYSTEM,
        opened_at=now,
        promised_at=promise.promised_by(Topic.PAYMENT, now=now),
        last_at=now,
    )
    TicketEntry.objects.create(
        ticket=ticket,
        author=Author.SYSTEM,
        actor="system",
        event=EntryEvent.HELD if is_held else EntryEvent.LATE,
        at=now,
    )
    telling.of_late_order(ticket, "held" if is_held else "late")
    alarm("order.late", subject=order.subject, detail=f"ticket {ticket.reference}")
    return True


def solve_by_themselves(*, now: datetime) -> int:
    """What opened by itself is solved by itself once its order has ended. Returns how many."""
    open_ones = Ticket.objects.filter(
        opened_by=OpenedBy.SYSTEM,
        order__state__in=_ENDS,
        state__in=(TicketState.NEW, TicketState.OPEN, TicketState.WAITING),
    ).exclude(entries__event__in=set(_ENDS.values()))
    ids = list(open_ones.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return sum(_solve(ticket_id, now=now) for ticket_id in ids)


@whole
def _solve(ticket_id: UUID, *, now: datetime) -> bool:
    ticket = conversation.locked(ticket_id)
    event = _ENDS.get(OrderState(ticket.order.state)) if ticket.order else None
    if event is None or ticket.entries.filter(event=event).exists():
        return False
    conversation.end_by_itself(ticket, event, now=now)
    telling.of_late_order(ticket, event)
    return True
