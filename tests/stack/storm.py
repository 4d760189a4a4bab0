"""Many lines whose plans end within the day, and everything that can go wrong while they are reminded, at once."""

import random
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection

from accounts.models import Line, LineOwnership, LineState, Subscriber
from billing import orders
from billing.models import Method
from billing.orders import Wish
from billing.paying import credit
from lib import clock
from lib.http import READ_SECONDS
from lib.uuid7 import fresh
from notifications.models import Message, MessageState
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.stack.running import Portal, until
from tests.waking import awake_zone

#: Where every answer comes at once, who holds a message for so long has died with it.
PATIENCE = timedelta(seconds=5)
OPEN = (MessageState.DUE, MessageState.CLAIMED)


class Storm:
    """`count` lines; each third one renews while the others are told. A long one waits for real leases and time-outs."""

    def __init__(self, portal: Portal, count: int, *, is_long: bool) -> None:
        self.is_long = is_long
        self.portal, self.now = portal, clock.real_now().replace(microsecond=0)
        self.lines = self._lines(count)
        self.periods = self._periods()
        self.renewing = self.lines[::3]
        #: when each renewal had committed, real time
        self.renewed: dict[uuid.UUID, datetime] = {}

    def _lines(self, count: int) -> list[Line]:
        zone, since = awake_zone(), self.now - timedelta(days=60)
        people = Subscriber.objects.bulk_create(
            Subscriber(email=f"storm{number}@example.com", time_zone=zone) for number in range(count)
        )
        EmailAddress.objects.bulk_create(
            EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people
        )
        numbers = zip(fresh(count), range(count), strict=True)
        lines = Line.objects.bulk_create(
            Line(id=line_id, msisdn=f"+49176040{number:05}", country="DE", currency="EUR", time_zone=zone)
            for line_id, number in numbers
        )
        Line.objects.update(state=LineState.ACTIVE)
        LineOwnership.objects.bulk_create(
            LineOwnership(line=line, subscriber=person, from_at=since)
            for line, person in zip(lines, people, strict=True)
        )
        return list(Line.objects.order_by("msisdn"))

    def _periods(self) -> dict[uuid.UUID, PlanPeriod]:
        plan = Plan.objects.get(code="month-15")
        rows = [
            self._period(line, plan, self.now + timedelta(hours=2, minutes=number % 600))
            for number, line in enumerate(self.lines)
        ]
        PlanPeriod.objects.bulk_create(rows)
        with connection.cursor() as cursor:  # as a database that was there before would know
            cursor.execute("ANALYZE accounts_line, accounts_lineownership, accounts_subscriber, plans_planperiod")
        return {period.line_id: period for period in PlanPeriod.objects.all()}

    def _period(self, line: Line, plan: Plan, ends_at: datetime) -> PlanPeriod:
        starts_at = ends_at - timedelta(days=30)
        dates = {"starts_at": starts_at, "ends_at": ends_at, "anchor_at": starts_at, "anchor_step": 1}
        return PlanPeriod(line=line, plan=plan, kind=plan.kind, origin=f"storm:{line.pk}", **dates)

    def break_things(self, *, rounds: int) -> None:
        """Refusals, in a long run answers that do not come, and workers that die between claim and send, and between send and record."""
        sandbox = self.portal.sandbox
        if self.is_long:
            sandbox.fault("inbox", "timeout_after", seconds=READ_SECONDS + 1, times=2 * rounds)
        sandbox.fault("inbox", "reject", match="sms*", status=429, times=10 * rounds)
        sandbox.fault("inbox", "error", status=503, times=10 * rounds)
        self.portal.order_crash(*["delivery.claimed kill", "delivery.sent kill"] * rounds)

    @contextmanager
    def people_renew(self) -> Any:
        """One after the other, in a thread of its own, while the block runs."""
        for line in self.renewing:
            give_credit(line, 2000)
        with ThreadPoolExecutor(1) as pool:
            renewals: Future[None] = pool.submit(self._renew_all)
            yield
            renewals.result()

    def _renew_all(self) -> None:
        plan, waits = Plan.objects.get(code="month-15"), random.Random(7)
        try:
            for line in waits.sample(self.renewing, len(self.renewing)):
                self._renew(line, plan)
        finally:
            connection.close()

    def _renew(self, line: Line, plan: Plan) -> None:
        buyer = Subscriber.objects.get(ownerships__line=line)
        wish = Wish(
            line=line, buyer=buyer, method=Method.CREDIT, form_token=uuid.uuid4(), shown_price_minor=plan.price_minor,
            plan=plan,
        )  # fmt: skip
        order = orders.place(wish, now=clock.now())
        credit.pay(order.pk, line_id=line.pk, actor="storm", now=clock.now())
        self.renewed[line.pk] = clock.real_now()

    def wait_for_the_end(self, *, seconds: float) -> None:
        """Every line that is due has its messages, and each message its end."""
        told = {str(period.pk) for line_id, period in self.periods.items() if line_id not in self.renewed}

        def is_over() -> bool:
            if not self.is_long:
                _let_the_dead_rest()
            subjects = set(_reminders().values_list("subject", flat=True))
            is_told = {f"period:{period_id}" for period_id in told} <= subjects
            return is_told and not Message.objects.filter(state__in=OPEN).exists()

        until(is_over, seconds=seconds, every=0.5)

    def problems(self) -> list[str]:
        """Everything that must not be, in words; empty is right."""
        found = []
        arrived = {channel: self._arrived(channel) for channel in ("sms", "email")}
        if repeated := self.portal.sandbox.message_counts("sms")["repeated"]:
            found.append(f"{repeated} SMS were sent twice")
        by_line = {f"period:{period.pk}": line_id for line_id, period in self.periods.items()}
        keys: dict[str, int] = {}
        for message in _reminders():
            line_id = by_line[message.subject]
            keys[message.subject] = keys.get(message.subject, 0) + 1
            renewed_at = self.renewed.get(line_id)
            if renewed_at and message.claimed_at and message.claimed_at > renewed_at:
                found.append(
                    f"{message.key} was claimed {message.claimed_at - renewed_at} after its line had renewed: {message.state} "
                    f"{message.error_code}, written {message.created_at - renewed_at}"
                )
            found += self._odd_end(message, is_there=str(message.pk) in arrived[message.channel])
        found += [f"{subject} has {count} messages" for subject, count in keys.items() if count != 2]
        return found

    def _odd_end(self, message: Message, *, is_there: bool) -> list[str]:
        if message.state in OPEN:
            return [f"{message.key} has no end: {message.state}"]
        expected = {
            MessageState.ACCEPTED: True,
            MessageState.SUPPRESSED: is_there and message.called_at is not None,
            MessageState.FAILED: False,
        }
        if expected.get(MessageState(message.state), is_there) != is_there:
            return [f"{message.key} is {message.state}, and {'it arrived' if is_there else 'nothing arrived'}"]
        return []

    def _arrived(self, channel: str) -> set[str]:
        """Our references of what the carrier has taken."""
        messages = self.portal.sandbox.messages(channel=channel)
        return {str(message["reference"]).strip("<>").partition("@")[0] for message in messages}

    def figures(self) -> dict[str, int]:
        states: Sequence[str] = list(_reminders().values_list("state", flat=True))
        return {state: states.count(state) for state in sorted(set(states))} | {"renewed": len(self.renewed)}


def _reminders() -> Any:
    return Message.objects.filter(kind="expiry_reminder")


def _let_the_dead_rest() -> None:
    """As if their lease were over, for those who surely hold nothing any more."""
    with suppress(Exception), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_message SET claimed_at = now() - interval '1 hour' "
            "WHERE state = 'claimed' AND claimed_at < %s",
            [clock.real_now() - PATIENCE],
        )
