"""The consumer's right to withdraw within 14 days, in two steps: the sum and how it is counted, then the confirmation.

Directive 2011/83/EU, Articles 9, 11a and 14, the withdrawal button by Directive (EU) 2023/2673.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import LineOwnership, Subscriber
from billing.giving_back import quotes, refund_requests
from billing.giving_back.quotes import Quote
from billing.giving_back.refund_requests import DisputeOpen, NothingLeft, RefundWish
from billing.models import Method, Order, OrderState, OrderWhat, RefundCause, RefundRequest

#: Days after the day the contract was concluded: Article 9(1), counted by Regulation (EEC, Euratom) No 1182/71, Article 3.
DAYS = 14
#: Somebody who reads before confirming gets the sum they have read, this long.
READING_TIME = timedelta(minutes=10)


class TooLate(Exception):
    """The 14 days are over."""


class SumChanged(Exception):
    """More was used, or time has passed, since the sum was shown; show the new one."""


@dataclass(frozen=True)
class Offer:
    """What withdrawing now would give, until when it is possible, and whether it may become credit instead."""

    quote: Quote
    until: datetime
    may_keep_as_credit: bool
    goes_to_credit: bool


def offer(order: Order, reader: Subscriber, *, now: datetime) -> Offer:
    """What the payer is shown first. Raises TooLate, NothingLeft, DisputeOpen."""
    until = deadline(order)
    _check(order, now=now, until=until)
    counted = quotes.quote(order, now=now)
    if not counted.amount.minor:
        raise NothingLeft
    return Offer(
        quote=counted,
        until=until,
        may_keep_as_credit=refund_requests.to_credit_is_offered(order) and _owns(order, reader),
        goes_to_credit=refund_requests.goes_to_credit(order),
    )


def is_offered(order: Order, *, now: datetime) -> bool:
    """Whether the page has the button: applied, in time. What it gives is counted on the next page."""
    is_credit_by_voucher = order.what == OrderWhat.TOP_UP and order.method == Method.VOUCHER
    may = not is_credit_by_voucher and not _was_sold_outside(order)
    return order.state == OrderState.APPLIED and may and now < deadline(order)


def _was_sold_outside(order: Order) -> bool:
    """At a counter there is no right to withdraw (Article 9 names distance and off-premises contracts); what was sold at a distance
    the seller or our support takes back.
    """
    return order.method == Method.EXTERNAL


def deadline(order: Order) -> datetime:
    """The end of the fourteenth day after the order, in the payer's time zone."""
    zone = ZoneInfo(order.payer_time_zone)
    day = order.placed_at.astimezone(zone).date() + timedelta(days=DAYS + 1)
    return datetime.combine(day, time(), zone)


def withdraw(
    order: Order, *, subscriber: Subscriber, shown_minor: int, as_credit: bool = False, now: datetime
) -> RefundRequest:
    """Withdraw from `order`: what is left of it ends now and `shown_minor` goes back to its payer. A second click changes nothing.

    Raises TooLate, SumChanged, NothingLeft, DisputeOpen.
    """
    key = f"withdrawal:{order.pk}"
    if known := RefundRequest.objects.filter(key=key).first():
        return known
    offered = offer(order, subscriber, now=now)
    earlier = quotes.quote(order, now=now - READING_TIME)
    if not offered.quote.amount.minor <= shown_minor <= earlier.amount.minor:
        raise SumChanged
    wish = RefundWish(
        order=order,
        key=key,
        actor=f"subscriber:{subscriber.pk}",
        cause=RefundCause.WITHDRAWAL,
        amount_minor=shown_minor,
        to_credit=as_credit and offered.may_keep_as_credit,
        may_grant=True,
    )
    return refund_requests.ask(wish, now=now)


def _check(order: Order, *, now: datetime, until: datetime) -> None:
    if order.state != OrderState.APPLIED or _was_sold_outside(order):
        raise NothingLeft
    if now >= until:
        raise TooLate
    if refund_requests.is_disputed(order):
        raise DisputeOpen


def _owns(order: Order, reader: Subscriber) -> bool:
    return LineOwnership.objects.filter(line=order.line, subscriber=reader, until_at=None).exists()
