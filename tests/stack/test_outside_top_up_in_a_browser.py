"""A shop tops Anna up while she looks at home on her phone; and a web server that is killed while it books the sale."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from accounts.models import Subscriber
from billing import ledger
from billing.models import Order, OrderState
from lib import clock
from network.models import ExternalTopUp
from sandbox.supervisor.environment import KIOSK_KEY
from tests.cast import anna
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

SHOTS = os.environ.get("LOOK_SHOTS")


@pytest.fixture
def owner(worker: Portal) -> Subscriber:
    return anna()


@pytest.fixture
def walker(worker: Portal, owner: Subscriber, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in, on a phone 360 pixels wide."""
    walking = Walker(browser, worker, width=360)
    try:
        walking.is_already(owner)
        yield walking
    finally:
        walking.close(tmp_path / "last-page.png")


def sell(portal: Portal, reference: str = "K12-1", *, path: str = "", **other: Any) -> requests.Response:
    body: dict[str, Any] = {
        "reference": reference, "number": "+4917604069011", "amount_minor": 1000, "currency": "EUR",
        "paid_at": (clock.now() - timedelta(minutes=2)).isoformat(), "place": "Kiosk 12",
    }  # fmt: skip
    url, headers = f"{portal.origin}/network/top-ups/{path}", {"Authorization": f"Bearer {KIOSK_KEY}"}
    return requests.post(url, json=body | other, headers=headers, timeout=20)


def credit_minor(owner: Subscriber) -> int:
    return ledger.credit_of(owner.lines[0])[0].minor


def keep_pictures(walker: Walker, name: str) -> None:
    """For whoever wants to look: both schemes, in English and Chinese."""
    for language, code in (("en", "en"), ("zh", "zh-hans")) if SHOTS else ():
        for scheme in ("light", "dark"):
            walker.page.context.add_cookies([{"name": "language", "value": code, "url": walker.portal.origin}])
            walker.page.emulate_media(color_scheme=scheme)
            walker.page.reload()
            walker.page.screenshot(path=Path(str(SHOTS)) / f"outside-{name}-{language}-{scheme}.png", full_page=True)
    if SHOTS:
        walker.page.context.clear_cookies(name="language")
        walker.page.reload()


@pytest.mark.browser
def test_a_shop_tops_anna_up_while_she_looks_and_she_finds_credit_order_and_message(
    walker: Walker, worker: Portal, owner: Subscriber
) -> None:
    walker.go("/home/")
    walker.sees("€0.00")
    answer = sell(worker)
    assert answer.status_code == 201
    walker.page.reload()
    walker.sees("€10.00")
    keep_pictures(walker, "home")
    walker.go("/orders/")
    walker.sees("Top-up point")
    keep_pictures(walker, "orders")
    walker.page.locator("main").get_by_role("link", name="Credit").click()
    walker.page.wait_for_url("**/orders/*/")
    walker.sees("€10.00 added to your credit")
    walker.sees(answer.json()["order"])
    walker.sees("Paid at Kiosk 12")
    walker.sees(re.compile("SMS sent.*E-mail sent|E-mail sent.*SMS sent", re.DOTALL))
    keep_pictures(walker, "order")
    (sms,) = until(lambda: worker.sandbox.messages(to="+4917604069011", channel="sms"))
    assert sms["text"] == "€10.00 paid at Kiosk 12 added. Your credit is now €10.00. Refill"
    mail = worker.sandbox.messages(to="anna@example.com", channel="email")[0]
    assert "Paid at: Kiosk 12" in mail["text"]
    walker.go("/credit/")
    walker.sees("€10.00")
    keep_pictures(walker, "credit")
    assert walker.complaints == []
    assert broken() == {}


@pytest.mark.browser
def test_what_the_shop_takes_back_is_gone_and_says_so(walker: Walker, worker: Portal, owner: Subscriber) -> None:
    sold = sell(worker).json()
    url, headers = f"{worker.origin}/network/top-ups/reversals/", {"Authorization": f"Bearer {KIOSK_KEY}"}
    back = requests.post(url, json={"reference": "B-1", "top_up": "K12-1"}, headers=headers, timeout=20)
    assert (back.status_code, back.json()["top_up"]) == (201, {**sold, "state": "reversed"})
    walker.go(f"/orders/{Order.objects.get().pk}/")
    walker.sees("Taken back")
    walker.sees("Taken back where it was paid")
    walker.sees("€10.00. It was not meant for this number.")
    keep_pictures(walker, "taken-back")
    sent = until(lambda: [row["text"] for row in worker.sandbox.messages(channel="sms") if "taken" in row["text"]])
    assert sent == ["Kiosk 12 has taken €10.00 of credit back: it was not meant for this number. Refill"]
    assert credit_minor(owner) == 0
    assert broken() == {}


@pytest.mark.parametrize("where", ["outside.placed", "outside.booked", "apply.earned"])
def test_a_web_server_killed_while_it_books_leaves_nothing_and_the_shop_sends_it_again(
    worker: Portal, owner: Subscriber, where: str
) -> None:
    worker.order_crash(f"{where} kill")
    with pytest.raises(requests.RequestException):
        sell(worker)
    assert worker.crashes_left() == []
    assert not Order.objects.exists()
    paid_at = (clock.now() - timedelta(minutes=1)).isoformat()
    assert [sell(worker, paid_at=paid_at).status_code for _time in range(2)] == [201, 200]
    assert ExternalTopUp.objects.get().order.state == OrderState.APPLIED
    assert credit_minor(owner) == 1000
    assert broken() == {}
