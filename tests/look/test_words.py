"""Money, data and time as pages print them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from lib import wording
from lib.templatetags import formats

BERLIN = ZoneInfo("Europe/Berlin")
END = datetime(2026, 11, 30, 13, 20, tzinfo=UTC)
YEAR = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_berlin():
    with timezone.override(BERLIN), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Mon 30 Nov, 14:20"), ("zh-hans", "11月30日周一 14:20"), ("de", "Mo., 30. Nov., 14:20")],
)
def test_a_moment_is_a_whole_date_in_the_readers_language_and_zone(language: str, words: str) -> None:
    with translation.override(language):
        assert wording.moment_in_words(END, now=YEAR) == words


def test_another_year_is_named() -> None:
    assert wording.date_in_words(END, now=YEAR.replace(year=2027)) == "Mon 30 Nov 2026"


def test_an_end_at_midnight_is_the_day_before_at_24() -> None:
    midnight = datetime(2026, 11, 30, tzinfo=BERLIN)
    assert wording.end_in_words(midnight, now=YEAR) == "Sun 29 Nov, 24:00"
    assert wording.moment_in_words(midnight, now=YEAR) == "Mon 30 Nov, 00:00"


def test_an_end_at_midnight_after_the_clocks_changed_keeps_its_day() -> None:
    assert wording.end_in_words(datetime(2026, 3, 30, tzinfo=BERLIN), now=YEAR) == "Sun 29 Mar, 24:00"


def test_the_lines_own_time_is_named_when_it_is_another() -> None:
    assert "14:20 (21:20 in Shanghai)</time>" in formats.until(END, "Asia/Shanghai")
    assert "14:20</time>" in formats.until(END, "Europe/Paris")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0 MB"),
        (999_999, "0 MB"),
        (500_000_000, "500 MB"),
        (999_999_999, "999 MB"),
        (6_499_999_999, "6.4 GB"),
        (15 * 10**9, "15 GB"),
    ],
)
def test_data_is_rounded_down_and_a_gigabyte_is_a_thousand_megabytes(amount: int, words: str) -> None:
    assert formats.data(amount) == words.replace(" ", "\N{NO-BREAK SPACE}")


def test_nothing_granted_and_unlimited_are_two_things() -> None:
    assert formats.data(None) == "Unlimited"
    assert formats.minutes(None) == "Unlimited"
    assert formats.minutes(0) == "0"


def test_money_follows_the_language_and_is_isolated_where_reading_goes_right_to_left() -> None:
    assert formats.money(123_456, "EUR") == "€1,234.56"
    assert formats.money(500, "JPY") == "¥500"
    assert formats.money(None, "EUR") == ""
    with translation.override("ar"):
        assert formats.money(1500, "EUR").startswith("\N{FIRST STRONG ISOLATE}")


def test_a_number_is_grouped_and_kept_left_to_right() -> None:
    assert formats.msisdn("+4917604069011") == '<bdi dir="ltr">+49 176 04069011</bdi>'
    assert formats.msisdn('"><script>') == '<bdi dir="ltr">&quot;&gt;&lt;script&gt;</bdi>'
    assert formats.msisdn(None) == ""


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.1, "6 minutes"), (1, "1 hour"), (47.9, "47 hours"), (48, "2 days"), (80, "3 days"), (-3, "0 minutes")],
)
def test_the_time_left_is_in_its_largest_unit(hours: float, words: str) -> None:
    until = datetime.fromtimestamp(YEAR.timestamp() + hours * 3600, UTC)
    assert wording.time_left_in_words(until, YEAR) == words


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari · iPhone"),
        ("curl/8.0", "curl/8.0"),
    ],
)
def test_a_browser_is_named_in_words_people_know(agent: str, words: str) -> None:
    assert formats.browser(agent) == words
