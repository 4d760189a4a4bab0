"""In which situation somebody asks: how their order stands, and on which page they were. Articles name the situations they fit."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from billing import wording
from billing.models import Method, Order, OrderState

#: Pages that a ticket may name as where it was opened: names of addresses, never what stands in them.
PAGES = frozenset(
    {
        "account_login",
        "account_signup",
        "advice",
        "auto_renew",
        "auto_top_up",
        "credit",
        "dashboard",
        "landing",
        "line_add",
        "message_choices",
        "order",
        "order_review",
        "orders",
        "payout",
        "plan_list",
        "profile",
        "queue",
        "receipts",
        "top_up",
        "top_up_a_number",
        "top_up_for_other",
        "usage",
        "line_usage",
        "usage_records",
        "voucher",
        "ways_to_pay",
        "world",
        "world_country",
    }
)
_OF_ORDERS = {
    OrderState.PENDING: "order:pending",
    OrderState.PROCESSING: "order:pending",
    OrderState.PAID: "order:paid",
    OrderState.APPLIED: "order:applied",
    OrderState.REVIEW: "order:held",
}


def of(order: Order | None, page: str) -> list[str]:
    """The most telling first. Of an order its payments are read."""
    found = [f"page:{page}"] if page in PAGES else []
    return [_of_order(order), *found] if order else found


def _of_order(order: Order) -> str:
    if wording.was_declined(order):
        return "order:declined"
    if order.state == OrderState.PENDING and order.method == Method.TRANSFER:
        return "order:transfer"
    return _OF_ORDERS.get(OrderState(order.state), "order:ended")


def page_of(request: HttpRequest) -> str:
    """On which of our pages the reader was: what the address says (`?page=`), else where the link was followed."""
    if (named := request.GET.get("page", "")) in PAGES:
        return named
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host():
        return ""
    try:
        name = resolve(came_from.path).url_name or ""
    except Resolver404:
        return ""
    return name if name in PAGES else ""
