"""Home: how much is left, until when, and what to tap."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import mail_trouble
from accounts.current_line import current_line, lines_of
from accounts.models import Line
from accounts.requests import SignedInRequest
from billing import ledger, wording
from billing.models import HELD_KINDS, Order, OrderState, ReviewItem, ReviewKind
from billing.standing import words
from lib import clock
from network import used_days
from plans import life, line_notice, run_out_words
from plans.groups import column
from plans.models import Plan
from plans.overview import Overview, overview
from plans.pace import HISTORY_DAYS

LATEST = 3


@dataclass(frozen=True)
class Renewal:
    """The one button: its words hold the price."""

    words: str
    order_url: str


@login_required
@require_safe
def dashboard(request: SignedInRequest) -> HttpResponse:
    now = clock.now()
    line = current_line(request, shared=column.column(now=now))
    if line is None:
        return render(request, "portal/dashboard.html", {"place": "home", "line": None})
    return render(request, "portal/dashboard.html", _facts(request, line, now=now))


def _facts(request: SignedInRequest, line: Line, *, now: datetime) -> dict[str, Any]:
    orders = _orders(request, line)
    latest = orders[:LATEST]
    waiting = next((order for order in latest if order.state in {OrderState.PENDING, OrderState.PROCESSING}), None)
    used = used_days.data_column(line, request.user, now=now, days=HISTORY_DAYS)
    seen = overview(line, now=now, is_waiting=waiting is not None and waiting.plan_id is not None, used=used)
    paid, bonus = ledger.credit_of(line)
    lives = life.of(line, last_end=seen.last_end)
    return {
        "place": "home",
        "line": line,
        "mail_trouble": mail_trouble.of(request.user) if line.mails_fail else None,  # type: ignore[attr-defined]  # with its lines
        "lines": lines_of(request),
        "state": seen.standing,
        "life": lives,
        "notice": line_notice.of(line, lives, now=now),
        "period": seen.period,
        "main": seen.main,
        "forecast": seen.forecast,
        "forecast_says": run_out_words.sentence(seen.forecast) if seen.forecast else "",
        "buckets": seen.buckets,
        "shared": column.read(line.shared),  # type: ignore[attr-defined]  # with its lines
        "next_period": seen.next_period,
        "ended_at": seen.ended_at,
        "credit_minor": (paid + bonus).minor,
        "renew": _renewal(seen, now=now),
        "auto_renew": words.of_line(line, now=now),
        "rows": [wording.row(order) for order in latest],
        "open_order": wording.row(waiting) if waiting else None,
        **_open_items(orders),
    }


def _orders(request: SignedInRequest, line: Line) -> list[Order]:
    """The latest of the line, newest first, and behind them those of the reader that `is_held` or `is_disputed`, in one statement."""
    latest = Order.objects.visible_to(request.user).filter(line=line).values("pk")[:LATEST]
    items = ReviewItem.objects.filter(order__buyer=request.user, order__line=line, closed_at=None)
    held, disputed = items.filter(kind__in=HELD_KINDS), items.filter(kind=ReviewKind.DISPUTE)
    found = Order.objects.filter(Q(pk__in=latest) | Q(pk__in=(held | disputed).values("order_id")))
    found = found.annotate(
        is_held=Exists(held.filter(order=OuterRef("pk"))), is_disputed=Exists(disputed.filter(order=OuterRef("pk")))
    )
    return list(found.select_related("line", "plan").prefetch_related("payments"))


def _open_items(orders: list[Order]) -> dict[str, list[Order]]:
    """Orders of the reader whose money waits for their decision, and those a bank is looking into."""
    return {
        "held_orders": [order for order in orders if order.is_held][:LATEST],  # type: ignore[attr-defined]
        "disputed_orders": [order for order in orders if order.is_disputed][:LATEST],  # type: ignore[attr-defined]
    }


def _renewal(seen: Overview, *, now: datetime) -> Renewal | None:
    """The plan they have, if it is still sold."""
    plan = seen.usual_plan
    if plan is None or not _is_sold(plan, now):
        return None
    return Renewal(
        words=_("Renew · %(sum)s") % {"sum": plan.price}, order_url=reverse("order_review", args=[plan.code])
    )


def _is_sold(plan: Plan, now: datetime) -> bool:
    return plan.on_sale_from <= now and (plan.on_sale_until is None or plan.on_sale_until > now)
