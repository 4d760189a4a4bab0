"""A sale is taken back, whole or in part: asked for, granted by the rules or by a second person, and sent on its way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing import orders, telling
from billing.giving_back import back_to_credit, quotes, refunds, reversal
from billing.journal import Journal
from billing.models import (
    GATEWAY_METHODS,
    OPEN_DISPUTE_STATES,
    AccountKind,
    Dispute,
    Method,
    Order,
    OrderState,
    OrderWhat,
    RefundCause,
    RefundRequest,
    RefundRequestState,
)
from lib.failpoints import failpoint
from lib.transactions import whole
from plans import taking_back
from plans.gifts import following


class CannotBeGivenBack(Exception):
    """Base of the reasons below; the page words them."""


class NothingLeft(CannotBeGivenBack):
    """Used up, given back already, or never applied."""


class DisputeOpen(CannotBeGivenBack):
    """The payer's bank is deciding about this money; giving it back now could pay twice."""


class MoreThanPaid(CannotBeGivenBack):
    """Beyond what the order cost and was not given back yet."""


class SecondPersonNeeded(CannotBeGivenBack):
    """Nobody decides on what they have asked for themselves."""


@dataclass(frozen=True, kw_only=True)
class RefundWish:
    """What is asked for. `amount_minor` None: what the rules give. `only_unused`: all or nothing. The same `key` is the same request.

    `takes_back`: what is left of the plan ends. `may_grant`: nobody else has to agree. `to_credit`: not by the way it was paid.
    """

    order: Order
    key: str
    actor: str
    cause: RefundCause = RefundCause.STAFF
    amount_minor: int | None = None
    takes_back: bool = True
    reason: str = ""
    to_credit: bool = False
    only_unused: bool = False
    may_grant: bool = False


def ask(wish: RefundWish, *, now: datetime) -> RefundRequest:
    """A request, granted at once if it may be. Raises NothingLeft, DisputeOpen, MoreThanPaid."""
    if known := RefundRequest.objects.filter(key=wish.key).first():
        return known
    return _ask(wish, now=now)


@whole
def _ask(wish: RefundWish, *, now: datetime) -> RefundRequest:
    line, order = orders.lock(wish.order.pk, line_id=wish.order.line_id)
    order.line = line
    return ask_locked(wish, order, now=now)


def ask_locked(wish: RefundWish, order: Order, *, now: datetime) -> RefundRequest:
    """`ask` as part of a larger transaction, whose caller holds line and `order` locked. Raises as `ask`."""
    if known := RefundRequest.objects.filter(key=wish.key).first():
        return known
    counted = quotes.quote(order, now=now)
    refuse_while_disputed(order)
    wanted_minor = counted.amount.minor if wish.amount_minor is None else wish.amount_minor
    _check(order, wanted_minor, counted)
    if wish.only_unused and not quotes.is_unused(order):
        raise NothingLeft
    request = RefundRequest.objects.create(
        order=order,
        key=wish.key,
        cause=wish.cause,
        amount_minor=wanted_minor,
        currency=order.currency,
        takes_back=wish.takes_back,
        formula={
            **counted.as_formula(),
            "counted": counted.amount.minor,
            "to": "credit" if wish.to_credit or goes_to_credit(order) else "payer",
        },
        reason=wish.reason[:200],
        needs_second=not wish.may_grant,
        asked_by=wish.actor,
        asked_at=now,
    )
    if wish.may_grant:
        _grant(request, order, actor=wish.actor, now=now)
    return request


def decide(request: RefundRequest, *, is_granted: bool, actor: str, now: datetime) -> RefundRequest:
    """A second person grants or refuses. Raises SecondPersonNeeded, NothingLeft, DisputeOpen, MoreThanPaid.

    A request that is decided already stays as it is.
    """
    return _decide(request.pk, is_granted=is_granted, actor=actor, now=now)


@whole
def _decide(request_id: UUID, *, is_granted: bool, actor: str, now: datetime) -> RefundRequest:
    ids = RefundRequest.objects.values_list("order_id", "order__line_id").get(pk=request_id)
    line, order = orders.lock(ids[0], line_id=ids[1])
    order.line = line
    request = RefundRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request_id)
    if request.state != RefundRequestState.ASKED:
        return request
    if actor == request.asked_by:
        raise SecondPersonNeeded
    if not is_granted:
        request.move_to(RefundRequestState.REFUSED, decided_by=actor, decided_at=now)
        return request
    refuse_while_disputed(order)
    _check(order, request.amount_minor, quotes.quote(order, now=now))
    _grant(request, order, actor=actor, now=now)
    return request


def _check(order: Order, amount_minor: int, counted: quotes.Quote) -> None:
    left_minor = order.price_minor - counted.before_minor
    if order.what == OrderWhat.TOP_UP and order.method in {Method.VOUCHER, Method.EXTERNAL}:
        raise NothingLeft  # its purse was a voucher, or a till that only the seller can reach; staff adjust credit instead
    if order.state != OrderState.APPLIED or amount_minor <= 0 or left_minor <= 0:
        raise NothingLeft
    if amount_minor > left_minor:
        raise MoreThanPaid


def refuse_while_disputed(order: Order) -> None:
    """Raises DisputeOpen while a bank decides about one of the order's payments."""
    if is_disputed(order):
        raise DisputeOpen


def is_disputed(order: Order) -> bool:
    return Dispute.objects.filter(payment__order=order, state__in=OPEN_DISPUTE_STATES).exists()


def _grant(request: RefundRequest, order: Order, *, actor: str, now: datetime) -> None:
    """Book it, take back what was granted, and send the money on its way; all in the caller's transaction."""
    journal = Journal(order, now)
    grant_in_books(request, journal, target=AccountKind.REFUNDS_DUE, actor=actor)
    failpoint("refund.booked")
    if request.formula["to"] == "credit":
        back_to_credit.give(request, journal, actor=actor)
    else:
        refunds.request_for(request)
    telling.refund_granted(journal, request)
    journal.write()


def grant_in_books(request: RefundRequest, journal: Journal, *, target: AccountKind, actor: str) -> None:
    """Grant `request`: its sum leaves what was earned into `target`, and what is left of the plan ends if it says so."""
    order = journal.order
    net_minor, vat_minor = reversal.split(order, request.amount_minor)
    request.move_to(
        RefundRequestState.GRANTED, net_minor=net_minor, vat_minor=vat_minor, decided_by=actor, decided_at=journal.now
    )
    owed_minor = reversal.book(request, journal, target=target, actor=actor)
    if request.takes_back:
        period = taking_back.take_back(line=order.line, origin=order.subject, now=journal.now)
        if period and not quotes.leaves_gifts_paid(order, period):
            following.forfeit(line_id=order.line_id, origin=order.subject, now=journal.now)
    if order.state == OrderState.APPLIED and (
        request.takes_back or quotes.given_back_minor(order) >= order.price_minor
    ):
        order.move_to(OrderState.REVERSED)
    journal.note(
        "taken_back",
        actor=actor,
        minor=request.amount_minor,
        currency=request.currency,
        cause=request.cause,
        owed=owed_minor,
    )


def to_credit_is_offered(order: Order) -> bool:
    """Whether the payer may have it as credit of the line instead of by the way they paid."""
    return order.method in GATEWAY_METHODS and order.plan_id is not None and order.currency == order.line.currency


def goes_to_credit(order: Order) -> bool:
    """Whether it can only go back to credit: that is where it came from, or a voucher, or a seller's till."""
    return order.method in {Method.CREDIT, Method.VOUCHER, Method.EXTERNAL}
