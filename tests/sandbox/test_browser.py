"""The sandbox's pages as a browser and a screen reader find them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from stripe import StripeClient

from tests.axe import violations
from tests.sandbox.asking import session_wanted, transfer_wanted
from tests.sandbox_process import ASKS, DECLINED, Sandbox

pytestmark = pytest.mark.browser

#: a folder to keep screenshots in, to be looked at; then every page is shown in more ways
SHOTS = os.environ.get("LOOK_SHOTS")
#: width, colour scheme, language: a phone and a desk, both schemes, both languages
WAYS = [(360, "light", "en"), (1280, "dark", "zh")]
if SHOTS:
    WAYS = [(360, "light", "en"), (360, "dark", "zh"), (1280, "light", "zh"), (1280, "dark", "en")]

_MESSAGES = [
    {
        "channel": "sms",
        "to": "+4917604069012",
        "sender": "Refill",
        "text": "123456 is your sign-in code. It is good for 10 minutes. Nobody of ours will ever ask you for it.",
    },
    {
        "channel": "sms",
        "to": "+4917604069013",
        "sender": "Refill",
        "text": "您的套餐 Month M 已续费，有效期至 2026年12月30日。剩余流量 20 GB。",
    },
    {
        "channel": "email",
        "to": "anna.with.a.rather.long.address@mail.example.com",
        "sender": "Refill <hello@refill.example>",
        "subject": "Renewed until Mon 30 Nov, 14:20",
        "text": "Hello Anna,\n\nyour plan Month M is renewed until Mon 30 Nov 2026, 14:20.\n\n"
        + "You have 20 GB. " * 30,
        "html": "<html><head><title>Renewed</title></head><body><h1>Renewed</h1><p>Your plan Month M is renewed.</p></body></html>",
    },
]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(map(str, way)))
def way(request: pytest.FixtureRequest) -> tuple[int, str, str]:
    way: tuple[int, str, str] = request.param
    return way


@pytest.fixture
def page(browser: Browser, way: tuple[int, str, str]):
    """A page of the way's width and colours. At the end the browser's console must have stayed empty."""
    width, scheme, _ = way
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    refused = "the server responded with a status of 4"  # a form with a mistake is a 4xx, which Chromium notes
    assert [line for line in said if refused not in line] == []


@pytest.fixture
def address(client: StripeClient, way: tuple[int, str, str]) -> str:
    """A payment page in the way's language."""
    line = {
        "price_data": {
            "currency": "eur",
            "unit_amount": 1999,
            "product_data": {"name": "Month M · 20 GB, +49 176 04069012"},
        }
    }
    session = client.v1.checkout.sessions.create(
        session_wanted(locale=way[2], line_items=[line, line], customer_email=None)
    )
    return str(session.url)


