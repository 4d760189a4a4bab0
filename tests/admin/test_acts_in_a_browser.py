"""Every act at the desk, clicked by somebody who may, and neither offered to nor taken from somebody who may not."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import models
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Line, Subscriber
from billing.authority import Authority
from billing.by_voucher import voucher_batches
from billing.models import (
    OPEN_PAYOUT_STATES,
    Adjustment,
    LedgerEntry,
    Order,
    Payout,
    RefundRequest,
    ReviewItem,
    ReviewKind,
    Voucher,
    VoucherBatch,
    VoucherState,
)
from billing.paying_out import payouts_at_the_desk
from lib import clock
from lib.models import Alarm, Audit
from notifications.models import Message, MessageState
from support.models import Ticket, TicketEntry
from tests.admin.desk import (
    adjustment_of,
    alarm_row,
    failed_item,
    message,
    payout_of,
    request_of,
    signed_in,
    staff,
    ticket_of,
)
from tests.admin.test_deciding import IBAN
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.billing.printing import FRITZ, activate, make, printed
from tests.cast import anna

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def order_row() -> Order:
    """Another order of Anna's, paid just now."""
    buyer = Subscriber.objects.filter(email="anna@example.com").first() or anna()
    order = order_plan(buyer, now=clock.now())
    pay(order, now=clock.now())
    return order


def item_row() -> ReviewItem:
    subject = f"refund:{uuid.uuid4()}"
    return ReviewItem.objects.create(subject=subject, kind=ReviewKind.REFUND_BY_GATEWAY, opened_at=clock.now())


def message_row() -> Message:
    """One that may or may not have arrived."""
    row = message()
    for state in (MessageState.CLAIMED, MessageState.UNKNOWN):
        row.move_to(state)
    return row


def request_row() -> RefundRequest:
    return request_of(order_row())


def payout_row() -> Payout:
    """Asked for by Anna, whose former one has ended."""
    for former in Payout.objects.filter(state__in=OPEN_PAYOUT_STATES):
        payouts_at_the_desk.refuse(former.pk, reason="test", by=FIRST, now=clock.now())
    return payout_of(order_row().line)


def approved_row() -> Payout:
    return payouts_at_the_desk.approve(payout_row().pk, by=FIRST, now=clock.now())


def batch_row() -> VoucherBatch:
    return make(now=clock.now())


def printed_row() -> VoucherBatch:
    batch = batch_row()
    printed(batch, now=clock.now())
    return batch


def active_row() -> VoucherBatch:
    batch = printed_row()
    activate(batch, now=clock.now())
    return batch


def blocked_row() -> VoucherBatch:
    batch = active_row()
    voucher_batches.block(batch.pk, reason="lost", by=FRITZ, now=clock.now())
    return batch


def voucher_row() -> Voucher:
    return active_row().vouchers.order_by("pk")[0]


def ticket_row() -> Ticket:
    return ticket_of(Subscriber.objects.get(email="anna@example.com"), order_row())


FIRST = Authority(person_id=0, may_decide=True)
#: the button: the row it is on, what is typed, and the groups that may
ACTS: dict[str, tuple[Callable[[], models.Model], dict[str, str], set[str]]] = {
    "Mark as seen": (alarm_row, {}, {"agent", "finance"}),
    "Check again": (order_row, {}, {"agent", "finance"}),
    "Give money back": (order_row, {"reason": "They moved abroad."}, {"agent", "finance"}),
    "Take": (item_row, {}, {"agent", "finance"}),
    "Close: looked into": (item_row, {"reason": "Compared with the bank."}, {"finance"}),
    "Give it back": (lambda: failed_item(order_row()), {}, {"finance"}),
    "Pay by hand": (lambda: failed_item(order_row()), {"holder": "Anna Berg", "iban": IBAN}, {"finance"}),
    "Grant": (request_row, {}, {"finance"}),
    "Refuse": (request_row, {}, {"finance"}),
    "Agree and book": (lambda: adjustment_of(order_row().line), {}, {"finance"}),
    "Approve": (payout_row, {}, {"finance"}),
    "I have sent it": (approved_row, {}, {"finance"}),
    "Hand the codes out": (batch_row, {}, {"finance"}),
    "Activate": (printed_row, {"reason": "Kiosk Müller, 2026-0117"}, {"finance"}),
    "Block all": (active_row, {"reason": "The carton was lost."}, {"agent", "finance"}),
    "Block": (voucher_row, {"reason": "Scratched by another."}, {"agent", "finance"}),
    "Unblock all": (blocked_row, {"reason": "The carton was found."}, {"finance"}),
    "Send again": (message_row, {"reason": "She says it never came."}, {"agent", "finance"}),
    "Answer": (ticket_row, {"text": "Try another card."}, {"agent", "finance"}),
    "Write a note": (ticket_row, {"text": "She called twice."}, {"agent", "finance"}),
    "Mark as solved": (ticket_row, {}, {"agent", "finance"}),
    "Adjust credit": (
        lambda: order_row().line,
        {"amount": "3.00", "reason": "A day without network."},
        {"agent", "finance"},
    ),
}
NAMES = {"viewer": "Vera", "agent": "Sam", "finance": "Finn"}


