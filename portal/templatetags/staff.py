"""What the desk's templates compose of several apps."""

from typing import Any

from django import template
from django.db.models import Q
from django.template.context import Context
from django.utils.safestring import SafeString

from accounts.models import Line
from billing import ledger
from billing.admin.rows import ORDER_TONES
from billing.models import LedgerEntry, Order, OrderState, OrderWhat
from billing.wording import title_of
from lib import clock
from lib.admin.showing import linked, state_badge
from notifications.admin import TONES as MESSAGE_TONES
from notifications.models import Message
from plans.admin.periods import period_badge
from plans.models import Allowance, PlanPeriod
from plans.overview import overview

register = template.Library()
#: Of each table; the link "all" leads to the rest.
_LATEST = 10


@register.simple_tag
def page_link(row: Any, words: object = None) -> SafeString | str:
    """A row as a link to its page of the desk."""
    return linked(row, words)


@register.simple_tag
def badge_of(row: Order | Message | PlanPeriod) -> SafeString:
    """A row's state in words and colour."""
    if isinstance(row, PlanPeriod):
        return period_badge(row)
    return state_badge(row, ORDER_TONES if isinstance(row, Order) else MESSAGE_TONES)


@register.simple_tag
def order_title(order: Order) -> str:
    return title_of(order)


@register.inclusion_tag("admin/accounts/line/everything.html", takes_context=True)
def everything_of_line(context: Context, line: Line) -> dict[str, Any]:
    """What the line has, what was bought for it, what moved its money and what it was told."""
    orders = Order.objects.filter(line=line)
    waits = orders.filter(state__in=[OrderState.PENDING, OrderState.PROCESSING], what=OrderWhat.PLAN).exists()
    money = Q(order__line=line) | Q(source__line=line) | Q(target__line=line)
    paid, bonus = ledger.credit_of(line)
    return {
        "line": line,
        "request": context.get("request"),
        "overview": overview(line, now=clock.now(), is_waiting=waits),
        "credit": paid + bonus,
        "credit_bonus": bonus,
        "orders": orders.select_related("plan").order_by("-pk")[:_LATEST],
        "periods": PlanPeriod.objects.filter(line=line).select_related("plan").order_by("-starts_at")[:_LATEST],
        "allowances": Allowance.objects.filter(line=line).order_by("-expires_at", "unit")[:_LATEST],
        "entries": LedgerEntry.objects.filter(money)
        .select_related("source", "target", "order")
        .order_by("-pk")[:_LATEST],
        "sent": _messages_about(line),
    }


def _messages_about(line: Line) -> list[Message]:
    """By what they are about: the line, its orders and its periods."""
    orders = Order.objects.filter(line=line).order_by("-pk")[:_LATEST]
    periods = PlanPeriod.objects.filter(line=line).order_by("-pk").values_list("pk", flat=True)[:_LATEST]
    subjects = [f"line:{line.pk}", *(order.subject for order in orders), *(f"period:{period}" for period in periods)]
    return list(Message.objects.filter(subject__in=subjects).order_by("-pk")[: 2 * _LATEST])
