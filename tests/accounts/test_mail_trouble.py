"""Somebody whose mails come back sees it, and can do something about it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Subscriber
from lib import clock
from notifications import suppressions
from notifications.models import Suppression, SuppressionReason
from tests.cast import anna as make_anna

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Subscriber:
    return make_anna()


@pytest.fixture
def client(anna: Subscriber) -> Client:
    client = Client()
    client.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    return client


def failing_for(days: float, reason: SuppressionReason = SuppressionReason.BOUNCED) -> None:
    since = clock.real_now() - timedelta(days=days)
    Suppression.objects.create(address="anna@example.com", reason=reason, since_at=since)


@pytest.mark.parametrize("page", ["dashboard", "profile", "message_choices"])
def test_it_is_said_wherever_they_would_look(client: Client, page: str) -> None:
    assert "come back" not in client.get(reverse(page)).content.decode()
    failing_for(0.1)
    assert "Our e-mails to you come back" in client.get(reverse(page)).content.decode()


def test_a_mail_taken_for_spam_is_said_in_other_words(client: Client) -> None:
    failing_for(0.1, SuppressionReason.COMPLAINED)
    assert "marked as spam" in client.get(reverse("dashboard")).content.decode()


def test_after_a_day_they_may_have_it_tried_again(client: Client, anna: Subscriber) -> None:
    failing_for(1.1)
    page = client.post(reverse("try_mail_again"), follow=True).content.decode()
    assert "We write to this address again." in page
    assert suppressions.of(anna.email) is None


def test_within_a_day_it_stays_and_they_are_told_what_to_do(client: Client, anna: Subscriber) -> None:
    failing_for(0.5)
    page = client.post(reverse("try_mail_again"), follow=True).content.decode()
    assert "Try again tomorrow, or enter another address." in page
    assert suppressions.of(anna.email)


def test_trying_again_what_works_says_so_and_changes_nothing(client: Client) -> None:
    assert client.post(reverse("try_mail_again")).status_code == 302
    assert not Suppression.objects.exists()
