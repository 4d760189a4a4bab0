"""A sale outside that was a mistake, mostly a number mistyped: all of it goes back to its seller's till, or nothing."""

from datetime import datetime
from uuid import UUID

from billing import orders, telling, wording
from billing.from_outside.selling import actor_of
from billing.giving_back import quotes, refund_requests
from billing.journal import Journal
from billing.models import AccountKind, Order, OrderState, RefundCause, RefundRequest
from lib.failpoints import failpoint


class AlreadyUsed(Exception):
    """Some of the credit is spent, or some of the plan is used: who has it now is not made to owe it."""


class NotStanding(Exception):
    """It was taken back, or given back in part, some other way."""


def reverse(order_id: UUID, *, line_id: UUID, source: str, now: datetime) -> RefundRequest:
    """Take back what was sold; the seller owes that much less. Joins the caller's transaction and locks line and order.

    Raises AlreadyUsed, NotStanding.
    """
    line, order = orders.lock(order_id, line_id=line_id)
    order.line = line
    if order.state != OrderState.APPLIED or quotes.given_back_minor(order):
        raise NotStanding
    if not quotes.is_unused(order):
        raise AlreadyUsed
    journal = Journal(order, now)
    request = _request(order, source=source, now=now)
    refund_requests.grant_in_books(request, journal, target=AccountKind.OUTSIDE, actor=actor_of(source))
    failpoint("outside.taken_back")
    telling.taken_back_outside(journal, place=wording.place_of(order))
    journal.write()
    return request


def _request(order: Order, *, source: str, now: datetime) -> RefundRequest:
    return RefundRequest.objects.create(
        order=order,
        key=f"outside:{order.pk}",
        cause=RefundCause.OUTSIDE,
        amount_minor=order.price_minor,
        currency=order.currency,
        formula={"rule": "outside", "to": "seller"},
        needs_second=False,
        asked_by=actor_of(source),
        asked_at=now,
    )
