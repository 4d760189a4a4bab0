"""Help, on a phone: Anna's card is declined, she asks, support answers at the desk and by e-mail, she replies to the mail; and an order
that is late has its ticket before she asks.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Subscriber
from billing.models import OrderState, Payment, WebhookEvent
from lib import clock, queue
from support.models import Ticket
from tests.admin.desk import signed_in, staff
from tests.cast import anna
from tests.sandbox_process import DECLINED
from tests.stack.buying import open_page, settle_down
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in."""
    walker = Walker(browser, worker)
    walker.is_already(anna())
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


@pytest.fixture
def desk(worker: Portal, browser: Browser) -> Iterator[Page]:
    """Sam's window, with the second factor given."""
    cookie = signed_in(staff("Sam")).cookies[settings.SESSION_COOKIE_NAME]
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": worker.origin}])
    yield context.new_page()
    context.close()


def ask_about_the_declined_card(walker: Walker) -> Ticket:
    walker.order("month-15")
    walker.pay_by_card(DECLINED)
    walker.page.get_by_text(re.compile("declined", re.IGNORECASE)).first.wait_for()
    until(Payment.objects.exclude(session_id=None).exists)
    payment = Payment.objects.get()
    walker.go(f"/orders/{payment.order_id}/")
    until(lambda: Payment.objects.exclude(failure_code=""))
    walker.page.reload()
    walker.sees("Your bank said no.")
    walker.press("Is something wrong?")
    walker.sees("My payment was declined")
    walker.press("None of this helps: write to us")
    walker.page.get_by_label("In a few words").fill("Declined, though there is money")
    walker.page.get_by_label("Your message").fill("My card works everywhere else.")
    walker.press("Send")
    walker.sees("We have it")
    walker.sees("Answer promised by")
    return Ticket.objects.get()


def answer_at_the_desk(desk: Page, origin: str, ticket: Ticket) -> None:
    desk.goto(f"{origin}/admin/")
    desk.get_by_role("link", name=re.compile("Tickets to answer")).first.click()
    desk.get_by_role("link", name=ticket.reference).click()
    content = desk.locator("#content")
    for words in ("My card works everywhere else.", "ticket_opened"):
        expect(content).to_contain_text(words)
    for row in (ticket.order, ticket.payment):
        assert row is not None
        page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        assert content.locator(f'a[href="{page}"]').count(), page
    content.get_by_role("link", name="Answer", exact=True).click()
    desk.locator("[name=text]").fill("Hello Anna,\n\nyour bank blocks payments abroad. Ask it to allow them.")
    desk.locator("form.desk-form button[type=submit]").click()
    expect(desk.locator(".messagelist")).to_contain_text("Answered.")


def test_a_declined_card_is_asked_about_answered_and_replied_to(walker: Walker, desk: Page) -> None:
    ticket = ask_about_the_declined_card(walker)
    assert (ticket.order, ticket.payment) == (Payment.objects.get().order, Payment.objects.get())
    answer_at_the_desk(desk, walker.portal.origin, ticket)

    sandbox = walker.portal.sandbox
    title = f"Our answer to {ticket.reference}"
    mail = until(lambda: [row for row in sandbox.messages(channel="email") if title in row["subject"]])[0]
    assert "your bank blocks payments abroad." in mail["text"]
    walker.page.reload()
    walker.sees("your bank blocks payments abroad.")
    walker.sees("Answered")

    walker.page.goto(f"{sandbox.url}/inbox/{mail['id']}")
    walker.page.get_by_label(re.compile("Reply, as")).fill("They allow it now. Thank you!")
    walker.page.get_by_role("button", name="Reply").click()
    expect(walker.page.get_by_text("The portal took it.")).to_be_visible()
    walker.go(reverse("ticket", args=[ticket.pk]))
    walker.sees("They allow it now. Thank you!")
    walker.sees("by e-mail")
    desk.goto(walker.portal.origin + reverse("admin:support_ticket_change", args=[ticket.pk]))
    expect(desk.locator("#content")).to_contain_text("They allow it now. Thank you!")
    assert "blocks payments" not in ticket.entries.filter(came_by="mail").get().text

    walker.press("It is solved")
    walker.sees("Solved")
    assert Ticket.objects.get().state == "solved"
    assert walker.complaints == []


def test_an_order_that_is_late_has_its_ticket_before_anybody_asks(walker: Walker) -> None:
    sandbox = walker.portal.sandbox
    purchase = open_page(buyer=Subscriber.objects.get(name="Anna"))
    sandbox.fault("api", "error", match="GET /v1/checkout/sessions/*", status=500, times=1000)
    sandbox.pay(purchase.session_id)
    until(lambda: WebhookEvent.objects.filter(kind="checkout.session.completed"))
    WebhookEvent.objects.update(received_at=clock.real_now() - timedelta(minutes=6))
    queue.wake("support.sweep_late_orders")
    until(Ticket.objects.exists)
    ticket = Ticket.objects.get()
    assert purchase.order.state == OrderState.PENDING
    until(lambda: [row for row in sandbox.messages(channel="email") if "takes longer than promised" in row["subject"]])
    walker.go(f"/orders/{purchase.order_id}/")
    walker.press(f"Your question {ticket.reference}")
    walker.sees("You need do nothing")

    sandbox.mend()
    settle_down(purchase)
    queue.wake("support.sweep_late_orders")
    until(lambda: Ticket.objects.filter(state="solved"))
    walker.page.reload()
    walker.sees("What you ordered is there now.")
    assert Ticket.objects.count() == 1
    assert walker.complaints == []
