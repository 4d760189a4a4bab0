"""What the home page says while somebody else decides about money."""

import pytest
from django.test import Client

from billing.gateways.disputes import DisputeFactState
from lib import clock
from tests.billing.giving_back import dispute
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna
from tests.counting import statements_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "is_told"), [(DisputeFactState.OPEN, True), (DisputeFactState.WON, False), (DisputeFactState.LOST, False)]
)
def test_home_says_that_a_bank_is_looking_into_a_payment_until_it_has_decided(
    state: DisputeFactState, is_told: bool
) -> None:
    load_reference_data()
    buyer = anna()
    order = order_plan(buyer, now=clock.now())
    payment = pay(order, now=clock.now())
    dispute(payment, DisputeFactState.OPEN, now=clock.now())
    dispute(payment, state, now=clock.now())
    client = Client()
    client.force_login(buyer)
    home = client.get("/home/").content.decode()
    assert ("Your bank is looking into a payment" in home) is is_told
    assert len(statements_of(client, "/home/")) <= 8
