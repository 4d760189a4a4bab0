"""The desk's first page: how the day goes, and what waits for a person."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_skeleton
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing.models import (
    OPEN_PAYOUT_STATES,
    Adjustment,
    AdjustmentState,
    EntryKind,
    EventState,
    LedgerEntry,
    Order,
    Payment,
    Payout,
    RefundRequest,
    RefundRequestState,
    ReviewItem,
    WebhookEvent,
)
from lib import clock, wording
from lib.admin.showing import age, money
from lib.models import Alarm
from notifications.models import Message, MessageState
from support.models import OPEN_STATES, Ticket

DAYS = 7
#: A notice, or a message, that waits longer than its sweeps need is worth a look.
STALE = timedelta(minutes=2)
_HEIGHT, _WIDTH, _GAP = 96, 32, 12


@dataclass(frozen=True)
class Bar:
    """One day of a chart, in the chart's own units; `label` and `words` say what it stands for."""

    x: int
    y: int
    height: int
    label: str
    words: str


@dataclass(frozen=True)
class Chart:
    """Seven days, oldest first; `today` and `week` are the sums in words."""

    title: str
    today: str
    week: str
    bars: list[Bar]
    width: int = DAYS * (_WIDTH + _GAP)
    height: int = _HEIGHT
    bar_width: int = _WIDTH


@dataclass(frozen=True)
class Waiting:
    """Something that may need a person: how many, how old the oldest is, and the list behind it."""

    title: str
    count: int
    oldest: str
    url: str
    tone: str


@dataclass(frozen=True)
class Figures:
    charts: list[Chart]
    waiting: list[Waiting]


def for_reader(user: Subscriber | AnonymousUser) -> Figures | None:
    """The figures for whoever may see orders; None for others."""
    if not user.has_perm("billing.view_order"):
        return None
    now = clock.now()
    return Figures(charts=[_orders(now), *_money(now)], waiting=_waiting())


def _days(now: datetime) -> list[Any]:
    today = timezone.localdate(now)
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _since(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)


def _chart(title: str, by_day: dict[Any, int], now: datetime, in_words: Any) -> Chart:
    days = _days(now)
    highest = max([*by_day.values(), 1])
    bars = []
    for number, day in enumerate(days):
        value = by_day.get(day, 0)
        height = max(round(value * (_HEIGHT - 20) / highest), 2 if value else 0)
        at = timezone.make_aware(datetime(day.year, day.month, day.day, 12))  # noqa: DTZ001  made aware at once
        words = f"{wording.date_in_words(at, now=now)}: {in_words(value)}"
        bars.append(Bar(number * (_WIDTH + _GAP) + _GAP // 2, _HEIGHT - height, height, _weekday(at), words))
    return Chart(title, in_words(by_day.get(days[-1], 0)), in_words(sum(by_day.values())), bars)


def _weekday(at: datetime) -> str:
    return format_skeleton("E", at, locale=to_locale(get_language() or "en"))


def _orders(now: datetime) -> Chart:
    rows = (
        Order.objects.filter(placed_at__gte=_since(now))
        .order_by()
        .annotate(day=TruncDate("placed_at"))
        .values("day")
        .annotate(count=Count("pk"))
    )
    return _chart(_("Orders"), {row["day"]: row["count"] for row in rows}, now, wording.count_in_words)


def _money(now: datetime) -> list[Chart]:
    """Money received, a chart for each currency."""
    rows = (
        LedgerEntry.objects.filter(kind=EntryKind.PAYMENT, event_at__gte=_since(now))
        .order_by()
        .annotate(day=TruncDate("event_at"))
        .values("currency", "day")
        .annotate(minor=Sum("amount_minor"))
    )
    by_currency: dict[str, dict[Any, int]] = {}
    for row in rows:
        by_currency.setdefault(row["currency"], {})[row["day"]] = row["minor"]
    return [
        _chart(_("Money received"), by_day, now, lambda minor, currency=currency: money(minor, currency))
        for currency, by_day in sorted(by_currency.items())
    ]


def _waiting() -> list[Waiting]:
    real = clock.real_now()
    late = WebhookEvent.objects.filter(state=EventState.RECEIVED, received_at__lte=real - STALE)
    gave_up = WebhookEvent.objects.filter(state=EventState.DEAD)
    unknown_payments = Payment.objects.exclude(unknown_since=None)
    unknown_messages = Message.objects.filter(state=MessageState.UNKNOWN)
    in_review, unseen = ReviewItem.objects.filter(closed_at=None), Alarm.objects.filter(seen_at=None)
    payments, events = "billing_payment", "billing_webhookevent"
    return [
        *_tickets(),
        _row(_("Needs a decision"), in_review, "opened_at", clock.now(), "billing_reviewitem", "open=yes"),
        *_second_person(),
        _row(_("Alarms not seen yet"), unseen, "raised_at", real, "lib_alarm", "seen=no"),
        _row(_("Payments, outcome unknown"), unknown_payments, "unknown_since", real, payments, "outcome=unknown"),
        _row(_("Gateway events waiting"), late, "received_at", real, events, "state__exact=received"),
        _row(_("Gateway events that gave up"), gave_up, "received_at", real, events, "state__exact=dead"),
        _row(
            _("Messages that may not have arrived"),
            unknown_messages,
            "created_at",
            real,
            "notifications_message",
            "state__exact=unknown",
        ),
    ]


def _tickets() -> list[Waiting]:
    """Whoever waits for an answer, and who has waited longer than promised."""
    now = clock.now()
    waiting = Ticket.objects.filter(state__in=OPEN_STATES)
    late = waiting.filter(promised_at__lt=now)
    return [
        replace(
            _row(_("Tickets to answer"), waiting, "opened_at", now, "support_ticket", "standing=open"), tone="good"
        ),
        _row(_("Tickets later than promised"), late, "promised_at", now, "support_ticket", "standing=late"),
    ]


def _second_person() -> list[Waiting]:
    """What one of the staff, or a subscriber, has asked for and another has to do."""
    now, asked = clock.now(), "state__exact=asked"
    refunds = RefundRequest.objects.filter(state=RefundRequestState.ASKED)
    corrections = Adjustment.objects.filter(state=AdjustmentState.ASKED)
    payouts = Payout.objects.filter(state__in=OPEN_PAYOUT_STATES)
    return [
        _row(_("Refunds to agree to"), refunds, "asked_at", now, "billing_refundrequest", asked),
        _row(_("Adjustments to agree to"), corrections, "asked_at", now, "billing_adjustment", asked),
        _row(_("Pay-outs on their way"), payouts, "asked_at", now, "billing_payout", "open=yes"),
    ]


def _row(title: str, rows: Any, since: str, now: datetime, table: str, query: str) -> Waiting:
    found = rows.order_by().aggregate(count=Count("pk"), oldest=Min(since))
    return Waiting(
        title=title,
        count=found["count"],
        oldest=age(found["oldest"], now=now),
        url=f"{reverse(f'admin:{table}_changelist')}?{query}",
        tone="bad" if found["count"] else "good",
    )
