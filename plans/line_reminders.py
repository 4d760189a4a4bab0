"""Tells people what is ahead of their line, and what saves it: each date once, found by looking and not by remembering.

The news that a plan has ended says what that means for the line; so nothing more is said when the one follows from the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast, Concat, Substr
from django.urls import reverse

from accounts.models import Line, LineState
from lib import clock
from lib.brand import brand
from lib.transactions import whole
from notifications import sweeping
from notifications.kinds import Channel, kind_of
from notifications.models import MessageState
from notifications.sweeping import Sweep
from plans import life
from plans.models import PlanKind
from plans.readers import ZONE, Readers, awake

GRACE_COMING, GRACE_BEGUN, SUSPENSION_COMING, RELEASE_COMING = life.KINDS
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
#: For so long it is news that a line only receives.
NEWS_FOR = timedelta(days=5)
#: What happens to a line so soon after its plan has ended follows from that, and was said with it.
WITH_PLAN = timedelta(hours=1)


@dataclass(frozen=True)
class Occasion:
    """What is told (`kind`) of which lines (`when`), `dates` by their names in the texts. Each once for `moment`, and `step` where a
    moment is told of more than once.
    """

    kind: str
    when: Q
    moment: Any
    dates: dict[str, Any]
    until: Any
    step: str = ""


def _occasions(now: datetime) -> Iterator[Occasion]:
    """Windows of one line do not overlap: never two at once, and after an outage the one that still matters."""
    spans = brand().life
    by_use = life.without_plan_until()
    suspended_at, grace_over = _after(spans.grace), _after(spans.grace + spans.suspended)
    released_at = _after(spans.suspended)
    long_before = min(WEEK, spans.grace / 2)
    yield Occasion(
        GRACE_COMING,
        Q(state=LineState.ACTIVE, by_use__gt=now, by_use__lte=now + min(WEEK, spans.after_use / 2))
        & ~Q(Exists(life.standing(OuterRef("pk")).filter(ends_at__gt=OuterRef("by_use")))),
        by_use,
        {"grace_at": by_use},
        by_use,
    )
    ended_just_before = life.standing(OuterRef("pk")).filter(
        kind=PlanKind.PLAN, ends_at__gt=OuterRef("state_since") - Value(WITH_PLAN), ends_at__lte=OuterRef("state_since")
    )
    in_grace = {"suspended_at": suspended_at, "released_at": grace_over}
    yield Occasion(
        GRACE_BEGUN,
        _since(LineState.GRACE, now - NEWS_FOR, now) & ~Q(Exists(ended_just_before)),
        F("state_since"),
        in_grace,
        _after(NEWS_FOR),
    )
    yield Occasion(
        SUSPENSION_COMING,
        _since(LineState.GRACE, now - spans.grace, now - spans.grace + long_before),
        suspended_at,
        in_grace,
        suspended_at,
    )
    for least, most in ((timedelta(0), WEEK), (WEEK, MONTH)):
        yield Occasion(
            RELEASE_COMING,
            _since(LineState.SUSPENDED, now - spans.suspended + least, now - spans.suspended + most),
            released_at,
            {"released_at": released_at},
            released_at,
            step=f":{most.days}",
        )


def _after(span: timedelta) -> Any:
    return ExpressionWrapper(F("state_since") + Value(span), output_field=DateTimeField())


def _since(state: LineState, first: datetime, last: datetime) -> Q:
    return Q(state=state, state_since__gt=first, state_since__lte=last)


def remind(*, now: datetime, held: "QuerySet[Any, Any] | None" = None) -> int:
    """Write every message that is due at `now` and not written yet. `held`: ids of lines that stay as they are. Returns how many."""
    return sum(
        _tell(occasion, channel, now=now, held=held)
        for occasion in _occasions(now)
        for channel in kind_of(occasion.kind).channels
    )


@whole
def _tell(occasion: Occasion, channel: Channel, *, now: datetime, held: "QuerySet[Any, Any] | None") -> int:
    real, readers = clock.real_now(), Readers(channel)
    lines = Line.objects.annotate(by_use=life.without_plan_until()).filter(occasion.when)
    lines = lines if held is None else lines.exclude(pk__in=held)
    sweep = Sweep(
        kind=occasion.kind,
        channel=channel,
        about="line",
        occasion=Concat(_epoch(occasion.moment), Value(occasion.step), output_field=TextField()),
        address=readers.address,
        language=readers.language,
        time_zone=F(ZONE),
        context={
            "msisdn": F("msisdn"),
            "url": sweeping.text(settings.PORTAL_ORIGIN + reverse("dashboard")),
            **occasion.dates,
        },
        not_after=ExpressionWrapper(occasion.until + Value(real - now), output_field=DateTimeField()),
    )
    written = sweeping.write(readers.to(lines).filter(awake(now)), sweep, real=real, locking=Line)
    return written - _take_back(occasion, lines, real=real) if written else 0


def _epoch(moment: Any) -> Any:
    seconds = Func(moment, template="extract(epoch FROM %(expressions)s)", output_field=BigIntegerField())
    return Cast(Cast(seconds, BigIntegerField()), TextField())


def _take_back(occasion: Occasion, lines: QuerySet[Any, Any], *, real: datetime) -> int:
    """What somebody saved after our statement had begun and before it had the line's lock."""
    about = Cast(Substr(OuterRef("subject"), len("line:") + 1), UUIDField())
    saved = sweeping.just_written([occasion.kind], real=real).filter(~Exists(lines.filter(pk=about)))
    return saved.update(state=MessageState.SUPPRESSED, error_code="withdrawn")
