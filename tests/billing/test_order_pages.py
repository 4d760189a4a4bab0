"""Reviewing, ordering, looking at an order: whose it is, what may be posted, and what a second click does."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Subscriber
from billing.models import Order, OrderState, Start
from billing.order_pages.steps import StepState
from billing.order_pages.timeline import timeline
from lib import clock
from provisioning.models import Command, CommandKind, CommandState
from provisioning.outbox import Telling, tell_many
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay, payment_for
from tests.cast import anna, bao
from tests.counting import statements_of

REVIEW = "/plans/month-15/order/"


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    load_reference_data()


@pytest.fixture
def owner() -> Subscriber:
    return anna()


@pytest.fixture
def client(owner: Subscriber) -> Client:
    browser = Client(enforce_csrf_checks=False)
    browser.force_login(owner)
    return browser


def form(**changes: Any) -> dict[str, Any]:
    fields = {
        "form_token": str(uuid.uuid4()),
        "shown_price_minor": "1500",
        "start": "queue",
        "method": "card",
        "consent": "on",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def credit_of(owner: Subscriber, minor: int) -> None:
    order = order_top_up(owner, minor, now=clock.now())
    pay(order, now=clock.now())


def test_the_review_shows_plan_number_price_with_vat_start_end_and_the_sum_on_the_button(client: Client) -> None:
    page = client.get(REVIEW).content.decode()
    for words in ("Month 15", "+49", "€15.00", "of which VAT 19", "As soon as it is paid", "Order and pay €15.00"):
        assert words in page, words
    assert 'name="consent"' in page
    assert "checked" not in page.partition('name="consent"')[2].partition(">")[0]


def test_the_review_says_before_paying_where_use_goes_on_from_credit(client: Client) -> None:
    assert "goes on from credit" in client.get("/plans/month-flex-2/order/").content.decode()
    assert "goes on from credit" not in client.get(REVIEW).content.decode()


def test_with_a_running_plan_both_starts_are_offered_and_what_now_would_lose(owner: Subscriber, client: Client) -> None:
    pay(order_plan(owner, now=clock.now()), now=clock.now())
    page = client.get(REVIEW).content.decode()
    assert "When the running plan ends" in page
    assert "Nothing is lost." in page
    assert "Lost:" in page


def test_paying_from_credit_applies_at_once_and_a_second_click_takes_nothing_more(
    owner: Subscriber, client: Client
) -> None:
    credit_of(owner, 5000)
    asked = form(method="credit")
    first, second = client.post(REVIEW, asked), client.post(REVIEW, asked)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Order.objects.filter(plan__code="month-15").count() == 1
    assert "Renewed until" in client.get(first["Location"]).content.decode()
    assert "€35.00" in client.get("/credit/").content.decode()


def test_credit_that_is_not_enough_is_refused_before_anything_is_ordered(owner: Subscriber, client: Client) -> None:
    credit_of(owner, 1000)
    answer = client.post(REVIEW, form(method="credit"))
    assert answer.status_code == 422
    assert "Your credit is not enough" in answer.content.decode()
    assert not Order.objects.filter(plan__code="month-15", state__in=["paid", "applied"]).exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"form_token": "1"}, "Look at what is marked below"),
        ({"form_token": None}, "Look at what is marked below"),
        ({"method": "gold"}, "Look at what is marked below"),
        ({"method": "card\x00"}, "Look at what is marked below"),
        ({"start": "yesterday"}, "Look at what is marked below"),
        ({"shown_price_minor": "-1"}, "Look at what is marked below"),
        ({"shown_price_minor": "1e3"}, "Look at what is marked below"),
        ({"shown_price_minor": "9" * 40}, "Look at what is marked below"),
        ({"shown_price_minor": "100"}, "The price is now"),
    ],
)
def test_a_form_that_cannot_be_taken_says_so_keeps_what_was_chosen_and_orders_nothing(
    client: Client, changes: dict[str, Any], words: str
) -> None:
    answer = client.post(REVIEW, form(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Order.objects.exists()


def test_the_box_is_theirs_to_tick_and_what_they_chose_is_stored_with_text_and_time(
    owner: Subscriber, client: Client
) -> None:
    credit_of(owner, 5000)
    client.post(REVIEW, form(method="credit", consent=None))
    client.post(REVIEW, form(method="credit"))
    without, with_box = Order.objects.filter(plan__code="month-15").order_by("placed_at")
    assert not without.consents.get("start_at_once")
    assert with_box.consents["start_at_once"]
    assert with_box.consents["text_version"]
    assert with_box.consents["at"]


def test_what_the_server_decides_cannot_be_posted(owner: Subscriber, client: Client) -> None:
    credit_of(owner, 5000)
    extra = {
        "price": "1",
        "price_minor": "1",
        "amount": "1",
        "state": "applied",
        "line": "7",
        "buyer": "2",
        "is_staff": "1",
    }
    client.post(REVIEW, form(method="credit", **extra))
    order = Order.objects.get(plan__code="month-15")
    assert (order.price_minor, order.buyer) == (1500, owner)
    owner.refresh_from_db()
    assert not owner.is_staff


def test_a_form_that_was_an_order_and_is_sent_with_another_choice_asks_again(owner: Subscriber, client: Client) -> None:
    credit_of(owner, 5000)
    asked = form(method="credit")
    client.post(REVIEW, asked)
    for changed in ({**asked, "start": "now"}, {**asked, "method": "card"}):
        answer = client.post(REVIEW, changed)
        assert answer.status_code == 422
        assert "This page has been an order already" in answer.content.decode()
    stranger = Client()
    stranger.force_login(bao())
    assert stranger.post(REVIEW, asked).status_code == 422
    top_up = client.post("/top-up/", {"form_token": asked["form_token"], "amount_minor": "1000"})
    assert top_up.status_code == 422
    assert Order.objects.filter(plan__code="month-15").count() == 1


def test_a_plan_nobody_sells_and_a_plan_that_does_not_exist(client: Client) -> None:
    from plans.models import Plan

    Plan.objects.filter(code="month-15").update(on_sale_until=clock.now())
    answer = client.get(REVIEW, follow=True)
    assert "This plan is no longer on sale" in answer.content.decode()
    assert client.post(REVIEW, form(), follow=True).status_code == 200
    assert client.get("/plans/no-such-plan/order/").status_code == 404
    assert not Order.objects.exists()


def test_an_add_on_without_a_running_plan_is_sent_to_the_plans(client: Client) -> None:
    for answer in (
        client.get("/plans/more-5/order/", follow=True),
        client.post("/plans/more-5/order/", form(), follow=True),
    ):
        assert answer.status_code == 200
        assert "An add-on goes beside a running plan" in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize("minor", ["", "0", "-500", "501", "1e3", "٥٠٠", "9" * 30, "500\x00", "<script>"])
def test_a_top_up_of_a_sum_that_is_not_offered_is_refused(client: Client, minor: str) -> None:
    answer = client.post("/top-up/", {"form_token": str(uuid.uuid4()), "amount_minor": minor})
    assert answer.status_code == 422
    assert "<script>" not in answer.content.decode().partition("<main")[2]
    assert not Order.objects.exists()


def test_somebody_elses_order_is_not_there(owner: Subscriber, client: Client) -> None:
    stranger = Client()
    stranger.force_login(bao())
    order = order_plan(owner, now=clock.now())
    payment_for(order)
    for path, method in (
        ("", "get"), ("timeline/", "get"), ("pay/", "post"), ("cancel/", "post"), ("give-back/", "post"), ("keep-as-credit/", "post"),
    ):  # fmt: skip
        assert getattr(stranger, method)(f"/orders/{order.pk}/{path}").status_code == 404, path
        assert getattr(client, method)(f"/orders/{uuid.uuid4()}/{path}").status_code == 404, path
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    assert "Month 15" not in stranger.get("/orders/").content.decode().partition("<main")[2]


def test_the_contract_summary_is_kept_with_the_order_whatever_becomes_of_the_plan(
    owner: Subscriber, client: Client
) -> None:
    from plans.models import Plan

    order = order_plan(owner, now=clock.now())
    Plan.objects.filter(code="month-15").update(price_minor=9900, on_sale_until=clock.now())
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert f"/orders/{order.pk}/summary/" in page
    kept = client.get(f"/orders/{order.pk}/summary/").content.decode()
    for words in ("Contract summary", "15 GB", "€15.00", "€2.39", order.reference):
        assert words in kept.replace("\xa0", " "), words
    assert "€99.00" not in kept
    stranger = Client()
    stranger.force_login(bao())
    assert stranger.get(f"/orders/{order.pk}/summary/").status_code == 404
    top_up = order_top_up(owner, now=clock.now())
    assert client.get(f"/orders/{top_up.pk}/summary/").status_code == 404


def test_nothing_changes_by_looking(owner: Subscriber, client: Client) -> None:
    order = order_plan(owner, now=clock.now())
    for path in ("pay", "cancel", "give-back", "keep-as-credit"):
        assert client.get(f"/orders/{order.pk}/{path}/").status_code == 405
    order.refresh_from_db()
    assert order.state == OrderState.PENDING


def test_the_timeline_slows_down_and_stops_and_odd_counts_are_the_last_look(owner: Subscriber, client: Client) -> None:
    order = order_plan(owner, now=clock.now())
    payment_for(order)
    path = f"/orders/{order.pk}/timeline/"
    assert 'hx-trigger="load delay:1s"' in client.get(path, {"look": 0}).content.decode()
    assert 'hx-trigger="load delay:13s"' in client.get(path, {"look": 8}).content.decode()
    for last in ("13", "99", "-1", "x", "", "9" * 50, "١"):
        page = client.get(path, {"look": last}).content.decode()
        assert "hx-get" not in page, last
        assert "Check again" in page


def test_the_steps_say_whether_the_network_has_it(owner: Subscriber, client: Client) -> None:
    order = order_plan(owner, now=clock.now())
    page = f"/orders/{order.pk}/"
    assert "On the network" not in client.get(page).content.decode()
    pay(order, now=clock.now())
    assert network_step(order) == (StepState.NEXT, "On the network", False)
    assert timeline(order).is_moving
    end_commands(state=CommandState.ACCEPTED, accepted_at=clock.now())
    assert network_step(order) == (StepState.DONE, "On the network", True)
    assert "On the network" in client.get(page).content.decode()


def test_what_the_network_did_not_take_is_said_and_what_was_bought_stands(owner: Subscriber) -> None:
    order = order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    end_commands(state=CommandState.FAILED, error_code="unknown_number")
    assert network_step(order) == (StepState.BAD, "The network did not take it; we look into it", False)
    assert order.state == OrderState.APPLIED
    told = Command.objects.get(kind="period_set")
    tell_many(
        [
            Telling(
                line_id=told.line_id,
                msisdn=told.msisdn,
                kind=CommandKind.PERIOD_SET,
                payload=told.payload,
                subject=told.subject,
                key="again",
            )
        ]
    )
    assert network_step(order) == (StepState.NEXT, "On the network", False)


def test_what_a_later_order_makes_of_it_is_no_step_of_this_one(owner: Subscriber) -> None:
    first, second = (order_plan(owner, now=clock.now(), start=start) for start in (Start.QUEUE, Start.NOW))
    pay(first, now=clock.now())
    end_commands(state=CommandState.ACCEPTED, accepted_at=clock.now())
    pay(second, now=clock.now())
    assert [command.subject for command in Command.objects.filter(state="due")] == [second.subject] * 2
    assert network_step(first) == (StepState.DONE, "On the network", True)
    assert network_step(second) == (StepState.NEXT, "On the network", False)


def test_credit_is_no_matter_of_the_network(owner: Subscriber) -> None:
    order = order_top_up(owner, now=clock.now())
    pay(order, now=clock.now())
    assert network_step(order) is None


def network_step(order: Order) -> tuple[StepState, str, bool] | None:
    """State, title and whether it has a time."""
    found = [step for step in timeline(order).steps if "network" in step.title]
    return (found[0].state, found[0].title, found[0].at is not None) if found else None


def end_commands(**fields: Any) -> None:
    Command.objects.update(state=CommandState.CLAIMED)
    Command.objects.update(**fields)


def test_the_list_and_one_order_cost_the_same_with_many_orders(owner: Subscriber, client: Client) -> None:
    order = order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    few = len(statements_of(client, "/orders/"))
    one = len(statements_of(client, f"/orders/{order.pk}/"))
    for _number in range(8):
        pay(order_plan(owner, now=clock.now()), now=clock.now())
    assert len(statements_of(client, "/orders/")) == few <= 8
    assert len(statements_of(client, f"/orders/{order.pk}/")) == one <= 14


@pytest.mark.parametrize("page", ["0", "-1", "x", "999999", "1e9", "", "١"])
def test_a_page_number_that_is_none_shows_a_page(client: Client, page: str) -> None:
    assert client.get("/orders/", {"page": page}).status_code == 200
    assert client.get("/credit/", {"page": page}).status_code == 200


def test_held_money_shows_two_ways_and_keeping_it_makes_credit_once(owner: Subscriber, client: Client) -> None:
    order = order_plan(owner, now=clock.now())
    pay(order, 2000, now=clock.now())
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "We hold €5.00 for you" in page
    assert "give-back" in page
    assert "keep-as-credit" in page
    for _click in range(2):
        client.post(f"/orders/{order.pk}/keep-as-credit/", {"currency": "EUR"})
    assert "€5.00" in client.get("/credit/").content.decode()
    assert client.post(f"/orders/{order.pk}/keep-as-credit/", {"currency": "XXX"}).status_code == 404


def test_the_timeline_says_what_became_of_the_messages(owner: Subscriber, client: Client) -> None:
    order = order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    end_commands(state=CommandState.ACCEPTED, accepted_at=clock.now())
    path = f"/orders/{order.pk}/"
    assert "hx-get" in client.get(path).content.decode()
    words = {
        "unknown": "It may or may not have arrived",
        "failed": "The SMS could not be delivered",
        "accepted": "SMS sent",
    }
    for state, said in words.items():
        become(order, "sms", state)
        assert said in client.get(path).content.decode(), state
    become(order, "sms", "suppressed")
    become(order, "email", "suppressed")
    page = client.get(path).content.decode()
    assert "SMS" not in page.partition("<main")[2].partition("</ol>")[0]
    assert "hx-get" not in page


def become(order: Order, channel: str, state: str) -> None:
    """Put the order's messages of a channel into a state, whatever may follow what."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE notifications_message SET state = %s, accepted_at = now() WHERE subject = %s AND channel = %s",
            [state, order.subject, channel],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
