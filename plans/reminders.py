"""Tells people before their plan ends, and when it has: each once a period and channel, found by looking and not by remembering.

A sweep may run late, twice or on two hosts: what is due follows from the rows alone. Whoever renews has the line's lock, and so has
the sweep while it writes; after a renewal nothing due is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.urls import reverse

from accounts.models import Line, LineOwnership, LineState
from lib import clock
from lib.compiled import Compiled, Given
from lib.transactions import whole
from notifications import outbox
from notifications.kinds import Channel
from notifications.models import Message, MessageState
from notifications.outbox import Outgoing, Recipient
from plans.models import PlanKind, PlanPeriod, PlanPeriodQuerySet

REMINDER, ENDED = "expiry_reminder", "plan_ended"
KINDS = (REMINDER, ENDED)
BATCH = 500
#: A plan shorter than this is reminded of hours before its end, not a day; one from two weeks on a week before, too, by e-mail alone.
SHORT, LONG = timedelta(days=3), timedelta(days=14)
WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE = timedelta(days=7), timedelta(days=1), timedelta(hours=2)
#: Later than this the news that a plan has ended is no news.
ENDED_IS_NEWS_FOR = timedelta(days=1)
#: A reminder a day ahead waits for the morning of the line's time zone.
WAKING_HOURS = (8, 21)
_REACHED = (LineState.ACTIVE, LineState.GRACE, LineState.SUSPENDED)


@dataclass(frozen=True)
class Occasion:
    """What is told (`kind`) of which periods (`when`), but not of those on lines in `cared_for`. `early` names one that is not the last
    word: it goes by e-mail alone, to who has one.
    """

    kind: str
    when: Q
    cared_for: QuerySet[Any, Any] | None = None
    early: str = ""

    def key(self, subject: str, channel: str) -> str:
        """What makes a message of it once."""
        return ":".join(filter(None, (subject, self.kind, self.early, channel)))

    def due(self) -> PlanPeriodQuerySet:
        """Plan periods with nothing paid behind them, on numbers that can be reached, that nobody was told of yet."""
        later = PlanPeriod.objects.standing().filter(
            line=OuterRef("line"), kind=PlanKind.PLAN, ends_at__gt=OuterRef("ends_at")
        )
        end = self.key("", Channel.EMAIL if self.early else Channel.SMS)
        key = Concat(Value("period:"), Cast(OuterRef("pk"), TextField()), Value(f":{end}"), output_field=TextField())
        told = Message.objects.filter(key=key)
        due = (
            PlanPeriod.objects.standing()
            .filter(self.when, kind=PlanKind.PLAN, line__state__in=_REACHED)
            .exclude(Exists(later))
            .exclude(Exists(told))
        )
        if self.early:
            due = due.filter(Exists(_owner()))
        return due if self.cared_for is None else due.exclude(line__in=self.cared_for)


def _occasions(now: datetime, cared_for: QuerySet[Any, Any] | None) -> list[Occasion]:
    runs = Q(starts_at__lte=now, ends_at__gt=now)
    is_short = Q(ends_at__lt=F("starts_at") + SHORT)
    is_long = Q(ends_at__gte=F("starts_at") + LONG)
    is_awake = ~Q(line__time_zone__in=_zones_asleep(now))
    in_a_week = Q(ends_at__lte=now + WEEK_BEFORE, ends_at__gt=now + DAY_BEFORE)
    return [
        Occasion(REMINDER, runs & is_long & is_awake & in_a_week, cared_for, early="week"),
        Occasion(REMINDER, runs & ~is_short & is_awake & Q(ends_at__lte=now + DAY_BEFORE), cared_for),
        Occasion(REMINDER, runs & is_short & Q(ends_at__lte=now + HOURS_BEFORE), cared_for),
        Occasion(ENDED, Q(ends_at__lte=now, ends_at__gt=now - ENDED_IS_NEWS_FOR)),
    ]


def _zones_asleep(now: datetime) -> list[str]:
    """Time zones in which `now` is no time for a reminder. One that nobody knows is taken to be awake."""
    first, last = WAKING_HOURS
    return [zone for zone in _zones() if not first <= now.astimezone(ZoneInfo(zone)).hour <= last]


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())


def remind(*, now: datetime, cared_for: QuerySet[Any, Any] | None = None) -> int:
    """Write every message that is due at `now` and not written yet. Returns how many. `cared_for`: ids of lines whose next period
    somebody above looks after: nobody is asked to renew what renews itself, only told when a plan has ended all the same.
    """
    return sum(_tell(occasion, now=now) for occasion in _occasions(now, cared_for))


_WAITING = Compiled(
    Message.objects.filter(
        state__in=(MessageState.DUE, MessageState.CLAIMED),
        kind__in=KINDS,
        subject__in=PlanPeriod.objects.filter(line=Given("line_id"), kind=PlanKind.PLAN).values_list(
            Concat(Value("period:"), Cast("pk", TextField()), output_field=TextField())
        ),
    )
    .only("subject")
    .order_by()
)


def withdraw(line: Line) -> int:
    """After a renewal: what is due and not yet sent about the ends of `line`'s periods is not wanted. Returns how many. Runs in
    the caller's transaction.
    """
    found = {message.subject for message in _WAITING.all(line_id=line.pk)}
    return sum(outbox.withdraw(subject, kinds=KINDS) for subject in sorted(found))


def _tell(occasion: Occasion, *, now: datetime) -> int:
    total = 0
    while True:
        lines, written = _tell_batch(occasion, now=now)
        total += written
        if lines < BATCH or not written:
            return total


@whole
def _tell_batch(occasion: Occasion, *, now: datetime) -> tuple[int, int]:
    """Lock lines, look again, write. A line that somebody renews at this moment is left to the next sweep."""
    lines = list(
        Line.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .filter(pk__in=occasion.due().values("line"))
        .order_by("pk")[:BATCH]
    )
    due = occasion.due().filter(line__in=lines).annotate(owner=Subquery(_owner()))
    facts = ("pk", "ends_at", "plan__name", "plan__code", "line__msisdn", "line__language", "line__time_zone", "owner")
    messages = [message for row in due.values(*facts) for message in _messages(occasion, row, now=now)]
    return len(lines), outbox.send_new(messages)


def _owner() -> Any:
    """The owner's proven e-mail and how they read, as JSON; null without either."""
    proven = LineOwnership.objects.filter(
        line=OuterRef("line"),
        until_at=None,
        subscriber__is_active=True,
        subscriber__emailaddress__verified=True,
        subscriber__emailaddress__primary=True,
    )
    return proven.values(
        found=JSONObject(
            address="subscriber__emailaddress__email",
            language="subscriber__language",
            time_zone="subscriber__time_zone",
        )
    )[:1]


def _messages(occasion: Occasion, row: dict[str, Any], *, now: datetime) -> Iterable[Outgoing]:
    kind = occasion.kind
    recipients = {}
    if not occasion.early:
        recipients[Channel.SMS] = Recipient(row["line__msisdn"], row["line__language"], row["line__time_zone"])
    if row["owner"]:
        recipients[Channel.EMAIL] = Recipient(**row["owner"])
    of_use_for = (row["ends_at"] - now) if kind == REMINDER else (row["ends_at"] + ENDED_IS_NEWS_FOR - now)
    context = {
        "plan": row["plan__name"],
        "msisdn": row["line__msisdn"],
        "ends_at": row["ends_at"].isoformat(),
        "url": settings.PORTAL_ORIGIN + reverse("order_review", args=[row["plan__code"]]),
    }
    for channel, to in recipients.items():
        yield Outgoing(
            kind=kind,
            channel=channel,
            to=to,
            context=context,
            key=occasion.key(_subject(row["pk"]), channel),
            subject=_subject(row["pk"]),
            not_after=clock.real_now() + of_use_for,
        )


def _subject(period_id: UUID) -> str:
    return f"period:{period_id}"
