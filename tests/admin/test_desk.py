"""What staff do at the desk: find, look, ask the gateway again, and become staff by a link that works once."""

import io
import re
import uuid
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Line, Subscriber
from billing.models import Order, Payment, WebhookEvent
from lib import clock
from notifications import outbox
from notifications.models import Message
from notifications.outbox import Outgoing, Recipient
from tests.admin.desk import factors_of, has_address, message, rows, signed_in, staff
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna
from tests.counting import statements_of

pytestmark = pytest.mark.django_db
SEARCH = "/admin/search/"


@pytest.fixture
def sam() -> Client:
    return signed_in(staff("Sam"))


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_one_box_finds_by_number_email_order_and_gateway_id(sam: Client) -> None:
    table = rows()
    line, order, payment, event = table[Line], table[Order], table[Payment], table[WebhookEvent]
    assert isinstance(order, Order)
    assert isinstance(payment, Payment)
    asked = {
        "+49 176 04069011": line,
        "0176/040-690-11": line,
        "ANNA@example.com": table[Subscriber],
        order.reference: order,
        order.reference.lower().replace("-", " "): order,
        str(order.pk): order,
        str(payment.session_id): payment,
        str(payment.intent_id): payment,
        "evt_desk_1": event,
        "8949000000000000011": line,
    }
    for words, row in asked.items():
        answer = sam.post(SEARCH, {"q": words})
        page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        found = answer["Location"] if answer.status_code == 302 else text(answer)
        assert page in found, words


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "   ",
        "nobody@example.com",
        "+4917604069099",
        "x" * 5000,
        "\x00",
        "<script>alert(1)</script>",
        "%",
        "' OR 1=1",
        "R-0000000",
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_what_is_not_found_is_said_and_nothing_breaks(sam: Client, asked: str) -> None:
    answer = sam.post(SEARCH, {"q": asked})
    assert answer.status_code == 200
    assert "<script>alert" not in text(answer)


def test_the_line_s_page_links_to_everything_it_has(sam: Client) -> None:
    table = rows()
    page = text(sam.get(reverse("admin:accounts_line_change", args=[table[Line].pk])))
    for model in ("order", "ledgerentry"):
        assert f"/admin/billing/{model}/" in page
    for model in ("planperiod", "allowance"):
        assert f"/admin/plans/{model}/" in page
    assert "/admin/accounts/subscriber/" in page


def test_names_with_markup_are_shown_as_they_are_typed(sam: Client) -> None:
    rows()
    Subscriber.objects.filter(email="anna@example.com").update(name="<img src=x onerror=alert(1)>")
    Message.objects.update(sent_text="<script>alert(2)</script>")
    for path in (
        "accounts/subscriber/",
        "notifications/message/",
        f"accounts/subscriber/{Subscriber.objects.get(email='anna@example.com').pk}/change/",
    ):
        page = text(sam.get(f"/admin/{path}"))
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_a_code_is_dots_even_for_staff(sam: Client) -> None:
    outbox.send(
        Outgoing(
            kind="sign_in_code",
            channel="sms",
            to=Recipient("+4917604069011", "en", "Europe/Berlin"),
            context={"code": "482913"},
            key=uuid.uuid4().hex,
            subject="account",
        )
    )
    row = Message.objects.get()
    page = text(sam.get(reverse("admin:notifications_message_change", args=[row.pk])))
    assert "482913" not in page
    assert "482913" not in text(sam.get("/admin/notifications/message/"))


@pytest.mark.parametrize(
    "path", ["billing/order/", "billing/payment/", "accounts/line/", "notifications/message/", "billing/ledgerentry/"]
)
def test_a_list_costs_the_same_with_many_rows(sam: Client, path: str) -> None:
    load_reference_data()
    buyer = anna()
    for _number in range(3):
        pay(order_plan(buyer, now=clock.now()), now=clock.now())
    few = len(statements_of(sam, f"/admin/{path}"))
    for _number in range(12):
        pay(order_plan(buyer, now=clock.now()), now=clock.now())
        message()
    assert len(statements_of(sam, f"/admin/{path}")) == few <= 25


def test_asking_again_without_a_payment_page_says_so_and_changes_nothing(sam: Client) -> None:
    load_reference_data()
    order = order_plan(anna(), now=clock.now())
    check = reverse("admin:billing_order_act", args=[order.pk, "check-again"])
    answer = sam.post(check, follow=True)
    assert "There is no payment page to ask about" in text(answer)
    assert sam.get(check).status_code == 405
    for row_id in (uuid.uuid4(), "x", 7):
        assert sam.post(reverse("admin:billing_order_act", args=[row_id, "check-again"])).status_code == 404
    assert sam.post(reverse("admin:billing_order_act", args=[order.pk, "delete"])).status_code == 404


def test_a_viewer_may_not_ask_the_gateway() -> None:
    load_reference_data()
    order = order_plan(anna(), now=clock.now())
    vera = signed_in(staff("Vera", group="viewer"))
    assert vera.post(reverse("admin:billing_order_act", args=[order.pk, "check-again"])).status_code == 403


def link_for(email: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("create_staff", email, stdout=out, **options)
    found = re.search(r"https?://\S+", out.getvalue())
    assert found
    return found[0].partition("://")[2].partition("/")[2]


def test_a_new_colleague_sets_password_and_second_factor_by_a_link_that_works_once() -> None:
    link = "/" + link_for("sam@desk.example", name="Sam")
    browser = Client()
    page = browser.get(link, follow=True)
    assert "token=" not in page.redirect_chain[-1][0]
    password = "a long secret of Sam's 7"
    answer = browser.post(
        page.redirect_chain[-1][0], {"new_password1": password, "new_password2": password}, follow=True
    )
    sam = Subscriber.objects.get(email="sam@desk.example")
    assert sam.check_password(password)
    assert has_address(sam)
    assert browser.get("/admin/").status_code == 302
    assert "second factor" in text(browser.get("/admin/", follow=True)).lower() + text(answer).lower()

    setup = browser.get("/account/2fa/totp/activate/", follow=True)
    secret = re.search(r"[A-Z2-7]{32}", text(setup))
    assert secret
    code = format_hotp_value(hotp_value(secret[0], next(iter(yield_hotp_counters_from_time()))))
    browser.post("/account/2fa/totp/activate/", {"code": code}, follow=True)
    assert factors_of(sam) >= 1

    again = Client().get(link, follow=True)
    assert "new_password1" not in text(again)


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "é", "x" * 4000])
def test_a_forged_link_is_over(token: str) -> None:
    answer = Client().get("/staff/invitation/", {"token": token}, follow=True)
    assert answer.status_code in {200, 404, 410}
    assert "new_password1" not in text(answer)


def test_a_subscriber_cannot_be_made_staff_and_an_address_must_be_one() -> None:
    anna()
    with pytest.raises(CommandError, match="belongs to a subscriber"):
        link_for("anna@example.com")
    with pytest.raises(CommandError, match="no e-mail address"):
        link_for("sam")
    assert not Subscriber.objects.filter(is_staff=True).exists()
