"""Every page, as a browser and a screen reader find it."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.axe import violations
from tests.look.pages import PAGES
from tests.look.windows import Windows

pytestmark = pytest.mark.browser

#: a folder to keep screenshots in, to be looked at; then every page is shown in more ways
SHOTS = os.environ.get("LOOK_SHOTS")
WIDTHS = (360, 1280)
#: width, colour scheme, query: a phone and a desk, both schemes, both directions, both languages
WAYS = [(360, "light", ""), (1280, "dark", "?language=zh-hans&dir=rtl")]
if SHOTS:
    SIDES = ("", "?language=zh-hans")
    WAYS = [(width, scheme, side) for width in WIDTHS for scheme in ("light", "dark") for side in SIDES]
    WAYS += [(360, "light", "?dir=rtl"), (1280, "dark", "?dir=rtl")]


#: axe takes two thirds of the time: it looks at each page in one of the two ways, at every other one in the same
NAMES = [name for name in PAGES if name != "order-part"]


def is_for_axe(name: str, width: int) -> bool:
    return bool(SHOTS) or NAMES.index(name) % 2 == WIDTHS.index(width)


@pytest.mark.parametrize(("width", "scheme", "query"), WAYS, ids=lambda value: str(value).strip("?") or "en")
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible_fits_and_keeps_to_the_policy(
    name: str, width: int, scheme: str, query: str, look_site: str, windows: Windows
) -> None:
    with windows.open(width, scheme) as (page, said):
        answer = page.goto(f"{look_site}/look/{name}/{query}")
        assert answer is not None
        assert answer.status == 200
        if SHOTS:
            kind = query.strip("?").replace("=", "-").replace("&", "-") or "en"
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}-{kind}.png", full_page=True)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        findings = violations(page) if is_for_axe(name, width) else []
        assert said == []
        assert too_wide == 0
        assert findings == []


def test_the_live_order_shows_its_end_and_says_so(look_site: str, browser: Browser) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{look_site}/look/order-live/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Renewed until Mon 30 Nov, 14:20")
    expect(page.locator("#said")).to_have_text("Renewed until Mon 30 Nov, 14:20")
    assert page.locator("[hx-get]").count() == 0
    page.close()
    assert said == []


def test_everything_is_in_reach_without_scripts(look_site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{look_site}/look/dashboard-low/")
    page.get_by_label("Language: English").click()
    expect(page.get_by_role("button", name="简体中文")).to_be_visible()
    page.get_by_label("Language: English").click()
    page.get_by_label("Switch line").click()
    expect(page.get_by_role("button", name="Anna’s number")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Plans")).to_be_in_viewport()
    page.goto(f"{look_site}/look/order/")
    expect(page.get_by_role("link", name="Check again")).to_be_visible()
    page.goto(f"{look_site}/look/sign-in/")
    expect(page.get_by_label("Password")).to_have_attribute("type", "password")
    context.close()


def test_a_password_can_be_shown_and_is_covered_again_when_sent(look_site: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{look_site}/look/sign-in/")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "password")
    page.close()


def test_an_open_menu_closes_by_escape_and_gives_the_focus_back(look_site: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{look_site}/look/dashboard/")
    summary = page.get_by_label("Your account")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="My details")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="My details")).to_be_hidden()
    expect(summary).to_be_focused()
    page.close()


def test_the_first_tab_stop_skips_to_the_content(look_site: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{look_site}/look/dashboard/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.close()


def test_the_contract_summary_prints_on_one_page(look_site: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{look_site}/look/summary/")
    sheet = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert sheet.count(b"/Type /Page\n") == 1
