"""The withdrawal button: two steps, the sum on screen, once, only for who paid."""

import pytest
from django.test import Client

from accounts.models import Subscriber
from billing.models import Order, OrderState, RefundRequest
from lib import clock
from tests.billing.ordering import load_reference_data, order_plan, pay, payment_for
from tests.cast import anna, bao
from tests.counting import statements_of


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    load_reference_data()


@pytest.fixture
def owner() -> Subscriber:
    return anna()


@pytest.fixture
def client(owner: Subscriber) -> Client:
    browser = Client()
    browser.force_login(owner)
    return browser


@pytest.fixture
def order(owner: Subscriber) -> Order:
    placed = order_plan(owner, now=clock.now())
    pay(placed, now=clock.now())
    return placed


def page(order: Order) -> str:
    return f"/orders/{order.pk}/withdraw/"


def test_the_order_has_the_button_and_the_page_shows_sum_and_formula(client: Client, order: Order) -> None:
    assert f'href="{page(order)}"' in client.get(f"/orders/{order.pk}/").content.decode()
    shown = client.get(page(order)).content.decode()
    for words in ("How the sum is counted", "€15.00 × 100 % = €15.00", "Goes back", "Confirm withdrawal", "Back to me"):
        assert words in shown, words
    assert not RefundRequest.objects.exists()


def test_confirming_withdraws_once_and_the_order_says_so(client: Client, order: Order) -> None:
    confirmed = {"shown_minor": "1500", "to": "payer"}
    client.post(page(order), confirmed)
    answer = client.post(page(order), confirmed, follow=True)
    assert answer.redirect_chain == [(f"/orders/{order.pk}/", 302)]
    order.refresh_from_db()
    assert (order.state, RefundRequest.objects.count()) == (OrderState.REVERSED, 1)
    said = answer.content.decode()
    assert "You withdrew: €15.00 go back to you" in said
    assert f'href="{page(order)}"' not in said


@pytest.mark.parametrize("posted", [{"shown_minor": "1"}, {"shown_minor": "1400"}])
def test_a_sum_that_was_not_shown_is_shown_anew(client: Client, order: Order, posted: dict[str, str]) -> None:
    answer = client.post(page(order), posted, follow=True)
    assert "The sum has changed meanwhile" in answer.content.decode()
    assert not RefundRequest.objects.exists()


@pytest.mark.parametrize(
    "posted",
    [{}, {"shown_minor": "x"}, {"shown_minor": "-5"}, {"shown_minor": "1e9"}, {"shown_minor": "1500", "to": "me"}],
)
def test_what_is_no_confirmation_shows_the_page_again(client: Client, order: Order, posted: dict[str, str]) -> None:
    answer = client.post(page(order), posted)
    assert "Confirm withdrawal" in answer.content.decode()
    assert not RefundRequest.objects.exists()


def test_nobody_else_can_withdraw(order: Order) -> None:
    other = Client()
    other.force_login(bao())
    assert other.post(page(order), {"shown_minor": "1500"}).status_code == 404
    assert Client().post(page(order), {"shown_minor": "1500"}).status_code == 302
    assert not RefundRequest.objects.exists()


def test_an_unpaid_order_has_nothing_to_withdraw_from(client: Client, owner: Subscriber) -> None:
    unpaid = order_plan(owner, now=clock.now())
    payment_for(unpaid)
    assert "Nothing is left of this order" in client.get(page(unpaid), follow=True).content.decode()


def test_the_orders_page_of_a_withdrawn_order_stays_cheap(client: Client, order: Order) -> None:
    client.post(page(order), {"shown_minor": "1500", "to": "payer"})
    client.get(f"/orders/{order.pk}/")
    assert len(statements_of(client, f"/orders/{order.pk}/")) <= 13
