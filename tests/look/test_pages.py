"""Every page, as a browser and a screen reader find it."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage

from tests.look.sample_pages import PAGES

pytestmark = pytest.mark.browser

#: a folder to keep screenshots in, to be looked at; then every page is shown in more ways
SHOTS = os.environ.get("LOOK_SHOTS")
#: width, colour scheme, query: a phone and a desk, both schemes, both directions, both languages
WAYS = [(360, "light", ""), (1280, "dark", "?language=zh-hans&dir=rtl")]
if SHOTS:
    WAYS = [(360, "light", ""), (360, "dark", "?language=zh-hans"), (360, "light", "?dir=rtl")]
    WAYS += [(1280, "light", ""), (1280, "dark", "?language=zh-hans"), (1280, "dark", "?dir=rtl")]


@pytest.mark.parametrize(("width", "scheme", "query"), WAYS, ids=lambda value: str(value).strip("?") or "en")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_keeps_to_the_policy(
    name: str, width: int, scheme: str, query: str, look_site: str, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    answer = page.goto(f"{look_site}/look/{name}/{query}")
    assert answer is not None
    assert answer.status == 200
    if SHOTS:
        kind = query.strip("?").replace("=", "-").replace("&", "-") or "en"
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}-{kind}.png", full_page=True)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    findings = Axe().run(page).response["violations"]
    context.close()
    assert said == []
    assert too_wide == 0
    assert [(found["id"], [node["html"][:160] for node in found["nodes"]]) for found in findings] == []
