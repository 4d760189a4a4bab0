"""One number, one spelling, whatever people write; and never the whole number where it may not be seen."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.msisdn import E164_PATTERN, NotAnMsisdn, format_msisdn, is_served, mask, parse_msisdn

ANNA = "+4917604069011"


@pytest.mark.parametrize(
    "spelling",
    [
        "+4917604069011",
        "004917604069011",
        "0176 04069011",
        "0176/040 690 11",
        "0176-040-690-11",
        "(0176) 04069011",
        "+49 (0) 176 04069011",
        "+49.176.04069011",
        "  +49 176 04069011\n",
        "＋４９１７６０４０６９０１１",
        "\u0660\u0661\u0667\u0666\u0660\u0664\u0660\u0666\u0669\u0660\u0661\u0661",
        "\u202a+4917604069011\u202c",
        "\u200e+49\u00a0176\u200904069011",
        "+49 – 176 – 04069011",
        "+49\N{NON-BREAKING HYPHEN}176\N{NON-BREAKING HYPHEN}04069011",
    ],
)
def test_every_spelling_is_the_same_number(spelling):
    assert parse_msisdn(spelling, region="DE") == ANNA


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0176",
        "+49",
        "1" * 40,
        "+4917604069011" * 20,
        "+49176040690119999",
        "+493023125011",  # a landline
        "+999176040690",  # no country
        "+49 176 04069011 ext. 5",
        "+49176o4069011",
        "anna@example.com",
        "tel:+4917604069011;phone-context=x",
        "📱04069011",
        "+4917604069011; DROP TABLE",
        "+" + "\u200e" * 500 + "4917604069011",
    ],
)
def test_what_is_no_mobile_number_is_refused_with_what_to_write(text):
    with pytest.raises(NotAnMsisdn) as refused:
        parse_msisdn(text, region="DE")

    assert refused.value.messages == ["Write your mobile number with its country code, for example +49 176 04069011."]
    assert refused.value.code == "msisdn"


def test_a_foreign_number_keeps_its_country_and_one_without_is_the_regions():
    assert parse_msisdn("+447400123456", region="DE") == "+447400123456"
    assert parse_msisdn("07400 123456", region="GB") == "+447400123456"


@given(st.text(max_size=60))
def test_any_text_is_one_e164_number_or_refused(text):
    try:
        found = parse_msisdn(text, region="DE")
    except NotAnMsisdn:
        return
    assert re.fullmatch(E164_PATTERN, found)
    assert parse_msisdn(found) == found


@given(
    st.lists(st.sampled_from([*"+0123456789 -/().", "\u0660", "٣", "４", "\u202e", "\x00"]), max_size=30).map("".join)
)
def test_what_looks_like_a_number_is_one_e164_number_or_refused(text):
    with suppress(NotAnMsisdn):
        assert re.fullmatch(E164_PATTERN, parse_msisdn(text, region="DE"))


@given(st.integers(min_value=10**6, max_value=10**15 - 1).map(lambda number: f"+{number}") | st.text(max_size=30))
def test_a_mask_never_fails_and_never_shows_more_than_country_and_four_digits(number):
    shown = mask(number)

    assert re.fullmatch(r"(\+\d{1,3})?•+(\d{4})?", shown)


def test_a_mask_shows_country_and_the_last_four_digits():
    assert mask(ANNA) == "+49•••••9011"
    assert mask("+447700900123") == "+44•••••0123"
    assert mask("+9990000000") == "•••"
    assert mask("0176 04069011") == "•••"


def test_a_number_is_grouped_for_reading_and_anything_else_left_alone():
    assert format_msisdn(ANNA) == "+49 176 04069011"
    assert format_msisdn("nobody") == "nobody"


def test_only_numbers_in_our_ranges_are_served(settings):
    settings.MSISDN_PREFIXES = ["+4917604069", "+4917604070"]
    assert [is_served(number) for number in (ANNA, "+4917604070011", "+4917604071011")] == [True, True, False]

    settings.MSISDN_PREFIXES = []
    assert is_served("+447700900123")
