"""What carriers tell afterwards: signed, kept once, in any order, and arrived is the last word."""

import itertools
from uuid import uuid4

import pytest
from django.test import Client

from notifications import delivery, outbox, reports
from notifications.models import DeliveryReport, Message, MessageState
from notifications.webhooks import signature
from tests.notifications.post_office import outgoing, written

pytestmark = pytest.mark.django_db
KEY = "the-key"


@pytest.fixture(autouse=True)
def _provider(settings) -> None:
    settings.SMS_API_URL, settings.SMS_API_ACCOUNT, settings.SMS_API_KEY = "https://sms.invalid", "AC1", KEY
    settings.PORTAL_ORIGIN = "https://refill.example"


@pytest.fixture
def accepted(post) -> Message:
    row = written(outgoing())
    delivery.deliver()
    row.refresh_from_db()
    return row


def report(row: object, status: str, *, code: str = "", key: str = KEY, provider: str = "first") -> int:
    path = f"/webhooks/sms/{provider}/?message={getattr(row, 'pk', row)}"
    fields = {"MessageSid": "SM1", "MessageStatus": status, **({"ErrorCode": code} if code else {})}
    signed = signature(f"https://refill.example{path}", fields, key)
    return Client().post(path, fields, headers={"X-Twilio-Signature": signed}).status_code


def state(row: Message) -> tuple[str, str]:
    return Message.objects.values_list("state", "error_code").get(pk=row.pk)


def test_a_signature_is_that_of_the_providers_own_example():
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    assert signature("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "12345") == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_what_is_told_of_the_way_is_kept_and_what_ends_it_ends_it(accepted):
    assert [report(accepted, status) for status in ("queued", "sent", "delivered")] == [204] * 3
    assert state(accepted) == ("delivered", "")
    assert list(DeliveryReport.objects.values_list("status", flat=True)) == ["queued", "sent", "delivered"]
    assert not DeliveryReport.objects.filter(applied_at=None).exists()


def test_what_did_not_arrive_says_why(accepted):
    assert report(accepted, "undelivered", code="30005") == 204
    assert state(accepted) == ("undelivered", "30005")


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "undelivered"])))
def test_reports_in_any_order_end_in_what_was_said_first_and_a_repeat_changes_nothing(accepted, order):
    for status in (*order, *order):
        assert report(accepted, status) == 204
    first = next(status for status in order if status != "sent")
    assert state(accepted)[0] == first
    assert DeliveryReport.objects.count() == 3


def test_a_message_nobody_knew_of_has_arrived_after_all(post):
    row = written(outgoing())
    Message.objects.filter(pk=row.pk).update(state="claimed")
    Message.objects.filter(pk=row.pk).update(state="unknown")
    assert report(row, "sent") == 204
    assert state(row)[0] == "unknown"
    report(row, "delivered")
    row.refresh_from_db()
    assert (row.state, row.provider, row.provider_reference) == ("delivered", "first", "SM1")
    assert row.accepted_at


def test_a_report_that_overtakes_its_own_acceptance_waits_for_it(post):
    row = written(outgoing())
    post.ends = [lambda _letter: reports.keep(row.pk, provider="first", reference="SM1", status="delivered", code="")]
    delivery.deliver()
    assert state(row)[0] == MessageState.ACCEPTED
    assert reports.sweep() == 1
    assert state(row)[0] == MessageState.DELIVERED
    assert reports.sweep() == 0


@pytest.mark.parametrize("how", [{"key": "another"}, {"provider": "second"}, {"provider": "third"}])
def test_what_is_not_signed_by_its_provider_leaves_nothing(accepted, how):
    assert report(accepted, "delivered", **how) == 403
    assert state(accepted)[0] == "accepted"
    assert not DeliveryReport.objects.exists()


def test_a_report_about_nothing_of_ours_is_taken_and_forgotten(accepted):
    assert report(uuid4(), "delivered") == 204
    assert report("x", "delivered") == 400
    assert Client().get("/webhooks/sms/first/").status_code == 405
    assert not DeliveryReport.objects.exists()


def test_one_email_and_one_sms_go_out_side_by_side_and_each_is_recorded(post):
    post.window = 4
    outbox.send_many([outgoing(key=f"k:{number}") for number in range(9)])
    assert delivery.deliver() == 9
    assert set(Message.objects.values_list("state", "provider")) == {("accepted", "first")}
    assert len({letter.reference for letter in post.letters}) == len(post.letters) == 9
