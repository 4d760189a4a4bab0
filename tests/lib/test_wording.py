"""Data, minutes and moments as people read them, in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from lib import clock, wording

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _reader(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with translation.override("en"), timezone.override(BERLIN):
        yield


def shown(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "0 MB"),
        (999_999, "0 MB"),
        (1_000_000, "1 MB"),
        (500_000_000, "500 MB"),
        (999_999_999, "999 MB"),
        (1_000_000_000, "1 GB"),
        (6_400_000_000, "6.4 GB"),
        (6_499_999_999, "6.4 GB"),
        (15_000_000_000, "15 GB"),
        (1_234_500_000_000, "1,234.5 GB"),
    ],
)
def test_data_is_rounded_down_to_what_there_surely_is(amount, expected):
    assert wording.data_in_words(amount) == expected.replace(" ", "\N{NO-BREAK SPACE}")


@given(st.integers(min_value=0, max_value=10**15))
def test_nobody_is_told_of_more_data_than_there_is(amount):
    with translation.override("en"):
        number, unit = wording.data_parts(amount)

    shown_bytes = round(float(number.replace(",", "")) * 10) * {"GB": 10**8, "MB": 10**5}[unit]
    assert 0 <= amount - shown_bytes < {"GB": 10**8, "MB": 10**6}[unit]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 minutes"), (59, "0 minutes"), (60, "1 minute"), (12_779, "212 minutes"), (72_000, "1,200 minutes")],
)
def test_minutes_are_whole_ones_that_are_left(seconds, expected):
    assert wording.minutes_in_words(seconds) == expected


@pytest.mark.parametrize(("texts", "expected"), [(0, "0 texts"), (1, "1 text"), (1200, "1,200 texts")])
def test_texts_are_counted(texts, expected):
    assert wording.texts_in_words(texts) == expected


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=9, hours=23), "9 days"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=1, hours=23), "47 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(seconds=30), "0 minutes"),
        (timedelta(seconds=-30), "0 minutes"),
    ],
)
def test_time_left_is_said_in_the_largest_unit_rounded_down(left, expected):
    assert wording.time_left_in_words(NOW + left, NOW) == expected


@pytest.mark.parametrize(
    ("at", "english", "chinese"),
    [
        (datetime(2026, 11, 30, 13, 20, tzinfo=UTC), "Mon 30 Nov, 14:20", "11月30日周一 14:20"),
        (datetime(2027, 1, 4, 13, 20, tzinfo=UTC), "Mon 4 Jan 2027, 14:20", "2027年1月4日周一 14:20"),
    ],
)
def test_a_moment_is_written_as_the_language_does_with_the_year_when_it_is_another(at, english, chinese):
    assert wording.moment_in_words(at) == english
    with translation.override("zh-hans"):
        assert wording.moment_in_words(at) == chinese


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 29, 23, 0, tzinfo=UTC), "Sun 29 Nov, 24:00"),
        (datetime(2026, 11, 29, 23, 1, tzinfo=UTC), "Mon 30 Nov, 00:01"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "Thu 31 Dec, 24:00"),
        (datetime(2026, 11, 29, 22, 59, tzinfo=UTC), "Sun 29 Nov, 23:59"),
    ],
)
def test_an_end_at_midnight_is_the_day_before_at_24(at, expected):
    assert wording.end_in_words(at) == expected


def test_what_is_kept_for_years_is_written_with_its_year():
    at = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)

    assert wording.date_in_words(at, with_year=True) == "Mon 30 Nov 2026"
    assert wording.moment_in_words(at, with_year=True) == "Mon 30 Nov 2026, 00:00"
    assert wording.end_in_words(at, with_year=True) == "Sun 29 Nov 2026, 24:00"


def test_arabic_parts_day_and_time_with_its_own_comma():
    with translation.override("ar"):
        assert wording.moment_in_words(datetime(2026, 11, 30, 13, 20, tzinfo=UTC)) == "الاثنين، 30 نوفمبر، 14:20"


def test_the_day_before_a_midnight_is_right_across_a_change_of_clocks():
    spring = datetime(2026, 3, 30, 0, 0, tzinfo=BERLIN)

    assert wording.end_in_words(spring, now=spring) == "Sun 29 Mar, 24:00"


def test_an_end_names_the_lines_own_time_when_it_differs():
    at = datetime(2026, 11, 30, 13, 20, tzinfo=UTC)

    assert ">Mon 30 Nov, 14:20 (21:20 in Shanghai)</time>" in shown("{{ at|until:'Asia/Shanghai' }}", at=at)
    assert ">Mon 30 Nov, 14:20</time>" in shown("{{ at|until:'Europe/Paris' }}", at=at)
    assert 'datetime="2026-11-30T13:20:00+00:00"' in shown("{{ at|until }}", at=at)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 1500|money:'EUR' }}", "€15.00"),
        ("{{ nothing|money:'EUR' }}", ""),
        ("{{ nothing|data }}", "Unlimited"),
        ("{{ 1200|count }}", "1,200"),
        ("{{ 3600|minutes }}", "60"),
        ("{{ 15000000000|amount:'data' }}", "15\N{NO-BREAK SPACE}GB"),
        ("{{ nothing|amount:'voice' }}", "Unlimited minutes"),
        ("{{ 200|amount:'texts' }}", "200 texts"),
        ("{{ '+4917604069011'|msisdn }}", '<bdi dir="ltr">+49 176 04069011</bdi>'),
        ("{{ nothing|msisdn }}{{ nothing|moment }}{{ nothing|date }}{{ nothing|until }}{{ nothing|time_left }}", ""),
        ("{{ markup|msisdn }}", '<bdi dir="ltr">&lt;b&gt;</bdi>'),
    ],
)
def test_pages_print_amounts_as_people_read_them(source, expected):
    assert shown(source, nothing=None, markup="<b>") == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/120 Mobile Safari/537", "Chrome · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/120 Safari/537 Edg/120", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Safari/604", "Safari · iPhone"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_words_people_know(agent, expected):
    assert shown("{{ agent|browser }}", agent=agent) == expected


def test_right_to_left_pages_isolate_what_is_written_left_to_right():
    with translation.override("ar"):
        assert shown("{{ 1500|money:'EUR' }}", nothing=None)[0] == "\N{FIRST STRONG ISOLATE}"
