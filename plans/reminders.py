"""Tells people before their plan ends, when it has, and when the next one has begun: each once a period and channel, found by looking
and not by remembering.

One statement finds and writes what is due of a kind on a channel, however much it is. A sweep may run late, twice or on two hosts:
what is due follows from the rows alone. Whoever renews has the line's lock, and so has the sweep while it writes; it looks again
before it commits, and after a renewal nothing due is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, JSONObject, Substr
from django.urls import reverse

from accounts.models import Line, LineState
from lib import clock
from lib.compiled import Compiled, Given
from lib.transactions import whole
from notifications import outbox, quiet, sweeping
from notifications.kinds import Channel
from notifications.models import Message, MessageState
from notifications.sweeping import Sweep
from plans import life
from plans.models import PlanKind, PlanPeriod, PlanPeriodQuerySet
from plans.readers import ZONE, Readers, awake, in_the_evening

WEEK, THREE_DAYS, REMINDER = "expiry_week", "expiry_three_days", "expiry_reminder"
ENDED, STARTED = "plan_ended", "plan_started"
#: What a renewal makes pointless: of the period's end, of the line's, and what was in the way of one.
KINDS = (WEEK, THREE_DAYS, REMINDER, ENDED, *life.KINDS, "renewal_trouble", "allowance_low", "allowance_used_up")
#: An offset applies to plans at least twice as long. Shorter than `SHORT` they are reminded of hours before their end, not a day; from
#: `LONG` on a week before, too, by e-mail alone; three days before by choice.
SHORT, LONG = timedelta(days=3), timedelta(days=14)
WEEK_BEFORE, THREE_BEFORE, DAY_BEFORE = timedelta(days=7), timedelta(days=3), timedelta(days=1)
HOURS_BEFORE = timedelta(hours=2)
#: Later than this the news that a plan has ended or begun is no news.
NEWS_FOR = timedelta(days=1)
#: What stood in the queue for less than this was bought to begin at once.
QUEUED_FOR = timedelta(hours=1)
_NOW = timedelta(0)
_REACHED = (LineState.ACTIVE, LineState.GRACE, LineState.SUSPENDED)


@dataclass(frozen=True)
class Occasion:
    """What is told (`kind`) of which periods (`when`). `is_end`: only where nothing is paid behind them."""

    kind: str
    when: Q
    channels: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL)
    is_end: bool = True

    def periods(self) -> PlanPeriodQuerySet:
        """On numbers that can be reached."""
        found = PlanPeriod.objects.standing().filter(kind=PlanKind.PLAN, line__state__in=_REACHED)
        return found.exclude(Exists(_behind(OuterRef("line"), OuterRef("ends_at")))) if self.is_end else found


def _behind(line: Any, ends_at: Any) -> PlanPeriodQuerySet:
    return PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN, ends_at__gt=ends_at)


def _occasions(now: datetime, cared_for: "QuerySet[Any, Any] | None") -> Iterator[Occasion]:
    """Windows of one plan do not overlap: after an outage the latest one is told, and never two at once."""
    own = ~Q(line__in=cared_for) if cared_for is not None else Q()
    runs = Q(starts_at__lte=now, ends_at__gt=now) & own
    is_short, is_long = Q(ends_at__lt=F("starts_at") + SHORT), Q(ends_at__gte=F("starts_at") + LONG)
    is_awake = awake(now)
    yield Occasion(WEEK, runs & is_long & is_awake & _ends(now, THREE_BEFORE, WEEK_BEFORE), (Channel.EMAIL,))
    is_twice_three = Q(ends_at__gte=F("starts_at") + 2 * THREE_BEFORE)
    yield Occasion(THREE_DAYS, runs & is_twice_three & is_awake & _ends(now, DAY_BEFORE, THREE_BEFORE))
    yield Occasion(REMINDER, runs & ~is_short & is_awake & _ends(now, _NOW, DAY_BEFORE))
    yield Occasion(REMINDER, runs & is_short & is_awake & (_ends(now, _NOW, HOURS_BEFORE) | _in_the_night(now)))
    yield Occasion(ENDED, is_awake & _ends(now, -NEWS_FOR, _NOW))
    begun = Q(starts_at__lte=now, starts_at__gt=now - NEWS_FOR, ends_at__gt=now)
    was_queued = Q(created_at__lt=F("starts_at") - QUEUED_FOR)
    yield Occasion(STARTED, begun & was_queued & is_awake & own, is_end=False)


def _ends(now: datetime, least: timedelta, most: timedelta) -> Q:
    """In more than `least` and at most `most`."""
    return Q(ends_at__gt=now + least, ends_at__lte=now + most)


def _in_the_night(now: datetime) -> Q:
    """What ends while its reader sleeps, or soon after, is told in the last hour of the evening; not before half of it is over."""
    left = ExpressionWrapper(F("ends_at") - Value(now), output_field=DurationField())
    is_half_over = Q(starts_at__lte=ExpressionWrapper(Value(now) - left, output_field=DateTimeField()))
    return in_the_evening(now) & is_half_over & _ends(now, _NOW, quiet.LONGEST_NIGHT + HOURS_BEFORE)


def remind(
    *, now: datetime, cared_for: "QuerySet[Any, Any] | None" = None, held: "QuerySet[Any, Any] | None" = None
) -> int:
    """Write every message that is due at `now` and not written yet. Returns how many. `cared_for`: ids of lines whose next period
    somebody above looks after: nobody is asked to renew what renews itself, only told when a plan has ended all the same. `held`: ids of
    lines whose life does not move on meanwhile.
    """
    return sum(_tell(occasion, now=now, held=held) for occasion in _occasions(now, cared_for))


@whole
def _tell(occasion: Occasion, *, now: datetime, held: "QuerySet[Any, Any] | None") -> int:
    """Lock lines and write, in one statement a channel; then take back what was paid while it began. A line that somebody renews at this
    moment is left to the next sweep.
    """
    real = clock.real_now()
    written = sum(_write(occasion, channel, now=now, real=real, held=held) for channel in occasion.channels)
    return written - _take_back(occasion, real=real) if written and occasion.is_end else written


def _write(
    occasion: Occasion, channel: Channel, *, now: datetime, real: datetime, held: "QuerySet[Any, Any] | None"
) -> int:
    readers = Readers(channel, "line__")
    sweep = Sweep(
        kind=occasion.kind,
        channel=channel,
        about="period",
        address=readers.address,
        language=readers.language,
        time_zone=F(ZONE),
        context=_context(occasion.kind, held, now=now),
        not_after=_of_use_until(occasion.kind, ahead=real - now),
    )
    return sweeping.write(readers.to(occasion.periods()).filter(occasion.when), sweep, real=real, locking=Line)


def _context(kind: str, held: "QuerySet[Any, Any] | None", *, now: datetime) -> dict[str, Any]:
    about = {"plan": F("plan__name"), "msisdn": F("line__msisdn"), "ends_at": F("ends_at")}
    if kind == STARTED:
        return {**about, "url": _page("dashboard")}
    before, after = reverse("order_review", args=["CODE"]).split("CODE")
    order = Concat(Value(settings.PORTAL_ORIGIN + before), "plan__code", Value(after), output_field=TextField())
    price = JSONObject(minor=F("plan__price_minor"), currency=F("plan__currency"))
    is_sold = Q(plan__on_sale_from__lte=now) & (Q(plan__on_sale_until=None) | Q(plan__on_sale_until__gt=now))
    return {
        **about,
        "price": Case(When(is_sold, then=price), default=None, output_field=JSONField()),
        "url": Case(When(is_sold, then=order), default=_page("plan_list"), output_field=TextField()),
        **({"only_receives": _only_receives(held)} if kind == ENDED else {}),
    }


def _page(name: str) -> Value:
    return sweeping.text(settings.PORTAL_ORIGIN + reverse(name))


def _only_receives(held: "QuerySet[Any, Any] | None") -> Any:
    """Whether the line's use ends with the plan: with nothing that runs on, and no top-up or use that still counts."""
    goes_on = Exists(life.standing(OuterRef("line")).filter(ends_at__gt=OuterRef("ends_at")))
    lapses = Q(line__state=LineState.ACTIVE, ends_at__gte=life.without_plan_until("line__")) & ~Q(goes_on)
    if held is not None:
        lapses &= ~Q(line__in=held)
    return ExpressionWrapper(Q(line__state=LineState.GRACE) | lapses, output_field=BooleanField())


