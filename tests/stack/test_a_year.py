"""A year of auto-renew on a moving clock, against the sandbox: no day lost, nothing charged twice, every message as expected."""

import calendar
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction

from accounts.models import Subscriber
from billing import fulfilment
from billing.models import AutoRenew, Order, OrderState, PaymentMethod, SavedState
from billing.paying import checkout
from billing.saved_methods import changes
from billing.standing import auto_renew, renewals
from billing.standing.auto_renew import RenewWish
from lib.brand import brand
from plans import periods
from plans.models import Plan
from tests.cast import anna
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal
from tests.stack.standing import ASKS_ALWAYS, MASTERCARD, saved
from tests.stack.year import Year, berlin

PAID = ("payment_received", "renewed_by_itself")


@pytest.fixture
def owner(portal: Portal) -> Subscriber:
    return anna()


@pytest.fixture
def begin(portal: Portal, owner: Subscriber, monkeypatch: pytest.MonkeyPatch) -> "Begin":
    return Begin(portal, owner, monkeypatch)


class Begin:
    """Anna's plan begins, and auto-renew is on with a card she has saved, and with another one when the first fails."""

    def __init__(self, portal: Portal, owner: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
        self.portal, self.owner, self._monkeypatch = portal, owner, monkeypatch

    def __call__(self, at: datetime, *, code: str = "month-15", card: str = PAYS, backup: str = "") -> Year:
        line, plan = self.owner.lines[0], Plan.objects.get(code=code)
        with transaction.atomic():
            periods.start_now(line=line, plan=plan, now=at, origin="test:first")
        first = saved(self.portal, self.owner, card)
        second = saved(self.portal, self.owner, backup) if backup else None
        year = Year(self.portal, self.owner, at, self._monkeypatch)
        wish = RenewWish(
            line=line, subscriber=self.owner, plan=plan, method=first, backup=second,
            shown_price_minor=plan.price_minor, consents={},
        )  # fmt: skip
        auto_renew.switch_on(wish, now=at)
        return year


def paid(*days: str) -> list[str]:
    """What is told each time that it was paid."""
    return [f"{day} {kind}" for day in days for kind in PAID]


def coming(*days: str) -> list[str]:
    """What is told a week ahead, at noon."""
    return [f"{day} 12:00 renewal_coming" for day in days]


def is_seamless(year: Year) -> bool:
    """Whether each plan period begins to the second when the one before ends."""
    return all(later[0] == earlier[1] for earlier, later in pairwise(year.periods()))


def test_a_year_from_the_last_of_january_in_a_leap_year_loses_no_day(begin: Begin) -> None:
    year = begin(berlin(2028, 1, 31))
    year.go(berlin(2029, 2, 10))
    lengths = [calendar.monthrange(2028 + step // 12, step % 12 + 1)[1] for step in range(13)]
    begins = [berlin(2028 + step // 12, step % 12 + 1, last) for step, last in enumerate(lengths)]
    assert [begun for begun, _ended in year.periods()] == begins
    assert begins[1] == berlin(2028, 2, 29)
    assert is_seamless(year)
    assert year.charged() == [1500] * 12
    days = [
        "28 Feb",
        "30 Mar",
        "29 Apr",
        "30 May",
        "29 Jun",
        "30 Jul",
        "30 Aug",
        "29 Sep",
        "30 Oct",
        "29 Nov",
        "30 Dec",
    ]
    assert [said for said in year.told if "coming" not in said] == paid(*(f"{day} 10:00" for day in (*days, "30 Jan")))
    weeks_ahead = [f"{begun - timedelta(days=7):%d %b}" for begun in begins[1:]]
    assert [said for said in year.told if "coming" in said] == coming(*weeks_ahead)
    assert broken() == {}


def test_a_quarter_is_paid_a_day_before_its_end(begin: Begin) -> None:
    year = begin(berlin(2027, 11, 30), code="quarter-45")
    year.go(berlin(2028, 6, 1))
    assert [begun for begun, _ended in year.periods()] == [
        berlin(2027, 11, 30),
        berlin(2028, 2, 29),
        berlin(2028, 5, 30),
    ]
    assert is_seamless(year)
    assert year.told == [
        *coming("22 Feb"),
        *paid("28 Feb 10:00"),
        *coming("23 May"),
        *paid("29 May 10:00"),
    ]


@pytest.mark.parametrize(("start", "hours"), [(berlin(2027, 3, 26, 20), 24), (berlin(2027, 10, 29, 20), 24)])
def test_a_day_plan_is_paid_at_its_end_and_lasts_a_day_when_the_clock_jumps(
    begin: Begin, start: datetime, hours: int
) -> None:
    year = begin(start, code="day-1")
    year.go(start + timedelta(days=5, hours=3))
    assert {ended - begun for begun, ended in year.periods()} == {timedelta(hours=hours)}
    assert is_seamless(year)
    assert year.charged() == [200] * 5
    assert len(year.periods()) == 6
    assert [said.split(" ", 3)[3] for said in year.told] == [*PAID] * 5


def test_an_operator_may_have_short_plans_paid_ahead(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = replace(brand(), short_plans_ahead=True)
    for module in (auto_renew, renewals):
        monkeypatch.setattr(module, "brand", lambda: ahead)
    year = begin(berlin(2027, 6, 10), code="day-1")
    year.go(berlin(2027, 6, 11, 9))
    assert year.told == paid("11 Jun 07:36")
    assert is_seamless(year)


def test_declined_to_the_end_it_is_told_each_day_and_auto_renew_is_off(begin: Begin) -> None:
    year = begin(berlin(2027, 6, 10))
    begin.portal.sandbox.fault("payment", "decline", code="insufficient_funds", times=50)
    year.go(berlin(2027, 7, 20))
    assert year.told == [
        *coming("03 Jul"),
        "09 Jul 10:00 renewal_trouble:declined",
        "10 Jul 10:00 renewal_trouble:declined",
        "10 Jul 10:00 plan_ended",
        "11 Jul 10:00 renewal_trouble:declined",
        "12 Jul 10:00 renewal_trouble:given_up",
        "12 Jul 10:00 grace_begun",
    ]
    assert (year.charged(), len(year.periods()), year.is_on()) == ([], 1, False)
    assert broken() == {}


def test_paid_at_the_third_try_it_begins_when_it_is_paid_and_goes_on_from_there(begin: Begin) -> None:
    year = begin(berlin(2027, 6, 10))
    begin.portal.sandbox.fault("payment", "decline", code="insufficient_funds", times=2)
    year.go(berlin(2027, 8, 20))
    assert year.told == [
        *coming("03 Jul"),
        "09 Jul 10:00 renewal_trouble:declined",
        "10 Jul 10:00 renewal_trouble:declined",
        "10 Jul 10:00 plan_ended",
        *paid("11 Jul 10:00"),
        *coming("04 Aug"),
        *paid("10 Aug 10:00"),
    ]
    assert year.periods()[1:] == [
        (berlin(2027, 7, 11), berlin(2027, 8, 11)),
        (berlin(2027, 8, 11), berlin(2027, 9, 11)),
    ]
    assert (year.charged(), year.is_on()) == ([1500, 1500], True)
    assert broken() == {}


def test_a_card_that_says_never_again_is_not_asked_again(begin: Begin) -> None:
    year = begin(berlin(2027, 6, 10))
    begin.portal.sandbox.fault("payment", "decline", code="lost_card", advice="do_not_try_again", times=50)
    year.go(berlin(2027, 7, 20))
    assert year.told == [*coming("03 Jul"), "09 Jul 10:00 renewal_trouble:given_up", "10 Jul 10:00 plan_ended"]
    assert (year.charged(), year.is_on()) == ([], False)


def test_a_card_that_expires_is_warned_of_and_the_other_one_goes_on(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15), backup=MASTERCARD)
    first = PaymentMethod.objects.get(label="Visa ···4242")
    begin.portal.sandbox.change_method(first.gateway_id, expires="2027-03")
    changes.follow(first.pk, now=year.now)
    year.go(berlin(2027, 5, 20))
    assert PaymentMethod.objects.get(pk=first.pk).state == SavedState.EXPIRED
    assert [said for said in year.told if "renewal_trouble" in said] == []
    assert [said for said in year.told if "method" in said] == [
        "01 Mar 12:00 method_expires",
        "02 Apr 12:00 method_ended:expired",
    ]
    assert [said for said in year.told if "renewed" in said] == [
        f"14 {month} 10:00 renewed_by_itself" for month in ("Feb", "Mar", "Apr", "May")
    ]
    assert (year.charged(), is_seamless(year)) == ([1500] * 4, True)


def test_confirmed_with_the_bank_in_time_nothing_is_lost(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15), card=ASKS_ALWAYS)
    year.go(berlin(2027, 2, 14, 12))
    assert year.told == [*coming("08 Feb"), "14 Feb 10:00 renewal_trouble:confirm"]
    order = Order.objects.get(came_by="auto_renew")
    checkout.start(order.pk)
    page = order.payments.exclude(session_id=None).get()
    begin.portal.sandbox.pay(str(page.session_id), bank="approve")
    fulfilment.fulfil(page.pk, now=year.now)
    year.go(berlin(2027, 2, 20))
    assert Order.objects.get().state == OrderState.APPLIED
    assert sorted(year.told[2:]) == sorted(paid("15 Feb 10:00"))  # heard at the next look
    assert (year.charged(), is_seamless(year), year.is_on()) == ([1500], True, True)
    assert broken() == {}


def test_switched_off_before_the_cut_off_nothing_is_charged_and_the_reminder_comes(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15))
    year.go(berlin(2027, 2, 14, 9))
    auto_renew.switch_off(auto_renew=AutoRenew.objects.get(), by="test", now=year.now)
    year.go(berlin(2027, 2, 20))
    assert year.told == [*coming("08 Feb"), "14 Feb 10:00 expiry_reminder", "15 Feb 10:00 plan_ended"]
    assert year.charged() == []


def test_switched_off_after_it_the_paid_month_can_be_cancelled_until_it_begins(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15))
    year.go(berlin(2027, 2, 14, 11))
    on = AutoRenew.objects.get()
    offered = auto_renew.switch_off(auto_renew=on, by="test", now=year.now)
    assert offered
    request = auto_renew.cancel_next(auto_renew=on, by=begin.owner, now=year.now)
    assert request
    assert request.amount_minor == 1500
    year.go(berlin(2027, 2, 20))
    assert [said for said in year.told if "14 Feb 10" in said] == paid("14 Feb 10:00")
    assert [said.split(" ", 3)[3] for said in year.told[3:]] == ["refund_granted", "expiry_reminder", "plan_ended"]
    assert (len(year.periods()), Order.objects.get().state) == (1, OrderState.REVERSED)
    assert broken() == {}


def test_a_plan_that_is_withdrawn_is_told_once_before_the_end_and_not_charged(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15))
    Plan.objects.filter(code="month-15").update(on_sale_until=berlin(2027, 2, 1))
    year.go(berlin(2027, 2, 20))
    assert year.told == ["14 Feb 10:00 renewal_trouble:plan_gone", "15 Feb 10:00 plan_ended"]
    assert (year.charged(), year.is_on()) == ([], False)


def test_a_higher_price_that_was_told_two_weeks_ahead_is_charged(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15))
    year.go(berlin(2027, 1, 20, 12))
    Plan.objects.filter(code="month-15").update(price_minor=1700)
    year.go(berlin(2027, 4, 20))
    assert year.told == [
        "21 Jan 12:00 renewal_price",
        *(said for month in ("Feb", "Mar", "Apr") for said in (*coming(f"08 {month}"), *paid(f"14 {month} 10:00"))),
    ]
    assert (year.charged(), is_seamless(year)) == ([1700] * 3, True)


def test_a_higher_price_that_comes_too_late_is_not_charged(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15))
    year.go(berlin(2027, 2, 10, 12))
    Plan.objects.filter(code="month-15").update(price_minor=1700)
    year.go(berlin(2027, 2, 20))
    assert year.told == [
        *coming("08 Feb"),
        "11 Feb 12:00 renewal_price",
        "14 Feb 10:00 renewal_trouble:price",
        "15 Feb 10:00 plan_ended",
    ]
    assert (year.charged(), year.is_on()) == ([], False)


def test_a_lower_price_is_simply_charged(begin: Begin) -> None:
    year = begin(berlin(2027, 1, 15))
    Plan.objects.filter(code="month-15").update(price_minor=1200)
    year.go(berlin(2027, 2, 20))
    assert (year.told, year.charged()) == ([*coming("08 Feb"), *paid("14 Feb 10:00")], [1200])
