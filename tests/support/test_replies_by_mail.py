"""Replies by mail: signed by their provider, known by their address, taken once, and never a machine's."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client

from lib.models import Alarm
from support import conversation, forgetting, guests, mail_text, replying
from support.models import Ticket
from tests.cast import anna, emma
from tests.support.asked import NOW, PAYLOAD, SAM, ask

KEY = "the-signing-key"


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.REPLY_ADDRESS = "reply@in.refill.example"
    settings.MAIL_REPLIES = "anymail.webhooks.mailgun.MailgunInboundWebhookView"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def send(
    to: str, text: str = "It works now.", *, sender: str = "Anna <Anna@Example.com>", key: str = KEY, **headers: str
) -> int:
    """documentation.mailgun.com, "Parsed messages parameters"."""
    told = {"From": sender, "To": to, "Message-Id": "<1@mail.example>", "Subject": "Re: hello"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    signature = hmac.new(key.encode(), b"1795000000token", hashlib.sha256).hexdigest()
    fields = {
        "timestamp": "1795000000",
        "token": "token",
        "signature": signature,
        "sender": "bounces@mail.example",
        "recipient": to,
        "message-headers": json.dumps([[name, value] for name, value in told.items()]),
        "body-plain": text,
    }
    return Client(enforce_csrf_checks=True).post("/webhooks/replies/", fields).status_code


@pytest.fixture
def ticket(db: None) -> Ticket:
    row = ask(anna())
    conversation.answer(row.pk, text="Try another card.", solves=False, by=SAM, now=NOW)
    row.refresh_from_db()
    return row


def said(ticket: Ticket) -> list[tuple[str, bool, str]]:
    rows = ticket.entries.filter(came_by="mail")
    return list(rows.values_list("author", "is_internal", "text"))


def test_a_reply_opens_the_ticket_again_once_and_without_what_it_quotes(ticket: Ticket) -> None:
    to = replying.address_of(ticket)
    text = "It works now.\r\n\r\nThank you!\r\n\r\nOn Mon, 23 Nov 2026 at 10:00, Refill <hello@refill.example> wrote:\r\n> Try another card.\r\n"
    assert [send(to.upper(), text) for _again in range(2)] == [200, 200]
    assert said(ticket) == [("person", False, "It works now.\n\nThank you!")]
    ticket.refresh_from_db()
    assert ticket.state == "open"


def test_another_sender_or_spam_is_for_the_desk_alone(ticket: Ticket) -> None:
    emma()
    to = replying.address_of(ticket)
    assert send(to, "I am her cousin.", sender="emma@example.com") == 200
    assert send(to, "Win!", Message_Id="<2@mail.example>", X_Mailgun_Sflag="Yes") == 200
    assert said(ticket) == [("system", True, "I am her cousin."), ("system", True, "Win!")]
    ticket.refresh_from_db()
    assert ticket.state == "open", "the desk has something to read"
    assert ticket.promised_at is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied; owner-email=x"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example>"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_a_machine_is_not_listened_to(ticket: Ticket, headers: dict[str, str]) -> None:
    assert send(replying.address_of(ticket), "I am on holiday.", **headers) == 200
    assert said(ticket) == []


def test_a_forged_address_a_forged_signature_and_an_empty_mail_say_nothing(ticket: Ticket) -> None:
    to = replying.address_of(ticket)
    name, _at, domain = to.partition("@")
    other = ask(emma())
    forged = f"{name.rpartition('-')[0]}-{replying.address_of(other).partition('@')[0].rpartition('-')[2]}@{domain}"
    for address in (forged, f"reply@{domain}", f"reply+{ticket.reference}@{domain}", f"reply+é-é@{domain}", "x"):
        assert send(address) == 200
    assert send(to, key="another-key") == 400
    assert send(to, "> only quoted\r\n-- \r\nAnna") == 200
    assert Client().post("/webhooks/replies/", {"x": "y"}).status_code == 400
    assert Client().get("/webhooks/replies/").status_code == 405
    assert said(ticket) == []
    assert said(other) == []


def test_without_a_provider_there_is_no_address(ticket: Ticket, settings: Any) -> None:
    to = replying.address_of(ticket)
    settings.REPLY_ADDRESS = settings.MAIL_REPLIES = ""
    assert replying.address_of(ticket) == ""
    assert send(to) == 404


def test_a_flood_stops_and_markup_stays_text(ticket: Ticket) -> None:
    to = replying.address_of(ticket)
    for number in range(25):
        assert send(to, f"{number} {PAYLOAD}", Message_Id=f"<{number}@mail.example>") == 200
    assert len(said(ticket)) == 20
    assert said(ticket)[0][2] == f"0 {PAYLOAD}"


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("Yes.\n\nAm Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Refill:\n> Hallo", "", "Yes."),
        ("好的。\n在 2026年11月23日 10:00，Refill <a@b> 写道：\n> 您好", "", "好的。"),
        ("Yes.\nOn Mon, 23 Nov 2026 at 10:00, Refill\n<hello@refill.example> wrote:\n> Hi", "", "Yes."),
        ("Yes.\n-----Original Message-----\nFrom: x", "", "Yes."),
        ("On Monday I paid twice.\nWhy?", "", "On Monday I paid twice.\nWhy?"),
        (
            "",
            "<html><head><style>p{}</style></head><p>Yes &amp; <b>no</b></p><script>x</script><blockquote>Hi</blockquote>",
            "Yes & no",
        ),
        ("", "", ""),
        ("x" * 5000, "", "x" * 4000),
    ],
)
def test_what_was_written_is_told_from_what_is_quoted(text: str, html: str, words: str) -> None:
    assert mail_text.said(text, html) == words


@pytest.mark.parametrize("line", ["On Monday, Refill wrote", "On Monday wrote:", "在 2026年11月23日 写道", "> x", "x"])
def test_a_line_made_to_take_long_takes_no_time(line: str) -> None:
    begun = time.process_time()
    mail_text.said(line + " " * 190_000 + "x", "")
    mail_text.said(" " * 190_000 + line, "")
    mail_text.said("", "<a " * 30_000)
    assert time.process_time() - begun < 1


def test_what_nobody_will_take_is_not_even_read(ticket: Ticket, monkeypatch: Any) -> None:
    monkeypatch.setattr(mail_text, "said", lambda text, html: pytest.fail("read"))
    assert send("reply+x-y@in.refill.example") == 200
    assert send(replying.address_of(ticket), Precedence="bulk") == 200


def test_once_its_person_is_forgotten_nothing_more_is_taken(ticket: Ticket) -> None:
    person, of_guest = ticket.subscriber, ask(None)
    assert person is not None
    to = [replying.address_of(each) for each in (ticket, of_guest)]
    page = f"/help/questions/{guests.token_of(of_guest)}/"
    assert Client().get(page).status_code == 200
    person.email = ""
    person.save(update_fields=["email"])
    forgetting.forget(person, [("guest@example.com", person.created_at, None)])
    for address in to:
        assert send(address) == send(address, sender="", Message_Id="<2@mail.example>") == 200
    assert Client().get(page).status_code == Client().post(page + "reply/", {"text": "Hello?"}).status_code == 404
    assert said(ticket) == said(of_guest) == []


def test_a_photo_in_a_reply_does_no_harm_and_what_is_too_long_is_told(ticket: Ticket, settings: Any) -> None:
    """postmarkapp.com, "Parse an email": attachments stand in the body."""
    settings.MAIL_REPLIES = "anymail.webhooks.postmark.PostmarkInboundWebhookView"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:password"}
    to, who = replying.address_of(ticket), {"Email": "anna@example.com", "Name": "", "MailboxHash": ""}
    photo = {"Name": "photo.jpg", "Content": "QUJD" * 500_000, "ContentType": "image/jpeg", "ContentLength": 1_500_000}
    mail = {
        "FromFull": who,
        "ToFull": [who | {"Email": to}],
        "CcFull": [],
        "BccFull": [],
        "OriginalRecipient": to,
        "TextBody": "It looks like this.",
        "Headers": [{"Name": "Message-ID", "Value": "<1@mail.example>"}],
        "Attachments": [photo],
    }

    def post(password: str, **more: Any) -> int:
        known = "Basic " + base64.b64encode(f"name:{password}".encode()).decode()
        body = json.dumps(mail)
        return (
            Client().post("/webhooks/replies/", body, "application/json", HTTP_AUTHORIZATION=known, **more).status_code
        )

    assert [post("wrong"), post("password")] == [400, 200]
    assert said(ticket) == [("person", False, "It looks like this.")]
    assert not Alarm.objects.exists()
    assert [post("password", CONTENT_LENGTH="30000001") for _again in range(2)] == [413, 413]
    assert Alarm.objects.get().kind == "mail.too_long"
