"""The pages on which a change of a queued plan is looked at before it is confirmed: every sum, where it goes, and every date that moves."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Line
from billing import wording
from billing.models import Method, Order
from billing.queued.cancelling import Cancellation
from billing.queued.changing import Swap
from billing.queued.forms import SwapForm
from lib.money import Money, format_money
from plans.comparison import validity_in_words
from plans.models import Plan, PlanKind, PlanPeriod
from plans.periods import Moved


@dataclass(frozen=True)
class Offer:
    """A plan that may come instead: `differs` says what it costs more, or what comes back."""

    plan: Plan
    validity: str
    differs: str
    url: str


def cancel_facts(order: Order, seen: Cancellation, *, is_mine: bool, auto_renew: bool) -> dict[str, Any]:
    """The context of the page before cancelling."""
    return {
        **_common(order, seen.period, seen.moved, seen.until),
        "form_token": uuid.uuid4(),
        "back_minor": seen.back.minor,
        "way": way(order, goes_to_credit=seen.goes_to_credit, is_mine=is_mine),
        "may_be_credit": seen.may_be_credit,
        "is_mine": is_mine,
        "renews": auto_renew,
    }


def _common(order: Order, period: PlanPeriod, moved: list[Moved], until: datetime) -> dict[str, Any]:
    return {
        "place": "home",
        "order": order,
        "line": order.line,
        "title": wording.title_of(order),
        "period": period,
        "moved": moved,
        "until": until,
        "currency": order.currency,
        "paid_with": wording.method_of(order),
        "back_url": reverse("queue", args=[order.line_id]),
    }


def way(order: Order, *, goes_to_credit: bool, is_mine: bool) -> str:
    """Where the money goes, and when it is there."""
    if not is_mine:
        return _("All of it goes back to whoever paid, by the way they paid. You get nothing of it.")
    if goes_to_credit:
        return _("It becomes credit of the number at once, in the parts it was paid from.")
    return {
        Method.CARD: _("Back to the card you paid with, usually within 5 to 10 days."),
        Method.PAYPAL: _("Back to the PayPal account you paid with, usually within 5 days."),
        Method.TRANSFER: _("Back to a bank account of yours; our payment provider asks you for it by e-mail."),
    }[Method(order.method)]


def choose_facts(order: Order, period: PlanPeriod, back: Money, until: datetime, *, now: datetime) -> dict[str, Any]:
    """The context of the page on which another plan is chosen."""
    return {
        **_common(order, period, [], until),
        "back_minor": back.minor,
        "offers": [_offer(order, plan, back) for plan in sold(order.line, now=now) if plan.pk != order.plan_id],
    }


def sold(line: Line, *, now: datetime) -> list[Plan]:
    """Plans that the line may have next."""
    return list(Plan.objects.on_sale(now).filter(kind=PlanKind.PLAN, currency=line.currency))


def _offer(order: Order, plan: Plan, back: Money) -> Offer:
    differs = plan.price_minor - back.minor
    words = {"sum": format_money(abs(differs), back.currency)}
    said = _("%(sum)s more") % words if differs > 0 else _("%(sum)s back") % words if differs else _("costs the same")
    return Offer(plan, validity_in_words(plan), said, reverse("queue_change_to", args=[order.pk, plan.code]))


def instead_facts(order: Order, seen: Swap) -> dict[str, Any]:
    """What the review of an order adds when a queued plan goes for it."""
    return {
        "starts": [],
        "instead": {
            "title": wording.title_of(order),
            "starts_at": seen.slot.starts_at,
            "ends_at": seen.slot.ends_at,
            "back": seen.back,
            "way": way(order, goes_to_credit=seen.goes_to_credit, is_mine=True),
        },
    }


def swap_facts(order: Order, seen: Swap, form: SwapForm) -> dict[str, Any]:
    """The context of the page before another plan comes instead."""
    return {
        **_common(order, seen.period, seen.moved, seen.until),
        "form": form,
        "plan": seen.plan,
        "slot": seen.slot,
        "validity": validity_in_words(seen.plan),
        "back_minor": seen.back.minor,
        "over_minor": seen.over.minor,
        "missing_minor": seen.missing.minor,
        "is_covered": seen.is_covered,
        "way": way(order, goes_to_credit=seen.goes_to_credit, is_mine=True),
        "may_be_credit": seen.may_be_credit and seen.over.minor > 0,
        "pay_url": f"{reverse('order_review', args=[seen.plan.code])}?instead={order.pk}",
        "summary_url": reverse("plan_summary", args=[seen.plan.code]),
    }
