"""Passkeys, codes from an app and recovery codes, as somebody with a phone meets them; the device's own dialogue is Chromium's virtual one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, CDPSession, expect

from accounts import hold
from accounts.models import Subscriber
from tests.cast import anna
from tests.stack.proving import PASSWORD, look, says_who
from tests.stack.running import Portal
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture
def person(transactional_db: None) -> Subscriber:
    owner = anna()
    owner.emailaddress_set.create(email=owner.email, verified=True, primary=True)
    return owner


@pytest.fixture
def walker(portal: Portal, person: Subscriber, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    walker = Walker(browser, portal)
    try:
        yield walker
        assert walker.complaints == []
    finally:
        walker.close(tmp_path / "last-page.png")


@pytest.fixture
def device(walker: Walker) -> CDPSession:
    """A phone with a screen lock that keeps passkeys."""
    session = walker.page.context.new_cdp_session(walker.page)
    session.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    more = {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": kind | more})
    return session


def sign_out(walker: Walker) -> None:
    walker.go("/account/logout/")
    walker.page.locator("main form button[type=submit]").click()
    walker.go("/account/login/")


def add_passkey(walker: Walker) -> None:
    walker.go("/account/profile/")
    walker.page.locator("a[href$='/account/2fa/']").click()
    look(walker, "index-none")
    walker.press("Add a passkey")
    says_who(walker)
    expect(walker.page.get_by_label("Name")).not_to_have_value("")
    look(walker, "passkey-add")
    walker.page.get_by_label("Name").fill("Anna’s phone")
    walker.press("Make the passkey")
    walker.page.wait_for_url("**/recovery-codes/")
    look(walker, "recovery-codes")


def app_code(secret: str, *, past: int = 0) -> str:
    counter = next(iter(yield_hotp_counters_from_time())) - past
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_a_passkey_is_made_signs_in_alone_and_is_taken_away(
    walker: Walker, device: CDPSession, person: Subscriber
) -> None:
    walker.sign_in(person.email, PASSWORD)
    add_passkey(walker)
    walker.press("I have kept them")
    walker.sees("Anna’s phone")
    walker.sees("Signs in alone")
    look(walker, "index-passkey")
    sign_out(walker)
    look(walker, "login")
    walker.press("Sign in with a passkey")
    walker.page.wait_for_url("**/home/")
    walker.go("/account/2fa/")
    walker.press(re.compile("^Remove"))
    says_who(walker)
    look(walker, "passkey-remove")
    assert hold.until(person) is None
    walker.press("Remove it")
    walker.sees("No passkey yet")
    assert hold.until(person) is not None
    assert not person.authenticator_set.exists()


def test_with_a_passkey_the_password_alone_does_not_open_the_account(
    walker: Walker, device: CDPSession, person: Subscriber
) -> None:
    walker.sign_in(person.email, PASSWORD)
    add_passkey(walker)
    code = walker.page.locator(".recovery-codes li").first.inner_text()
    sign_out(walker)
    walker.page.locator("input[name=login]").fill(person.email)
    walker.page.locator("input[name=password]").fill(PASSWORD)
    walker.page.locator("main form button[type=submit]").first.click()
    walker.sees("One step is left")
    look(walker, "second-step")
    walker.go("/home/")
    walker.sees("One step is left")
    walker.press("Use a passkey")
    walker.page.wait_for_url("**/home/")
    sign_out(walker)
    reached = []
    for typed in (code, code):
        walker.page.locator("input[name=login]").fill(person.email)
        walker.page.locator("input[name=password]").fill(PASSWORD)
        walker.page.locator("main form button[type=submit]").first.click()
        walker.page.get_by_label("Code").fill(typed)
        walker.press("Continue")
        reached.append(walker.page.url.endswith("/home/"))
        if reached[-1]:
            sign_out(walker)
    walker.sees("This code does not fit")
    assert reached == [True, False]


def test_a_device_that_says_no_leaves_everything_as_it_was(
    walker: Walker, device: CDPSession, person: Subscriber
) -> None:
    walker.go("/account/login/")
    walker.press("Sign in with a passkey")
    walker.sees("no passkey was shown")
    look(walker, "login-no-passkey")
    assert walker.page.url.endswith("/account/login/")


def test_codes_from_an_app_are_set_up_and_asked_for(walker: Walker, person: Subscriber) -> None:
    walker.sign_in(person.email, PASSWORD)
    walker.go("/account/2fa/")
    walker.press("Set up an app")
    says_who(walker)
    secret = walker.page.locator(".secret-key").inner_text()
    look(walker, "app")
    walker.page.locator("input[name=code]").fill("000000")
    walker.press("Switch on")
    walker.sees("This code does not fit")
    code = app_code(secret)
    walker.page.locator("input[name=code]").fill(f"{code[:3]} {code[3:]}")
    walker.press("Switch on")
    walker.page.wait_for_url("**/recovery-codes/")
    sign_out(walker)
    walker.page.locator("input[name=login]").fill(person.email)
    walker.page.locator("input[name=password]").fill(PASSWORD)
    walker.page.locator("main form button[type=submit]").first.click()
    walker.sees("One step is left")
    expect(walker.page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    look(walker, "second-step-app")
