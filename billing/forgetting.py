"""What of a person's money stands in the way of forgetting them, and emptying what law does not keep."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing.models import (
    OPEN_DISPUTE_STATES,
    OPEN_PAYOUT_STATES,
    Dispute,
    GuestState,
    GuestTopUp,
    Order,
    OrderState,
    PaymentMethod,
    Payout,
    QueueChange,
    QueueChangeState,
    Refund,
    RefundRequest,
    RefundRequestState,
    RefundState,
    SavedState,
    TransferAccount,
)
from billing.saved_methods import choosing, customers
from billing.standing import stops

_OPEN_ORDERS = (OrderState.PENDING, OrderState.PROCESSING, OrderState.PAID, OrderState.REVIEW)
_OPEN_REFUNDS = (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.PENDING, RefundState.NEEDS_PAYER)
_OPEN_GUESTS = (GuestState.CREATED, GuestState.OPEN, GuestState.AUTHORISED)


def obstacles(subscriber: Subscriber) -> Iterator[tuple[str, str]]:
    """What has to come to its end first: in words, and where to see to it ("" where one can only wait)."""
    for order in Order.objects.filter(buyer=subscriber, state__in=_OPEN_ORDERS).order_by("placed_at"):
        yield (
            _("Order %(reference)s is not done yet.") % {"reference": order.reference},
            reverse("order", args=[order.pk]),
        )
    if Payout.objects.filter(subscriber=subscriber, state__in=OPEN_PAYOUT_STATES).exists():
        yield _("Credit is being paid out to you."), reverse("payout")
    if TransferAccount.objects.filter(subscriber=subscriber, available_minor__gt=0).exists():
        yield _("Money of a transfer of yours waits to be used or sent back."), reverse("orders")
    if QueueChange.objects.filter(subscriber=subscriber, state=QueueChangeState.WAITING).exists():
        yield _("Your next plan is being changed."), reverse("orders")
    if _money_moves(subscriber):
        yield _("Money is on its way back to you, or your bank looks into a payment."), ""


def _money_moves(subscriber: Subscriber) -> bool:
    return (
        RefundRequest.objects.filter(order__buyer=subscriber, state=RefundRequestState.ASKED).exists()
        or Refund.objects.filter(payment__order__buyer=subscriber, state__in=_OPEN_REFUNDS).exists()
        or Dispute.objects.filter(payment__order__buyer=subscriber, state__in=OPEN_DISPUTE_STATES).exists()
        or GuestTopUp.objects.filter(payer=subscriber, state__in=_OPEN_GUESTS).exists()
    )


def stop_standing(subscriber: Subscriber, *, now: datetime) -> None:
    """Auto-renew and auto top-up are off from the day on which somebody wants to go."""
    stops.of_subscriber(subscriber, now=now)


def forget(subscriber: Subscriber, *, now: datetime) -> None:
    """Saved ways to pay end, here now and at the gateway by their task; payees go, links show nothing, orders lose the payer's address.
    Receipts keep what they say: tax law wants them whole. The caller holds the person's lines. Joins the caller's transaction.
    """
    customers.lock(subscriber)
    methods = PaymentMethod.objects.select_for_update(no_key=True, of=("self",)).filter(subscriber=subscriber)
    for method in methods.exclude(state__in=(SavedState.REMOVED, SavedState.REVOKED)).order_by("is_default"):
        choosing.end(method, SavedState.REMOVED, at=method.ended_at or now)
    PaymentMethod.objects.filter(subscriber=subscriber).update(label="-", fingerprint="", expires_on=None)
    subscriber.payees.all().delete()
    subscriber.top_up_links.filter(revoked_at=None).update(revoked_at=now)
    subscriber.top_up_links.update(shows="-")
    subscriber.guest_top_ups.update(email="", fingerprint="", address_hash=b"")
    Order.objects.filter(buyer=subscriber).exclude(payer_email="").update(payer_email="")
