"""What can be done with an order next."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from billing import wording
from billing.models import PAGE_METHODS, Method, Order, OrderState, ReviewKind
from billing.wording import Act
from lib.money import format_money


def acts(order: Order, held: Sequence[tuple[int, str]]) -> list[Act]:
    """The buttons of the order's page, the likeliest first; `held`: minor units and currency of what waits for a decision."""
    again = Act(url=reverse("plan_list"), words=_("Choose a plan"))
    if order.state == OrderState.APPLIED:
        return [Act(url=reverse("dashboard"), words=_("Go home"))]
    if order.state in {OrderState.EXPIRED, OrderState.CANCELLED, OrderState.CLOSED, OrderState.REVERSED}:
        return [again]
    if order.state == OrderState.PENDING:
        return _while_waiting(order)
    if held and any(item.closed_at is None and item.kind == ReviewKind.SHORT for item in order.review_items.all()):
        missing = {"sum": format_money(order.price_minor - held[0][0], order.currency)}
        return [
            Act(url=reverse("order_pay", args=[order.pk]), words=_("Pay the missing %(sum)s") % missing, is_post=True),
            _another_way(order),
        ]
    return []


def _while_waiting(order: Order) -> list[Act]:
    if order.method == Method.TRANSFER:
        return [_details(order), _another_way(order), _cancel(order)]
    if order.method not in PAGE_METHODS:
        return [_cancel(order)]
    again = _("Try another card") if order.method == Method.CARD else _("Try again")
    pay = _("Pay %(sum)s") % {"sum": format_money(order.price_minor, order.currency)}
    words = again if wording.was_declined(order) else pay
    return [
        Act(url=reverse("order_pay", args=[order.pk]), words=words, is_post=True),
        _another_way(order),
        _cancel(order),
    ]


def _details(order: Order) -> Act:
    if any(payment.is_live and payment.instructions for payment in order.payments.all()):
        return Act(url=reverse("order_transfer", args=[order.pk]), words=_("Show the bank details"))
    return Act(url=reverse("order_pay", args=[order.pk]), words=_("Get the bank details"), is_post=True)


def _another_way(order: Order) -> Act:
    return Act(url=reverse("order_pay_another_way", args=[order.pk]), words=_("Pay another way"))


def _cancel(order: Order) -> Act:
    return Act(url=reverse("order_cancel", args=[order.pk]), words=_("Cancel the order"), is_post=True)
