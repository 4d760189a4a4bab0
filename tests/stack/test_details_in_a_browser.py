"""My details in a browser, on a phone: a new e-mail and its way back, a copy to take along, and leaving with second thoughts."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import ErasureRequest, Subscriber
from tests.cast import anna
from tests.stack.proving import PASSWORD, SHOTS, look, says_who
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in."""
    person = anna()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    walker = Walker(browser, worker)
    walker.sign_in(person.email, PASSWORD)
    try:
        yield walker
        assert walker.complaints == []
    finally:
        walker.close(tmp_path / "last-page.png")


def mail(walker: Walker, to: str, words: str) -> str:
    """The address in the newest mail to `to` with these words, once it has come."""

    def found() -> str:
        sent = walker.portal.sandbox.messages(channel="email", to=to)
        return next((str(one["text"]) for one in sent if words in one["text"]), "")

    address = re.search(r"http://\S+", until(found))
    assert address
    return address[0]


def test_a_new_email_and_from_the_old_ones_mail_the_way_back(walker: Walker) -> None:
    walker.go("/account/profile/")
    walker.press(re.compile("Change the e-mail"))
    walker.sees("a link that takes the change back")
    look(walker, "email-change")
    walker.page.get_by_label("E-mail").fill("thief@example.com")
    walker.press("Send the code")
    says_who(walker)
    until(lambda: walker.portal.sandbox.messages(channel="email", to="thief@example.com"))
    walker.type_code("email")
    walker.go("/account/profile/")
    walker.sees("thief@example.com")
    walker.sees("no credit is paid out")
    look(walker, "details-held")
    address = mail(walker, "anna@example.com", "It was not me")
    walker.page.goto(address)
    look(walker, "not-me")
    walker.press("Lock them out")
    walker.sees("They are locked out")
    look(walker, "not-me-done")
    expect(walker.page.get_by_role("link", name="Sign in")).to_be_visible()
    walker.press("Send me a code for a new password")
    walker.page.wait_for_url("**/password/reset/confirm/")
    until(lambda: "thief" not in walker.portal.sandbox.messages(channel="email")[0]["to"])
    assert Subscriber.objects.get().email == "anna@example.com"


def test_a_copy_is_taken_along_and_the_account_goes_and_stays_after_all(walker: Walker, tmp_path: Path) -> None:
    walker.go("/account/profile/")
    walker.press("Take a copy")
    says_who(walker)
    look(walker, "my-data")
    with walker.page.expect_download() as downloading:
        walker.press("Download the copy")
    path = tmp_path / "copy.zip"
    downloading.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert "+4917604069011" in archive.read("index.html").decode()
        archive.extractall(tmp_path / "copy")
    walker.go("/account/profile/")
    walker.press("Delete the account")
    look(walker, "leave")
    walker.page.get_by_label("Type your e-mail to confirm").fill("somebody@example.com")
    walker.press("Delete my account")
    walker.sees("This is not the e-mail of this account")
    walker.complaints.clear()  # the browser's own word for 422
    walker.page.get_by_label("Type your e-mail to confirm").fill("anna@example.com")
    walker.press("Delete my account")
    walker.sees("Your account will be deleted")
    look(walker, "leave-asked")
    address = mail(walker, "anna@example.com", "Keep the account")
    walker.page.context.clear_cookies()
    walker.page.goto(address)
    walker.press("Keep my account")
    walker.page.wait_for_url("**/login/")
    wish = ErasureRequest.objects.get()
    assert (wish.cancelled_at is None, wish.erased_at) == (False, None)
    if SHOTS:
        walker.page.goto(f"file://{tmp_path}/copy/index.html")
        look(walker, "copy-index")
