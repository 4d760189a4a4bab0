"""Home: what it says in each state of a line, and that it costs the same with a long history."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import LineOwnership, Subscriber
from billing.models import Order, OrderState
from lib import clock
from plans.models import Allowance, PlanPeriod, Unit
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay
from tests.cast import anna, bao
from tests.counting import statements_of

MOST_STATEMENTS = 8


@pytest.fixture
def owner(db: None) -> Subscriber:
    load_reference_data()
    return anna()


@pytest.fixture
def client_of(owner: Subscriber) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def home(client: Client) -> str:
    return client.get("/home/").content.decode()


def buy(owner: Subscriber) -> Order:
    order = order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    return order


def test_home_costs_the_same_with_five_and_with_five_hundred_orders(owner: Subscriber, client_of: Client) -> None:
    for _number in range(5):
        buy(owner)
    few = statements_of(client_of, "/home/")
    template = Order.objects.first()
    assert template
    copies = []
    for number in range(495):
        copy = Order.objects.get(pk=template.pk)
        copy.pk, copy.reference, copy.state = uuid.uuid4(), f"R-{number:06}", OrderState.PENDING
        copy.form_token = uuid.uuid4()
        copies.append(copy)
    Order.objects.bulk_create(copies)
    many = statements_of(client_of, "/home/")
    assert len(many) == len(few) <= MOST_STATEMENTS, "\n".join(many)


def test_a_line_without_a_plan_is_offered_one(client_of: Client) -> None:
    page = home(client_of)
    assert "No plan is running" in page
    assert "Choose a plan" in page
    assert "Nothing ordered yet" in page


def test_a_running_plan_shows_what_is_left_until_when_and_one_button(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    Allowance.objects.filter(unit=Unit.DATA).update(used=8_600_000_000)
    page = home(client_of)
    assert "6.4" in page
    assert "left of 15" in page.replace("\xa0", " ")
    assert "Renewed until" in page
    assert "Renew · €15.00" in page


def test_a_queued_plan_is_named_and_the_state_says_it_is_paid(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    buy(owner)
    page = home(client_of)
    assert "Next plan paid" in page
    assert "Paid, starts" in page


def test_an_order_that_waits_for_its_payment_is_one_tap_away(owner: Subscriber, client_of: Client) -> None:
    order = order_plan(owner, now=clock.now())
    page = home(client_of)
    assert "Waiting for your payment" in page
    assert f"/orders/{order.pk}/" in page


def test_held_money_is_said_on_the_first_page(owner: Subscriber, client_of: Client) -> None:
    order = order_plan(owner, now=clock.now())
    pay(order, 2000, now=clock.now())
    assert "We hold money of yours" in home(client_of)


def test_credit_is_shown_with_the_way_to_its_lines(owner: Subscriber, client_of: Client) -> None:
    order = order_top_up(owner, 2000, now=clock.now())
    pay(order, now=clock.now())
    assert "€20.00" in home(client_of)
    statement = client_of.get("/credit/").content.decode()
    assert "Top-up" in statement


def test_the_last_day_says_when_it_ends(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    now = clock.now()
    PlanPeriod.objects.update(starts_at=now - timedelta(days=29), ends_at=now + timedelta(days=1, hours=1))
    assert "Ends in" in home(client_of)


def test_a_new_owner_sees_none_of_what_the_former_one_ordered(owner: Subscriber, client_of: Client) -> None:
    former = buy(owner)
    line, heir = owner.lines[0], bao()
    LineOwnership.objects.filter(line=line).update(until_at=clock.now())
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=clock.now())
    theirs = Client()
    theirs.force_login(heir)
    theirs.post("/account/lines/switch/", {"line": str(line.pk)})
    for path in ("/home/", "/orders/"):
        assert str(former.pk) not in theirs.get(path).content.decode(), path
    assert theirs.get(f"/orders/{former.pk}/").status_code == 404
    assert client_of.get(f"/orders/{former.pk}/").status_code == 200
    assert "已续费至" in home(theirs)  # Bao reads Chinese


def test_somebody_without_a_number_is_asked_for_it(db: None) -> None:
    person = Subscriber.objects.create_user(email="new@example.com", password="correct horse battery", msisdn=None)
    client = Client()
    client.force_login(person)
    page = home(client)
    assert "No number yet" in page
    for path in ("/plans/month-15/order/", "/top-up/", "/credit/"):
        assert client.get(path).status_code in {302, 404}


def test_home_is_for_people_who_are_signed_in(db: None) -> None:
    answer = Client().get("/home/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")