def _of_use_until(kind: str, *, ahead: timedelta) -> Any:
    """In real time, which is `ahead` of the domain's."""
    last = {ENDED: F("ends_at") + NEWS_FOR, STARTED: F("starts_at") + NEWS_FOR}.get(kind, F("ends_at"))
    return ExpressionWrapper(last + Value(ahead), output_field=DateTimeField())


def _take_back(occasion: Occasion, *, real: datetime) -> int:
    """Of what was written just now, what somebody renewed after our statement had begun and before it had the line's lock."""
    period = PlanPeriod.objects.filter(pk=Cast(Substr(OuterRef("subject"), len("period:") + 1), UUIDField()))
    renewed = period.filter(Exists(_behind(OuterRef("line"), OuterRef("ends_at"))) | ~Q(cancelled_at=None))
    written = sweeping.just_written([occasion.kind], real=real).filter(Exists(renewed))
    return written.update(state=MessageState.SUPPRESSED, error_code="withdrawn")


_WAITING = Compiled(
    Message.objects.filter(
        Q(subject=Given("of_line"))
        | Q(
            subject__in=PlanPeriod.objects.filter(line=Given("line_id"), kind=PlanKind.PLAN).values_list(
                Concat(Value("period:"), Cast("pk", TextField()), output_field=TextField())
            )
        ),
        state__in=(MessageState.DUE, MessageState.CLAIMED),
        kind__in=KINDS,
    )
    .only("subject")
    .order_by()
)


def withdraw(line: Line) -> int:
    """After a renewal: what is due and not yet sent about the ends of `line`'s periods, or its own, is not wanted. Returns how many.
    Runs in the caller's transaction.
    """
    found = {message.subject for message in _WAITING.all(line_id=line.pk, of_line=life.subject_of(line))}
    return sum(outbox.withdraw(subject, kinds=KINDS) for subject in sorted(found))
