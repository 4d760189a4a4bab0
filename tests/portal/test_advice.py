"""The page of what would have been cheapest, from what a line really had and used."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import LineOwnership, Subscriber
from lib import clock
from lib.money import format_money
from network.models import UsageDay
from plans.models import Plan, PlanPeriod
from portal import advising
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna, bao
from tests.counting import statements_of

GB = 10**9
DAY = timedelta(days=1)


@pytest.fixture
def owner(db: None) -> Subscriber:
    load_reference_data()
    return anna()


def had(owner: Subscriber, code: str, *, days: int) -> None:
    """A plan for thirty days, and another behind it, as far as it goes."""
    for ago in range(days, 0, -30):
        bought = clock.now() - ago * DAY
        pay(order_plan(owner, code, now=bought), now=bought)


def used(owner: Subscriber, a_day: float, *, days: int, **more: Any) -> None:
    line = owner.lines[0]
    today = clock.now().astimezone(ZoneInfo(line.time_zone)).date()
    fields = {"unit": "data", "country": "DE", "amount": int(a_day * GB), "records_count": 3} | more
    UsageDay.objects.bulk_create(UsageDay(line=line, day=today - ago * DAY, **fields) for ago in range(1, days + 1))


def shown(reader: Subscriber) -> Any:
    client = Client()
    client.force_login(reader)
    answer = client.get("/advice/")
    assert answer.status_code == 200
    return answer.context


def test_somebody_with_too_big_a_plan_is_told_the_smaller_one_and_what_it_saves(owner: Subscriber) -> None:
    had(owner, "month-40", days=90)
    used(owner, 0.15, days=60)

    page = shown(owner)

    assert page["verdict"] == "cheaper"
    assert page["best_minor"] == 2100 * 60 // 90
    assert page["saving_minor"] == page["paid_minor"] - page["best_minor"] > 0
    assert page["saving_minor"] == sum(row.cost_minor for row in page["own_rows"]) - sum(
        row.cost_minor for row in page["best_rows"]
    )
    assert (page["choice"], page["choice_url"]) == ("Quarter 15", reverse("order_review", args=["quarter-15"]))


def test_the_plan_list_marks_the_plan_that_would_have_cost_least(owner: Subscriber) -> None:
    had(owner, "month-40", days=90)
    used(owner, 0.15, days=60)
    client = Client()
    client.force_login(owner)

    page = client.get("/plans/", {"show": "quarter"})

    assert [offer.plan.code for offer in page.context["offers"] if offer.is_cheapest] == ["quarter-15"]
    saving = format_money(shown(owner)["saving_minor"], "EUR")
    assert (
        f"With Quarter 15 on most days you would have paid {saving} less in the last 60 days." in page.content.decode()
    )
    assert len(statements_of(client, "/plans/?show=quarter")) <= 7


def test_the_plan_list_marks_none_where_nothing_would_have_cost_less(owner: Subscriber) -> None:
    bought = clock.now() - 80 * DAY
    pay(order_plan(owner, "quarter-15", now=bought), now=bought)
    used(owner, 0.15, days=60)
    client = Client()
    client.force_login(owner)

    page = client.get("/plans/", {"show": "quarter"})

    assert page.context["cheapest"] is None
    assert "you would have paid" not in page.content.decode()


def test_whoever_pays_the_least_already_is_told_so_and_nothing_is_sold(owner: Subscriber) -> None:
    bought = clock.now() - 80 * DAY
    pay(order_plan(owner, "quarter-15", now=bought), now=bought)
    used(owner, 0.15, days=60)

    page = shown(owner)

    assert page["verdict"] == "same"
    assert page["choice"] == ""


def test_who_ran_dry_is_told_what_all_of_it_would_have_cost_but_not_to_spend_more(owner: Subscriber) -> None:
    had(owner, "month-5", days=60)
    used(owner, 0.9, days=60, overrun=int(0.5 * GB))

    page = shown(owner)

    assert page["verdict"] == "dearer"
    assert page["choice"] == ""
    assert page["missing"] == "30\N{NO-BREAK SPACE}GB"


def test_too_few_days_say_nothing(owner: Subscriber) -> None:
    had(owner, "month-40", days=12)
    used(owner, 0.2, days=12)

    page = shown(owner)

    assert page["is_enough"] is False
    assert "best_minor" not in page


def test_a_new_owner_is_told_nothing_from_before(owner: Subscriber) -> None:
    had(owner, "month-40", days=60)
    used(owner, 0.2, days=60)
    line, heir, at = owner.lines[0], bao(), clock.now() - 10 * DAY
    LineOwnership.objects.filter(line=line).update(until_at=at)
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=at)

    seen = advising.look(line, heir, now=clock.now())

    assert (seen.is_enough, seen.count) == (False, 9)
    assert len(seen.use) == 9


def test_nobody_may_look_unless_signed_in(db: None) -> None:
    assert Client().get("/advice/").status_code == 302


def test_it_asks_the_same_however_much_was_used(owner: Subscriber) -> None:
    had(owner, "month-15", days=60)
    used(owner, 0.2, days=30)
    client = Client()
    client.force_login(owner)
    few = statements_of(client, "/advice/")
    used(owner, 60 / GB, days=60, unit="voice")
    many = statements_of(client, "/advice/")

    assert len(few) == len(many) <= 16


def test_what_was_paid_counts_not_what_the_plan_costs_now(owner: Subscriber) -> None:
    had(owner, "month-40", days=30)
    used(owner, 0.2, days=30)
    before = advising.look(owner.lines[0], owner, now=clock.now()).paid_minor
    Plan.objects.filter(code="month-40").update(price_minor=9900)

    assert advising.look(owner.lines[0], owner, now=clock.now()).paid_minor == before <= 2500


def test_credit_is_not_advised_to_whoever_switched_its_use_off(owner: Subscriber) -> None:
    had(owner, "month-5", days=60)
    used(owner, 0.000_5, days=60)
    line, now = owner.lines[0], clock.now()
    with_credit = advising.look(line, owner, now=now).best
    line.credit_use_off_at = now

    without = advising.look(line, owner, now=now).best

    assert with_credit
    assert without
    assert [stretch.base for stretch in with_credit.stretches] == [None]
    assert all(stretch.base for stretch in without.stretches)


def test_a_taken_back_plan_costs_nothing(owner: Subscriber) -> None:
    had(owner, "month-40", days=30)
    used(owner, 0.2, days=30)
    PlanPeriod.objects.update(cancelled_at=clock.now())

    assert advising.look(owner.lines[0], owner, now=clock.now()).paid_minor == 0
