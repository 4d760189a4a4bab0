"""Five people and a clock that is moved through 120 days: exactly these messages, at these times, on these channels."""

import uuid
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import message_choices
from accounts.models import Line, LineState
from billing import orders
from billing.models import Method
from billing.orders import Wish
from billing.paying import credit
from billing.standing import auto_renew
from billing.standing.auto_renew import RenewWish
from plans import life, periods
from plans.models import Plan
from tests.billing.money import give_credit
from tests.cast import anna
from tests.stack.invariants import broken
from tests.stack.running import Portal
from tests.stack.standing import saved
from tests.stack.year import Year, berlin

START = berlin(2027, 1, 10)
DAY, DAYS = timedelta(days=1), timedelta(days=120)


class Person:
    """Anna, with a proven e-mail; `topped_up` keeps her line in use for half a year."""

    def __init__(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.portal, self.subscriber = portal, anna()
        EmailAddress.objects.create(user=self.subscriber, email=self.subscriber.email, verified=True, primary=True)
        self.line: Line = self.subscriber.lines[0]
        self.year = Year(portal, self.subscriber, START, monkeypatch)
        self.year.hours = (8, 21)
        self.year.rest = 7 * DAY

    def top_up(self) -> None:
        give_credit(self.line, 20_000)
        with transaction.atomic():
            life.topped_up(self.line, now=self.year.now)

    def buy(self, code: str, at: datetime) -> None:
        """By hand, from credit."""
        self.year.go(at)
        plan = Plan.objects.get(code=code)
        wish = Wish(
            line=self.line, buyer=self.subscriber, method=Method.CREDIT, form_token=uuid.uuid4(),
            shown_price_minor=plan.price_minor, plan=plan,
        )  # fmt: skip
        order = orders.place(wish, now=at)
        credit.pay(order.pk, line_id=self.line.pk, actor="test", now=at)
        self.year.beat()

    def heard(self) -> list[str]:
        self.year.go(START + DAYS)
        assert broken() == {}
        return self.year.heard


@pytest.fixture
def person(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(portal, monkeypatch)


def test_day_plans_now_and_then(person: Person) -> None:
    person.top_up()
    person.buy("day-1", berlin(2027, 1, 10, 14))
    person.buy("day-1", berlin(2027, 1, 11, 12, 30))
    person.buy("day-1", berlin(2027, 3, 5, 2))
    assert person.heard() == [
        "10 Jan 14:00 renewed email+sms",
        "11 Jan 12:00 expiry_reminder email+sms",
        "11 Jan 12:30 renewed email+sms",
        "11 Jan 14:00 plan_started email+sms",
        "12 Jan 12:00 expiry_reminder email+sms",
        "12 Jan 14:00 plan_ended email+sms",
        "05 Mar 02:00 renewed email+sms",
        "05 Mar 21:00 expiry_reminder email+sms",
        "06 Mar 08:00 plan_ended email+sms",
    ]


def test_a_month_that_renews_by_itself(person: Person) -> None:
    plan = Plan.objects.get(code="month-15")
    with transaction.atomic():
        periods.start_now(line=person.line, plan=plan, now=START, origin="test:first")
    wish = RenewWish(
        line=person.line, subscriber=person.subscriber, plan=plan, method=saved(person.portal, person.subscriber),
        backup=None, shown_price_minor=plan.price_minor, consents={},
    )  # fmt: skip
    auto_renew.switch_on(wish, now=START)
    assert person.heard() == [
        said
        for month in ("Feb", "Mar", "Apr", "May")
        for said in (
            f"03 {month} 12:00 renewal_coming email",
            f"09 {month} 10:00 payment_received email",
            f"09 {month} 10:00 renewed_by_itself email+sms",
        )
    ]


def test_a_renewal_that_fails_until_the_number_is_given_up(person: Person) -> None:
    plan = Plan.objects.get(code="month-15")
    with transaction.atomic():
        periods.start_now(line=person.line, plan=plan, now=START - timedelta(days=20), origin="test:first")
    wish = RenewWish(
        line=person.line, subscriber=person.subscriber, plan=plan, method=saved(person.portal, person.subscriber),
        backup=None, shown_price_minor=plan.price_minor, consents={},
    )  # fmt: skip
    auto_renew.switch_on(wish, now=START)
    person.portal.sandbox.fault("payment", "decline", code="insufficient_funds", times=50)
    assert person.heard() == [
        "14 Jan 12:00 renewal_coming email",
        "20 Jan 10:00 renewal_trouble email+sms",
        "21 Jan 10:00 renewal_trouble email+sms",
        "21 Jan 10:00 plan_ended email+sms",
        "22 Jan 10:00 renewal_trouble email+sms",
        "23 Jan 10:00 renewal_trouble email+sms",
        "23 Jan 10:00 grace_begun email+sms",
        "15 Feb 10:00 suspension_coming email+sms",
        "24 Mar 10:00 release_coming email",
        "16 Apr 11:00 release_coming email",
        "23 Apr 11:00 line_released email",
    ]
    person.line.refresh_from_db()
    assert person.line.state == LineState.RELEASED


def test_who_renews_early_is_told_only_what_is_next(person: Person) -> None:
    person.top_up()
    person.buy("month-15", START)
    person.buy("month-15", berlin(2027, 2, 1, 11))
    person.buy("month-15", berlin(2027, 3, 4, 11))
    assert person.heard() == [
        "10 Jan 10:00 renewed email+sms",
        "01 Feb 11:00 renewed email+sms",
        "10 Feb 10:00 plan_started email+sms",
        "03 Mar 12:00 expiry_week email",
        "04 Mar 11:00 renewed email+sms",
        "10 Mar 10:00 plan_started email+sms",
        "03 Apr 12:00 expiry_week email",
        "09 Apr 10:00 expiry_reminder email+sms",
        "10 Apr 10:00 plan_ended email+sms",
    ]


def test_who_wants_as_little_as_possible_hears_only_what_must_be_said(person: Person) -> None:
    message_choices.choose(person.subscriber, person.line, ticked=set())
    person.top_up()
    person.buy("month-15", START)
    person.buy("month-15", berlin(2027, 3, 1, 11))
    assert person.heard() == [
        "10 Jan 10:00 renewed email",
        "01 Mar 11:00 renewed email",
    ]
