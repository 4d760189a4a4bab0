"""What a person does in the browser, step by step, with the words they see."""

import re
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import Subscriber
from tests.sandbox_process import Sandbox
from tests.stack.running import until

PASSWORD = "correct horse battery staple"
WAIT_MS = 20_000


class Place(Protocol):
    """Where the portal is, and the world outside of it."""

    origin: str
    sandbox: Sandbox


class Walker:
    """Somebody with a browser window; `complaints` is what the browser said of policies and scripts."""

    def __init__(self, browser: Browser, portal: Place, *, width: int = 360, language: str = "en-GB") -> None:
        self.portal = portal
        self.complaints: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 780}, locale=language)
        context.set_default_timeout(WAIT_MS)
        self.page: Page = context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"} and "status of 402" not in text:
            self.complaints.append(text)

    def go(self, path: str) -> None:
        self.page.goto(self.portal.origin + path)

    def press(self, words: str | re.Pattern[str]) -> None:
        """A button or a link, by what stands on it."""
        button = self.page.get_by_role("button", name=words)
        (button.or_(self.page.get_by_role("link", name=words))).first.click()

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(words, timeout=WAIT_MS)

    def close(self, picture: Path) -> None:
        """Leave the last page behind for whoever looks into a failure."""
        self.page.screenshot(path=picture, full_page=True)
        self.page.context.close()

    def register(self, *, number: str, email: str) -> None:
        """Ends on the dashboard."""
        self.go("/account/signup/")
        self.page.get_by_label("Mobile number").fill(number)
        self.page.get_by_label("E-mail").fill(email)
        self.page.locator("input[type=password]").fill(PASSWORD)
        self.page.locator("input[name=terms]").check()
        self.press("Register")
        self.page.wait_for_url("**/phone/verify/")
        self.type_code("sms")
        self.page.wait_for_url("**/confirm-email/")
        self.type_code("email")
        self.page.wait_for_url("**/home/")

    def type_code(self, channel: str) -> None:
        """The newest code that came by `channel`."""
        sent = until(lambda: self.portal.sandbox.messages(channel=channel))
        code = re.search(r"\b\d{6}\b", sent[0]["text"])
        assert code, sent[0]["text"]
        self.page.locator("input[name=code]").fill(code[0])
        self.page.locator("main form button[type=submit]").first.click()

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        self.go("/account/login/")
        self.page.locator("input[name=login]").fill(login)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_url("**/home/")

    def is_already(self, person: Subscriber) -> None:
        """Signed in, without the pages for it."""
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.portal.origin}])

    def order(self, code: str, *, start: str = "") -> None:
        """Choose a plan, agree, go to the payment page."""
        self.go(f"/plans/{code}/order/")
        if start:
            self.page.locator(f"input[name=start][value={start}]").check()
        self.page.locator("input[name=consent]").check()
        self.press(re.compile("Order and pay"))
        self.page.wait_for_url("**/pay/cs_test_*")

    def pay_by_card(self, number: str) -> None:
        """Fill the payment page in and press its button."""
        self.page.get_by_label("Card number").fill(number)
        self.page.get_by_label(re.compile("Expires")).fill("12 / 34")
        self.page.get_by_label(re.compile("Security code")).fill("123")
        self.page.get_by_label("Name on card").fill("Diego García")
        self.press(re.compile(r"^Pay"))
