"""Auto top-up of a line: switched on and off by its owner, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q
from django.urls import reverse

from accounts import hold
from accounts.models import Line, LineOwnership, Subscriber
from billing.models import OPEN_RUN_STATES, AutoTopUp, CreditWatch, PaymentMethod, RunState
from billing.standing.auto_renew import CannotBeSwitchedOn, is_usable
from lib.money import Money
from lib.rows import write
from lib.transactions import whole

#: What somebody may choose as the sum below which it adds: the same sums that can be topped up, and half the least.
MOST_A_MONTH = 10


@dataclass(frozen=True, kw_only=True)
class TopUpWish:
    """What a line's owner confirmed."""

    line: Line
    subscriber: Subscriber
    below_minor: int
    add_minor: int
    at_most: int
    method: PaymentMethod
    backup: PaymentMethod | None = None
    consents: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`done`: how often it has added this calendar month of the line; `state` the open run's, empty when none is."""

    auto_top_up: AutoTopUp
    below: Money
    add: Money
    at_most: int
    done: int
    method_label: str
    backup_label: str
    state: str
    repair_url: str


def month_of(line: Line, now: datetime) -> date:
    """The first day of the calendar month in which the line is."""
    return now.astimezone(ZoneInfo(line.time_zone)).date().replace(day=1)


def sums() -> list[int]:
    """What may be added, in minor units."""
    return list(settings.CREDIT_TOP_UP_MINOR)


def thresholds() -> list[int]:
    """Below which credit it may add, in minor units."""
    least = min(sums())
    return sorted({least // 5, least // 2, *sums()} - {max(sums())})


@whole
def switch_on(wish: TopUpWish, *, now: datetime) -> AutoTopUp:
    """From now on credit below `below_minor` brings `add_minor`, `at_most` times a month. A second click finds it on; other ways to
    pay are swapped, other sums are another row. Raises CannotBeSwitchedOn (not_owner, not_payable, sums, method, hold).
    """
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=wish.line.pk)
    _check(wish, line)
    backup = wish.backup if wish.backup != wish.method else None
    asked = (wish.subscriber.pk, wish.below_minor, wish.add_minor, wish.at_most)
    on = AutoTopUp.objects.select_for_update(no_key=True, of=("self",)).filter(line=line, off_at=None).first()
    if on and (on.subscriber_id, on.below_minor, on.add_minor, on.at_most) == asked:
        on.method, on.backup, on.declines = wish.method, backup, 0
        write(on, "method", "backup", "declines")
        return on
    if on:
        _off(on, reason="replaced", by=f"subscriber:{wish.subscriber.pk}", now=now)
    CreditWatch.objects.get_or_create(line=line)  # it may be low already
    return AutoTopUp.objects.create(
        line=line,
        subscriber=wish.subscriber,
        below_minor=wish.below_minor,
        add_minor=wish.add_minor,
        at_most=wish.at_most,
        method=wish.method,
        backup=backup,
        currency=line.currency,
        consents=dict(wish.consents),
        on_at=now,
    )


def _check(wish: TopUpWish, line: Line) -> None:
    """Raises CannotBeSwitchedOn."""
    subscriber = wish.subscriber
    if not LineOwnership.objects.filter(line=line, subscriber=subscriber, until_at=None).exists():
        raise CannotBeSwitchedOn("not_owner")
    if not line.is_payable:
        raise CannotBeSwitchedOn("not_payable")
    is_known = wish.add_minor in sums() and wish.below_minor in thresholds()
    if not is_known or not 1 <= wish.at_most <= MOST_A_MONTH:
        raise CannotBeSwitchedOn("sums")
    if not all(way is None or is_usable(way, subscriber) for way in (wish.method, wish.backup)):
        raise CannotBeSwitchedOn("method")
    if hold.until(subscriber):
        raise CannotBeSwitchedOn("hold")


@whole
def switch_off(*, auto_top_up: AutoTopUp, by: str, now: datetime) -> AutoTopUp:
    """Nothing more is added. A second click changes nothing."""
    Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=auto_top_up.line_id)
    locked = AutoTopUp.objects.select_for_update(no_key=True, of=("self",)).get(pk=auto_top_up.pk)
    if locked.is_on:
        _off(locked, reason="by_owner", by=by, now=now)
    return locked


def _off(on: AutoTopUp, *, reason: str, by: str, now: datetime) -> None:
    on.off_at, on.off_reason, on.off_by = now, reason, by[:60]
    write(on, "off_at", "off_reason", "off_by")


def outlook(line: Line, *, now: datetime) -> Outlook | None:
    """How auto top-up of the line stands; None when it is off, or another's who owned the line before."""
    on = (
        AutoTopUp.objects.filter(
            line=line, off_at=None, line__ownerships__subscriber=F("subscriber"), line__ownerships__until_at=None
        )
        .select_related("method", "backup")
        .annotate(done=Count("runs", filter=Q(runs__month=month_of(line, now), runs__state=RunState.DONE)))
        .first()
    )
    if on is None:
        return None
    run = on.runs.filter(state__in=OPEN_RUN_STATES).first()
    return Outlook(
        auto_top_up=on,
        below=Money(on.below_minor, on.currency),
        add=Money(on.add_minor, on.currency),
        at_most=on.at_most,
        done=on.done,
        method_label=on.method.label if on.method else "",
        backup_label=on.backup.label if on.backup else "",
        state=run.state if run else "",
        repair_url=reverse("order", args=[run.order_id]) if run and run.order_id else "",
    )
