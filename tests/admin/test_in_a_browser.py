"""The desk's pages as a browser and a screen reader find them: strict policy, nothing too wide, nothing axe objects to."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import Line, Subscriber
from billing.models import (
    Adjustment,
    Dispute,
    LedgerEntry,
    Order,
    Payment,
    Payout,
    Refund,
    RefundRequest,
    ReviewItem,
)
from lib import clock
from lib.models import Alarm, Audit
from network.models import ExternalTopUp
from notifications.models import Message
from plans.models import Plan
from portal.staff import invitations
from tests.admin.desk import failed_item, has_address, rows, signed_in, staff, today_entry
from tests.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: a folder to keep screenshots in, to be looked at; then every page is shown in more ways
SHOTS = os.environ.get("LOOK_SHOTS")
WAYS = [(360, "light"), (1280, "dark")] + ([(360, "dark"), (1280, "light")] if SHOTS else [])


#: what sticks out of a page that can be scrolled sideways
TOO_WIDE = """() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    const isInside = (it) => it.parentElement?.closest(".scroll, .results, .table-wrapper");
    const out = [...document.querySelectorAll("body *")].filter((it) => it.getBoundingClientRect().right > wide && !isInside(it));
    const named = (it) => `${it.tagName} ${it.id} ${it.className} ${it.getBoundingClientRect().right}`;
    return out.slice(0, 5).map(named);
}"""


def context_of(browser: Browser, client: Client, url: str, width: int, scheme: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": url}])
    return context


def judged(page: Page, name: str) -> dict[str, object]:
    """What is wrong with the page that is open."""
    if SHOTS:
        size, scheme = page.viewport_size, page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        kind = f"{size['width'] if size else 0}-{'dark' if scheme else 'light'}"
        page.screenshot(path=Path(SHOTS) / f"desk-{name}-{kind}.png", full_page=True)
    wrong: dict[str, object] = {}
    if found := violations(page):
        wrong["axe"] = found
    if too_wide := page.evaluate(TOO_WIDE):
        wrong["too wide"] = too_wide
    return wrong


SHOWN: list[type[Model]] = [
    Subscriber,
    Line,
    Order,
    Payment,
    ReviewItem,
    RefundRequest,
    Refund,
    Dispute,
    Adjustment,
    Payout,
]
SHOWN += [LedgerEntry, Plan, Message, Alarm, Audit, ExternalTopUp]


def pages() -> dict[str, str]:
    table = rows()
    today_entry(table[Order], 2599, at=clock.now())  # type: ignore[arg-type]
    found = {"index": reverse("admin:index"), "app": reverse("admin:app_list", args=("billing",))}
    for model in SHOWN:
        at = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found[f"{model.__name__}-list"] = reverse(f"{at}_changelist")
        found[model.__name__] = reverse(f"{at}_change", args=(table[model].pk,))
    found["history"] = reverse("admin:billing_order_history", args=(table[Order].pk,))
    found["adjust"] = reverse("admin:billing_adjustment_ask", args=(table[Line].pk,))
    found["refund"] = reverse("admin:billing_order_act", args=(table[Order].pk, "refund"))
    found["pay-by-hand"] = reverse("admin:billing_reviewitem_act", args=(failed_item(table[Order]).pk, "pay-by-hand"))
    found["line-of-one-kind"] = reverse("admin:accounts_line_change", args=(table[Line].pk,)) + "?what=money"
    return found


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_every_kind_of_page_is_accessible_fits_and_keeps_to_the_policy(live_server, browser, width, scheme) -> None:
    client = signed_in(staff("Sam", is_superuser=True))
    context = context_of(browser, client, live_server.url, width, scheme)
    page = context.new_page()
    said: list[str] = []
    wrong: dict[str, object] = {}
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for name, path in pages().items():
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == 200, name
        if said:
            wrong[f"{name} said"] = [*said]
        if faults := judged(page, name):
            wrong[name] = faults
        said.clear()  # axe itself applies styles
    context.close()
    assert wrong == {}


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_box_finds_and_says_what_it_did_not_find(live_server, browser, width, scheme) -> None:
    rows()
    context = context_of(browser, signed_in(staff("Sam")), live_server.url, width, scheme)
    page = context.new_page()
    page.goto(live_server.url + reverse("admin:index"))
    page.get_by_role("searchbox").first.fill("0176 040 690 99")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("Nothing found").wait_for()
    assert judged(page, "not-found") == {}
    page.get_by_role("searchbox").first.fill("0176 040 690 11")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("heading", name="What it has").wait_for()
    assert "/accounts/line/" in page.url
    context.close()


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_link_leads_to_a_password_and_a_second_factor(live_server, browser, width, scheme) -> None:
    person = invitations.staff_account(email="new@desk.example", name="New")
    context = context_of(browser, Client(), live_server.url, width, scheme)
    page = context.new_page()
    token = invitations.token_for(person)
    page.goto(f"{live_server.url}{reverse('staff_invitation')}?token={token}")
    assert "token" not in page.url
    assert judged(page, "invitation") == {}
    for field in ("new_password1", "new_password2"):
        page.locator(f"[name={field}]").fill("a sentence only I would say")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/2fa/totp/activate/**")
    assert judged(page, "factor") == {}
    page.goto(live_server.url + reverse("admin:index"))
    page.get_by_role("link", name="Set up the second factor").wait_for()
    assert judged(page, "one-more-step") == {}
    page.goto(f"{live_server.url}{reverse('staff_invitation')}?token={token}")
    page.get_by_role("heading", name="This link is over").wait_for()
    assert judged(page, "link-over") == {}
    context.close()
    assert has_address(person)
