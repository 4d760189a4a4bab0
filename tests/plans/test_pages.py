"""The plan list and the contract summary as people get them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lib import clock
from plans import periods
from plans.models import Plan


@pytest.fixture
def plans_now(catalogue):
    """The catalogue on sale at the real time."""
    assert Plan.objects.on_sale(clock.now()).count() == 14


def show(client: Client, **query: str) -> Any:
    response = client.get(reverse("plan_list"), query)
    assert response.status_code == 200
    return response


def codes(response: Any) -> list[str]:
    return [offer.plan.code for offer in response.context["offers"]]


def here(response: Any) -> list[str]:
    return [tab.code for tab in response.context["tabs"] if tab.is_here]


def test_everybody_sees_the_months_first(client, plans_now):
    response = show(client)

    assert codes(response) == ["month-flex-2", "month-5", "month-15", "month-40", "month-world-10"]
    assert here(response) == ["month"]
    assert "€15.00" in response.text
    assert "30 % a day against Week 4" in response.text


@pytest.mark.parametrize(("length", "first"), [("day", "day-1"), ("quarter", "quarter-15"), ("add_on", "more-5")])
def test_each_tab_shows_its_plans(client, plans_now, length, first):
    response = show(client, show=length)

    assert codes(response)[0] == first
    assert here(response) == [length]


@pytest.mark.parametrize("nonsense", ["year", "", "month'--", "\x00", "月" * 300, "<script>alert(1)</script>"])
def test_nonsense_in_the_address_shows_the_months(client, plans_now, nonsense):
    response = show(client, show=nonsense)

    assert here(response) == ["month"]
    assert "<script>alert" not in response.text


def test_the_list_changes_nothing_and_takes_no_post(client, plans_now):
    assert client.post(reverse("plan_list")).status_code == 405
    assert client.post(reverse("plan_summary", args=["month-15"])).status_code == 405


def test_who_has_a_plan_sees_its_length_first_and_can_renew_it_in_one_tap(client, line, plan_of):
    periods.begin(line=line, plan=plan_of("quarter-45"), now=clock.now(), origin="order:1")
    client.force_login(line.ownerships.get().subscriber)

    response = show(client)

    assert here(response) == ["quarter"]
    own = [offer for offer in response.context["offers"] if offer.badge]
    assert [(offer.plan.code, offer.badge, offer.act) for offer in own] == [
        ("quarter-45", "Your plan", "Renew · €39.00")
    ]
    assert own[0].order_url == "/plans/quarter-45/order/"


def test_add_ons_say_that_a_plan_is_needed_first(client, line, plan_of):
    client.force_login(line.ownerships.get().subscriber)
    assert "none runs on your number" in show(client, show="add_on").text

    periods.begin(line=line, plan=plan_of("month-15"), now=clock.now(), origin="order:1")
    assert "none runs on your number" not in show(client, show="add_on").text


def test_the_list_takes_few_statements(client, line, plan_of, django_assert_max_num_queries):
    periods.begin(line=line, plan=plan_of("month-15"), now=clock.now(), origin="order:1")
    client.force_login(line.ownerships.get().subscriber)
    with django_assert_max_num_queries(8):
        show(client)


def test_the_summary_is_a_page_with_price_speed_duration_and_countries(client, plans_now):
    response = client.get(reverse("plan_summary", args=["month-40"]))

    assert response.status_code == 200
    for words in (
        "Month 40",
        "€25.00",
        "300 Mbit/s",
        "1 month from the start",
        "39\N{NO-BREAK SPACE}GB",
        "Germany",
        "14 days",
    ):
        assert words in response.text


def test_the_summary_of_a_plan_that_is_not_sold_is_not_found(client, plans_now):
    Plan.objects.filter(code="month-40").update(on_sale_until=clock.now())

    assert client.get(reverse("plan_summary", args=["month-40"])).status_code == 404
    assert client.get(reverse("plan_summary", args=["no-such-plan"])).status_code == 404


def test_pages_speak_chinese(client, plans_now):
    response = client.get(reverse("plan_list"), headers={"accept-language": "zh-hans"})

    assert "包月 15 GB" in response.text
    assert 'lang="zh-hans"' in response.text.lower()
