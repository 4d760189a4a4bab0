"""Rows of billing on the pages of others, and the colours of its states."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import (
    AdjustmentState,
    AttemptState,
    Dispute,
    DisputeState,
    EventState,
    GuestState,
    LedgerAccount,
    LedgerEntry,
    OrderEvent,
    OrderState,
    Payment,
    PaymentState,
    PayoutState,
    QueueChangeState,
    Receipt,
    Refund,
    RefundRequest,
    RefundRequestState,
    RefundState,
    ReviewItem,
    RunState,
    SavedState,
)
from lib import clock
from lib.admin.columns import Column, Words, column, link_to, moment_of, money_of, state_of
from lib.admin.reading import ReadOnlyInline
from lib.admin.showing import age, badge, linked, moment

ORDER_TONES = {
    OrderState.PENDING: "warn",
    OrderState.PROCESSING: "busy",
    OrderState.PAID: "busy",
    OrderState.APPLIED: "good",
    OrderState.REVIEW: "bad",
}
PAYMENT_TONES = {
    PaymentState.CREATED: "busy",
    PaymentState.OPEN: "busy",
    PaymentState.PROCESSING: "busy",
    PaymentState.SUCCEEDED: "good",
    PaymentState.FAILED: "bad",
}
REFUND_TONES = {
    RefundState.REQUESTED: "busy",
    RefundState.SUBMITTED: "busy",
    RefundState.PENDING: "busy",
    RefundState.NEEDS_PAYER: "warn",
    RefundState.SUCCEEDED: "good",
    RefundState.FAILED: "bad",
}
DISPUTE_TONES = {
    DisputeState.INQUIRY: "warn",
    DisputeState.OPEN: "bad",
    DisputeState.UNDER_REVIEW: "warn",
    DisputeState.WON: "good",
    DisputeState.LOST: "bad",
}
REQUEST_TONES = {
    RefundRequestState.ASKED: "warn",
    RefundRequestState.GRANTED: "good",
    RefundRequestState.REFUSED: "plain",
}
ADJUSTMENT_TONES = {
    AdjustmentState.ASKED: "warn",
    AdjustmentState.BOOKED: "good",
    AdjustmentState.REFUSED: "plain",
}
PAYOUT_TONES = {
    PayoutState.REQUESTED: "warn",
    PayoutState.APPROVED: "busy",
    PayoutState.SENT: "good",
    PayoutState.REFUSED: "bad",
    PayoutState.CANCELLED: "plain",
}
METHOD_TONES = {SavedState.SAVED: "good", SavedState.REVOKED: "bad", SavedState.EXPIRED: "warn"}
ATTEMPT_TONES = {
    AttemptState.ASKED: "busy",
    AttemptState.PROCESSING: "busy",
    AttemptState.SUCCEEDED: "good",
    AttemptState.WANTS_BANK: "warn",
    AttemptState.DECLINED: "bad",
    AttemptState.REFUSED: "bad",
}
QUEUE_CHANGE_TONES = {
    QueueChangeState.WAITING: "busy",
    QueueChangeState.DONE: "good",
    QueueChangeState.UNDONE: "plain",
    QueueChangeState.DROPPED: "warn",
}
RUN_TONES = {
    RunState.DUE: "busy",
    RunState.CHARGING: "busy",
    RunState.WANTS_BANK: "warn",
    RunState.RETRYING: "warn",
    RunState.DONE: "good",
    RunState.GIVEN_UP: "bad",
}
GUEST_TONES = {
    GuestState.CREATED: "busy",
    GuestState.OPEN: "busy",
    GuestState.AUTHORISED: "warn",
    GuestState.TAKEN: "good",
    GuestState.RELEASED: "plain",
}
EVENT_TONES = {EventState.RECEIVED: "warn", EventState.DONE: "good", EventState.DEAD: "bad"}


def review_badge(item: ReviewItem) -> SafeString:
    """Open with its age, or how it ended."""
    if item.closed_at:
        return badge(item.get_outcome_display(), "plain")
    return badge(str(_("open for %(age)s") % {"age": age(item.opened_at, now=clock.now())}), "bad")


def pot_of(path: str, words: Words) -> Column:
    """A ledger account of an entry, as a link in its kind's words."""

    def show(entry: LedgerEntry) -> str:
        account: LedgerAccount = getattr(entry, path)
        return linked(account, account.get_kind_display())

    return column(words, show)


class EventsOfOrder(ReadOnlyInline):
    model = OrderEvent
    fields = ["at_shown", "kind", "actor", "detail_shown"]

    at_shown = moment_of("at", _("when"))
    detail_shown = column(_("detail"), lambda event: ", ".join(f"{name}: {it}" for name, it in event.detail.items()))


class PaymentsOfOrder(ReadOnlyInline):
    model = Payment
    fields = ["page", "standing", "received", "method_label", "asked"]

    page = column(_("created"), lambda payment: linked(payment, _created(payment)))
    standing = state_of(_("state"), PAYMENT_TONES)
    received = money_of("received_minor", _("received"), currency="received_currency")
    asked = moment_of("asked_at", _("last asked at the gateway"))


class EntriesOfOrder(ReadOnlyInline):
    model = LedgerEntry
    fields = ["page", "from_pot", "to_pot", "amount", "booked"]

    page = column(_("kind"), lambda entry: linked(entry, entry.get_kind_display()))
    from_pot = pot_of("source", _("from"))
    to_pot = pot_of("target", _("to"))
    amount = money_of("amount_minor", _("amount"))
    booked = moment_of("created_at", _("booked"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        return super().get_queryset(request).select_related("source", "target")


class ReviewItemsOfOrder(ReadOnlyInline):
    model = ReviewItem
    fields = ["page", "standing", "currency", "actor"]

    page = column(_("why"), lambda item: linked(item, item.get_kind_display()))
    standing = column(_("state"), review_badge)


class RefundsOfPayment(ReadOnlyInline):
    model = Refund
    fields = ["page", "standing", "amount", "gateway_id", "failure_code"]

    page = column(_("requested"), lambda refund: linked(refund, _created(refund)))
    standing = state_of(_("state"), REFUND_TONES)
    amount = money_of("amount_minor", _("amount"))


class RefundsOfItem(RefundsOfPayment):
    fields = ["page", "standing", "amount", "payment_linked"]

    payment_linked = link_to("payment", _("payment"))


class RefundsOfRequest(RefundsOfItem):
    fk_name = "request"


class DisputesOfPayment(ReadOnlyInline):
    model = Dispute
    fields = ["page", "standing", "amount", "until"]

    page = column(_("opened"), lambda dispute: linked(dispute, moment(dispute.opened_at)))
    standing = state_of(_("state"), DISPUTE_TONES)
    amount = money_of("amount_minor", _("amount"))
    until = moment_of("evidence_until", _("evidence until"))


class RequestsOfOrder(ReadOnlyInline):
    model = RefundRequest
    fields = ["page", "standing", "amount", "cause", "reason"]

    page = column(_("asked"), lambda request: linked(request, moment(request.asked_at)))
    standing = state_of(_("state"), REQUEST_TONES)
    amount = money_of("amount_minor", _("amount"))


class ReceiptsOfOrder(ReadOnlyInline):
    model = Receipt
    fields = ["page", "series", "issued"]

    page = column(_("number"), lambda receipt: linked(receipt, receipt.printed_number))
    issued = moment_of("issued_at", _("issued"))


def _created(row: Payment | Refund) -> SafeString | str:
    return moment(row.created_at)
