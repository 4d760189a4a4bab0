"""The credit page tells what use costs and lets its owner keep the credit."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Subscriber
from tests.billing.money import NOW, give_credit, use_beyond
from tests.billing.ordering import load_reference_data
from tests.cast import anna, bao

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    return anna()


def page(client: Client) -> str:
    return client.get(reverse("credit")).content.decode()


def test_a_line_without_a_plan_reads_what_use_costs_and_may_keep_its_credit(client: Client, owner: Subscriber) -> None:
    client.force_login(owner)
    assert "Without a plan, use is paid from your credit" in page(client)
    assert "€2.50" in page(client)
    address = reverse("credit_use", args=[owner.lines[0].pk])
    told = client.post(address, {"pay": "no"}, follow=True).content.decode()
    assert "Your credit is kept: when an allowance is used up, it stops." in told
    assert "Your credit is kept: data, calls and texts stop" in told
    assert owner.lines.get().credit_use_off_at is not None
    client.post(address, {"pay": "yes"})
    assert owner.lines.get().credit_use_off_at is None


def test_nobody_decides_about_anothers_credit(client: Client, owner: Subscriber) -> None:
    client.force_login(bao())
    assert client.post(reverse("credit_use", args=[owner.lines[0].pk]), {"pay": "no"}).status_code == 404
    assert client.get(reverse("credit_use", args=[owner.lines[0].pk])).status_code == 405
    assert owner.lines.get().credit_use_off_at is None


def test_what_was_used_stands_among_the_lines_of_credit(client: Client, owner: Subscriber) -> None:
    give_credit(owner.lines[0], 1000)
    use_beyond(owner.lines[0], 412_000_000, country="FR", now=NOW)
    client.force_login(owner)
    assert "Used without an allowance: 412\N{NO-BREAK SPACE}MB, France" in page(client)
