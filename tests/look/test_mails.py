"""Every mail as a mail program on a phone shows it: in each language, light and dark."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from notifications import samples
from notifications.kinds import KINDS, Channel
from notifications.rendering import render
from tests.axe import violations
from tests.look.windows import Windows

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("LOOK_SHOTS")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LANGUAGES = [code for code, _name in settings.LANGUAGES]
#: A plan with a long name, as operators love them.
LONG = {"plan": {"en": "Donaudampfschifffahrtsgesellschaftskapitänstarif Europa und Übersee 40 GB"}}


def mails(language: str) -> Iterator[tuple[str, str]]:
    """A name, and its page."""
    for kind in KINDS.values():
        if Channel.EMAIL in kind.channels:
            off_url = "https://example.com/off" if Channel.EMAIL in kind.mutable else ""
            for number, variant in enumerate([*samples.variants(kind), LONG]):
                context: dict[str, Any] = {**samples.facts(NOW), **variant}
                made = render(
                    kind.name, "email", context, language=language, time_zone="Europe/Berlin", off_url=off_url
                )
                yield f"{kind.name}-{number}", made.html


def too_wide(page: Page) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_mail_fits_a_phone_and_can_be_read_by_everybody(language: str, scheme: str, windows: Windows) -> None:
    wrong = []
    with windows.open(360, scheme) as (page, said):
        for number, (name, html) in enumerate(mails(language)):
            page.set_content(html)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"mail-{name}-{scheme}-{language}.png", full_page=True)
            if too_wide(page):
                wrong.append(f"{name} is too wide")
            # one look in ten: all mails share one sheet
            wrong += [f"{name}: {rule} {where}" for rule, where in (violations(page) if number % 10 == 0 else [])]
        assert said == []
    assert wrong == []


def test_in_dark_mode_nothing_keeps_the_colours_of_the_day(windows: Windows) -> None:
    """Styles stand on the elements; the night's win all the same."""
    html = dict(mails("en"))["transfer_awaited-0"]
    colours = """() => [...document.querySelectorAll("body, .mark, .deep, .sheet, .label, .value, .foot")].map(
        (each) => getComputedStyle(each).color + getComputedStyle(each).backgroundColor + getComputedStyle(each).borderTopColor)"""
    seen = {}
    for scheme in ("light", "dark"):
        with windows.open(360, scheme) as (page, _said):
            page.set_content(html)
            seen[scheme] = page.evaluate(colours)
    assert len(seen["light"]) > 6
    assert [
        place for place, pair in enumerate(zip(seen["light"], seen["dark"], strict=True)) if pair[0] == pair[1]
    ] == []


def test_a_mail_is_mirrored_for_who_reads_from_the_right(windows: Windows, settings: Any) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]
    html = dict(mails("ar"))["transfer_awaited-0"]
    sides = "() => ['.label', '.value', '.number'].map((name) => document.querySelector(name)?.getBoundingClientRect().left)"
    with windows.open(360, "light") as (page, _said):
        page.set_content(html)
        assert page.evaluate("document.documentElement.dir") == "rtl"
        label, value, _number = page.evaluate(sides)
        assert label > value
        assert too_wide(page) == 0
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / "mail-rtl.png", full_page=True)
