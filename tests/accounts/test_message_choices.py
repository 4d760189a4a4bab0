"""The page of everything that may be sent: what it shows, what it keeps, and whose it is."""

import re

import pytest
from django.test import Client

from accounts.models import Consent, Subscriber
from notifications import choices
from notifications.kinds import KINDS
from notifications.models import Choice
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = "/account/messages/"


@pytest.fixture
def anna(client: Client) -> Subscriber:
    anna = cast.anna()
    client.force_login(anna)
    return anna


def ticked(client: Client) -> list[str]:
    return re.findall(r'value="([a-z_.]+)" checked', client.get(PAGE).content.decode())


@pytest.mark.usefixtures("anna")
def test_every_kind_is_listed_with_its_channels_and_an_example(client):
    page = client.get(PAGE).content.decode()

    for kind in KINDS.values():
        assert f"/messages/{kind.name}/" in page
        assert (f'id="kind-{kind.name}"' in page) is bool(kind.mutable)
        for channel in kind.channels:
            assert (f'value="{kind.name}.{channel}"' in page) is (channel in kind.mutable)
        assert client.get(f"{PAGE}{kind.name}/").status_code == 200
    assert client.get(f"{PAGE}nothing/").status_code == 404


def test_what_is_not_ticked_any_more_is_not_wanted_any_more(client, anna):
    before = ticked(client)
    assert "expiry_reminder.sms" in before
    assert "expiry_three_days.sms" not in before
    wanted = {*before, "expiry_three_days.email"} - {"expiry_reminder.sms"}
    client.post(PAGE, {"wanted": sorted(wanted)})

    assert set(ticked(client)) == wanted
    assert sorted(Choice.objects.values_list("address", "kind", "is_wanted")) == [
        ("+4917604069011", "expiry_reminder", False),
        (anna.email, "expiry_three_days", True),
    ]


@pytest.mark.usefixtures("anna")
def test_what_must_be_known_stays_whatever_is_posted(client):
    client.post(PAGE, {"wanted": ["payment_failed.email", "nonsense", "sign_in_code.sms"]})

    assert set(Choice.objects.values_list("is_wanted", flat=True)) == {False}
    assert not Choice.objects.filter(kind__in=["payment_failed", "sign_in_code"]).exists()


def test_agreeing_to_offers_keeps_the_text_and_the_day(client, anna):
    client.post(PAGE, {"wanted": [*ticked(client), "offers.email"]})
    client.post(PAGE, {"wanted": ticked(client)})

    assert list(Consent.objects.filter(subscriber=anna).values_list("kind", "text_version")) == [
        ("offers_email", "2026-11-23")
    ]
    assert choices.wanted(anna.email)["offers"] is True
    client.post(PAGE, {"wanted": [name for name in ticked(client) if name != "offers.email"]})
    assert choices.wanted(anna.email)["offers"] is False


def test_saving_without_a_change_changes_nothing(client, anna):
    page = client.post(PAGE, {"wanted": ticked(client)}, follow=True)

    assert "Nothing has changed." in page.content.decode()
    assert Choice.objects.count() == 0
    assert anna.consents.count() == 0


def test_it_is_only_for_who_is_signed_in(client):
    assert client.get(PAGE).status_code == 302
    assert client.get(f"{PAGE}renewed/").status_code == 302
