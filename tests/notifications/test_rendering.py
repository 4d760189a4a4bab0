"""Each kind of message in each language: whole, plain, safe, and in the reader's own time."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings

from notifications import parts, samples
from notifications.kinds import KINDS, Channel
from notifications.mail_colours import mail_colours, srgb
from notifications.rendering import Rendered, render
from notifications.sms_text import is_gsm, segments

CONTEXT: dict[str, Any] = {
    **samples.facts(datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
    "ends_at": "2026-11-30T23:00:00+00:00",
}
LANGUAGES = [code for code, _name in settings.LANGUAGES]
ALL = [
    pytest.param(name, channel, {**CONTEXT, **variant}, language, id=f"{name}-{channel}-{number}-{language}")
    for name, kind in KINDS.items()
    for channel in kind.channels
    for number, variant in enumerate(samples.variants(kind))
    for language in LANGUAGES
]
CODES = ("email_code", "password_reset_code")
MAILS = [
    pytest.param(name, {**CONTEXT, **variant}, language, id=f"{name}-{number}-{language}")
    for name, kind in KINDS.items()
    if Channel.EMAIL in kind.channels
    for number, variant in enumerate(samples.variants(kind))
    for language in LANGUAGES
]


@pytest.fixture
def _strict(monkeypatch) -> None:
    """A variable a template names and the context lacks is an error, not a gap in a sentence."""
    from django.template import engines

    django: Any = engines["django"]
    monkeypatch.setattr(django.engine, "string_if_invalid", _Missing())


class _Missing(str):
    __slots__ = ()

    def __contains__(self, _part: object) -> bool:
        return True

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"the context lacks {name}")


def rendered(kind: str, channel: str, *, language: str = "en", zone: str = "Europe/Berlin", **more: Any) -> Rendered:
    return render(kind, channel, {**CONTEXT, **more}, language=language, time_zone=zone)


@pytest.mark.usefixtures("_strict")
@pytest.mark.parametrize(("kind", "channel", "context", "language"), ALL)
def test_every_kind_is_whole_in_every_language(kind, channel, context, language):
    made = render(kind, channel, context, language=language, time_zone="Europe/Berlin")

    assert made.text.strip()
    for text in (made.title, made.text):
        assert not re.search(r"[{}%]|&\w+;|None|\+00:00|\bminor\b|  ", text), text
    if channel == Channel.SMS:
        assert (made.title, made.html) == ("", "")
        assert "\n" not in made.text
    else:
        assert 0 < len(made.title) <= 100
        assert "\n" not in made.title
        assert f'lang="{language}"' in made.html
        assert "R7K2-MQ4D" not in made.text or "R7K2-MQ4D" in made.html


@pytest.mark.parametrize(("kind", "context", "language"), [row for row in MAILS if row.values[0] not in CODES])
def test_every_mail_has_a_button_that_says_what_it_does(kind, context, language):
    button = parts.read(_mail(kind, context, language).text).button

    assert button
    assert button.url == CONTEXT["url"]
    assert 0 < len(button.label) <= 32
    assert button.label not in {"Open", "打开"}


@pytest.mark.parametrize(("kind", "context", "language"), MAILS)
def test_no_paragraph_of_a_mail_says_its_title_again_and_no_fact_is_empty(kind, context, language):
    made = _mail(kind, context, language)
    blocks = parts.read(made.text).blocks

    assert blocks
    for block in blocks:
        if isinstance(block, str):
            assert block.strip(" .。") != made.title.strip(" .。")
        else:
            assert all(fact.label and fact.value for fact in block)


@pytest.mark.parametrize(
    ("kind", "empty", "absent"),
    [
        ("renewal_trouble", {"why": "declined", "method": ""}, "did not pay"),
        ("top_up_trouble", {"why": "again", "method": ""}, "did not pay"),
        ("money_returned", {"msisdn": ""}, "Number"),
        ("refund_granted", {"cause": "undone", "msisdn": ""}, "Number"),
        ("transfer_awaited", {"holder": "", "account": "", "until_at": ""}, "To:|Account:|By"),
        ("transfer_reminder", {"holder": "", "account": "", "until_at": ""}, "To:|Account:|By"),
        ("plan_ended", {"price": None}, "Price|Renew for"),
    ],
)
def test_what_is_not_known_is_left_out_of_a_mail(kind, empty, absent):
    text = rendered(kind, "email", **empty).text

    assert not re.search(absent, text), text
    assert all(len(block) >= 2 for block in parts.read(text).blocks if isinstance(block, list))
    assert not re.search(r"\n\n\n|: ?\n(?!http)|(?m:^ )", text), text


def _mail(kind: str, context: dict[str, Any], language: str) -> Rendered:
    return render(kind, "email", context, language=language, time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("kind", "variant"),
    [
        pytest.param(name, variant, id=f"{name}-{number}")
        for name, kind in KINDS.items()
        if Channel.SMS in kind.channels
        for number, variant in enumerate(samples.variants(kind))
    ],
)
def test_an_english_sms_keeps_to_the_gsm_alphabet_and_to_two_segments(kind, variant):
    text = rendered(kind, "sms", **{"plan": "Month 15\N{NO-BREAK SPACE}GB – Europe", **variant}).text

    assert is_gsm(text), text
    assert segments(text) <= 2, text


def test_a_chinese_sms_says_renewed_in_the_agreed_word():
    assert "已续费" in rendered("renewed", "sms", language="zh-hans", is_queued=False).text


def test_names_of_plans_are_in_the_readers_language_else_in_english():
    assert "包月 15 GB" in rendered("plan_ended", "sms", language="zh-hans").text
    assert "Month 15 GB" in rendered("plan_ended", "sms", language="zh-hans", plan={"en": "Month 15 GB"}).text


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "Mon 30 Nov 2026, 24:00"),
        ("UTC", "Mon 30 Nov 2026, 23:00"),
        ("Asia/Shanghai", "Tue 1 Dec 2026, 07:00"),
    ],
)
def test_an_end_is_told_in_the_readers_zone_and_midnight_as_the_day_before(zone, expected, monkeypatch):
    from datetime import UTC, datetime

    from lib import clock

    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 2, 1, tzinfo=UTC))

    assert expected in rendered("expiry_reminder", "sms", zone=zone).text


def test_no_credit_at_all_is_said_as_a_sum():
    assert "Your credit is now €0.00." in rendered("topped_up", "sms", credit={"minor": 0, "currency": "EUR"}).text


# --- Safe ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\N{LINE SEPARATOR}", "\x0b", "\x00"])
def test_no_context_smuggles_a_second_header_into_a_subject_or_a_line_into_an_sms(break_):
    plan = f"Month{break_}Bcc: mallory@example.com"
    title = rendered("expiry_reminder", "email", plan=plan).title

    assert title.startswith("Month Bcc: mallory@example.com ends")
    assert title.isprintable()
    assert rendered("expiry_reminder", "sms", plan=plan).text.isprintable()


def test_markup_in_a_context_is_text_in_the_mails_page_and_plain_in_its_text():
    made = rendered("expiry_reminder", "email", plan='<img src=x onerror="a">&')

    assert "<img" not in made.html
    assert "&lt;img src=x onerror=" in made.html
    assert '\nPlan: <img src=x onerror="a">&\n' in made.text


def test_a_mails_page_loads_nothing_from_anywhere_and_its_styles_stand_on_its_elements():
    html = rendered("payment_received", "email").html
    outside = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(https?:[^"')\s>]+)""", html)

    assert outside == [CONTEXT["url"]]
    assert not re.search(r"<link|<script|<img|@import|url\(", html)
    assert re.search(r'<div class="deep" style="[^"]*max-width: \d+px', html)
    assert re.search(r'<div class="sheet" style="[^"]*max-width: \d+px', html)
    assert re.search(r'<a class="button" href="[^"]+" style="[^"]*background: #', html)
    assert "prefers-color-scheme: dark" in html


