"""A clock that is moved through a year of standing orders: from one moment that matters to the next, with everything that beat would do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import stripe
from django.conf import settings

from accounts.models import Line, Subscriber
from billing.models import OPEN_RUN_STATES, AutoRenew, GatewayCustomer, LedgerEntry, Payment, PaymentMethod, Renewal
from billing.paying import charging
from billing.saved_methods import changes
from billing.standing import coming, prices, renewals, stops
from billing.standing.auto_renew import lead
from billing.tasks import remind_of_ends, sweep_lines
from lib import clock
from notifications import choices
from notifications.models import Message
from plans import life, line_reminders
from plans.models import PlanPeriod
from plans.reminders import DAY_BEFORE, HOURS_BEFORE, SHORT, THREE_BEFORE, WEEK_BEFORE
from tests.stack.running import Portal

BERLIN = ZoneInfo("Europe/Berlin")
#: Beat looks so often that a moment is met at once; here each day has a look at noon beside the moments that matter.
DAY, NIGHT = timedelta(days=1), timedelta(hours=14)
#: When something may be said of the end of a short plan, and of a longer one.
BEFORE_SHORT, BEFORE = (HOURS_BEFORE, 0.6 * DAY), (WEEK_BEFORE, THREE_BEFORE, DAY_BEFORE)


def berlin(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment as Anna's wall clock shows it."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


class Year:
    """Anna's line from `start` on. `told`: each message with the local time it was written, once for all its channels; `heard`: the same
    with its channels, without what she does not want.
    """

    def __init__(self, portal: Portal, person: Subscriber, start: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.portal, self.person, self.now = portal, person, start
        #: looks beside the one at noon
        self.hours: tuple[int, ...] = ()
        #: how long nobody looks when nothing can be near
        self.rest = 20 * DAY
        self._extra: set[datetime] = set()
        self._looked_at = start
        self._is_trying = False
        self.told: list[str] = []
        self.heard: list[str] = []
        self._read = set(Message.objects.values_list("pk", flat=True))
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def go(self, until: datetime) -> None:
        """Everything that is due on the way is done when its time has come."""
        while self.now < until:
            self.now = min(self._next(), until)
            self.beat()

    def beat(self) -> None:
        """What every sweep would do now. Those that look for what is ahead of plans and lines do so around each moment that can matter to
        them, and now and then to show that there is nothing else.
        """
        is_near = self._is_near()
        if self.now in self._extra and not is_near:
            return
        self._tell_the_sandbox()
        prices.announce(now=self.now)
        coming.announce(now=self.now)
        self._look_after_cards()
        renewals.sweep(now=self.now)
        charging.sweep(now=self.now)
        if is_near or self.now - self._looked_at >= self.rest:
            self._looked_at = self.now
            sweep_lines()
            remind_of_ends()
        self._listen()

    def _is_near(self) -> bool:
        """Whether something may have to be said now: a night is slept through at most."""
        was_trying, self._is_trying = self._is_trying, Renewal.objects.filter(state__in=OPEN_RUN_STATES).exists()
        moments = chain(self._of_the_line(), chain.from_iterable(self._of_plans()))
        is_near = any(self.now - NIGHT <= moment <= self.now for moment in moments)
        return is_near or was_trying

    def _of_plans(self) -> Iterator[tuple[datetime, ...]]:
        """When they begin and end; and before their ends, where nobody renews them."""
        is_cared_for = self.is_on()
        for begin, end in PlanPeriod.objects.standing().values_list("starts_at", "ends_at"):
            yield begin, end
            if is_cared_for:
                continue
            before = BEFORE_SHORT if end - begin < SHORT else BEFORE
            yield tuple(end - each for each in before)

    def _next(self) -> datetime:
        day = self.now.astimezone(BERLIN).replace(minute=0, second=0, microsecond=0)
        looks = [(day + timedelta(days=ahead)).replace(hour=hour) for hour in (12, *self.hours) for ahead in (0, 1)]
        self._extra = {look.astimezone(UTC) for look in looks if look.hour != 12}
        ends = PlanPeriod.objects.standing().filter(ends_at__gt=self.now - DAY).values_list("starts_at", "ends_at")
        tries = Renewal.objects.filter(state__in=OPEN_RUN_STATES).values_list("next_at", flat=True)
        moments = chain(
            (look.astimezone(UTC) for look in looks),
            self._of_the_line(),
            chain.from_iterable((end, end - lead(begin, end)) for begin, end in ends),
            filter(None, tries),
        )
        return min(moment for moment in moments if moment > self.now)

    def _of_the_line(self) -> Iterator[datetime]:
        """When what is ahead of it comes, and when that is told."""
        line = Line.objects.get()
        lives = life.of(line, last_end=None)
        if lives.is_asleep and lives.released_at:
            for moment in filter(None, (lives.suspended_at, lives.released_at)):
                yield from (moment, moment - line_reminders.WEEK, moment - line_reminders.MONTH)

    def _tell_the_sandbox(self) -> None:
        self.portal.sandbox.turn_clock(int((self.now - clock.real_now()).total_seconds()))

    def _look_after_cards(self) -> None:
        """With what a worker would be woken for."""
        changes.look_after(now=self.now)
        for method in PaymentMethod.objects.filter(state="saved", expires_on__lt=self.now.date()):
            changes.follow(method.pk, now=self.now)
        for method in PaymentMethod.objects.filter(ended_at__isnull=False):
            stops.method_ended_by_id(method.pk, now=self.now)

    def _listen(self) -> None:
        new = list(Message.objects.exclude(pk__in=self._read).order_by("created_at", "pk"))
        for message in new:
            self._read.add(message.pk)
            why = (message.context or {}).get("why", "")
            said = f"{self.now.astimezone(BERLIN):%d %b %H:%M} {message.kind}{':' if why else ''}{why}"
            if said not in self.told[-8:]:
                self.told.append(said)
        unwanted = choices.not_wanted(new)
        heard: dict[str, list[str]] = {}
        for message in new:
            if message.pk not in unwanted:
                heard.setdefault(message.kind, []).append(message.channel)
        when = f"{self.now.astimezone(BERLIN):%d %b %H:%M}"
        self.heard += [f"{when} {kind} {'+'.join(sorted(channels))}" for kind, channels in heard.items()]

    def periods(self) -> list[tuple[datetime, datetime]]:
        """What stands, from the first on: when it begins and ends."""
        return list(PlanPeriod.objects.standing().order_by("starts_at").values_list("starts_at", "ends_at"))

    def charged(self) -> list[int]:
        """What was taken, by our books and by the gateway's: the same, and each once."""
        booked = list(LedgerEntry.objects.filter(kind="payment").order_by("pk").values_list("amount_minor", flat=True))
        assert sorted(booked) == sorted(charged_at_the_gateway(self.person))
        return booked

    def is_on(self) -> bool:
        return AutoRenew.objects.filter(off_at=None).exists()


def charged_at_the_gateway(person: Subscriber) -> list[int]:
    """Each sum the sandbox has taken from their ways to pay, and on a page for one of their orders."""
    client = stripe.StripeClient(settings.STRIPE_API_KEY, base_addresses={"api": settings.SANDBOX_URL})
    asked: Any = {"customer": GatewayCustomer.objects.get(subscriber=person).customer_id, "limit": 100}
    intents = {intent.id: intent for intent in client.v1.payment_intents.list(asked).data}
    for intent_id in Payment.objects.exclude(intent_id=None).values_list("intent_id", flat=True):
        if intent_id not in intents:
            intents[str(intent_id)] = client.v1.payment_intents.retrieve(str(intent_id))
    return [intent.amount_received for intent in intents.values() if intent.status == "succeeded"]