def _judge(page: Page, name: str, way: tuple[int, str, str]) -> None:
    """Nothing runs over the edge, and axe finds nothing."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{'-'.join(map(str, way))}.png", full_page=True)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    findings = violations(page)
    assert too_wide == 0
    assert findings == []


def _send(sandbox: Sandbox, *messages: dict[str, str]) -> None:
    for message in messages:
        requests.post(f"{sandbox.url}/inbox/messages", json=message, timeout=5).raise_for_status()


def _fill(page: Page, card: str, *, email: str = "anna@example.com") -> None:
    for name, text in (("email", email), ("number", card), ("expiry", "12/34"), ("cvc", "123"), ("name", "Anna Alt")):
        page.locator(f"#{name}").fill(text)
    page.locator("button.go").click()


def test_the_first_page(page: Page, sandbox: Sandbox, way: tuple[int, str, str]) -> None:
    sandbox.turn_clock(3 * 86_400)
    page.goto(sandbox.url)
    _judge(page, "home", way)


def test_the_payment_page_empty_wrong_and_declined(page: Page, address: str, way: tuple[int, str, str]) -> None:
    page.goto(address)
    _judge(page, "pay", way)
    _fill(page, "4242424242424241", email="anna")
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    _judge(page, "pay-wrong", way)
    _fill(page, DECLINED)
    expect(page.get_by_role("alert")).to_be_visible()
    _judge(page, "pay-declined", way)


def test_the_banks_page_and_its_end(page: Page, address: str, way: tuple[int, str, str]) -> None:
    page.goto(address)
    _fill(page, ASKS)
    expect(page.locator("button.no")).to_be_visible()
    _judge(page, "bank", way)
    page.locator("button.no").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_the_pages_that_take_no_money(
    page: Page, client: StripeClient, sandbox: Sandbox, address: str, way: tuple[int, str, str]
) -> None:
    session_id = address.rpartition("/")[2]
    sandbox.pay(session_id)
    page.goto(address)
    _judge(page, "paid", way)
    expired = client.v1.checkout.sessions.create(session_wanted(locale=way[2]))
    client.v1.checkout.sessions.expire(expired.id)
    page.goto(str(expired.url))
    _judge(page, "expired", way)
    page.goto(f"{sandbox.url}/pay/cs_none")
    _judge(page, "unknown", way)


def test_paypal_is_chosen_left_and_agreed_to(page: Page, client: StripeClient, way: tuple[int, str, str]) -> None:
    page.route("http://localhost:8000/**", lambda route: route.fulfill(body="back in the shop"))
    both = session_wanted(locale=way[2], allowed_payment_method_types=["card", "paypal"])
    page.goto(str(client.v1.checkout.sessions.create(both).url))
    _judge(page, "pay-both", way)
    page.locator("button.paypal").click()
    expect(page.locator("button.no")).to_be_visible()
    _judge(page, "paypal", way)
    page.locator("button.no").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _judge(page, "paypal-left", way)
    page.locator("button.paypal").click()
    page.locator("button.go").click()
    expect(page.get_by_text("back in the shop")).to_be_visible()


def test_a_card_and_a_paypal_account_are_saved_and_the_permission_is_withdrawn(
    page: Page, client: StripeClient, sandbox: Sandbox, way: tuple[int, str, str]
) -> None:
    page.route("http://localhost:8000/**", lambda route: route.fulfill(body="back in the shop"))
    payer = f"anna.with.a.rather.long.address.{'.'.join(map(str, way))}@mail.example.com"
    customer = client.v1.customers.create({"email": payer}).id
    wanted: Any = {
        "mode": "setup", "currency": "eur", "customer": customer, "allowed_payment_method_types": ["card", "paypal"],
        "success_url": "http://localhost:8000/saved/", "cancel_url": "http://localhost:8000/", "locale": way[2],
    }  # fmt: skip
    address = str(client.v1.checkout.sessions.create(wanted).url)
    page.goto(address)
    expect(page.locator(".counter")).not_to_contain_text("€")
    _judge(page, "keep", way)
    page.locator("button.paypal").click()
    expect(page.locator("button.no")).to_be_visible()
    _judge(page, "paypal-keep", way)
    page.locator("button.go").click()
    expect(page.get_by_text("back in the shop")).to_be_visible()
    page.goto(address)
    _judge(page, "kept", way)
    page.goto(f"{sandbox.url}/paypal")
    _judge(page, "permissions", way)
    row = page.locator("li", has_text=payer)
    row.get_by_role("button").click()
    expect(row).to_contain_text("withdrawn")
    expect(row.get_by_role("button")).to_have_count(0)


def _transfer(client: StripeClient, **changes: Any) -> str:
    wanted: Any = {
        "name": "Anna Alt",
        "email": "anna.with.a.rather.long.address@mail.example.com",
        "cash_balance": {"settings": {"reconciliation_mode": "manual"}},
    }
    customer = client.v1.customers.create(wanted).id
    return client.v1.payment_intents.create(transfer_wanted(customer=customer, **changes)).id


def test_the_bank_sends_money_and_says_what_is_wrong_with_a_sum(
    page: Page, client: StripeClient, sandbox: Sandbox, way: tuple[int, str, str]
) -> None:
    intent_id = _transfer(client, description="Month M · 20 GB, order 4711-0815")
    page.goto(f"{sandbox.url}/bank/{intent_id}")
    _judge(page, "bank-one", way)
    page.get_by_label("Another sum, in EUR").fill("much")
    page.get_by_role("button", name="Send this sum").click()
    expect(page.get_by_text("Nothing was sent.")).to_be_visible()
    _judge(page, "bank-wrong", way)
    page.get_by_role("button", name="Exact").click()
    expect(page.get_by_role("listitem").first).to_contain_text("€19.99")
    _judge(page, "bank-all", way)


def test_a_payer_says_where_the_refund_goes(
    page: Page, client: StripeClient, sandbox: Sandbox, way: tuple[int, str, str]
) -> None:
    intent_id = _transfer(client)
    sandbox.transfer(intent=intent_id)
    client.v1.payment_intents.apply_customer_balance(intent_id)
    refund = client.v1.refunds.create({"payment_intent": intent_id})
    page.goto(f"{sandbox.url}/refunds")
    _judge(page, "refunds", way)
    page.locator(f"a[href='/refunds/{refund.id}']").click()
    page.get_by_label("IBAN").fill("DE00")
    page.get_by_role("button", name="Send it there").click()
    expect(page.get_by_text("This is no IBAN")).to_be_visible()
    _judge(page, "refund-wrong", way)
    page.get_by_label("IBAN").fill("DE89 3704 0044 0532 0130 00")
    page.get_by_role("button", name="Send it there").click()
    expect(page.get_by_text("on its way to the bank")).to_be_visible()
    _judge(page, "refund-under-way", way)


def test_the_inbox_empty_full_filtered_and_one_message(page: Page, sandbox: Sandbox, way: tuple[int, str, str]) -> None:
    page.goto(f"{sandbox.url}/inbox")
    _judge(page, "inbox-empty", way)
    _send(sandbox, *_MESSAGES)
    page.reload()
    _judge(page, "inbox", way)
    page.get_by_label("To", exact=True).fill("69013")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("article")).to_have_count(1)
    _judge(page, "inbox-filtered", way)
    page.get_by_role("link", name="All").click()
    page.get_by_role("link", name="Renewed until").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Renewed")).to_be_visible()
    _judge(page, "mail", way)


def test_the_inbox_renews_itself_and_leaves_what_is_already_read_alone(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.new_page()
    page.goto(f"{sandbox.url}/inbox")
    _send(sandbox, _MESSAGES[2])
    link = page.get_by_role("link", name="Renewed until")
    link.focus()
    _send(sandbox, _MESSAGES[0])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("article").first).to_contain_text("123456 is your sign-in code")
    expect(link).to_be_focused()
    sandbox.forget_messages()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()
    page.close()


def test_a_payment_is_made_by_keyboard_alone(page: Page, address: str, way: tuple[int, str, str]) -> None:
    page.route("http://localhost:8000/**", lambda route: route.fulfill(body="back in the shop"))
    page.goto(address)
    page.locator("#email").focus()
    for text in ("anna@example.com", "4242 4242 4242 4242", "12 / 34", "123", "Anna Alt"):
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("back in the shop")).to_be_visible()
    assert page.url.startswith("http://localhost:8000/orders/1/?session=cs_test_")


def _phones() -> list[dict[str, Any]]:
    """The cast of a family, on plans without limit."""
    now = datetime.now(UTC).replace(microsecond=0)
    since, until, ends_at = (
        moment.isoformat() for moment in (now - timedelta(days=2), now - timedelta(hours=8), now + timedelta(days=9))
    )
    grants = [
        {"unit": unit, "starts_at": since, "ends_at": ends_at, "amount": None} for unit in ("data", "voice", "texts")
    ]
    habits = ("commuter", "traveller", "parent", "child", "teenager", "grandmother", "streamer", "tablet")
    return [
        {
            "number": f"+491760406901{place}",
            "habit": habit,
            "time_zone": "Europe/Berlin",
            "home": "DE",
            "since": since,
            "until": until,
            "grants": grants,
        }
        for place, habit in enumerate(habits)
    ]


def test_the_page_of_time_tells_by_itself_what_happens(page: Page, sandbox: Sandbox, way: tuple[int, str, str]) -> None:
    page.set_extra_http_headers({"Accept-Language": way[2]})
    page.goto(f"{sandbox.url}/time")
    _judge(page, "time", way)
    page.locator("button[value=day]").click()
    expect(page.locator("main[data-moving]")).to_have_count(0)
    told = page.locator("#happened .what")
    before = told.count()
    sandbox.set_out(390 * 86_400)
    _send(sandbox, *_MESSAGES)
    expect(page.locator("progress")).to_be_visible()
    requests.delete(f"{sandbox.url}/time/journey", timeout=5).raise_for_status()
    expect(told).to_have_count(before + len(_MESSAGES))
    expect(page.locator("main[data-moving]")).to_have_count(0)
    _judge(page, "time-arrived", way)


def test_the_page_of_the_network(page: Page, sandbox: Sandbox, way: tuple[int, str, str]) -> None:
    sandbox.name_players(*_phones())
    page.goto(f"{sandbox.url}/network")
    expect(page.get_by_text("grandmother")).to_be_visible()
    _judge(page, "network", way)
    sandbox.name_players()
