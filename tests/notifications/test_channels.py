"""One contract for every way out: what is accepted, refused, or left open, told in the same words by each carrier."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction

from lib.http import CalledInsideTransaction
from notifications import channels
from notifications.attachments import Attachment
from notifications.channels.email import EmailCarrier
from notifications.channels.inbox import InboxSmsChannel
from notifications.channels.protocol import Accepted, CarrierOfMessages, Letter, OutcomeUnknown, Refused
from notifications.channels.sms import SmsChannel
from tests.conftest import free_port
from tests.notifications.post_office import NUMBER
from tests.notifications.stubs import HttpStub, SmtpStub, running
from tests.sandbox_process import Sandbox

LETTER = Letter(
    address="anna@example.com",
    title="Month 15 GB ends Mon 30 Nov, 12:00 – 续费",
    text="Grüße, 15,00 €\n",
    html="<p>Grüße</p>",
    reference="01a207aa-0f2e-7634-955d-81396d4c4e7b",
)


class Far(Protocol):
    """The other end of a carrier, as a test wants to say it."""

    def says(self, word: str) -> None: ...
    def taken(self) -> list[str]:
        """The references of what it has taken."""
        ...

    def is_gone(self) -> None:
        """Nobody listens there any more."""
        ...


def reference_of(message: dict[str, Any]) -> str:
    """Ours, as the sandbox is told it, or in the address to which a provider reports."""
    for name in ("reference", "h:Message-Id"):
        if name in message:
            return str(message[name])
    return str(parse_qs(urlsplit(message["StatusCallback"]).query)["message"][0])


class SmsOfTheSettings:
    """The SMS channel as the settings say at this moment."""

    window = 1

    def carry(self, letter: Letter) -> Accepted:
        return SmsChannel().carry(letter)


@dataclass
class FarHttp:
    stub: HttpStub
    settings: Any
    address: str

    def says(self, word: str) -> None:
        self.stub.says = {"accept": "201", "busy": "429", "trouble": "500", "never": "400", "redirect": "302"}.get(
            word, word
        )

    def taken(self) -> list[str]:
        return [reference_of(message) for message in self.stub.taken]

    def is_gone(self) -> None:
        setattr(self.settings, self.address, f"http://127.0.0.1:{free_port()}")


@dataclass
class FarSmtp:
    stub: SmtpStub
    settings: Any

    def says(self, word: str) -> None:
        self.stub.says = {"accept": "250", "busy": "450", "trouble": "451", "never": "550"}.get(word, word)

    def taken(self) -> list[str]:
        mails = [message_from_bytes(mail, policy=policy.default) for mail in self.stub.taken]
        return [str(mail["Message-ID"]) for mail in mails]

    def is_gone(self) -> None:
        self.settings.EMAIL_PORT = free_port()


def by_api(settings: Any, url: str) -> None:
    """E-mail goes over the HTTP API of a provider."""
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    own = {"MAILGUN_API_KEY": "key", "MAILGUN_SENDER_DOMAIN": "refill.example", "MAILGUN_API_URL": url}
    settings.ANYMAIL = {"REQUESTS_TIMEOUT": 0.4, **own}


@dataclass
class Way:
    carrier: CarrierOfMessages
    far: Far
    #: what the carrier calls the letter
    reference: str


class FarMailApi(FarHttp):
    def is_gone(self) -> None:
        self.settings.ANYMAIL = {**self.settings.ANYMAIL, "MAILGUN_API_URL": f"http://127.0.0.1:{free_port()}/v3"}


@pytest.fixture(params=["http sms", "inbox sms", "inbox email", "smtp", "mail api"])
def way(request, settings, monkeypatch) -> Iterator[Way]:
    """Each carrier with its other end, and no patience."""
    monkeypatch.setattr("notifications.channels.http_sms.READ_SECONDS", 0.4)
    monkeypatch.setattr("lib.http.READ_SECONDS", 0.4)
    settings.EMAIL_TIMEOUT = 0.4
    settings.DEFAULT_FROM_EMAIL = "Refill <hello@refill.example>"
    message_id = f"<{LETTER.reference}@refill.example>"
    stub: HttpStub | SmtpStub = SmtpStub() if request.param == "smtp" else HttpStub()
    if isinstance(stub, SmtpStub):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", stub.port
        made = Way(EmailCarrier(), FarSmtp(stub, settings), message_id)
    elif request.param == "mail api":
        by_api(settings, stub.url)
        made = Way(EmailCarrier(), FarMailApi(stub, settings, ""), message_id)
    elif request.param == "http sms":
        settings.SMS_API_URL, settings.SMS_API_ACCOUNT, settings.SMS_API_KEY = stub.url, "AC1", "key"
        made = Way(SmsOfTheSettings(), FarHttp(stub, settings, "SMS_API_URL"), LETTER.reference)
    else:
        settings.EMAIL_BACKEND = "notifications.channels.inbox.InboxEmailBackend"
        settings.SANDBOX_URL = stub.url
        is_sms = request.param == "inbox sms"
        far = FarHttp(stub, settings, "SANDBOX_URL")
        made = Way(InboxSmsChannel() if is_sms else EmailCarrier(), far, LETTER.reference if is_sms else message_id)
    with running(stub):
        yield made


def test_what_is_accepted_arrived_once_under_our_reference_and_has_theirs(way):
    assert way.carrier.carry(LETTER).reference or way.far
    assert way.far.taken() == [way.reference]


def test_the_same_letter_again_has_the_same_reference(way):
    way.carrier.carry(LETTER)
    way.carrier.carry(LETTER)

    assert way.far.taken() == [way.reference] * 2


@pytest.mark.parametrize("word", ["busy", "trouble"])
def test_what_was_not_accepted_for_now_may_be_tried_again(way, word):
    way.far.says(word)
    with pytest.raises(Refused) as refused:
        way.carrier.carry(LETTER)

    assert not refused.value.permanent
    assert way.far.taken() == []


def test_what_will_never_be_accepted_is_refused_for_good(way):
    way.far.says("never")
    with pytest.raises(Refused) as refused:
        way.carrier.carry(LETTER)

    assert refused.value.permanent
    assert way.far.taken() == []


def test_where_nobody_listens_nothing_was_accepted(way):
    way.far.is_gone()
    with pytest.raises(Refused) as refused:
        way.carrier.carry(LETTER)

    assert (refused.value.permanent, refused.value.code) == (False, "unreachable")


def test_an_answer_that_does_not_come_leaves_the_outcome_open(way):
    way.far.says("silent")
    with pytest.raises(OutcomeUnknown):
        way.carrier.carry(LETTER)

    assert way.far.taken() == [way.reference]


@pytest.mark.django_db
def test_nothing_is_carried_inside_a_transaction(way):
    with transaction.atomic(), pytest.raises(CalledInsideTransaction):
        way.carrier.carry(LETTER)

    assert way.far.taken() == []


# --- What only some can say ------------------------------------------------------------------------------------------------


@pytest.fixture
def http_stub(settings) -> Iterator[HttpStub]:
    stub = HttpStub()
    settings.SMS_API_URL, settings.SMS_API_ACCOUNT, settings.SMS_API_KEY = stub.url, "AC1", "the-key"
    settings.SMS_SENDER = "Refill"
    settings.SANDBOX_URL = stub.url
    with running(stub):
        yield stub


@pytest.mark.parametrize("carrier", [SmsOfTheSettings(), InboxSmsChannel()])
@pytest.mark.parametrize("status", ["302", "303", "307", "408", "409", "502", "504"])
def test_a_redirect_is_not_followed_and_like_a_lost_answer_not_taken_for_acceptance(http_stub, carrier, status):
    http_stub.says = status
    with pytest.raises(OutcomeUnknown) as unknown:
        carrier.carry(LETTER)

    assert unknown.value.code == status
    assert len(http_stub.headers) == 1


@pytest.mark.parametrize(
    ("status", "is_final"),
    [("401", False), ("402", False), ("403", False), ("404", False), ("422", True), ("503", False)],
)
def test_our_own_trouble_with_the_carrier_is_no_reason_to_give_a_message_up(http_stub, status, is_final):
    http_stub.says = status
    with pytest.raises(Refused) as refused:
        SmsOfTheSettings().carry(LETTER)

    assert (refused.value.permanent, refused.value.code) == (is_final, status)


@pytest.mark.parametrize("body", [b"", b"OK", b"[]", b'"x"'])
def test_an_acceptance_without_an_id_is_an_acceptance(http_stub, body):
    http_stub.body = body

    assert SmsOfTheSettings().carry(LETTER) == Accepted("", "first")


def test_an_sms_goes_out_as_a_form_with_account_and_key_and_where_to_report(http_stub, settings):
    settings.PORTAL_ORIGIN = "https://refill.example"
    assert SmsOfTheSettings().carry(LETTER) == Accepted("SM1", "first")

    report = f"https://refill.example/webhooks/sms/first/?message={LETTER.reference}"
    (form,) = http_stub.taken
    assert form == {"To": LETTER.address, "From": "Refill", "Body": LETTER.text, "StatusCallback": report}
    assert http_stub.headers[0]["Authorization"] == f"Basic {b64encode(b'AC1:the-key').decode()}"


@pytest.mark.parametrize(
    ("code", "is_final"), [("21211", True), ("21610", True), ("20429", False), ("30001", False), ("99999", True)]
)
def test_the_providers_own_code_says_whether_another_try_is_of_use(http_stub, code, is_final):
    http_stub.says, http_stub.body = "400", json.dumps({"code": int(code), "message": "no"}).encode()
    with pytest.raises(Refused) as refused:
        SmsOfTheSettings().carry(LETTER)

    assert (refused.value.permanent, refused.value.code, refused.value.by) == (is_final, code, "first")


@pytest.fixture
def second_stub(http_stub, settings) -> Iterator[HttpStub]:
    """A provider for when the first one fails."""
    stub = HttpStub()
    settings.SMS_SECOND_API_URL, settings.SMS_SECOND_API_ACCOUNT, settings.SMS_SECOND_API_KEY = stub.url, "AC2", "key-2"
    with running(stub):
        yield stub


def test_what_the_first_provider_surely_did_not_take_goes_to_the_second_at_once(http_stub, second_stub):
    http_stub.says = "503"
    assert SmsOfTheSettings().carry(LETTER) == Accepted("SM1", "second")

    assert (len(http_stub.taken), len(second_stub.taken)) == (0, 1)


def test_what_it_may_have_taken_goes_to_nobody_else(http_stub, second_stub, monkeypatch):
    monkeypatch.setattr("notifications.channels.http_sms.READ_SECONDS", 0.4)
    http_stub.says = "silent"
    with pytest.raises(OutcomeUnknown):
        SmsOfTheSettings().carry(LETTER)

    assert (len(http_stub.taken), len(second_stub.taken)) == (1, 0)


def test_what_is_wrong_with_the_message_is_not_tried_elsewhere(http_stub, second_stub):
    http_stub.says = "400"
    with pytest.raises(Refused):
        SmsOfTheSettings().carry(LETTER)

    assert second_stub.headers == []


def test_a_provider_that_keeps_failing_is_left_alone_for_a_minute_and_comes_back(http_stub, second_stub):
    http_stub.says = "500"
    for _letter in range(7):
        assert SmsOfTheSettings().carry(LETTER).by == "second"
    assert (len(http_stub.headers), len(second_stub.headers)) == (5, 7)

    http_stub.says = "201"
    cache.clear()  # the minute is over
    assert SmsOfTheSettings().carry(LETTER).by == "first"


def test_when_both_fail_it_may_be_tried_again(http_stub, second_stub):
    http_stub.says = second_stub.says = "503"
    with pytest.raises(Refused) as refused:
        SmsOfTheSettings().carry(LETTER)

    assert (refused.value.permanent, refused.value.by) == (False, "second")


@pytest.fixture
def smtp_stub(settings) -> Iterator[SmtpStub]:
    stub = SmtpStub()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", stub.port, 1
    with running(stub):
        yield stub


def test_a_mail_server_that_will_not_even_greet_us_has_refused_nothing_for_good(smtp_stub):
    smtp_stub.greets = "554"
    with pytest.raises(Refused) as refused:
        EmailCarrier().carry(LETTER)

    assert (refused.value.permanent, refused.value.code) == (False, "554")


def test_a_mail_has_a_text_and_a_page_under_one_message_id(smtp_stub):
    EmailCarrier().carry(LETTER)
    (raw,) = smtp_stub.taken
    mail = message_from_bytes(raw, policy=policy.default)

    assert mail["Subject"].strip() == LETTER.title
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().strip() == "Grüße, 15,00 €"
    assert page.get_content().strip() == "<p>Grüße</p>"


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("Hello\r\nBcc: mallory@example.com", "anna@example.com"),
        ("Hello", "anna@example.com\r\nBcc: mallory@example.com"),
    ],
)
def test_a_line_break_in_a_header_is_refused_for_good(smtp_stub, title, address):
    letter = Letter(address=address, title=title, text="x", html="", reference="r")
    with pytest.raises(Refused) as refused:
        EmailCarrier().carry(letter)

    assert (refused.value.permanent, refused.value.code) == (True, "malformed")
    assert smtp_stub.taken == []


def test_the_inbox_of_the_sandbox_takes_both_channels_once_each(settings, tmp_path):
    sandbox = Sandbox(tmp_path, port=free_port())
    settings.SANDBOX_URL = sandbox.url
    settings.EMAIL_BACKEND = "notifications.channels.inbox.InboxEmailBackend"
    sms = Letter(address=NUMBER, title="", text="Your code is 493817", html="", reference="r-1")
    try:
        sandbox.start()
        for _time in range(2):
            assert InboxSmsChannel().carry(sms).reference
            assert EmailCarrier().carry(LETTER).reference
        arrived = {message["channel"]: message for message in sandbox.messages()}
        assert len(sandbox.messages()) == 2
    finally:
        sandbox.stop()

    assert (arrived["sms"]["to"], arrived["sms"]["text"]) == (NUMBER, sms.text)
    assert (arrived["email"]["to"], arrived["email"]["subject"]) == (LETTER.address, LETTER.title)
    assert (arrived["email"]["text"], arrived["email"]["html"]) == (LETTER.text, LETTER.html)


def test_a_mail_over_a_providers_api_lies_in_the_inbox_once_with_everything_that_was_said(settings, tmp_path):
    sandbox = Sandbox(tmp_path, port=free_port())
    by_api(settings, f"{sandbox.url}/mail/v3")
    settings.ANYMAIL["REQUESTS_TIMEOUT"] = 5
    letter = replace(LETTER, attachment=Attachment("Refill-S-2026-000001.pdf", "application/pdf", b"%PDF"))
    try:
        sandbox.start()
        for _time in range(2):
            EmailCarrier().carry(letter)
        (arrived,) = sandbox.messages()
    finally:
        sandbox.stop()

    assert (arrived["to"], arrived["subject"], arrived["html"]) == (LETTER.address, LETTER.title, LETTER.html)
    assert arrived["text"] == f"{LETTER.text}\n\n[Refill-S-2026-000001.pdf]"
    assert arrived["reference"].startswith(f"<{LETTER.reference}@")


def test_how_to_say_no_goes_over_a_providers_api_too(http_stub, settings):
    by_api(settings, http_stub.url)
    EmailCarrier().carry(replace(LETTER, off_url="https://refill.example/messages/off/x/"))

    (posted,) = http_stub.taken
    assert posted["h:List-Unsubscribe"] == "<https://refill.example/messages/off/x/>"
    assert posted["h:List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_inbox_tells_the_files_of_a_mail(settings):
    stub = HttpStub()
    settings.EMAIL_BACKEND = "notifications.channels.inbox.InboxEmailBackend"
    file = Attachment("Refill-S-2026-000001.pdf", "application/pdf", b"%PDF" + 29_000 * b"x")
    with running(stub):
        settings.SANDBOX_URL = stub.url
        EmailCarrier().carry(replace(LETTER, html="<body>Attached.</body>", attachment=file))

    (posted,) = stub.taken
    assert posted["text"].endswith("\n\n[Refill-S-2026-000001.pdf, 30 kB]")
    assert posted["html"] == "<body>Attached.<p>[Refill-S-2026-000001.pdf, 30 kB]</p></body>"
    (told,) = posted["attachments"]
    assert (told["name"], told["kind"], b64decode(told["content"])) == (file.name, file.kind, file.content)


def test_a_file_goes_over_smtp_whole(smtp_stub):
    file = Attachment("Refill-S-2026-000001.pdf", "application/pdf", bytes(range(256)) * 100)
    EmailCarrier().carry(replace(LETTER, attachment=file))

    mail = message_from_bytes(smtp_stub.taken[0], policy=policy.default)
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (file.name, file.kind, file.content)


def test_each_channel_has_the_carrier_the_settings_name(settings):
    channels.carrier.cache_clear()
    settings.SMS_CHANNEL = "notifications.channels.sms.SmsChannel"
    try:
        assert isinstance(channels.carrier("sms"), SmsChannel)
        assert isinstance(channels.carrier("email"), EmailCarrier)
    finally:
        channels.carrier.cache_clear()