def page_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def everything() -> list[Any]:
    tables = (
        Adjustment,
        Payout,
        RefundRequest,
        ReviewItem,
        LedgerEntry,
        Alarm,
        VoucherBatch,
        Voucher,
        Message,
        Ticket,
        TicketEntry,
    )
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def desk(browser: Browser, url: str, group: str) -> Page:
    """The desk as one of a group sees it."""
    person = staff(NAMES[group], group=group)
    cookie = signed_in(person).cookies[settings.SESSION_COOKIE_NAME]
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": url}])
    return context.new_page()


def click(page: Page, words: str, typed: dict[str, str]) -> None:
    """Press what says `words`, type what it asks for on a page of its own or beside it, and confirm."""
    named = re.compile(rf"^{re.escape(words)}…?$")
    content = page.locator("#content")
    if (link := content.get_by_role("link", name=named)).count():
        link.first.click()
        asked = page.locator("form.desk-form")
    elif (folded := content.locator("summary", has_text=named)).count():
        folded.first.click()
        asked = page.locator("details[open] form")
    else:
        content.get_by_role("button", name=named).first.click()
        return
    for name, text in typed.items():
        asked.locator(f"[name={name}]").fill(text)
    asked.locator("button[type=submit]").click()


def take_the_file(page: Page, words: str) -> None:
    """The codes come once, as a file."""
    page.get_by_role("link", name=words).click()
    with page.expect_download() as sheet:
        page.get_by_role("button", name="Make the codes and download them").click()
    assert sheet.value.suggested_filename.endswith(".csv")
    assert Voucher.objects.filter(state=VoucherState.CREATED).exists()


@pytest.mark.parametrize("group", ["agent", "finance"])
def test_each_act_is_clicked_by_those_who_may(live_server: Any, browser: Browser, group: str) -> None:
    load_reference_data()
    page = desk(browser, live_server.url, group)
    for words, (make_row, typed, may) in ACTS.items():
        if group not in may:
            continue
        row = make_row()
        page.goto(live_server.url + page_of(row))
        before, acts = everything(), Audit.objects.exclude(deed="viewed").count()
        if words == "Hand the codes out":
            take_the_file(page, words)
            continue
        click(page, words, typed)
        expect(page.locator(".messagelist")).to_be_visible()
        told = page.locator(".messagelist").inner_text()
        assert not page.locator(".messagelist .error").count() or words == "Check again", (
            words,
            told,
        )  # no gateway here
        assert Audit.objects.exclude(deed="viewed").count() > acts, words
        assert everything() != before or words == "Check again", words
        if words == "Take":
            click(page, "Hand back", {})
            expect(page.get_by_role("button", name="Take")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("group", ["viewer", "agent"])
def test_an_act_is_neither_offered_to_the_wrong_group_nor_taken_from_it(
    live_server: Any, browser: Browser, group: str
) -> None:
    load_reference_data()
    page = desk(browser, live_server.url, group)
    for words, (make_row, _typed, may) in ACTS.items():
        if group in may:
            continue
        row = make_row()
        page.goto(live_server.url + page_of(row))
        named = re.compile(rf"^{re.escape(words)}…?$")
        for role in ("button", "link"):
            assert not page.locator("#content").get_by_role(role, name=named).count(), (group, words)
        assert not page.locator("#content summary", has_text=named).count(), (group, words)
        before = everything()
        for path in _addresses(row):
            token = page.context.cookies()
            csrf = next((one["value"] for one in token if "csrf" in one["name"]), "")
            answer = page.request.post(
                live_server.url + path, form={"reason": "because", "csrfmiddlewaretoken": csrf}, max_redirects=0
            )
            assert answer.status in {403, 404, 405} or (group == "agent" and answer.status == 302), (words, path)
        if group == "viewer":
            assert everything() == before, words
    page.context.close()


def _addresses(row: models.Model) -> list[str]:
    """Where acts on the row are posted."""
    at = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    if isinstance(row, Line):
        return [reverse("admin:billing_adjustment_ask", args=[row.pk])]
    if isinstance(row, VoucherBatch):
        acts = [reverse(f"{at}_act", args=[row.pk, name]) for name in ("activate", "unblock")]
        return [*acts, reverse(f"{at}_hand_out", args=[row.pk])]
    names = {
        Alarm: ["seen"],
        Message: ["send-again"],
        ReviewItem: ["close", "give-back", "pay-by-hand"],
        RefundRequest: ["grant", "refuse"],
        Adjustment: ["grant"],
        Payout: ["approve", "send", "refuse"],
        Ticket: ["answer", "note", "take", "hand-back", "solve"],
    }.get(type(row), [])
    return [reverse(f"{at}_act", args=[row.pk, name]) for name in names]
