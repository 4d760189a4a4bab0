"""Staff's side of pay-outs: one of finance approves, another sends; both see the bank account, which is forgotten at the end."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Line, Subscriber
from billing import ledger, orders, review_list
from billing.authority import Authority, OwnLine, SamePerson
from billing.models import (
    AccountKind,
    EntryKind,
    Order,
    OrderState,
    Payout,
    PayoutCause,
    PayoutState,
    Refund,
    RefundState,
    ReviewItem,
    ReviewOutcome,
)
from billing.paying.cancellation import close_pages
from billing.paying_out import bank_accounts
from billing.paying_out.bank_accounts import BankAccount
from billing.paying_out.payout_steps import move, put_back, tell
from billing.paying_out.payouts import TooLate, check_disputes
from lib import audit
from lib.transactions import whole


class CanGoBack(Exception):
    """Held money goes back by the way it came; only what could not is paid out by hand."""


class NobodyToPay(Exception):
    """The order has no buyer of ours, or nothing is held any more."""


def ask_for_held(item: ReviewItem, *, account: BankAccount, by: Authority, now: datetime) -> Payout:
    """Set aside what is held for an order whose refund failed, to be paid to its buyer by hand; this closes the item.

    An open payment page of the order is closed at the gateway first. A second click finds the first pay-out.
    Raises NotAllowed, OwnLine, CanGoBack, NobodyToPay, attempts.PageNotOpened.
    """
    by.check_decides()
    order = item.held_order
    close_pages(order, now=now)
    return _ask_for_held(item.pk, account=account, by=by, now=now)


@whole
def _ask_for_held(item_id: UUID, *, account: BankAccount, by: Authority, now: datetime) -> Payout:
    ids = ReviewItem.objects.values_list("order_id", "order__line_id").get(pk=item_id)
    line, order = orders.lock(ids[0], line_id=ids[1])
    by.check_foreign(line)
    item = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item_id)
    if known := Payout.objects.filter(item=item).first():
        return known
    amount_minor = ledger.held_for(order.pk).get(item.currency, 0)
    buyer = _receiver(order, item, amount_minor, by=by)
    payout = Payout.objects.create(
        cause=PayoutCause.HELD,
        line=line,
        subscriber=buyer,
        order=order,
        item=item,
        amount_minor=amount_minor,
        currency=item.currency,
        bank_data=account.sealed(),
        bank_hint=account.hint,
        asked_by=by.actor,
        asked_at=now,
    )
    move(payout, EntryKind.PAYOUT_ASKED, AccountKind.HELD, AccountKind.PAYOUTS_DUE, now=now)
    review_list.end(item, ReviewOutcome.PAID_BY_HAND, actor=by.actor, now=now)
    if order.state == OrderState.REVIEW:
        order.move_to(OrderState.CLOSED)
    orders.note(order, ReviewOutcome.PAID_BY_HAND.value, at=now, actor=by.actor, minor=amount_minor)
    _record(payout, "payout.asked", by)
    tell(payout, "payout_asked")
    return payout


def _receiver(order: Order, item: ReviewItem, amount_minor: int, *, by: Authority) -> Subscriber:
    if order.buyer is None or item.closed_at or not amount_minor:
        raise NobodyToPay
    if order.buyer_id == by.person_id:
        raise OwnLine
    if not has_failed_refund(order, currency=item.currency):
        raise CanGoBack
    return order.buyer


def has_failed_refund(order: Order, *, currency: str) -> bool:
    """Whether money of the order could not go back by the way it came."""
    gone = (RefundState.FAILED, RefundState.CANCELLED)
    return Refund.objects.filter(payment__order=order, currency=currency, state__in=gone).exists()


@whole
def approve(payout_id: UUID, *, by: Authority, now: datetime) -> Payout:
    """The first of two. A second click changes nothing. Raises NotAllowed, OwnLine, SamePerson, TooLate, DisputeOpen."""
    payout = _locked(payout_id, by=by)
    if payout.state == PayoutState.APPROVED and payout.approved_by == by.actor:
        return payout
    if payout.state != PayoutState.REQUESTED:
        raise TooLate
    if payout.asked_by == by.actor:
        raise SamePerson
    check_disputes(payout.line)
    payout.move_to(PayoutState.APPROVED, approved_by=by.actor, approved_at=now)
    _record(payout, "payout.approved", by)
    return payout


@whole
def send(payout_id: UUID, *, by: Authority, now: datetime) -> Payout:
    """The second has made the bank transfer: the money has left, and the bank data is forgotten.

    A second click changes nothing. Raises NotAllowed, OwnLine, SamePerson, TooLate, DisputeOpen.
    """
    payout = _locked(payout_id, by=by)
    if payout.state == PayoutState.SENT and payout.ended_by == by.actor:
        return payout
    if payout.state != PayoutState.APPROVED:
        raise TooLate
    if payout.approved_by == by.actor:
        raise SamePerson
    check_disputes(payout.line)
    payout.move_to(PayoutState.SENT, ended_by=by.actor, ended_at=now, bank_data=None)
    move(payout, EntryKind.PAYOUT_SENT, AccountKind.PAYOUTS_DUE, AccountKind.BANK, now=now)
    if payout.order is not None:
        orders.note(payout.order, "payout_sent", at=now, actor=by.actor)
    _record(payout, "payout.sent", by)
    tell(payout, "payout_sent")
    return payout


@whole
def refuse(payout_id: UUID, *, reason: str, by: Authority, now: datetime) -> Payout:
    """Not paid out; the receiver reads why. A second click changes nothing. Raises NotAllowed, OwnLine, TooLate."""
    payout = _locked(payout_id, by=by)
    if payout.state == PayoutState.REFUSED:
        return payout
    if not payout.is_open:
        raise TooLate
    put_back(payout, PayoutState.REFUSED, actor=by.actor, now=now, reason=reason)
    _record(payout, "payout.refused", by)
    tell(payout, "payout_refused")
    return payout


def bank_account(payout: Payout, *, by: Authority) -> BankAccount | None:
    """Where the money goes; None once it has ended. Each look is recorded. Raises NotAllowed, OwnLine."""
    by.check_decides()
    _check_foreign(payout, by)
    if payout.bank_data is None:
        return None
    with transaction.atomic():
        _record(payout, "payout.bank_data_seen", by)
    return bank_accounts.unsealed(payout.bank_data)


def _locked(payout_id: UUID, *, by: Authority) -> Payout:
    """Line, order if there is one, and pay-out, locked in this order."""
    by.check_decides()
    unlocked = Payout.objects.only("line_id", "order_id").get(pk=payout_id)
    if unlocked.order_id:
        orders.lock(unlocked.order_id, line_id=unlocked.line_id)
    else:
        Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=unlocked.line_id)
    found = Payout.objects.select_for_update(no_key=True, of=("self",)).select_related("line", "subscriber", "order")
    payout = found.get(pk=payout_id)
    _check_foreign(payout, by)
    return payout


def _check_foreign(payout: Payout, by: Authority) -> None:
    if payout.subscriber_id == by.person_id:
        raise OwnLine
    by.check_foreign(payout.line)


def _record(payout: Payout, deed: str, by: Authority) -> None:
    audit.record(
        deed,
        actor=by.actor,
        subject=f"payout:{payout.pk}",
        line_id=payout.line_id,
        reason=payout.reason,
        address=by.address,
        minor=payout.amount_minor,
        currency=payout.currency,
    )