def test_a_right_to_left_language_turns_the_page(settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]

    assert 'dir="rtl"' in rendered("payment_received", "email", language="ar").html


# --- The brand -------------------------------------------------------------------------------------------------------------


def test_a_mail_has_the_colours_of_the_pages():
    html = rendered("payment_received", "email").html
    sheet = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")

    for place, scheme in enumerate(("light", "dark")):
        for name, colour in mail_colours()[scheme].items():
            assert colour == _token(sheet, name.replace("_", "-"), place), (scheme, name)
            assert colour in html
    assert set(re.findall(r"#[0-9a-f]{6}", html)) == {
        colour for scheme in mail_colours().values() for colour in scheme.values()
    }


@pytest.mark.parametrize(
    ("oklch", "expected"),
    [
        ((1, 0, 0), "#ffffff"),
        ((0, 0, 0), "#000000"),
        ((0.62796, 0.25768, 29.234), "#ff0000"),
        ((0.45201, 0.31321, 264.052), "#0000ff"),
    ],
)
def test_oklch_is_turned_into_srgb_as_browsers_do(oklch, expected):
    assert srgb(*oklch) == expected


def test_an_operator_who_changes_the_hue_changes_the_mails(settings, tmp_path):
    import shutil

    from lib.brand import brand

    folder = tmp_path / "brand"
    shutil.copytree(settings.BRAND_DIR, folder)
    sheet = folder / "static" / "brand" / "tokens.css"
    sheet.write_text(sheet.read_text().replace("--brand-hue: 172", "--brand-hue: 30"))
    toml = folder / "brand.toml"
    toml.write_text(toml.read_text().replace('name = "Refill"', 'name = "Blaze & Co"'))
    settings.BRAND_DIR = folder
    brand.cache_clear()
    mail_colours.cache_clear()
    try:
        made = rendered("payment_received", "email")
        assert srgb(0.33, 0.07, 30) in made.html
        assert srgb(0.33, 0.07, 172) not in made.html
        assert "Blaze &amp; Co" in made.html
    finally:
        brand.cache_clear()
        mail_colours.cache_clear()


def _token(sheet: str, name: str, place: int) -> str:
    declared = re.search(rf"--{name}: (?:light-dark\()?(.+?)\)?;", sheet)
    assert declared, name
    values = dict(re.findall(r"--brand-(hue|chroma): ([\d.]+);", sheet))
    said = re.sub(r"var\(--brand-(\w+)\)", lambda match: values[match[1]], declared[1])
    found = re.findall(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)", said)
    lightness, chroma, hue = found[place % len(found)]
    return srgb(float(lightness) / 100, float(chroma), float(hue))
