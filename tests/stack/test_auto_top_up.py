"""Credit that runs low is topped up by itself: noticed where it is spent, so often a month, stopped when it cannot be paid."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Subscriber
from billing import ledger
from billing.models import AutoTopUp, AutoTopUpRun, CreditWatch, LedgerEntry, Method, Order, RunState
from billing.paying import credit
from billing.standing import auto_top_up, auto_top_up_runs
from billing.standing.auto_top_up import TopUpWish
from lib import clock
from lib.models import Alarm
from notifications.models import Message
from tests.billing.money import give_credit
from tests.billing.ordering import order_plan
from tests.billing.test_ledger import run_together
from tests.cast import anna
from tests.stack.invariants import broken
from tests.stack.running import Portal
from tests.stack.standing import ASKS_ALWAYS, MASTERCARD, intents_made, saved

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def owner(portal: Portal) -> Subscriber:
    """Anna, with 20 euros of credit."""
    person = anna()
    give_credit(person.lines[0], 2000)
    return person


def switched_on(portal: Portal, person: Subscriber, **more: Any) -> AutoTopUp:
    facts = {"below_minor": 1000, "add_minor": 1000, "at_most": 2, **more}
    method = facts.pop("method", None) or saved(portal, person)
    wish = TopUpWish(line=person.lines[0], subscriber=person, method=method, consents={}, **facts)
    return auto_top_up.switch_on(wish, now=clock.now())


def spend(person: Subscriber) -> None:
    """A month for 15 euros, from credit."""
    order = order_plan(person, "month-15", method=Method.CREDIT, now=clock.now())
    credit.pay(order.pk, line_id=order.line_id, actor="test", now=clock.now())


def balance(person: Subscriber) -> int:
    paid, bonus = ledger.credit_of(person.lines[0])
    return (paid + bonus).minor


def states() -> list[str]:
    return list(AutoTopUpRun.objects.order_by("created_at").values_list("state", flat=True))


def told() -> list[str]:
    rows = Message.objects.filter(kind="top_up_trouble", channel="email").order_by("created_at", "id")
    return [row.context["why"] for row in rows]


def test_credit_that_falls_below_is_noticed_where_it_is_spent_and_topped_up_once(
    portal: Portal, owner: Subscriber
) -> None:
    switched_on(portal, owner)
    auto_top_up_runs.sweep(now=clock.now())
    assert (states(), CreditWatch.objects.count()) == ([], 0)
    spend(owner)
    assert CreditWatch.objects.count() == 1
    for _time in range(3):
        auto_top_up_runs.sweep(now=clock.now())
    assert (states(), balance(owner), intents_made(owner), told()) == ([RunState.DONE], 1500, 1, [])
    order = Order.objects.get(came_by="auto_top_up")
    assert (order.price_minor, order.what, order.state) == (1000, "top_up", "applied")
    assert broken() == {}


def test_without_auto_top_up_nothing_is_noticed(portal: Portal, owner: Subscriber) -> None:
    spend(owner)
    assert not CreditWatch.objects.exists()


def test_credit_that_is_low_when_it_is_switched_on_is_topped_up(portal: Portal, owner: Subscriber) -> None:
    spend(owner)
    switched_on(portal, owner)
    auto_top_up_runs.sweep(now=clock.now())
    assert (states(), balance(owner)) == ([RunState.DONE], 1500)


def test_at_most_so_many_times_a_calendar_month_and_its_owner_hears_once(portal: Portal, owner: Subscriber) -> None:
    switched_on(portal, owner)
    start = clock.now().replace(day=2, hour=12)
    for day, more in enumerate((500, 500, 1100, 2000)):
        spend(owner)
        auto_top_up_runs.sweep(now=start + day * DAY)
        give_credit(owner.lines[0], more)
    assert (len(states()), told()) == (2, ["limit"])
    spend(owner)
    auto_top_up_runs.sweep(now=start + 35 * DAY)
    assert states() == [RunState.DONE] * 3


def test_a_declined_card_is_followed_by_the_other_one(portal: Portal, owner: Subscriber) -> None:
    first, second = saved(portal, owner), saved(portal, owner, MASTERCARD)
    switched_on(portal, owner, method=first, backup=second)
    portal.sandbox.fault("payment", "decline", match=first.gateway_id)
    spend(owner)
    auto_top_up_runs.sweep(now=clock.now())
    assert (states(), told(), intents_made(owner)) == ([RunState.DONE], [], 1)


def test_two_declines_in_a_row_stop_it_and_its_owner_hears_of_both(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(portal, owner)
    portal.sandbox.fault("payment", "decline", times=9, code="insufficient_funds")
    spend(owner)
    now = clock.now()
    auto_top_up_runs.sweep(now=now)
    auto_top_up_runs.sweep(now=now + HOUR)
    assert (states(), told()) == ([RunState.RETRYING], ["again"])
    auto_top_up_runs.sweep(now=now + DAY + HOUR)
    on.refresh_from_db()
    assert (states(), told(), on.is_on, on.off_reason) == (
        [RunState.GIVEN_UP],
        ["again", "declined"],
        False,
        "declined",
    )
    assert not LedgerEntry.objects.filter(kind="payment").exists()


def test_a_good_payment_forgets_the_decline_before(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(portal, owner)
    portal.sandbox.fault("payment", "decline", times=1)
    spend(owner)
    now = clock.now()
    auto_top_up_runs.sweep(now=now)
    auto_top_up_runs.sweep(now=now + DAY + HOUR)
    on.refresh_from_db()
    assert (states(), on.declines, on.is_on) == ([RunState.DONE], 0, True)


def test_a_card_that_always_asks_its_bank_is_tried_twice_and_stopped(portal: Portal, owner: Subscriber) -> None:
    switched_on(portal, owner, method=saved(portal, owner, ASKS_ALWAYS))
    spend(owner)
    now = clock.now()
    for at in (now, now + DAY + HOUR):
        auto_top_up_runs.sweep(now=at)
    assert (states(), told()) == ([RunState.GIVEN_UP], ["again", "declined"])


def test_switched_off_meanwhile_nothing_is_taken(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(portal, owner)
    spend(owner)
    auto_top_up.switch_off(auto_top_up=on, by="test", now=clock.now())
    auto_top_up_runs.sweep(now=clock.now())
    assert (states(), intents_made(owner)) == ([], 0)


def test_credit_that_has_come_back_meanwhile_is_left_alone(portal: Portal, owner: Subscriber) -> None:
    switched_on(portal, owner)
    spend(owner)
    give_credit(owner.lines[0], 1000)
    auto_top_up_runs.sweep(now=clock.now())
    assert (states(), intents_made(owner)) == ([], 0)


def test_three_times_within_an_hour_it_is_stopped_and_people_look(portal: Portal, owner: Subscriber) -> None:
    on = switched_on(portal, owner, at_most=9)
    now = clock.now()
    for time in range(4):
        spend(owner)
        auto_top_up_runs.sweep(now=now + timedelta(minutes=time))
        give_credit(owner.lines[0], 500)
    on.refresh_from_db()
    assert (len(states()), told(), on.off_reason) == (3, ["runaway"], "runaway")
    assert Alarm.objects.filter(kind="auto_top_up.runaway").count() == 1


def test_five_sweeps_at_once_top_up_once(portal: Portal, owner: Subscriber) -> None:
    switched_on(portal, owner)
    spend(owner)
    now = clock.now()
    run_together(5, lambda _number: auto_top_up_runs.sweep(now=now))
    assert (states(), balance(owner), intents_made(owner)) == ([RunState.DONE], 1500, 1)
    assert broken() == {}
