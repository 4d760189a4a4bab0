"""Orders in words: what was bought, how it stands, and with what it was paid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import CreditUse, Method, Order, OrderState, PaymentState, PaymentWay
from lib import wording
from plans.models import Unit

_TONES = {
    OrderState.APPLIED: "good",
    OrderState.PAID: "good",
    OrderState.PENDING: "warn",
    OrderState.PROCESSING: "warn",
    OrderState.REVIEW: "warn",
}


@dataclass(frozen=True)
class Act:
    """Something to do next: a link, or a button that posts."""

    url: str
    words: str
    is_post: bool = False


@dataclass(frozen=True)
class GrantWords:
    """One granted amount: what it is called, its unit, and how much in the unit's base (None: unlimited)."""

    words: str
    unit: str
    amount: int | None


def grants_in_words(grants: Iterable[Mapping[str, Any]]) -> list[GrantWords]:
    """Frozen grants for a list of facts."""
    names = {Unit.DATA: _("Data"), Unit.VOICE: _("Minutes"), Unit.TEXTS: _("Texts")}
    return [GrantWords(names[Unit(grant["unit"])], grant["unit"], grant["amount"]) for grant in grants]


@dataclass(frozen=True)
class Row:
    """An order in a list."""

    order: Order
    title: str
    words: str
    tone: str
    method: str
    act: Act | None


def use_in_words(use: CreditUse) -> str:
    """What was used and paid from credit, in the reader's language."""
    noon = datetime(use.day.year, use.day.month, use.day.day, 12, tzinfo=UTC)
    words = {
        "amount": wording.amount_in_words(use.amount, use.unit),
        "country": wording.country_in_words(use.country),
        "day": wording.date_in_words(noon, zone=UTC),
    }
    return _("Used without an allowance: %(amount)s, %(country)s, %(day)s") % words


def title_of(order: Order) -> str:
    """What was bought, in the reader's language."""
    return order.plan.title if order.plan else _("Credit")


def method_of(order: Order) -> str:
    """`Visa ···4242`, `Credit`, or nothing while unpaid; how somebody else paid is theirs. Reads the prefetched payments."""
    if order.is_by_other:
        return _("by somebody else")
    if order.method == Method.CREDIT:
        return _("Credit") if order.paid_at else ""
    if order.method == Method.VOUCHER:
        return _("Voucher") if order.paid_at else ""
    if any(
        payment.state == PaymentState.SUCCEEDED and payment.way == PaymentWay.TRANSFER
        for payment in order.payments.all()
    ):
        return _("Bank transfer")
    labels = [payment.method_label for payment in order.payments.all() if payment.state == PaymentState.SUCCEEDED]
    return next(iter(labels), "")


def was_declined(order: Order) -> bool:
    """Whether the bank refused the last try and nothing came since. A page that never opened is nobody's refusal."""
    tries = [payment for payment in order.payments.all() if payment.session_id or payment.way == PaymentWay.SAVED]
    return order.state == OrderState.PENDING and bool(tries) and bool(tries[-1].failure_code)


def words_of(order: Order) -> str:
    """The order's state as people say it; the same words on page, list and desk."""
    if was_declined(order):
        return _("Declined – you were not charged")
    worded = {
        OrderState.PENDING: _("Waiting for your payment"),
        OrderState.PROCESSING: _("Money is on its way"),
        OrderState.PAID: _("Paid"),
        OrderState.APPLIED: _("Applied"),
        OrderState.REVIEW: _("Your money is held"),
        OrderState.CLOSED: _("Closed"),
        OrderState.REVERSED: _("Taken back"),
        OrderState.EXPIRED: _("Not paid in time"),
        OrderState.CANCELLED: _("Cancelled"),
    }
    return worded[OrderState(order.state)]


def row(order: Order) -> Row:
    """`order` for a list; wants `plan` selected and `payments` prefetched."""
    declined = was_declined(order)
    tone = "bad" if declined else _TONES.get(OrderState(order.state), "plain")
    act = None
    if order.state == OrderState.PENDING:
        words = _("Try again") if declined else _("Continue")
        act = Act(url=reverse("order", args=[order.pk]), words=words)
    return Row(order, title_of(order), words_of(order), tone, method_of(order), act)
