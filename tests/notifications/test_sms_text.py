"""What a text costs on the air, against 3GPP TS 23.038 and 23.040."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.sms_text import in_gsm, is_gsm, segments
from sandbox.inbox.sms_length import sms_length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("{}" * 40, 1),
        ("{}" * 40 + "a", 2),
        ("文" * 70, 1),
        ("文" * 71, 2),
        ("文" * 134, 2),
        ("文" * 135, 3),
        ("a" * 70 + "文", 2),
        ("😀" * 35, 1),
        ("😀" * 35 + "a", 2),
    ],
)
def test_segments_are_counted_as_the_standard_does(text, expected):
    assert segments(text) == expected


def test_an_extension_character_is_not_torn_between_two_segments():
    assert segments("a" * 152 + "€" + "a" * 152) == 3
    assert segments("a" * 151 + "€" + "a" * 153) == 2


def test_a_surrogate_pair_is_not_torn_between_two_segments():
    assert segments("文" * 66 + "😀" + "文" * 66) == 3


@given(st.text(st.sampled_from("aé€{\n文😀ç"), max_size=500))
def test_the_sandbox_counts_the_same_by_code_of_its_own(text):
    assert segments(text) == max(1, sms_length(text).parts)


@pytest.mark.parametrize("char", "çñ`\t\N{NO-BREAK SPACE}–“")
def test_what_the_alphabet_has_and_what_it_lacks(char):
    assert is_gsm(char) == (char == "ñ")


def test_typographers_marks_become_plain_where_that_saves_the_alphabet():
    assert in_gsm("15\N{NO-BREAK SPACE}GB – “Europe”…") == '15 GB - "Europe"...'


def test_a_text_that_needs_other_letters_anyway_keeps_its_marks():
    assert in_gsm("套餐 – “欧洲”") == "套餐 – “欧洲”"
