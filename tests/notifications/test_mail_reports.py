"""What mail providers tell afterwards, signed in Mailgun's way; and addresses that mails come back from."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from lib import clock
from notifications import delivery, outbox, suppressions
from notifications.models import DeliveryReport, Message, Suppression
from notifications.outbox import Outgoing, Recipient
from notifications.samples import facts

pytestmark = pytest.mark.django_db
KEY, ANNA = "the-signing-key", "Anna@example.com"


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.MAIL_REPORTS = "anymail.webhooks.mailgun.MailgunTrackingWebhookView"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def write(kind: str = "plan_ended", *, key: str = "k", to: str = ANNA, channel: str = "email") -> Message:
    recipient = Recipient(to, "en", "Europe/Berlin")
    outbox.send(Outgoing(kind=kind, channel=channel, to=recipient, context=facts(clock.now()), key=key, subject="s"))
    return Message.objects.get(key=key)


@pytest.fixture
def accepted(post: Any) -> Message:
    row = write()
    delivery.deliver()
    row.refresh_from_db()
    return row


def event(row: Message, name: str, **more: Any) -> dict[str, Any]:
    """documentation.mailgun.com, "Event structure"."""
    about = {"headers": {"message-id": f"{row.pk}@refill.example"}}
    return {"event": name, "id": "e1", "timestamp": 1795000000.1, "recipient": ANNA, "message": about, **more}


def report(row: Message, name: str, *, key: str = KEY, **more: Any) -> int:
    signed = hmac.new(key.encode(), b"1795000000token", hashlib.sha256).hexdigest()
    said = {
        "signature": {"timestamp": "1795000000", "token": "token", "signature": signed},
        "event-data": event(row, name, **more),
    }
    return Client().post("/webhooks/mail/", json.dumps(said), content_type="application/json").status_code


def bounce(row: Message) -> int:
    return report(row, "failed", severity="permanent", reason="bounce")


def state(row: Message) -> tuple[str, str]:
    return Message.objects.values_list("state", "error_code").get(pk=row.pk)


def test_a_mail_that_arrived_says_so(accepted: Message) -> None:
    assert report(accepted, "delivered") == 200
    assert state(accepted) == ("delivered", "")
    assert list(DeliveryReport.objects.values_list("provider", "status")) == [("mailgun", "delivered")]


def test_a_mail_that_is_only_late_is_still_on_its_way(accepted: Message) -> None:
    assert report(accepted, "failed", severity="temporary", reason="generic") == 200
    assert state(accepted) == ("accepted", "")
    assert not Suppression.objects.exists()


def test_whether_somebody_reads_is_not_kept(accepted: Message) -> None:
    assert report(accepted, "opened") == 200
    assert not DeliveryReport.objects.exists()


def test_a_mail_that_comes_back_says_why_and_nothing_more_is_sent_there(accepted: Message, post: Any) -> None:
    post.letters.clear()
    assert [bounce(accepted), bounce(accepted)] == [200, 200]
    assert state(accepted) == ("undelivered", "bounced")
    assert list(Suppression.objects.values_list("address", "reason", "code")) == [
        ("anna@example.com", "bounced", "bounced")
    ]
    later, other = write(key="later"), write(key="other", to="bao@example.com")
    sms = write(key="sms", to="+4917604069011", channel="sms")
    delivery.deliver()
    assert [state(row) for row in (later, other, sms)] == [
        ("suppressed", "address_fails"),
        ("accepted", ""),
        ("accepted", ""),
    ]
    assert sorted(letter.address for letter in post.letters) == ["+4917604069011", "bao@example.com"]


def test_a_code_goes_out_all_the_same_since_its_reader_waits_for_it(accepted: Message, post: Any) -> None:
    bounce(accepted)
    post.letters.clear()
    write("email_code", key="code")
    delivery.deliver()
    assert [letter.address for letter in post.letters] == [ANNA]


def test_who_marks_a_mail_as_spam_gets_no_more_of_them(accepted: Message) -> None:
    report(accepted, "delivered")
    assert report(accepted, "complained") == 200
    assert state(accepted) == ("delivered", "")
    assert Suppression.objects.get().reason == "complained"


def test_an_address_that_works_again_is_written_to_and_may_fail_again(accepted: Message) -> None:
    bounce(accepted)
    assert suppressions.lift("ANNA@example.com")
    assert not suppressions.lift(ANNA)
    assert suppressions.of(ANNA) is None
    delivery.deliver()
    again = write(key="again")
    delivery.deliver()
    assert state(again) == ("accepted", "")
    bounce(again)
    assert suppressions.of(ANNA)
    assert Suppression.objects.count() == 2


def test_what_is_not_signed_leaves_nothing(accepted: Message) -> None:
    assert report(accepted, "delivered", key="another") == 400
    for body in (
        "",
        "{}",
        '{"signature": {}}',
        "[]",
        "\x00",
        '{"signature": {"timestamp": 1, "token": 2, "signature": 3}}',
    ):
        assert Client().post("/webhooks/mail/", body, content_type="application/json").status_code == 400
    assert not DeliveryReport.objects.exists()
    assert state(accepted) == ("accepted", "")


def test_a_report_that_is_signed_and_says_nothing_is_no_error_of_ours() -> None:
    signed = hmac.new(KEY.encode(), b"1token", hashlib.sha256).hexdigest()
    said = {"signature": {"timestamp": "1", "token": "token", "signature": signed}}
    assert Client().post("/webhooks/mail/", json.dumps(said), content_type="application/json").status_code == 400


def test_a_provider_that_does_not_sign_is_heard_only_with_a_password(settings: Any) -> None:
    settings.MAIL_REPORTS = "anymail.webhooks.postmark.PostmarkTrackingWebhookView"
    assert Client().post("/webhooks/mail/", "{}", content_type="application/json").status_code == 404
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:password"}
    assert Client().post("/webhooks/mail/", "{}", content_type="application/json").status_code == 400


def test_without_a_provider_there_is_no_such_page(settings: Any) -> None:
    settings.MAIL_REPORTS = ""
    assert Client().post("/webhooks/mail/", "{}", content_type="application/json").status_code == 404
