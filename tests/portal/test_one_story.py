"""The subscriber's page, the messages and the desk say the same: each date, each figure, each state, in the same words."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Line, LineState, Subscriber
from billing import low_credit
from lib import clock, wording
from lib.money import format_money
from notifications.models import Message
from notifications.rendering import render
from plans import life, line_reminders, periods, reminders
from plans.models import Plan, PlanPeriod
from tests.admin.desk import signed_in, staff
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna
from tests.waking import awake_after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Story:
    """Anna's line at a moment: what each of the three places says of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        load_reference_data()
        self.anna: Subscriber = anna()
        EmailAddress.objects.create(user=self.anna, email=self.anna.email, verified=True, primary=True)
        self.line: Line = self.anna.lines[0]
        self.sam = staff("Sam")
        self.now = awake_after(clock.real_now())
        self.plan = Plan.objects.get(code="month-15")
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def begin(self, plan: Plan | None = None) -> Any:
        with transaction.atomic():
            return periods.start_now(line=self.line, plan=plan or self.plan, now=self.now, origin="test:1")

    def sleeps(self, state: LineState, since: datetime) -> None:
        """As if it had been swept in time."""
        Line.objects.filter(pk=self.line.pk).update(state=LineState.ACTIVE)
        Line.objects.filter(pk=self.line.pk).update(state=LineState.GRACE)
        if state == LineState.SUSPENDED:
            Line.objects.filter(pk=self.line.pk).update(state=state)
        Line.objects.filter(pk=self.line.pk).update(state_since=since)
        self.line.refresh_from_db()

    def page(self) -> str:
        return words(self.client.get(reverse("dashboard")).content.decode())

    def desk(self) -> str:
        page = reverse("admin:accounts_line_change", args=[self.line.pk])
        return words(signed_in(self.sam).get(page).content.decode())

    def mail(self, kind: str) -> str:
        return self._sent(kind, "email")

    def sms(self, kind: str) -> str:
        return self._sent(kind, "sms")

    def _sent(self, kind: str, channel: str) -> str:
        row = Message.objects.get(kind=kind, channel=channel)
        made = render(kind, channel, row.context, language=row.language, time_zone=row.time_zone)
        return words(f"{made.title} {made.text}")

    @property
    def client(self) -> Client:
        client = Client()
        client.force_login(self.anna, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def say(self, how: Callable[..., str], moment: datetime | None) -> str:
        assert moment
        with translation.override("en"), timezone.override(ZoneInfo("Europe/Berlin")):
            return how(moment, now=self.now)


def words(html: str) -> str:
    """Text alone, blanks made one."""
    text = re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>|[\u2066-\u2069\u200e\u200f]", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text))


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return Story(monkeypatch)


def test_the_end_of_a_running_plan(story: Story) -> None:
    period = story.begin()
    story.now = awake_after(period.ends_at - DAY)
    assert reminders.remind(now=story.now) == 2
    end = story.say(wording.end_in_words, period.ends_at)
    told = {place: end in text for place, text in _all(story, "expiry_reminder").items()}
    assert told == dict.fromkeys(told, True), end
    assert "Ends in" in story.page()
    assert "Ends in" in story.desk()


def test_a_next_plan_that_is_paid(story: Story) -> None:
    pay(order_plan(story.anna, now=story.now), now=story.now)
    pay(order_plan(story.anna, now=story.now), now=story.now)
    start = story.say(wording.moment_in_words, PlanPeriod.objects.filter(line=story.line).latest("starts_at").starts_at)
    renewed = render("renewed", "sms", _newest("renewed").context, language="en", time_zone="Europe/Berlin").text
    assert f"Next plan paid: Month 15 from {start}" in words(renewed)
    assert start in story.page()
    assert start in story.desk()
    assert "Next plan paid" in story.page()
    assert "Next plan paid" in story.desk()


def test_a_plan_that_has_ended_and_left_the_line_receiving_only(story: Story) -> None:
    period = story.begin()
    story.now = awake_after(period.ends_at)
    story.sleeps(LineState.GRACE, period.ends_at)
    assert reminders.remind(now=story.now) == 2
    end = story.say(wording.end_in_words, period.ends_at)
    assert end in story.mail("plan_ended")
    assert end in story.page()
    for text in (story.mail("plan_ended"), story.sms("plan_ended")):
        assert "only receive" in text
    assert "Your number only receives" in story.page()
    assert "receives only" in story.desk().lower()


@pytest.mark.parametrize(
    ("state", "left", "kind"),
    [
        (LineState.GRACE, timedelta(days=5), "suspension_coming"),
        (LineState.SUSPENDED, timedelta(days=5), "release_coming"),
    ],
)
def test_what_is_ahead_of_a_line_that_sleeps(story: Story, state: LineState, left: timedelta, kind: str) -> None:
    story.sleeps(state, story.now)
    ahead = life.of(story.line, last_end=None)
    next_at = ahead.suspended_at if state == LineState.GRACE else ahead.released_at
    assert next_at
    story.now = awake_after(next_at - left)
    assert line_reminders.remind(now=story.now) >= 1
    for moment in filter(None, (ahead.suspended_at, ahead.released_at)):
        date = story.say(wording.moment_in_words, moment)
        told = {place: date in text for place, text in _all(story, kind, sms=state == LineState.GRACE).items()}
        assert told == dict.fromkeys(told, True), date


def test_credit_that_runs_low(story: Story) -> None:
    give_credit(story.line, 150)
    Line.objects.filter(pk=story.line.pk).update(state=LineState.ACTIVE)
    Line.objects.filter(pk=story.line.pk).update(
        last_top_up_at=story.now - 3 * DAY, last_charged_use_at=story.now - DAY
    )
    assert low_credit.remind(now=story.now) == 2
    told = {place: format_money(150, "EUR") in text for place, text in _all(story, "low_credit").items()}
    assert told == dict.fromkeys(told, True)


def _newest(kind: str) -> Message:
    return Message.objects.filter(kind=kind, channel="sms").order_by("-created_at", "-pk")[0]


def _all(story: Story, kind: str, *, sms: bool = True) -> dict[str, str]:
    places = {"page": story.page(), "desk": story.desk(), "mail": story.mail(kind)}
    return {**places, "sms": story.sms(kind)} if sms else places
