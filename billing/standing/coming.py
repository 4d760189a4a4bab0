"""A week before a long plan ends, its owner hears that it renews by itself: when, for how much, with what, and where to say no."""

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import translation

from billing.journal import money
from billing.models import AutoRenew
from billing.standing import auto_renew, words
from billing.standing.auto_renew import Outlook
from notifications import outbox
from notifications.models import Message
from notifications.outbox import Outgoing, Recipient
from plans.models import PlanKind, PlanPeriod, PlanPeriodQuerySet
from plans.reminders import DAY_BEFORE, LONG, WEEK_BEFORE

KIND = "renewal_coming"
BATCH = 200


def announce(*, now: datetime) -> int:
    """Write what is due and not written yet. Returns how many."""
    total = 0
    while found := list(_due(now)[:BATCH]):
        written = outbox.send_new([message for period in found for message in _messages(period, now=now)])
        total += written
        if not written:
            break
    return total


def _due(now: datetime) -> PlanPeriodQuerySet:
    """Long plan periods that end within the week, with nothing paid behind them, on lines with auto-renew on; each once."""
    later = PlanPeriod.objects.standing().filter(
        line=OuterRef("line"), kind=PlanKind.PLAN, ends_at__gt=OuterRef("ends_at")
    )
    key = Concat(Value("period:"), Cast(OuterRef("pk"), TextField()), Value(f":{KIND}:email"), output_field=TextField())
    told = Message.objects.filter(key=key)
    soon = PlanPeriod.objects.running(now).filter(
        kind=PlanKind.PLAN,
        ends_at__gt=now + DAY_BEFORE,
        ends_at__lte=now + WEEK_BEFORE,
        ends_at__gte=F("starts_at") + LONG,
    )
    on = soon.filter(Exists(AutoRenew.objects.filter(line=OuterRef("line"), off_at=None)))
    return on.exclude(Exists(later)).exclude(Exists(told)).select_related("line").order_by("ends_at", "pk")


def _messages(period: PlanPeriod, *, now: datetime) -> list[Outgoing]:
    """None where the reminder of the end or the word about a withdrawn or dearer plan says it better."""
    outlook = auto_renew.outlook(period.line, now=now)
    if outlook is None or outlook.cut_off is None or outlook.renews_at is None or outlook.obstacle:
        return []
    person = outlook.auto_renew.subscriber
    with translation.override(person.language):
        method = words.paid_with(outlook)
    subject = f"period:{period.pk}"
    return [
        Outgoing(
            kind=KIND,
            channel="email",
            to=Recipient(person.email, person.language, person.time_zone),
            context=_context(outlook, method, outlook.cut_off, outlook.renews_at),
            key=f"{subject}:{KIND}:email",
            subject=subject,
        )
    ]


def _context(outlook: Outlook, method: str, cut_off: datetime, renews_at: datetime) -> dict[str, object]:
    line = outlook.auto_renew.line
    return {
        "plan": outlook.plan.name,
        "msisdn": line.msisdn,
        "price": money(outlook.price),
        "method": method,
        "ends_at": renews_at.isoformat(),
        "charged_at": cut_off.isoformat(),
        "url": settings.PORTAL_ORIGIN + reverse("auto_renew", args=[line.pk]),
    }
