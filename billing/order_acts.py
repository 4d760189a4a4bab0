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
    if order.state == OrderState.PENDING and order.method in PAGE_METHODS:
        sum_words = {"sum": format_money(order.price_minor, order.currency)}
        again_words = _("Try another card") if order.method == Method.CARD else _("Try again")
        pay = again_words if wording.was_declined(order) else _("Pay %(sum)s") % sum_words
        return [
            Act(url=reverse("order_pay", args=[order.pk]), words=pay, is_post=True),
            Act(url=reverse("order_cancel", args=[order.pk]), words=_("Cancel the order"), is_post=True),
        ]
    if order.state == OrderState.PENDING:
        return [Act(url=reverse("order_cancel", args=[order.pk]), words=_("Cancel the order"), is_post=True)]
    if held and any(item.closed_at is None and item.kind == ReviewKind.SHORT for item in order.review_items.all()):
        missing = {"sum": format_money(order.price_minor - held[0][0], order.currency)}
        return [
            Act(url=reverse("order_pay", args=[order.pk]), words=_("Pay the missing %(sum)s") % missing, is_post=True)
        ]
    return []
