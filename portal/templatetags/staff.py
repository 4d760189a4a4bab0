"""What the desk's templates compose of several apps."""

from typing import Any

from django import template
from django.db.models import Model
from django.template.context import Context
from django.utils.safestring import SafeString

from accounts.models import Line
from billing import ledger
from billing.admin import rows
from billing.authority import ADJUST
from billing.models import (
    OPEN_DISPUTE_STATES,
    OPEN_PAYOUT_STATES,
    Adjustment,
    AdjustmentState,
    Dispute,
    Order,
    OrderState,
    OrderWhat,
    Payment,
    Payout,
    RefundRequest,
    RefundRequestState,
    ReviewItem,
)
from billing.wording import title_of
from lib import clock
from lib.admin.showing import linked, state_badge
from lib.money import Money
from notifications.admin.messages import TONES as MESSAGE_TONES
from notifications.models import Message
from plans import life
from plans.admin.periods import period_badge
from plans.models import Allowance, PlanPeriod
from plans.overview import overview
from portal.staff import line_history

register = template.Library()
#: Of each table; the link "all" leads to the rest.
_LATEST = 10
_TONES: dict[type[Model], Any] = {
    Order: rows.ORDER_TONES,
    Payment: rows.PAYMENT_TONES,
    Message: MESSAGE_TONES,
    Adjustment: rows.ADJUSTMENT_TONES,
    Payout: rows.PAYOUT_TONES,
    RefundRequest: rows.REQUEST_TONES,
    Dispute: rows.DISPUTE_TONES,
}


@register.simple_tag
def page_link(row: Any, words: object = None) -> SafeString | str:
    """A row as a link to its page of the desk."""
    return linked(row, words)


@register.simple_tag
def badge_of(row: Any) -> SafeString:
    """A row's state in words and colour."""
    if isinstance(row, PlanPeriod):
        return period_badge(row)
    return rows.review_badge(row) if isinstance(row, ReviewItem) else state_badge(row, _TONES[type(row)])


@register.simple_tag
def order_title(order: Order) -> str:
    return title_of(order)


@register.inclusion_tag("admin/accounts/line/standing.html", takes_context=True)
def standing_of_line(context: Context, line: Line) -> dict[str, Any]:
    """What the line has, and what of it waits for somebody."""
    orders = Order.objects.filter(line=line, state__in=[OrderState.PENDING, OrderState.PROCESSING], what=OrderWhat.PLAN)
    paid, bonus = ledger.credit_of(line)
    seen = overview(line, now=clock.now(), is_waiting=orders.exists())
    return {
        "line": line,
        "life": life.of(line, last_end=seen.last_end),
        "may_adjust": context["request"].user.has_perm(ADJUST),
        "overview": seen,
        "credit": paid + bonus,
        "credit_bonus": bonus,
        "owed": ledger.owed_by(line),
        "waiting": _waiting(line),
    }


@register.inclusion_tag("admin/accounts/line/everything.html", takes_context=True)
def everything_of_line(context: Context, line: Line) -> dict[str, Any]:
    """Its latest orders and allowances, and everything that happened to it, a page at a time."""
    asked = context["request"].GET
    history = line_history.history(line, kind=asked.get("what", ""), page=asked.get("p", ""), now=clock.now())
    return {
        "line": line,
        "orders": Order.objects.filter(line=line).select_related("plan").order_by("-pk")[:_LATEST],
        "allowances": Allowance.objects.filter(line=line).order_by("-expires_at", "unit")[:_LATEST],
        "history": history,
    }


def _waiting(line: Line) -> list[tuple[Any, str]]:
    """What of the line waits for one of the staff, each with what it is."""
    found: list[Any] = [
        *ReviewItem.objects.filter(order__line=line, closed_at=None),
        *RefundRequest.objects.filter(order__line=line, state=RefundRequestState.ASKED),
        *Adjustment.objects.filter(line=line, state=AdjustmentState.ASKED),
        *Payout.objects.filter(line=line, state__in=OPEN_PAYOUT_STATES),
        *Dispute.objects.filter(payment__order__line=line, state__in=OPEN_DISPUTE_STATES),
    ]
    return [(row, _what(row)) for row in found]


def _what(row: Any) -> str:
    if isinstance(row, ReviewItem):
        return str(row.get_kind_display())
    return f"{row._meta.verbose_name} {Money(row.amount_minor, row.currency)}"
